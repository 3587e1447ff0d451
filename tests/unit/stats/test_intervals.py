"""ferkit.stats.intervals against scipy, published examples and the promise of an interval: to cover."""

import numpy as np
import pytest
from scipy import stats

from ferkit.stats import intervals


@pytest.mark.parametrize(("successes", "n"), [(0, 20), (7, 20), (20, 20), (2513, 3589)])
def test_wilson_agrees_with_scipy(successes, n):
    expected = stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert intervals.wilson(successes, n) == pytest.approx((expected.low, expected.high))


def test_wilson_on_fer2013_is_one_and_a_half_points_to_each_side():
    low, high = intervals.wilson(0.7002 * 3589, 3589)
    assert high - low == pytest.approx(0.03, abs=0.001)


def test_wilson_refuses_more_successes_than_trials():
    with pytest.raises(ValueError, match="successes"):
        intervals.wilson(5, 4)
    with pytest.raises(ValueError, match="successes"):
        intervals.wilson(0, 0)


def test_seeds_give_mean_sd_and_a_t_interval():
    values = [0.60, 0.62, 0.67]
    spread = intervals.over_seeds(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert spread.mean == pytest.approx(0.63)
    assert spread.sd == pytest.approx(np.std(values, ddof=1))
    assert spread.interval == pytest.approx((expected.low, expected.high))


def test_one_seed_has_no_spread_and_none_is_refused():
    assert intervals.over_seeds([0.5]) == intervals.Spread(0.5, None, None)
    with pytest.raises(ValueError, match="no seed"):
        intervals.over_seeds([])


def test_mcnemar_counts_only_images_that_divide_the_two():
    # 10 images only the first gets, 2 only the second, 30 both, 8 neither: 2·P(X ≤ 2 | 12, ½) = 2·79/4096.
    first = np.repeat([True, False, True, False], [10, 2, 30, 8])
    second = np.repeat([False, True, True, False], [10, 2, 30, 8])
    p = intervals.mcnemar(first, second)
    assert p == pytest.approx(2 * 79 / 4096) == stats.binomtest(2, 12).pvalue
    assert intervals.mcnemar(second, first) == pytest.approx(p)


def test_two_systems_that_never_differ_have_p_one_and_other_images_are_refused():
    assert intervals.mcnemar(np.ones(5, bool), np.ones(5, bool)) == 1.0
    with pytest.raises(ValueError, match="same images"):
        intervals.mcnemar(np.ones(5, bool), np.ones(4, bool))


def test_holm_steps_down_keeps_the_order_given_and_never_exceeds_one():
    assert intervals.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert intervals.holm([0.6, 0.9]) == [1.0, 1.0]
    assert intervals.holm([]) == []


def test_p_values_of_several_seeds_become_twice_their_median():
    assert intervals.combine([0.03]) == 0.03
    assert intervals.combine([0.001, 0.02, 0.4]) == pytest.approx(0.04)
    assert intervals.combine([0.7, 0.9]) == 1.0
