"""The parts of a face as masks: known for drawn faces, from one template for aligned crops of real ones."""

from __future__ import annotations

import numpy as np

# Top, left, bottom, right (exclusive) in pixels of an aligned 48×48 crop; a part may have several boxes.
# Drawn around where these parts lie in the mean of 3,000 FER2013 crops (brows at rows 10–14, eyes 15–20,
# mouth 35–42).
TEMPLATE: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "mouth": ((33, 13, 44, 35),),
    "brows": ((9, 7, 15, 22), (9, 26, 15, 41)),
    "eyes": ((15, 7, 22, 22), (15, 26, 22, 41)),
    "nose": ((20, 22, 22, 26), (22, 18, 33, 30)),
    "cheeks": ((22, 5, 33, 17), (22, 31, 33, 43)),
    "forehead": ((1, 9, 9, 39),),
}


def template_masks(height: int = 48, width: int = 48) -> np.ndarray:
    """The template as disjoint masks, bool (R, H, W), in the order of `TEMPLATE`, scaled for another size."""
    masks = np.zeros((len(TEMPLATE), height, width), dtype=bool)
    for mask, boxes in zip(masks, TEMPLATE.values(), strict=True):
        for box in boxes:
            scaled = np.rint(np.multiply(box, (height, width, height, width)) / 48)
            top, left, bottom, right = scaled.astype(int)
            mask[top:bottom, left:right] = True
    return masks


def region_masks(n: int, known: np.ndarray | None = None,
                 known_names: tuple[str, ...] = ()) -> tuple[tuple[str, ...], np.ndarray]:
    """The names of the parts and their masks, bool (N, R, 48, 48), for `n` images.

    known: bool (N, R', 48, 48), a drawn set's own masks (FaceSet.masks), named by `known_names`; they
    take the template's place, and the parts that only the template has keep the pixels which no known
    mask claims.
    """
    names, masks = tuple(TEMPLATE), np.repeat(template_masks()[None], n, axis=0)
    if known is None:
        return names, masks
    taken = known.any(1)
    for number, name in enumerate(names):
        own = known[:, known_names.index(name)] if name in known_names else masks[:, number] & ~taken
        masks[:, number] = own
    return names, masks


def elsewhere(mask: np.ndarray, placements: int, rng: np.random.Generator,
              most_overlap: float = 0.1) -> np.ndarray:
    """The mask moved to `placements` other places inside the image: equal area and shape, bool (M, H, W).

    Drawn without replacement among the places that share at most `most_overlap` of the mask's own area
    with it; where there are too few, those that share least. mask: bool (H, W), not empty.
    """
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    spectrum = np.fft.rfft2(mask, s=(2 * height, 2 * width))
    overlap = np.rint(np.fft.irfft2(spectrum * spectrum.conj(), s=(2 * height, 2 * width)))
    dy = np.arange(-rows[0], height - rows[-1])
    dx = np.arange(-columns[0], width - columns[-1])
    shared = overlap[np.ix_(dy, dx)].ravel() / mask.sum()
    shuffled = rng.permutation(shared.size)
    order = shuffled[np.argsort(np.maximum(shared[shuffled], most_overlap), kind="stable")]
    moves = [divmod(int(place), len(dx)) for place in order[:placements]]
    return np.stack([np.roll(mask, (dy[y], dx[x]), axis=(0, 1)) for y, x in moves])
