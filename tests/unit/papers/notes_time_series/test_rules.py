"""The rules about sequences, on made-up predictions whose verdict is known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from ferkit.analysis.comparison.pairing import NotComparable
from ferkit.claims.evidence import NotRun
from ferkit.papers.notes_time_series import claims, rules
from ferkit.papers.notes_time_series.early import EARLY, SHARES
from ferkit.results.records import Result, SystemKey
from ferkit.stats.classification import confusion_matrix, macro_f1

N, K = 700, 3
LABELS = np.random.default_rng(0).integers(0, K, N)


def result(directory, system, share, seed=0, runs=1, **changes):
    """A result that is right on about `share` of the rows; mistakes come in runs of `runs` rows."""
    rng = np.random.default_rng([seed, *map(ord, system)])
    wrong = np.repeat(rng.random(N // runs) >= share, runs)
    predicted = np.where(wrong, (LABELS + 1) % K, LABELS)
    metrics = {"dataset": "synthetic", "n": N, "accuracy": float(np.mean(~wrong)), "status": "finished",
               "weights_sha256": "ab" * 32} | changes
    predictions = {"index": np.arange(N), "labels": LABELS, "predicted": predicted,
                   "label_names": np.array(list("xyz"))}
    return Result(SystemKey("08_time_series", system, "ours", seed), directory / system / f"seed{seed}", metrics,
                      predictions, [])


def evidence(tmp_path, dataset, **groups):
    def results(name):
        if name[0] not in groups:
            raise NotRun(f"no result of {'/'.join(name)}")
        return groups[name[0]]

    return SimpleNamespace(results=results, dataset=dataset, source=lambda path: path.relative_to(tmp_path).as_posix())


def judged(found, measure="accuracy"):
    return rules.better(found, None, ("gru", "ours"), ("frame", "ours"), measure)


def test_clearly_better_in_every_seed_is_reproduced(tmp_path):
    found = evidence(tmp_path, "synthetic", gru=[result(tmp_path, "gru", 0.9, k) for k in range(4)],
                     frame=[result(tmp_path, "frame", 0.7, k) for k in range(4)])
    finding = judged(found)
    assert (finding.verdict, finding.n_seeds) == ("reproduced", 4)
    assert finding.interval_images[0] > 0.1 and finding.observed == pytest.approx(0.2, abs=0.05)


def test_worse_beyond_chance_is_contradicted(tmp_path):
    found = evidence(tmp_path, "synthetic", gru=[result(tmp_path, "gru", 0.7)], frame=[result(tmp_path, "frame", 0.9)])
    assert judged(found).verdict == "contradicted"


def test_mistakes_that_come_in_runs_widen_the_interval(tmp_path):
    """As many wrong rows, but together: they are fewer witnesses, and only whole blocks know it."""
    widths = []
    for runs in (1, 50):
        found = evidence(tmp_path, "gfe", gru=[result(tmp_path, "gru", 0.8, runs=runs, dataset="gfe")],
                         frame=[result(tmp_path, "frame", 0.7, runs=runs, dataset="gfe")])
        low, high = judged(found).interval_images
        widths.append(high - low)
    assert widths[1] > 3 * widths[0]


def test_the_sequences_of_one_person_are_drawn_together(tmp_path):
    """People of 50 rows each, in no order: wide where they are known, as if each row were a witness where not."""
    widths = []
    shuffled = np.random.default_rng(1).permutation(N)
    for known in (False, True):
        ours, theirs = (result(tmp_path, name, share, runs=50, dataset="ckplus")
                        for name, share in (("gru", 0.8), ("frame", 0.7)))
        for one in (ours, theirs):
            one.predictions.update({key: one.predictions[key][shuffled] for key in ("labels", "predicted")})
            one.predictions.update({"groups": shuffled // 50} if known else {})
        low, high = judged(evidence(tmp_path, "ckplus", gru=[ours], frame=[theirs])).interval_images
        widths.append(high - low)
    assert widths[1] > 3 * widths[0]


def test_equal_answers_of_few_people_are_not_equal_for_certain(tmp_path):
    found = judged(evidence(tmp_path, "synthetic", gru=[result(tmp_path, "same", 0.8)],
                            frame=[result(tmp_path, "same", 0.8)]))
    assert found.interval_images[0] < -0.002 < 0.002 < found.interval_images[1]


def test_blocks_are_of_the_sources_rows_even_where_few_of_them_are_tested(tmp_path):
    one = result(tmp_path, "gru", 0.8, dataset="gfe")
    tested = np.arange(0, N, 10)
    few = {key: value if key == "label_names" else value[tested] for key, value in one.predictions.items()}
    assert rules._sums(one)[:, 0].tolist() == [50] * 14
    assert rules._sums(Result(one.key, one.directory, one.metrics, few, []))[:, 0].tolist() == [5] * 14
    assert rules._sums(result(tmp_path, "gru", 0.8))[:, 0].tolist() == [7] * 100  # of a drawn subject


def test_the_f_measure_is_the_mean_over_all_labels_but_the_first(tmp_path):
    one = result(tmp_path, "gru", 0.8)
    matrix = confusion_matrix(LABELS, one.predictions["predicted"], K)
    each = [2 * matrix[k, k] / (matrix[k].sum() + matrix[:, k].sum()) for k in range(K)]
    assert rules._f_measure(rules._sums(one).sum(0)) == pytest.approx(np.mean(each[1:]))
    assert macro_f1(matrix) == pytest.approx(np.mean(each))


def test_beating_what_did_not_train_proves_nothing(tmp_path):
    found = evidence(tmp_path, "gfe", gru=[result(tmp_path, "gru", 0.9)], frame=[result(tmp_path, "frame", 0.3)])
    with pytest.raises(NotRun, match="proves nothing"):
        judged(found)


def test_other_rows_are_refused(tmp_path):
    other = result(tmp_path, "frame", 0.7)
    other.predictions["index"] = np.arange(N) + 1
    with pytest.raises(NotRun, match="same rows"):
        judged(evidence(tmp_path, "gfe", gru=[result(tmp_path, "gru", 0.9)], frame=[other]))


def test_each_seed_is_compared_with_its_own(tmp_path):
    """Seeds 1 and 2 of the second stood against 0 and 1 of the first."""
    first = [result(tmp_path, "gru", share, k) for k, share in enumerate((0.9, 0.8, 0.7))]
    second = [result(tmp_path, "frame", share - 0.1, k + 1) for k, share in enumerate((0.8, 0.7))]
    finding = judged(evidence(tmp_path, "synthetic", gru=first, frame=second))
    assert finding.n_seeds == 2 and finding.observed == pytest.approx(
        np.mean([a.metrics["accuracy"] - b.metrics["accuracy"] for a, b in zip(first[1:], second, strict=True)]))
    assert "compared over seeds 1, 2 of gru/ours's 3" in finding.note
    with pytest.raises(NotComparable, match="different seeds"):
        judged(evidence(tmp_path, "synthetic", gru=first[:2], frame=second))


def test_a_collapsed_seed_is_at_most_partly(tmp_path):
    found = evidence(tmp_path, "gfe", gru=[result(tmp_path, "gru", 0.9, status="collapsed")],
                     frame=[result(tmp_path, "frame", 0.7)])
    assert judged(found).verdict == "partly"


@pytest.mark.parametrize("half, verdict", [(0.85, "reproduced"), (0.82, "inconclusive"), (0.6, "not_reproduced")])
def test_early_recognition_is_judged_by_its_interval(tmp_path, half, verdict):
    one = result(tmp_path, "gru", 0.9, accuracy=0.9)
    write_curve(one, half)
    finding = rules.early(evidence(tmp_path, "synthetic", gru=[one]), SimpleNamespace(value=0.9), ("gru", "ours"), 0.5)
    assert finding.verdict == verdict
    assert finding.observed == pytest.approx(half / 0.9)


def write_curve(one, half, **changes):
    one.directory.mkdir(parents=True, exist_ok=True)
    accuracies = [half] * 9 + [one.metrics["accuracy"]]
    known = {"weights_sha256": "ab" * 32, "shares": list(SHARES), "accuracies": accuracies} | changes
    (one.directory / EARLY).write_text(json.dumps(known))


@pytest.mark.parametrize("changes, says", [
    ({"weights_sha256": "cd" * 32}, "other weights"), ({"accuracies": [0.5] * 10}, "does not end"),
    ({"accuracies": None}, "no early recognition")])
def test_a_curve_of_something_else_is_refused(tmp_path, changes, says):
    one = result(tmp_path, "gru", 0.9)
    write_curve(one, 0.8, **changes)
    with pytest.raises(NotRun, match=says):
        rules.early(evidence(tmp_path, "synthetic", gru=[one]), SimpleNamespace(value=0.9), ("gru", "ours"), 0.5)


def test_every_claim_says_its_rule_in_words_and_compares_what_a_plan_trains():
    from ferkit.papers.notes_time_series.plan import PLAN

    trained = {(row.system, row.recipe) for row in PLAN["quick"]}
    for claim in claims.CLAIMS:
        assert "{" not in claim.rule_in_words
        names = [value for key, value in claim.parameters.items() if key in ("first", "second", "name")]
        assert set(names) <= trained
