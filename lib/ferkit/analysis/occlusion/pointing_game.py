"""Is occlusion right? On drawn faces the parts that make an expression are known.

Pointing game: Zhang et al. 2018, Top-down neural attention by excitation backprop, doi
10.1007/s11263-017-1059-x.

Differs from the paper: a map points with the centre of its highest window, because a pixel at the image's
edge lies in fewer windows and so wins by chance; no tolerance around the part, which would swallow a face
of 48 pixels.
"""

from __future__ import annotations

import numpy as np

from ferkit.analysis.occlusion.windows import Windows


def pointing(values: np.ndarray, windows: Windows, truth: np.ndarray) -> np.ndarray:
    """Whether the centre of each map's highest window lies on the truth, float64 0…1 (N,).

    values: a reading, (N, P); truth: bool (N, H, W). An even window has four centre pixels, which count in
    their share, and so do windows that share the highest value.
    """
    at_centre = np.mean([truth[:, y, x] for y, x in _centres(windows)], axis=0)
    highest = values >= values.max(1, keepdims=True) - 1e-9
    return (highest * at_centre).sum(1) / highest.sum(1)


def _centres(windows: Windows) -> list[tuple[np.ndarray, np.ndarray]]:
    top, left, bottom, right = windows.boxes.T
    return [((top + bottom - a) // 2, (left + right - b) // 2) for a in (0, 1) for b in (0, 1)]


def overlap(values: np.ndarray, windows: Windows, truth: np.ndarray) -> np.ndarray:
    """The share of each pixel map's positive weight that lies on the truth, float64 0…1 (N,)."""
    positive = np.maximum(windows.to_pixels(values), 0).reshape(len(values), -1).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return (positive * truth.reshape(len(truth), -1)).sum(1) / positive.sum(1)


def edges(images: np.ndarray) -> np.ndarray:
    """The strength of the grey gradient (central differences), float64 (N, H, W): the control."""
    rows, columns = np.gradient(images.astype(np.float64), axis=(1, 2))
    return np.hypot(rows, columns)


def in_windows(pixels: np.ndarray, windows: Windows) -> np.ndarray:
    """The mean of pixel values over each window, float64: (N, H, W) → (N, P)."""
    masks = windows.masks.reshape(len(windows), -1).astype(np.float64)
    return pixels.reshape(len(pixels), -1) @ masks.T / masks.sum(1)


def pointing_game(values: np.ndarray, windows: Windows, labels: np.ndarray, truth: np.ndarray,
                  label_names: tuple[str, ...]) -> dict:
    """Hits and overlap of maps with the truth, over images whose truth is not empty.

    values: a reading, (N, P). ``{overall: {n, hits, overlap, share}, by_label: {label: the same}}``:
    fractions; share is the truth's part of the image, about what pointing at random hits; None where
    there is no such image.
    """
    columns = {"hits": pointing(values, windows, truth), "overlap": overlap(values, windows, truth),
               "share": truth.mean((1, 2))}
    known = truth.any((1, 2))

    def means(rows: np.ndarray) -> dict:
        result: dict[str, object] = {"n": int(rows.sum())}
        for name, column in columns.items():
            own = column[rows][np.isfinite(column[rows])]
            result[name] = float(own.mean()) if len(own) else None
        return result

    by_label = {label: means(known & (labels == k)) for k, label in enumerate(label_names)}
    return {"overall": means(known), "by_label": by_label}
