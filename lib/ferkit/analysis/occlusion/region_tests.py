"""The statements that the paper read off by eye, as tests: which part matters for which expression?

The paper says that covering the mouth hurts happy, that covering the brows hurts angry, that different
expressions depend on different parts, and that the rest of the face hardly matters.

Differs from the paper: a part is covered by its own outline, and what is lost is held against covering
the same outline moved elsewhere in the same image, because a black patch anywhere costs something.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferkit.analysis.occlusion.face_regions import elsewhere
from ferkit.analysis.occlusion.maps import Score, of_label
from ferkit.analysis.occlusion.windows import cover, fill
from ferkit.results.occlusions import IMPORTANT
from ferkit.stats import intervals


@dataclass(frozen=True)
class Covered:
    """What a classifier says with parts covered, for N images and R parts.

    correct: bool (N,), nothing covered. part, bool (N, R): right with the part covered. moved, float64
    (N, R): share of its moved copies under which the image stays right. drop, float64 (N, R): true
    label's probability lost under the part. area, float64 (N, R): the part's share of the image. rest,
    parts: bool (N,), right with everything but the important parts covered, and with exactly these
    covered.
    """

    correct: np.ndarray
    part: np.ndarray
    moved: np.ndarray
    drop: np.ndarray
    area: np.ndarray
    rest: np.ndarray
    parts: np.ndarray


def cover_parts(score: Score, images: np.ndarray, labels: np.ndarray, masks: np.ndarray,
                names: tuple[str, ...], *, baseline: str = "zero", placements: int = 4, seed: int = 0) -> Covered:
    """Answers with every part covered, with its shape moved elsewhere, with all and with none of the parts.

    images: uint8 (N, H, W); labels: int64 (N,); masks: bool (N, R, H, W), named by `names`. placements:
    moved copies for each image and part. A part that an image does not have (empty mask) covers nothing
    and counts as such.
    """
    n, r = masks.shape[:2]
    rng = np.random.default_rng([seed, 0])
    filled = fill(images, baseline)
    important = masks[:, [i for i, name in enumerate(names) if name in IMPORTANT]].any(1)
    _, probability, correct = of_label(score, images, labels)
    part, drop, moved = np.zeros((n, r), bool), np.zeros((n, r)), np.zeros((n, r))
    for number in range(r):
        own = masks[:, number]
        _, after, part[:, number] = of_label(score, cover(images, own, filled), labels)
        drop[:, number] = probability - after
        copies = _moved(own, placements, rng)
        for copy in np.moveaxis(copies, 1, 0):
            moved[:, number] += of_label(score, cover(images, copy, filled), labels)[2]
    rest = of_label(score, cover(images, ~important, filled), labels)[2]
    parts = of_label(score, cover(images, important, filled), labels)[2]
    return Covered(correct, part, moved / placements, drop, masks.mean((2, 3)), rest, parts)


def _moved(masks: np.ndarray, placements: int, rng: np.random.Generator) -> np.ndarray:
    """Every image's mask at other places, bool (N, M, H, W); one draw serves all images of a common mask."""
    moved = np.zeros((len(masks), placements, *masks.shape[1:]), dtype=bool)
    for copies, mask in zip(moved, masks, strict=True):
        if mask.any():
            found = elsewhere(mask, placements, rng)
            copies[:] = found[np.arange(placements) % len(found)]
    return moved


def recall_lost(covered: Covered, labels: np.ndarray, label_names: tuple[str, ...], names: tuple[str, ...], *,
                draws: int = 2000, flips: int = 100_000, seed: int = 0) -> dict[str, dict[str, dict]]:
    """For each expression and part: recall lost with it covered, with its shape elsewhere, and the excess.

    ``{label: {part: {drop, control, difference, interval, p, p_holm}}}``: fractions of the class's
    images; the interval is the 95 % paired bootstrap of the difference over images, p the two-sided
    sign-flip permutation test with so many `flips`, p_holm corrected over all expressions and parts. None
    for a class without images.
    """
    rng = np.random.default_rng([seed, 1])
    before = covered.correct[:, None].astype(np.float64)
    drop, control = before - covered.part, before - covered.moved
    table: dict[str, dict[str, dict]] = {}
    for k, label in enumerate(label_names):
        rows = labels == k
        table[label] = {name: _effect(drop[rows, r], control[rows, r], draws, flips, rng)
                        for r, name in enumerate(names)}
    cells = [cell for row in table.values() for cell in row.values() if cell["p"] is not None]
    for cell, p in zip(cells, intervals.holm([cell["p"] for cell in cells]), strict=True):
        cell["p_holm"] = p
    return table


