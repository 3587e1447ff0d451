"""Rules about two systems under several protocols: all folds together, and a gap that grows from step to step.

Both are judged from a single view of each image, whatever test-time augmentation a system has, with the same seeds and
images, and only where both are better than the majority class.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import MARGIN, at_most_partly, deciding_half_width, superiority
from ferkit.claims.evidence import Evidence, NotRun
from ferkit.claims.finding import Finding, finding
from ferkit.core.errors import InputError
from ferkit.core.names import Name
from ferkit.core.protocols import folds
from ferkit.results import over_protocols
from ferkit.results.over_protocols import Answers
from ferkit.stats import estimates
from ferkit.stats.estimates import Estimate


def no_worse_in_folds(evidence: Evidence, claim: Claim, first: Name, second: Name, protocol: str) -> Finding:
    """Whether `first` loses less than `MARGIN` against `second` on the test images of all ten folds."""
    (a, b), sources = _both(evidence, first, second, folds(protocol))
    found = estimates.difference(a.right, b.right, a.labels, a.groups)
    low, high = found.interval
    verdict = "reproduced" if low >= -MARGIN else "contradicted" if high < -MARGIN else "inconclusive"
    people = "" if a.people is None else f" of {a.people} people"
    notes = [f"{'/'.join(name)} {one.right.mean():.2%}" for name, one in ((first, a), (second, b))]
    notes.append(f"{a.right.shape[1]} images{people}, each tested in one fold, from a single view")
    return finding(*_with_lost(verdict, found, sources, notes, a, b), abs(found.mean + MARGIN))


def gap_grows(evidence: Evidence, claim: Claim, first: Name, second: Name, steps: Mapping[str, float]) -> Finding:
    """The slope of the gap, `first` minus `second`, over the steps (least squares), in accuracy a step of 1.

    steps: how hard each protocol is. Every protocol tests the same faces, drawn harder, so a slope is had of each."""
    (a, b), sources = _both(evidence, first, second, list(steps))
    gaps = np.stack([a.right[:, a.protocol == one].astype(float) - b.right[:, b.protocol == one] for one in steps])
    labels, groups = ([None if values is None else values[a.protocol == one] for one in steps]
                      for values in (a.labels, a.groups))
    if any(not np.array_equal(one, labels[0]) for one in labels):
        raise NotRun("refused: the steps were not tested on the same faces")
    weights = np.array(list(steps.values())) - np.mean(list(steps.values()))
    slopes = np.tensordot(weights / (weights**2).sum(), gaps, axes=1)
    found = estimates.average(slopes, labels[0], groups[0])
    each = [f"{100 * gap.mean():+.1f} at {step:g} ({100 * a.right[:, a.protocol == one].mean():.1f} against "
            f"{100 * b.right[:, b.protocol == one].mean():.1f} %)"
            for (one, step), gap in zip(steps.items(), gaps, strict=True)]
    verdict = superiority(found, found.p())
    return finding(*_with_lost(verdict, found, sources, ["gap " + ", ".join(each)], a, b),
                   deciding_half_width(found))


def _with_lost(verdict: str, found: Estimate, sources: list[str], notes: list[str], *compared: Answers
               ) -> tuple[str, Estimate, list[str], list[str]]:
    """What `finding` takes; at most "partly" where a run diverged or collapsed, all of which count in the mean."""
    lost = [run for one in compared for run in one.lost]
    return at_most_partly(verdict) if lost else verdict, found, sources, [*notes, *lost]


def _both(evidence: Evidence, first: Name, second: Name, protocols: list[str]
          ) -> tuple[tuple[Answers, Answers], list[str]]:
    """What both answer, seed by seed on the same images, and the files; NotRun where that cannot be had."""
    try:
        (a, said), (b, also) = (over_protocols.answers(evidence.root, name, protocols) for name in (first, second))
    except InputError as error:
        raise NotRun(str(error)) from None
    if (a.seeds, a.data_sha256) != (b.seeds, b.data_sha256) or not np.array_equal(a.index, b.index):
        raise NotRun(f"refused: {'/'.join(first)} and {'/'.join(second)} were run with other seeds or on other images")
    for name, one in ((first, a), (second, b)):
        if not one.trained:
            raise NotRun(f"refused: {'/'.join(name)} is no better than the majority class, which proves nothing")
    return (a, b), sorted({*said, *also})


_INTERVAL = "the 95 % interval over seeds and images"
NO_WORSE_IN_FOLDS = Rule(no_worse_in_folds, (
    "Non-inferiority within 2 points on the test images of all ten folds of {protocol}, people resampled whole. "
    f"Reproduced: {_INTERVAL} lies above −2 points. Contradicted: below. Inconclusive: it holds −2 points. Both are "
    "scored from a single view."))
GAP_GROWS = Rule(gap_grows, (
    "Slope of the gap (accuracy of the first minus the second) over the steps, by least squares, for each step of 1. "
    f"Reproduced: {_INTERVAL} lies above 0, with p below 0.05. Contradicted: below 0. Not reproduced: it holds "
    "0 and ends below 1 point. Inconclusive: it holds 0 and 1 point. Both are scored from a single view."))
