"""Uncertainty over seeds and images: by hand where one part vanishes, by simulation where both matter."""

import numpy as np
import pytest
from scipy import stats

from ferkit.stats import estimates, intervals

LABELS = np.arange(700) % 7


def answers(rng, seeds, share=0.7, spread=0.0, n=700):
    """bool (seeds, n): right with a probability that varies with the seed and, shared by all seeds, with the image."""
    hard = rng.normal(0, 1, n)
    levels = stats.norm.ppf(share) * np.sqrt(2) + rng.normal(0, spread, (seeds, 1))
    return hard + rng.normal(0, 1, (seeds, n)) < levels


def test_without_spread_over_images_it_is_the_t_interval():
    values = [0.70, 0.72, 0.69]
    found = estimates.estimate(values, np.full(10_000, np.mean(values)))
    assert found.interval == pytest.approx(intervals.over_seeds(values).interval, abs=1e-3)
    half = stats.t.ppf(0.975, 2) * np.std(values, ddof=1) * np.sqrt(1 + 1 / 3)
    assert found.prediction == pytest.approx((np.mean(values) - half, np.mean(values) + half), abs=2e-3)


def test_without_spread_over_seeds_it_is_the_interval_over_images():
    right = np.tile(np.arange(700) < 490, (3, 1))
    found = estimates.share(right, LABELS)
    assert found.sd == pytest.approx(0) and found.interval == pytest.approx(found.interval_images)
    assert found.interval == pytest.approx(intervals.wilson(490, 700), abs=2e-3)