def _effect(drop: np.ndarray, control: np.ndarray, draws: int, flips: int, rng: np.random.Generator) -> dict:
    n = len(drop)
    if n == 0:
        return dict.fromkeys(("drop", "control", "difference", "interval", "p", "p_holm"))
    difference = drop - control
    resampled = rng.multinomial(n, np.full(n, 1 / n), size=draws) @ difference / n
    return {"drop": float(drop.mean()), "control": float(control.mean()),
            "difference": float(difference.mean()),
            "interval": np.quantile(resampled, (0.025, 0.975)).tolist(),
            "p": sign_flip(difference, flips, rng), "p_holm": None}


def sign_flip(differences: np.ndarray, draws: int, rng: np.random.Generator) -> float:
    """Two-sided p that paired differences (N,) are symmetric about 0, by random signs (≥ 1/(draws+1)).

    Equal differences draw their signs together (binomially), so that 100,000 draws are no burden.
    """
    sizes, counts = np.unique(np.abs(differences[differences != 0]).round(12), return_counts=True)
    sums = (2 * rng.binomial(counts, 0.5, size=(draws, len(sizes))) - counts) @ sizes
    as_far = np.abs(sums) >= abs(differences.sum()) - 1e-9
    return float((1 + as_far.sum()) / (1 + draws))


def interaction(covered: Covered, labels: np.ndarray, *, draws: int = 2000,
                seed: int = 0) -> dict[str, float]:
    """Do different expressions depend on different parts? A permutation test of expression × part.

    Within each image that is right with nothing covered the parts are ranked by the probability lost
    under them (ranks, so that a class that is easy or a part that is large cannot pass for an
    interaction); the statistic is the sum of squares of the classes' mean rank profiles about the overall
    one, per degree of freedom, and labels are permuted among images. p is never below 1/(draws+1);
    statistic 0 and p 1 where fewer than two classes have right images.
    """
    from scipy import stats  # takes a second to import

    rng = np.random.default_rng([seed, 2])
    rows = covered.correct
    ranks, own = stats.rankdata(covered.drop[rows], axis=1) - 1, labels[rows]
    classes = np.unique(own)
    if len(classes) < 2:
        return {"statistic": 0.0, "p": 1.0}
    member = (own[:, None] == classes).astype(np.float64)
    centred = ranks - ranks.mean(0)
    observed = _profile_spread(centred, member)
    permuted = [_profile_spread(centred, member[rng.permutation(len(own))]) for _ in range(draws)]
    as_large = np.sum(np.array(permuted) >= observed - 1e-9)
    return {"statistic": observed, "p": float((1 + as_large) / (1 + draws))}


def _profile_spread(centred: np.ndarray, member: np.ndarray) -> float:
    sums = member.T @ centred
    freedom = (member.shape[1] - 1) * (centred.shape[1] - 1)
    return float((sums**2 / member.sum(0)[:, None]).sum() / freedom)


def insensitive(covered: Covered, labels: np.ndarray, label_names: tuple[str, ...]) -> dict:
    """How little the rest of the face matters: recall with nothing covered ("before"), with everything but
    the important parts covered ("rest"), and with exactly these covered ("parts").

    ``{overall: {before, rest, parts}, by_label: {label: the same}}``: fractions; None without images.
    """
    columns = {"before": covered.correct, "rest": covered.rest, "parts": covered.parts}

    def means(rows: np.ndarray) -> dict:
        return {name: float(column[rows].mean()) if rows.any() else None for name, column in columns.items()}

    by_label = {label: means(labels == k) for k, label in enumerate(label_names)}
    return {"overall": means(np.ones(len(labels), bool)), "by_label": by_label}
