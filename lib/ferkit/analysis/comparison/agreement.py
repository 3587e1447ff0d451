"""Systems together: where they agree, what a vote gains, whether they know, which images nobody gets."""

from collections.abc import Sequence

import numpy as np

from ferkit.analysis.comparison.systems import System, pairs_of_seeds
from ferkit.results.tree import validation
from ferkit.stats import classification, estimates, intervals


def reliability(compared: Sequence[System]) -> list[dict]:
    """Curves for `figures.calibration`, one a system that has probabilities: {name, ece, confidence, accuracy, count};
    empty bins are left out.

    The answers of all seeds stand in one curve; ece is the mean over seeds.
    """
    curves = []
    for one in compared:
        results = [result.predictions for result in one.results if "probabilities" in result.predictions]
        if not results:
            continue
        labels, given, answers = (np.concatenate([stored[key] for stored in results])
                                  for key in ("labels", "probabilities", "predicted"))
        curve = classification.reliability_curve(labels, given, predicted=answers, bins=10)
        kept = curve["count"] > 0
        errors = [classification.expected_calibration_error(stored["labels"], stored["probabilities"],
                                                     predicted=stored["predicted"]) for stored in results]
        curves.append({"name": one.name, "ece": float(np.mean(errors)),
                       **{key: curve[key][kept] for key in ("confidence", "accuracy", "count")}})
    return curves


def agreement(compared: Sequence[System]) -> np.ndarray:
    """On what share of the images two systems give the same answer: float (S, S), symmetric.

    The mean over the seeds they share, nan where they share none.
    On the diagonal: two seeds of the same system, on average; 1 for a single one.
    """
    shares = np.eye(len(compared))
    for i, first in enumerate(compared):
        n = len(first.seeds)
        own = (first.answers[:, None] == first.answers[None]).mean(axis=2)
        shares[i, i] = (own.sum() - n) / (n * (n - 1)) if n > 1 else 1.0
        for j, second in enumerate(compared[:i]):
            same = [np.mean(first.answers[a] == second.answers[b]) for a, b in pairs_of_seeds(first, second)]
            shares[i, j] = shares[j, i] = np.mean(same) if same else np.nan
    return shares


def majority_vote(compared: Sequence[System]) -> dict:
    """What a vote of the systems gains: {seeds, accuracy, sd, low, high, best, best_accuracy, gain, gain_low,
    gain_high, p, any_right, all_right}; every number the mean over the seeds that all systems share, else of one seed
    each.

    A tie goes to the tied answer of the system that is best on validation. gain: against that system; p: exact McNemar
    against it, combined over seeds. any_right, all_right: the share of images that at least one, or every system gets
    right.
    """
    ranked = sorted(compared, key=lambda one: -validation(one.results))
    shared = [seed for seed in ranked[0].seeds if all(seed in one.seeds for one in ranked)]
    rows = [[one.seeds.index(seed) for one in ranked] for seed in shared] or [[0] * len(ranked)]
    labels, k = ranked[0].labels, len(ranked[0].label_names)
    hits, best, right = [], [], []
    for row in rows:
        answers = np.array([one.answers[at] for one, at in zip(ranked, row, strict=True)])
        hits.append(_vote(answers, k) == labels)
        right.append(answers == labels)
        best.append(right[-1][0])
    hits, best, groups = np.array(hits), np.array(best), ranked[0].results[0].groups
    found, gain = estimates.share(hits, labels, groups), estimates.difference(hits, best, labels, groups)
    return {"seeds": len(rows), "accuracy": found.mean, "sd": found.sd, "low": found.interval[0],
            "high": found.interval[1], "best": ranked[0].name, "best_accuracy": float(np.mean(best)),
            "gain": gain.mean, "gain_low": gain.interval[0], "gain_high": gain.interval[1],
            "p": intervals.combine([intervals.mcnemar(a, b) for a, b in zip(hits, best, strict=True)]),
            "any_right": float(np.mean([one.any(axis=0).mean() for one in right])),
            "all_right": float(np.mean([one.all(axis=0).mean() for one in right]))}


def hardest(compared: Sequence[System], top: int = 10) -> list[dict]:
    """The test images that most systems get wrong, by their index in the source: {index, label, wrong, answer, share}.

    wrong: the share of all networks (every seed counts) that err; answer: what most of these say, share: how many of
    them. Never shown: an image of a real face stays where it is.
    """
    names, labels = compared[0].label_names, compared[0].labels
    answers = np.concatenate([one.answers for one in compared])
    wrong = (answers != labels).mean(axis=0)
    rows = []
    for row in np.lexsort((compared[0].index, -wrong))[:top]:
        erring = answers[:, row][answers[:, row] != labels[row]]
        counts = np.bincount(erring, minlength=len(names))
        rows.append({"index": int(compared[0].index[row]), "label": names[labels[row]], "wrong": float(wrong[row]),
                     "answer": names[int(counts.argmax())] if len(erring) else "–",
                     "share": float(counts.max() / max(len(erring), 1))})
    return rows


def _vote(answers: np.ndarray, k: int) -> np.ndarray:
    """The class with most votes; answers int (S, N), best system first, which decides among ties."""
    votes = (answers[:, :, None] == np.arange(k)).sum(axis=0).astype(float)
    for rank, row in enumerate(answers):  # less than one vote in all: it decides among ties only
        votes[np.arange(answers.shape[1]), row] += 0.5 ** (rank + 2)
    return votes.argmax(axis=1)