@pytest.mark.parametrize("measure", [
    lambda a, b: estimates.share(a, LABELS), lambda a, b: estimates.share(a, LABELS, np.arange(700) // 7),
    lambda a, b: estimates.difference(a, b, LABELS), lambda a, b: estimates.ratio(a, b, LABELS),
    lambda a, b: estimates.recall_gap(a, LABELS, [1], [2, 3])])
def test_the_variances_of_seeds_and_of_images_add_up(measure):
    """Draws of both sources in one order would add their deviations instead."""
    rng, seeds = np.random.default_rng(5), 20
    found = measure(*(answers(rng, seeds, spread=0.3) for _ in range(2)))
    of_seeds = found.sd**2 / seeds * (seeds - 1) / (seeds - 3)
    assert found.images_sd**2 > 0.1 * of_seeds
    assert np.var(found.draws) == pytest.approx(of_seeds + found.images_sd**2, rel=0.05)


def test_accuracies_on_different_images_differ_within_newcombe_s_interval_and_more_widely_over_people():
    first, second = np.arange(70)[None] < 56, np.arange(80)[None] < 48
    one, other = (estimates.share(right, np.zeros(right.size, int)) for right in (first, second))
    assert estimates.apart(one, other) == pytest.approx((0.0524, 0.3339), abs=0.01)  # Newcombe 1998, table II
    assert estimates.apart(other, one) == pytest.approx((-0.3339, -0.0524), abs=0.01)
    of_ten_images_each = [estimates.share(right, np.zeros(right.size, int), np.arange(right.size) // 10)
                         for right in (first, second)]
    assert np.diff(estimates.apart(*of_ten_images_each)) > 1.5 * np.diff(estimates.apart(one, other))


def test_one_seed_has_the_images_alone_and_a_wider_prediction():
    found = estimates.share(np.arange(700)[None] < 490, LABELS)
    assert found.sd is None and found.interval == found.interval_images and found.seeds_needed(0.01) is None
    assert found.prediction[0] < found.interval[0] and found.interval[1] < found.prediction[1]


def test_the_interval_holds_the_truth_in_nineteen_of_twenty_experiments_of_three_seeds():
    """A bootstrap that draws three seeds with replacement holds it in some 80 % of them."""
    rng, truth, held, naive = np.random.default_rng(0), 0.0, [], []
    for _ in range(100):
        hard = rng.normal(0, 1, 700)  # both systems see the same images
        first, second = ((hard + rng.normal(0, 1, (3, 700)) < 0.7 + rng.normal(0, 0.15, (3, 1))) for _ in range(2))
        found = estimates.difference(first, second, LABELS)
        held.append(found.interval[0] <= truth <= found.interval[1])
        changes = (first.astype(float) - second).mean(axis=1)
        low, high = np.quantile(rng.choice(changes, (200, 3)).mean(axis=1), (0.025, 0.975))
        naive.append(low <= truth <= high)
    assert np.mean(held) >= 0.93 and np.mean(naive) < 0.88


def test_a_new_run_lies_in_the_prediction_interval():
    rng, held = np.random.default_rng(1), []
    for _ in range(150):
        runs = answers(rng, 4, spread=0.1)
        low, high = estimates.share(runs[:3], LABELS).prediction
        held.append(low <= runs[3].mean() <= high)
    assert np.mean(held) >= 0.93


def test_a_ratio_of_two_perfect_systems_is_not_certain():
    low, high = estimates.ratio(np.ones((2, 100), bool), np.ones((2, 100), bool), np.zeros(100, int)).interval
    assert 0.97 < low < 0.99 and 1.01 < high < 1.03


def test_the_same_input_gives_the_same_interval():
    rng = np.random.default_rng(2)
    first, second = answers(rng, 3), answers(rng, 3)
    assert estimates.difference(first, second, LABELS).interval == estimates.difference(first, second, LABELS).interval


def test_equal_answers_are_not_equal_for_certain():
    right = np.ones((3, 189), bool)
    found = estimates.difference(right, right, LABELS[:189])
    assert found.mean == 0 and found.interval[0] < -0.005 and found.interval[1] > 0.005 and found.p() == 1
    assert estimates.share(right, LABELS[:189]).interval[0] < 0.999


def test_p_is_below_five_hundredths_where_the_interval_leaves_nothing_out():
    rng = np.random.default_rng(3)
    for gap in (0.0, 0.1, 0.3):
        found = estimates.difference(answers(rng, 3, 0.7 + gap / 2), answers(rng, 3, 0.7 - gap / 2), LABELS)
        assert (found.p() < 0.05) == (not found.interval[0] <= 0 <= found.interval[1])
    assert found.p() >= 2 / 10_001


def test_groups_are_drawn_whole():
    columns, person = np.ones((700, 1)), np.arange(700) // 7  # each with one image of every class
    sums, sizes = estimates.group_sums(columns, LABELS, person)
    assert (sizes == sizes[:, :1]).all() and (sums[..., 0] == sizes).all()
    of_some = estimates.group_sums(columns, np.where(person < 10, -1, LABELS), person)[1]
    assert (of_some == of_some[:, :1]).all()  # -1 is no class, also not the last


@pytest.mark.parametrize("measure", [
    lambda a, b, labels: estimates.difference(a, b, labels), lambda a, b, labels: estimates.ratio(a, b, labels),
    lambda a, b, labels: estimates.recall_gap(a, labels, [1, 5], [2, 3])])
def test_the_error_over_images_is_that_of_samples_drawn_again_within_each_class(measure):
    rng = np.random.default_rng(7)
    labels = rng.choice(7, 700, p=[.4, .2, .1, .1, .1, .05, .05])
    first, second = (answers(rng, 2, share) for share in (0.7, 0.6))
    means = []
    for _ in range(1000):
        drawn = np.concatenate([rng.choice(np.flatnonzero(labels == k), np.sum(labels == k)) for k in range(7)])
        means.append(measure(first[:, drawn], second[:, drawn], labels[drawn]).mean)
    found = measure(first, second, labels)
    assert found.images_sd == pytest.approx(np.std(means), rel=0.08)
    assert found.mean == pytest.approx(np.mean(means), abs=0.2 * found.images_sd)


def test_recalls_of_absent_classes_do_not_count():
    labels = np.repeat([0, 1, 3], 50)  # no 2
    right = np.tile(labels != 1, (2, 1))
    assert estimates.recall_gap(right, labels, [1], [0, 2, 3]).mean == pytest.approx(-1)


def test_macro_f1_agrees_with_the_confusion_matrix_and_its_error_with_that_of_images_drawn_again():
    from ferkit.stats import classification

    rng, other = np.random.default_rng(8), np.where(np.arange(700) % 3 == 0, 5, LABELS)
    answered = np.where(rng.random((2, 700)) < 0.4, rng.integers(7, size=(2, 700)), LABELS)
    found = estimates.macro_f1(LABELS, answered, 7)
    assert found.mean == pytest.approx(np.mean([
        classification.macro_f1(classification.confusion_matrix(LABELS, row, 7)) for row in answered]))
    assert estimates.macro_f1(LABELS, answered, 7, than=answered).mean == 0
    samples = [rng.integers(700, size=700) for _ in range(1000)]
    assert found.images_sd == pytest.approx(
        np.std([estimates.macro_f1(LABELS[drawn], answered[:, drawn], 7).mean for drawn in samples]), rel=0.08)
    others = other[None].repeat(2, 0)
    differences = [estimates.macro_f1(LABELS[drawn], answered[:, drawn], 7, than=others[:, drawn]).mean
                   for drawn in samples]
    above = estimates.macro_f1(LABELS, answered, 7, than=others)
    assert above.images_sd == pytest.approx(np.std(differences), rel=0.08)
    over_groups = estimates.macro_f1(LABELS, answered, 7, np.arange(700) // 7)
    assert over_groups.images_sd == pytest.approx(found.images_sd, rel=0.3)


def test_macro_f1_of_right_answers_alone_is_not_certain():
    assert estimates.macro_f1(LABELS, LABELS[None], 7).interval[0] < 1


def test_more_seeds_are_asked_for_until_the_images_alone_are_too_few():
    rng = np.random.default_rng(4)
    found = estimates.difference(answers(rng, 3, spread=0.1), answers(rng, 3, spread=0.1), LABELS)
    assert found.seeds_needed(0.1) < found.seeds_needed(0.05) and found.seeds_needed(0.001) is None


def test_a_ratio_has_no_negative_interval_and_no_upper_end():
    wide = estimates.clipped(estimates.estimate([0.1, 1.0, 2.5], np.ones(1000)), np.inf)
    assert wide.interval[0] == wide.prediction[0] == 0 and wide.prediction[1] > wide.interval[1] > 1


@pytest.mark.parametrize("people", [3, 10])
def test_the_interval_over_few_people_holds_the_truth_as_often_as_it_says(people):
    rng, held = np.random.default_rng(5), 0
    groups, labels = np.repeat(np.arange(people), 20), np.zeros(20 * people, np.int64)
    for _ in range(200):
        own = np.clip(rng.normal(0.6, 0.1, people), 0, 1)
        low, high = estimates.share(rng.random((1, 20 * people)) < own[groups], labels, groups).interval
        held += low <= 0.6 <= high
    assert held / 200 > 0.9


def test_one_person_tells_nothing_of_others_and_the_images_are_resampled():
    rng = np.random.default_rng(6)
    right, labels = rng.random((2, 70)) < 0.7, np.arange(70) % 7
    alone = np.zeros(70, np.int64)
    for measure in (estimates.share, estimates.average, lambda right, *about: estimates.macro_f1(
            labels, np.where(right, labels, 0), 7, *about[1:])):
        assert measure(right, labels, alone).interval == measure(right, labels).interval


def test_the_part_of_the_seeds_is_the_t_interval_of_their_mean():
    found = estimates.estimate([0.5, 0.6, 0.7], np.full(estimates.DRAWS, 0.6))
    low, high = np.quantile(estimates.of_seeds(found), [0.025, 0.975])
    assert (found.mean + low, found.mean + high) == pytest.approx(found.interval, abs=1e-6)
    assert not estimates.of_seeds(estimates.estimate([0.5], np.full(estimates.DRAWS, 0.5))).any()


def test_the_jackknife_of_a_mean_is_its_t_interval():
    values = np.array([0.5, 0.9, 0.7, 0.8, 0.4])
    low, high = np.quantile(values.mean() + estimates.jackknife((values.sum() - values) / 4), [0.025, 0.975])
    assert (low, high) == pytest.approx(intervals.over_seeds(values.tolist()).interval, abs=1e-3)
    assert not estimates.jackknife(np.array([0.5])).any()
