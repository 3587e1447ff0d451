"""What the papers' plans come to: jobs by profile, data and seed."""

import pytest

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.core.profiles import PROFILES
from ferkit.papers import training


@pytest.mark.parametrize("profile", PROFILES)
def test_the_drawn_sets_and_fer2013_keep_their_recipes_whatever_the_profile(profile):
    drawn, limit = PROFILES[profile].drawn[0], PROFILES[profile].limit
    for notebook in papers.notebooks():
        for row in training.rows(profile, notebook.stem):
            for n_train in (drawn, limit or 28709):
                assert training.recipe_of(row, profile, n_train) == training.recipe_of(row, profile)


def test_a_notebook_over_time_is_planned_for_as_many_sequences_as_the_profile_draws():
    stem = next(one.stem for one in papers.notebooks() if one.over_time)
    planned = training.jobs("quick", stem)
    assert [job.recipe for job in planned] == [
        job.recipe for job in training.jobs("quick", stem, n_train=PROFILES["quick"].sequences[0])]
    assert planned[0].recipe != training.jobs("quick", stem, n_train=PROFILES["quick"].drawn[0])[0].recipe


def test_jobs_are_chosen_by_system_or_recipe_and_unknown_ones_refused():
    def named(notebook, only):
        return [(row.system, row.recipe) for row in training.rows("smoke", notebook, only)]

    assert named("02_stn_attention", "deep_emotion/ours,lenet5") == [("deep_emotion", "ours")]
    assert named("03_gap_cnn_svm", "gap_cnn, lenet5") == [
        ("lenet5", "ours"), ("gap_cnn", "published"), ("gap_cnn", "ours")]
    with pytest.raises(InputError, match="'resnet': profile smoke trains deep_emotion"):
        training.rows("smoke", "02_stn_attention", "resnet")
    with pytest.raises(InputError, match="02_stn_attention trains none of lenet5"):
        training.rows("smoke", "02_stn_attention", "lenet5")


def test_deep_emotions_published_recipe_keeps_its_batch_on_ckplus():
    batches = {row.recipe: training.recipe_of(row, "standard", 648).batch_size
               for row in training.rows("standard", "02_stn_attention", "deep_emotion")}
    assert {batch for recipe, batch in batches.items() if recipe.startswith("published")} == {128}
    assert batches["ours"] == 32


def test_what_was_asked_for_by_hand_is_not_changed_for_a_small_set():
    row = training.rows("quick", "03_gap_cnn_svm")[0]
    chosen = training.recipe_of(row, "quick", 100, epochs=3, batch_size=128)
    assert (chosen.epochs, chosen.batch_size) == (3, 128)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_planned_job_has_a_network_and_a_recipe(profile):
    for notebook in papers.notebooks():
        for job in training.jobs(profile, notebook.stem):
            if not job.system.features:
                (job.base or job.system).build(**job.recipe.model)


@pytest.mark.parametrize("profile", PROFILES)
def test_no_job_is_planned_twice(profile):
    names = [job.key for notebook in papers.notebooks() for job in training.jobs(profile, notebook.stem)]
    assert len(names) == len(set(names))


def test_dearer_profiles_train_more():
    costs = [sum(row.epochs for notebook in papers.notebooks() for row in training.rows(name, notebook.stem))
             * profile.drawn[0] for name, profile in PROFILES.items()]
    assert costs == sorted(costs)


def test_seeds_are_counted_up_from_the_runs_own():
    def seeds(**choices):
        return [job.seed for job in training.jobs("full", "02_stn_attention", 4, only="deep_emotion/ours", **choices)]

    assert seeds() == [4, 5, 6] and seeds(n_seeds=1) == [4]


def test_a_system_is_looked_for_in_the_notebook_that_trains_it():
    assert training.trained_in("lenet5") == "03_gap_cnn_svm" and training.trained_in("unknown") == ""
    with pytest.raises(InputError, match="profile smoke trains no gap_cnn_skip/control"):
        training.find("smoke", "gap_cnn_skip", "control")
