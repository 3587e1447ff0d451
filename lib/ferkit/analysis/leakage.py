"""What a leak is worth: the same systems trained and tested under two protocols of one data set, as a difference.

Where the stricter protocol tests every image that the leakier one tests (all folds together) and names the people in
them, whole people are resampled, each with the images of both tests. Elsewhere the test images differ and nothing is
paired: the interval is that of two independent accuracies over images, those that hang together (`Result.groups`)
resampled together. Both are over seeds too. Only saved files are read; no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ferkit.core import protocols
from ferkit.core.names import Name
from ferkit.results.over_protocols import people_apart
from ferkit.results.records import Result
from ferkit.stats import estimates
from ferkit.stats.estimates import Estimate


def worth(runs: Sequence[Sequence[Result]]) -> list[dict]:
    """One row for each two protocols of one data set and each system and recipe tested under both.

    runs: the trained systems of each run; the folds of one protocol count as one test on all their images. A row:
    {dataset, system, recipe, leaky, strict (the protocols), leaky_accuracy, strict_accuracy (means over seeds),
    leaky_n, strict_n (test images), seeds (the fewer of the two), worth (leaky minus strict, a fraction), interval (95
    %), people (how many both tests share and were resampled, else 0)}. Trained systems that could not be tested are
    left out, folds without a common seed, those trained on a part of the images, and protocols that differ in more than
    how they divide (labels, contempt, variation), or not in whom they test: another difference than a leak.
    """
    rows = []
    for (dataset, one), (other_dataset, other) in combinations(groups := _groups(runs), 2):
        (base, _, how), (other_base, _, other_how) = one.partition("+"), other.partition("+")
        alike = (dataset, how) == (other_dataset, other_how) and protocols.on_all(one) == one
        if alike and not {base, other_base} <= set(protocols.STRANGERS):
            leaky, strict = protocols.leakiest_first([one, other])
            first, second = groups[dataset, leaky], groups[dataset, strict]
            found = [_difference(dataset, leaky, strict, name, first[name], second[name])
                     for name in first if name in second]
            rows += [row for row in found if row]
    return rows


def folds_together(runs: Sequence[Sequence[Result]]) -> list[dict]:
    """One row for each system and recipe tested in two or more folds of a protocol: {dataset, protocol, system,
    recipe, folds, seeds, n, accuracy (of all images together, mean over the seeds that every fold has), interval
    (95 %)}. Folds without a common seed are left out."""
    rows = []
    for (dataset, protocol), results_of in _groups(runs).items():
        for (system, recipe), results in results_of.items():
            folds = len({result.metrics["protocol"] for result in results})
            found = _pooled(results)
            if folds > 1 and found is not None:
                rows.append({"dataset": dataset, "protocol": protocol, "system": system, "recipe": recipe,
                             "folds": folds, "seeds": found[0].n_seeds, "n": found[1], "accuracy": found[0].mean,
                             "interval": list(found[0].interval)})
    return rows


def sentence(row: dict) -> str:
    """A row of either table in one line, with its interval."""
    low, high = row["interval"]
    name = f"{row['system']}/{row['recipe']}"
    if "folds" in row:
        return (f"{name}: {100 * row['accuracy']:.1f} % ({100 * low:.1f} … {100 * high:.1f}) of {row['n']} images in "
                f"{row['folds']} folds of {row['protocol']}")
    return (f"{name}: {100 * row['leaky_accuracy']:.1f} % {row['leaky']}, {100 * row['strict_accuracy']:.1f} % "
            f"{row['strict']}: {100 * row['worth']:+.1f} points ({100 * low:+.1f} … {100 * high:+.1f})")


def _groups(runs: Sequence[Sequence[Result]]) -> dict[tuple[str, str], dict[Name, list[Result]]]:
    """The tested systems by (data set, protocol without its fold), then by (system, recipe)."""
    found: dict[tuple[str, str], dict[Name, list[Result]]] = {}
    for result in (result for results in runs for result in results if result.predictions):
        key = result.metrics["dataset"], protocols.without_fold(result.metrics["protocol"])
        found.setdefault(key, {}).setdefault((result.key.system, result.key.recipe), []).append(result)
    return found


def _pooled(results: Sequence[Result]) -> tuple[Estimate, int] | None:
    """Accuracy over all folds' images and how many these are; None where the folds have no seed in common."""
    folds: dict[str, dict[int, Result]] = {}
    for result in results:
        folds.setdefault(result.metrics["protocol"], {})[result.key.seed] = result
    seeds = sorted(set.intersection(*map(set, folds.values())))
    if not seeds:
        return None
    right = np.array([np.concatenate([fold[seed].right for fold in folds.values()]) for seed in seeds])
    first = [fold[seeds[0]] for fold in folds.values()]
    groups = people_apart([one.groups for one in first])
    return estimates.share(right, np.concatenate([one.predictions["labels"] for one in first]), groups), right.shape[1]


def _difference(dataset: str, leaky: str, strict: str, name: Name, first: Sequence[Result],
                second: Sequence[Result]) -> dict | None:
    both = _pooled(first), _pooled(second)
    if None in both:
        return None
    (a, n_a), (b, n_b) = both
    people, over_people = _over_people(first, second)
    return {"dataset": dataset, "system": name[0], "recipe": name[1], "leaky": leaky, "strict": strict,
            "leaky_accuracy": a.mean, "strict_accuracy": b.mean, "leaky_n": n_a, "strict_n": n_b,
            "seeds": min(a.n_seeds, b.n_seeds), "worth": a.mean - b.mean, "people": people,
            "interval": list(estimates.apart(a, b, over_people))}


def _over_people(leaky: Sequence[Result], strict: Sequence[Result]) -> tuple[int, np.ndarray | None]:
    """How many people the two tests share and draws (D,) of the difference, of other people; (0, None) where that
    is one alone, or the stricter test does not say who is in every image of the leakier one."""
    if not all("groups" in result.predictions for result in strict):
        return 0, None
    persons: dict[int, tuple[str, int]] = {}  # by image; nobody is in two folds
    for result in strict:
        persons |= {image: (result.metrics["protocol"], group) for image, group in zip(
            result.predictions["index"].tolist(), result.predictions["groups"].tolist(), strict=True)}
    row = {image: number for number, image in enumerate(persons)}
    columns = np.zeros((len(row), 4))  # right and tested, of the leakier and of the stricter test
    for start, results in ((0, leaky), (2, strict)):
        for result in results:
            index = result.predictions["index"].tolist()
            if not row.keys() >= set(index):
                return 0, None
            at = [row[image] for image in index]
            columns[at, start] += result.right
            columns[at, start + 1] += 1
    numbers = {person: number for number, person in enumerate(dict.fromkeys(persons.values()))}
    if len(numbers) < 2:
        return 0, None
    groups = np.array([numbers[person] for person in persons.values()])
    sums = estimates.group_sums(columns, np.zeros(len(row), np.int64), groups)[0][:, 0]
    draws = sums[:, 0] / np.maximum(sums[:, 1], 1) - sums[:, 2] / np.maximum(sums[:, 3], 1)
    return len(numbers), estimates.widened(draws, groups)
