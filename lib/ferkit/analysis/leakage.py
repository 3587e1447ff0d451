"""What a leak is worth: the same systems trained and tested under two protocols of one data set, as a difference.

Where the stricter protocol tests every image that the leakier one tests (all folds together) and names the people in
them, whole people are resampled, each with the images of both tests. Elsewhere the test images differ and nothing is
paired: the interval is Newcombe's for two independent shares (1998,
doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I). It counts images; those of one person look
alike, so that it is as narrow as it could be. Only saved files are read; no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ferkit.core import protocols
from ferkit.core.names import Name
from ferkit.results.records import CellResult
from ferkit.stats import estimates, intervals


def worth(runs: Sequence[Sequence[CellResult]]) -> list[dict]:
    """One row for each two protocols of one data set and each system and recipe tested under both.

    runs: the cells of each run; the folds of one protocol count as one test on all their images. A row: {dataset,
    system, recipe, leaky, strict (the protocols), leaky_accuracy, strict_accuracy (means over seeds), leaky_n, strict_n
    (test images), seeds (the fewer of the two), worth (leaky minus strict, a fraction), interval (95 %), people (how
    many were resampled, 0 where images were)}. Cells that could not be tested are left out, and those trained on a part
    of the images or under other labels: another difference than a leak.
    """
    rows = []
    for (dataset, one), (other_dataset, other) in combinations(groups := _groups(runs), 2):
        alike = dataset == other_dataset and protocols.label_set(one) == protocols.label_set(other)
        signers = one in protocols.SIGNERS and other in protocols.SIGNERS  # either tests on strangers alone
        if alike and not signers and protocols.on_all(one) == one and protocols.on_all(other) == other:
            leaky, strict = protocols.leakiest_first([one, other])
            first, second = groups[dataset, leaky], groups[dataset, strict]
            rows += [_difference(dataset, leaky, strict, name, first[name], second[name])
                     for name in first if name in second]
    return rows


def folds_together(runs: Sequence[Sequence[CellResult]]) -> list[dict]:
    """One row for each system and recipe tested in two or more folds of a protocol: {dataset, protocol, system,
    recipe, folds, seeds, n, accuracy (of all images together, mean over seeds), interval (Wilson, 95 %)}."""
    rows = []
    for (dataset, protocol), cells_of in _groups(runs).items():
        for (system, recipe), cells in cells_of.items():
            folds = len({cell.metrics["protocol"] for cell in cells})
            if folds > 1:
                accuracy, n, seeds = _pooled(cells)
                rows.append({"dataset": dataset, "protocol": protocol, "system": system, "recipe": recipe,
                             "folds": folds, "seeds": seeds, "n": n, "accuracy": accuracy,
                             "interval": list(intervals.wilson(accuracy * n, n))})
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


def _groups(runs: Sequence[Sequence[CellResult]]) -> dict[tuple[str, str], dict[Name, list[CellResult]]]:
    """The tested cells by (data set, protocol without its fold), then by (system, recipe)."""
    found: dict[tuple[str, str], dict[Name, list[CellResult]]] = {}
    for cell in (cell for cells in runs for cell in cells if cell.predictions):
        key = cell.metrics["dataset"], protocols.without_fold(cell.metrics["protocol"])
        found.setdefault(key, {}).setdefault((cell.cell.system, cell.cell.recipe), []).append(cell)
    return found


def _pooled(cells: Sequence[CellResult]) -> tuple[float, int, int]:
    """Accuracy over all folds' images (mean over seeds), how many images these are, and how many seeds."""
    sizes = {cell.metrics["protocol"]: cell.metrics["n"] for cell in cells}
    accuracy = np.average([cell.metrics["accuracy"] for cell in cells], weights=[cell.metrics["n"] for cell in cells])
    return float(accuracy), sum(sizes.values()), len({cell.cell.seed for cell in cells})


def _difference(dataset: str, leaky: str, strict: str, name: Name, first: Sequence[CellResult],
                second: Sequence[CellResult]) -> dict:
    (a, n_a, seeds_a), (b, n_b, seeds_b) = _pooled(first), _pooled(second)
    people, interval = _over_people(first, second)
    return {"dataset": dataset, "system": name[0], "recipe": name[1], "leaky": leaky, "strict": strict,
            "leaky_accuracy": a, "strict_accuracy": b, "leaky_n": n_a, "strict_n": n_b, "seeds": min(seeds_a, seeds_b),
            "worth": a - b, "people": people,
            "interval": interval or list(intervals.share_difference(a * n_a, n_a, b * n_b, n_b))}


def _over_people(leaky: Sequence[CellResult], strict: Sequence[CellResult]) -> tuple[int, list[float]]:
    """How many people the two tests share and the 95 % interval of the difference over them; (0, []) where the stricter
    test does not say who is in every image of the leakier one."""
    if not all("groups" in cell.predictions for cell in strict):
        return 0, []
    persons: dict[int, tuple[str, int]] = {}  # by image; nobody is in two folds
    for cell in strict:
        persons |= {image: (cell.metrics["protocol"], group) for image, group in zip(
            cell.predictions["index"].tolist(), cell.predictions["groups"].tolist(), strict=True)}
    row = {image: number for number, image in enumerate(persons)}
    columns = np.zeros((len(row), 4))  # right and tested, of the leakier and of the stricter test
    for start, cells in ((0, leaky), (2, strict)):
        for cell in cells:
            index = cell.predictions["index"].tolist()
            if not row.keys() >= set(index):
                return 0, []
            at = [row[image] for image in index]
            columns[at, start] += cell.predictions["predicted"] == cell.predictions["labels"]
            columns[at, start + 1] += 1
    numbers = {person: number for number, person in enumerate(dict.fromkeys(persons.values()))}
    groups = np.array([numbers[person] for person in persons.values()])
    sums = estimates.class_sums(columns, np.zeros(len(row), np.int64), groups)[0][:, 0]
    draws = sums[:, 0] / np.maximum(sums[:, 1], 1) - sums[:, 2] / np.maximum(sums[:, 3], 1)
    return len(numbers), np.quantile(draws, [0.025, 0.975]).tolist()
