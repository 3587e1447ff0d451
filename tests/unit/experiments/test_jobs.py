"""A trained system from data to files: idempotent, resumable, test read once, honest about runs that went wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ferkit import papers
from ferkit.core import versions
from ferkit.core.errors import InputError
from ferkit.experiments import jobs, plan
from ferkit.experiments.fitting import fit
from ferkit.models.heads import RBF_SVM
from ferkit.papers import training
from ferkit.results import schema
from ferkit.results.records import SystemKey
from ferkit.training import trainer
from ferkit.training.augmentation import Augmentation
from ferkit.training.recipe import Recipe

TINY = Recipe(epochs=2, batch_size=16, lr=3e-3)


@pytest.fixture
def complete(faces):
    def complete(root, key=None, recipe=TINY, seed=0):
        key = key or SystemKey("03_gap_cnn_svm", "lenet5", "ours", 0)
        job = training.job(key.notebook, key.system, key.recipe, recipe, key.seed, "smoke")
        return jobs.run(job, faces(seed=seed), root, device="cpu")

    return complete


def test_a_trained_system_has_every_file_and_key_of_the_contract(tmp_path, complete):
    result = complete(tmp_path)
    assert {p.name for p in result.directory.iterdir()} == {"metrics.json", "predictions.npz", "history.csv",
                                                         "weights.safetensors"}
    assert schema.problems("metrics", result.metrics) == [] and result.metrics["test_reads"] == 1
    assert result.metrics["n"] == 21 and len(result.history) == 2
    assert result.predictions["index"].tolist() == list(range(63, 84))


def test_a_finished_trained_system_is_loaded_and_a_changed_recipe_trained(tmp_path, monkeypatch, complete):
    first = complete(tmp_path)
    monkeypatch.setattr(trainer, "fit", lambda *_a, **_k: pytest.fail("trained again"))
    assert complete(tmp_path).metrics == first.metrics
    monkeypatch.undo()
    assert complete(tmp_path, recipe=replace(TINY, lr=1e-3)).metrics["config_sha256"] != first.metrics["config_sha256"]


def test_a_result_on_other_data_or_of_another_version_is_not_taken_for_this_one(tmp_path, monkeypatch, complete):
    first = complete(tmp_path)
    assert complete(tmp_path, seed=1).metrics["data_sha256"] != first.metrics["data_sha256"]
    monkeypatch.setattr(versions, "TRAINING", versions.TRAINING + 1)
    assert complete(tmp_path).metrics["config"]["versions"]["training"] == versions.TRAINING


def test_planted_noise_is_kept_beside_the_result_and_the_data_stay_what_they_are(tmp_path, complete):
    clean, noisy = complete(tmp_path / "clean"), complete(tmp_path / "noisy", recipe=replace(TINY, label_noise=0.2))
    assert noisy.metrics["data_sha256"] == clean.metrics["data_sha256"]
    recipes = [result.metrics["config"]["recipe"] for result in (noisy, clean)]
    assert recipes[0]["label_noise"] == 0.2 and "label_noise" not in recipes[1]
    assert np.array_equal(noisy.predictions["labels"], clean.predictions["labels"])
    kept = noisy.training_labels
    n = len(kept["labels"])
    assert np.sum(kept["given"] != kept["labels"]) == round(0.2 * n) and kept["index"].tolist() == list(range(n))
    assert ((kept["probability_given"] >= 0) & (kept["probability_given"] <= 1)).all()
    assert schema.problems("metrics", noisy.metrics) == []
    with pytest.raises(InputError, match="missing"):
        clean.training_labels  # noqa: B018


def test_noise_and_shares_of_votes_are_not_mixed(faces):
    soft = replace(faces(), targets=np.full((len(faces()), 7), 1 / 7, np.float32))
    with pytest.raises(InputError, match="label_noise moves labels"):
        fit(papers.system("lenet5"), replace(TINY, label_noise=0.2), soft, device="cpu")


def test_damaged_weights_are_made_again(tmp_path, complete):
    result = complete(tmp_path)
    (result.directory / "weights.safetensors").write_bytes(b"")
    again = complete(tmp_path)
    assert again.metrics["weights_sha256"] == result.metrics["weights_sha256"]


def test_predictions_follow_from_the_saved_weights(tmp_path, complete, faces):
    result = complete(tmp_path, recipe=replace(TINY, tta="flip"))
    scores, votes = training.load_predictor(result).predict(faces().part("test").images)
    assert np.array_equal(votes, result.predictions["predicted"])
    assert np.allclose(scores, result.predictions["scores"], atol=2**-10)  # kept to 1/1024


def test_an_svm_votes_on_the_features_of_the_network_under_it(tmp_path, complete, faces):
    recipe = replace(papers.recipe("gap_cnn", "published"), epochs=2, batch_size=16)
    complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn", "published", 0), recipe)
    result = complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn_svm", "published", 0), recipe)
    assert result.metrics["svm"]["kernel"] == "rbf" and "probabilities" not in result.predictions
    predictor = training.load_predictor(result)
    assert np.array_equal(predictor.votes(faces().part("test").images), result.predictions["predicted"])

    base = tmp_path / "03_gap_cnn_svm/gap_cnn/published/seed0"
    below = json.loads((base / "metrics.json").read_text())
    complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn", "published", 0), replace(recipe, lr=2 * recipe.lr))
    with pytest.raises(InputError, match="not the network whose features"):
        training.load_predictor(result)
    again = complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn_svm", "published", 0), recipe)
    assert again.metrics["features_sha256"] != below["weights_sha256"]  # fitted again, on the network that is there


def test_what_an_interruption_left_undone_after_the_result_is_made_up(tmp_path, monkeypatch, faces):
    job = replace(training.job("03_gap_cnn_svm", "lenet5", "ours", TINY, 0, "smoke"), corruption_images=7)
    job = replace(job, system=replace(job.system, analyses=("planted",)))
    with monkeypatch.context() as patch:
        patch.setattr(jobs.planted, "write", lambda *_: pytest.fail("interrupted"))
        with pytest.raises(pytest.fail.Exception):
            jobs.run(job, faces(), tmp_path, device="cpu")
    directory = job.key.directory(tmp_path)
    assert (directory / "metrics.json").is_file() and not (directory / "planted.json").exists()
    jobs.run(job, faces(), tmp_path, device="cpu")
    assert (directory / "planted.json").is_file() and not (directory / "checkpoints").exists()


def test_what_was_interrupted_under_another_recipe_is_trained_anew(tmp_path, monkeypatch, complete):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(jobs, "_test_and_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        complete(tmp_path / "there")
    other = replace(TINY, lr=1e-3)
    assert (complete(tmp_path / "there", recipe=other).metrics["weights_sha256"]
            == complete(tmp_path / "fresh", recipe=other).metrics["weights_sha256"])


def test_a_head_learns_the_labels_that_its_noise_leaves(tmp_path, monkeypatch, complete):
    learned = []
    kind, fitted = type(papers.system("gap_cnn_svm").head_kind), []
    monkeypatch.setattr(kind, "fit", lambda self, train, val, known=kind.fit, **options: (
        learned.append(train[1]), known(self, train, val, **options))[1])
    recipe = replace(papers.recipe("gap_cnn", "published"), epochs=1, batch_size=16, label_noise=0.2)
    for system in ("gap_cnn", "gap_cnn_svm"):
        fitted.append(complete(tmp_path, SystemKey("03_gap_cnn_svm", system, "published", 0), recipe))
    assert np.array_equal(learned[0], fitted[0].training_labels["given"])
    assert fitted[1].metrics["config"]["versions"]["label_noise"] == 1


def test_a_head_is_not_fitted_on_other_data_than_the_network_under_it(tmp_path, complete):
    recipe = replace(papers.recipe("gap_cnn", "published"), epochs=1, batch_size=16)
    complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn", "published", 0), recipe)
    with pytest.raises(InputError, match="trained on other data"):
        complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn_svm", "published", 0), recipe, seed=1)


@pytest.mark.parametrize("change", [{"model": {"input_size": 64}}, {"augmentation": Augmentation(crop=40)}])
def test_a_network_is_tested_on_pictures_of_the_size_it_trains_on(tmp_path, faces, change):
    """Larger than the image it was tested on an 8×8 corner, and after another crop on other sizes."""
    recipe = replace(TINY, **change)
    with pytest.raises(InputError, match="take one number up to 48 for both"):
        fit(papers.system("gap_cnn"), recipe, faces(), device="cpu")


def test_an_svm_averages_its_decisions_over_the_mirror_image_as_its_network_does(tmp_path, complete, faces):
    recipe = replace(papers.recipe("gap_cnn", "published"), epochs=2, batch_size=16, tta="flip")
    complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn", "published", 0), recipe)
    result = complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn_svm", "published", 0), recipe)
    assert result.metrics["tta"] == "flip" and result.metrics["config"]["versions"]["svm"] == RBF_SVM.version
    images = faces().part("test").images
    predictor = training.load_predictor(result)
    assert np.array_equal(predictor.votes(images), predictor.votes(images[..., ::-1]))  # a mirror image changes nothing
    single = predictor.single(images)[1]
    assert np.array_equal(single, result.predictions["predicted_no_tta"])
    assert result.metrics["accuracy_no_tta"] == np.mean(single == result.predictions["labels"])


def test_reads_of_the_test_split_are_counted_not_asserted(tmp_path, monkeypatch, complete):
    """A training that looks at the test split shows in metrics.json."""
    original = jobs.fit

    def peeking(system, recipe, faces, **options):
        faces.part("test")
        return original(system, recipe, faces, **options)

    monkeypatch.setattr(jobs, "fit", peeking)
    assert complete(tmp_path).metrics["test_reads"] == 2


def test_the_person_of_each_test_image_is_kept_as_a_number(tmp_path, complete, faces):
    groups, people = complete(tmp_path).predictions["groups"], faces().part("test").subjects
    assert len(set(zip(groups.tolist(), people.tolist(), strict=True))) == len(set(people)) == len(set(groups.tolist()))


def test_a_run_that_diverged_at_once_is_a_row_without_predictions(tmp_path, complete):
    recipe = replace(papers.recipe("gap_cnn", "published"), optimizer="sgd", lr=1e30, epochs=2, batch_size=16)
    result = complete(tmp_path, SystemKey("03_gap_cnn_svm", "gap_cnn", "published", 0), recipe)
    assert result.metrics["status"] == "diverged" and result.metrics["accuracy"] is None and not result.predictions
    assert result.metrics["test_reads"] == 0


def test_the_test_split_is_never_seen_by_training(tmp_path, monkeypatch, complete, faces):
    seen, original = [], trainer.fit

    def fit(build, recipe, train, val, **options):
        seen.extend((train.images, val.images))
        return original(build, recipe, train, val, **options)

    monkeypatch.setattr(trainer, "fit", fit)
    complete(tmp_path)
    test = {image.tobytes() for image in faces().part("test").images}
    assert not test & {image.numpy().tobytes() for split in seen for image in split}


def test_obtain_takes_what_the_run_has_whatever_it_was_made_with(tmp_path, monkeypatch, complete, faces):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path))
    made = complete(tmp_path / "r")
    assert training.obtain("lenet5", "ours", faces(), "r", "smoke", 0).metrics == made.metrics


def test_a_small_set_is_trained_for_more_epochs_in_smaller_batches_and_any_other_as_it_was():
    whole = papers.recipe("gap_cnn", "ours", epochs=15)
    assert plan.for_size(whole, 0, 7000) == plan.for_size(whole, 7000, 7000) == whole
    assert plan.for_size(whole, 28709, 7000) == whole
    ckplus = plan.for_size(whole, 648, 7000)
    assert (ckplus.epochs, ckplus.batch_size) == (82, 32)
    assert replace(ckplus, epochs=15, batch_size=128) == whole
    tiny = plan.for_size(whole, 30, 7000)
    assert (tiny.epochs, tiny.batch_size) == (15 * plan.MOST_EPOCHS, 16)
    falling = replace(whole, schedule="exponential")
    longer = plan.for_size(falling, 648, 7000)
    ends = [trainer.learning_rate(recipe, recipe.epochs - 1, recipe.epochs) for recipe in (falling, longer)]
    assert 0.8 < ends[1] / ends[0] < 1.25 and longer.epochs > 4 * falling.epochs  # a step an epoch
    sizes = [plan.for_size(whole, n, 7000).epochs for n in range(100, 7001, 100)]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 15


def test_the_configuration_is_plain_json(tmp_path, faces):
    config = jobs.configuration(training.job("n", "gap_cnn_svm", "ours", TINY, 0, "smoke"), faces())
    assert json.loads(json.dumps(config)) == config
