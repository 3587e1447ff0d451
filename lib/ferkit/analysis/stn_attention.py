"""Where a spatial transformer looks: size, shift and turn of the sampled area, and what lies in it.

Jaderberg et al. 2015, arXiv 1506.02025: theta maps the output's coordinates to the input's, both in [-1,
1] from edge to edge. The area is given in the frame of the image (`inference.infer_theta`): the identity is the whole
image, and a shift is in the image's pixels. Deep-Emotion's grid reads a 9×9 feature map, whose places are 16-pixel
fields at every fourth pixel.
"""

from __future__ import annotations

import numpy as np
import torch

from ferkit.models.layers import affine_grid, grid_sample


def describe(theta: np.ndarray) -> dict[str, np.ndarray]:
    """What each sampling does, float64 (N,): scale_x, scale_y (lengths of the sampled area's axes against the image's),
    shift_x, shift_y (pixels of 48, right and down), rotation (degrees, of the x axis), area (against the
    image's).

    theta: float (N, 2, 3).
    """
    theta = np.asarray(theta, dtype=np.float64)
    return {"scale_x": np.hypot(theta[:, 0, 0], theta[:, 1, 0]), "scale_y": np.hypot(theta[:, 0, 1], theta[:, 1, 1]),
            "shift_x": theta[:, 0, 2] * 24, "shift_y": theta[:, 1, 2] * 24,
            "rotation": np.degrees(np.arctan2(theta[:, 1, 0], theta[:, 0, 0])),
            "area": np.abs(np.linalg.det(theta[:, :, :2]))}


# Five samplings by hand: their first two columns turn and scale, the third shifts, in coordinates of [-1, 1].
EXAMPLES = {
    "identity": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)), "closer: half the size": ((0.5, 0.0, 0.0), (0.0, 0.5, 0.0)),
    "lower half": ((1.0, 0.0, 0.0), (0.0, 0.5, 0.5)), "turned by 30°": ((0.866, -0.5, 0.0), (0.5, 0.866, 0.0)),
    "wider than the image": ((1.4, 0.0, 0.0), (0.0, 1.4, 0.0)),
}


def read_by(image: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """What a transformer with these θ reads of one image: uint8 (N, H, W).

    image: uint8 (H, W); theta: float (N, 2, 3). Bilinear; outside the image lies black.
    """
    matrices = torch.as_tensor(np.asarray(theta), dtype=torch.float32)
    repeated = torch.from_numpy(np.array(image)).float().expand(len(matrices), 1, *image.shape)
    read = grid_sample(repeated.contiguous(), affine_grid(matrices, *image.shape))
    return read[:, 0].round().clamp(0, 255).to(torch.uint8).numpy()


def summary(theta: np.ndarray, labels: np.ndarray, label_names: tuple[str, ...]) -> list[dict[str, object]]:
    """Does it zoom, shift, or stay at the identity? A row for each expression and one for all: the means of
    :func:`describe` and their deviations between images ("± …"), and the largest change of a corner of the sampled
    area, in pixels of 48 ("corner").

    theta: float (N, 2, 3); labels: int (N,).
    """
    theta, labels = np.asarray(theta, dtype=np.float64), np.asarray(labels)
    corners = np.array([(x, y, 1) for x in (-1, 1) for y in (-1, 1)], dtype=np.float64)
    moved = np.linalg.norm(corners @ theta.transpose(0, 2, 1) - corners[None, :, :2], axis=2).max(1) * 24
    measures, table = describe(theta) | {"corner": moved}, []
    for name, own in [*((name, labels == k) for k, name in enumerate(label_names)), ("all", labels >= 0)]:
        if own.any():
            row: dict[str, object] = {"expression": name, "images": int(own.sum())}
            for key, values in measures.items():
                row |= {key: float(values[own].mean()), f"± {key}": float(values[own].std())}
            table.append(row)
    return table


def sampled_area(theta: np.ndarray, side: int = 48) -> np.ndarray:
    """Which pixels of the image lie inside the sampled area, bool (N, side, side).

    theta: float (N, 2, 3). A pixel counts by its centre; a theta that collapses the area to a line
    samples nothing.
    """
    theta = np.asarray(theta, dtype=np.float64)
    centres = (2 * np.arange(side) + 1) / side - 1
    points = np.stack(np.meshgrid(centres, centres, indexing="xy")).reshape(2, -1)  # (x, y), row by row
    area = np.zeros((len(theta), side * side), dtype=bool)
    for inside, matrix in zip(area, theta, strict=True):
        if abs(np.linalg.det(matrix[:, :2])) > 1e-9:
            source = np.linalg.solve(matrix[:, :2], points - matrix[:, 2:])
            inside[:] = (np.abs(source) <= 1 + 1e-9).all(0)
    return area.reshape(-1, side, side)


def coverage(area: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The share of each part that lies in the sampled area, float64 0…1 (N, R); NaN for a part without pixels.

    area: bool (N, H, W); masks: bool (N, R, H, W).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return (masks & area[:, None]).sum((2, 3)) / masks.sum((2, 3))


def rows(theta: np.ndarray, labels: np.ndarray, masks: np.ndarray, names: tuple[str, ...],
         label_names: tuple[str, ...], important: dict[str, tuple[str, ...]], maps: np.ndarray | None = None, *,
         draws: int = 2000, seed: int = 0) -> list[dict[str, object]]:
    """For each expression, does the transformer sample what occlusion finds important? Means over its images.

    Each row: expression, n, the sampled share of the image and of each part (fractions); "important", that of the
    parts that matter for this expression, "excess" = important - image with its 95 % paired bootstrap "interval" over
    images (None without such parts); "map inside", `agreement` with the expression's map (None without maps).
    theta (N, 2, 3), labels (N,), masks bool (N, R, H, W) named by `names`; important: label → parts; maps: float
    (K, H, W), a reading's mean maps. Expressions without images are left out.
    """
    rng = np.random.default_rng([seed, 3])
    area = sampled_area(theta, masks.shape[-1])
    share, covered = area.mean((1, 2)), coverage(area, masks)
    table = []
    for k, label in enumerate(label_names):
        own = labels == k
        if not own.any():
            continue
        row: dict[str, object] = {"expression": label, "n": int(own.sum()), "image": float(share[own].mean())}
        row |= {name: _mean(covered[own, r]) for r, name in enumerate(names)}
        parts = [names.index(name) for name in important.get(label, ())]
        row |= _excess(area[own], masks[own][:, parts].any(1), share[own], draws, rng)
        row["map inside"] = None if maps is None else _finite(agreement(theta[own], maps[k]))
        table.append(row)
    return table


def agreement(theta: np.ndarray, pixels: np.ndarray) -> float:
    """Does it look where covering hurts? The share of a map's positive weight inside the sampled areas, divided by the
    areas' share of the image: 1 is no better than looking everywhere; NaN for a map or areas without any.

    theta: (N, 2, 3) of one expression's images; pixels: its mean map of a reading, (H, W).
    """
    area = sampled_area(theta, pixels.shape[-1]).mean(0)
    weight = np.maximum(pixels, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float((weight * area).sum() / weight.sum() / area.mean())


def _excess(area: np.ndarray, important: np.ndarray, share: np.ndarray, draws: int, rng: np.random.Generator) -> dict:
    inside = coverage(area, important[:, None])[:, 0]
    known = np.isfinite(inside)
    if not known.any():
        return {"important": None, "excess": None, "interval": None}
    difference = (inside - share)[known]
    n = len(difference)
    resampled = rng.multinomial(n, np.full(n, 1 / n), size=draws) @ difference / n
    return {"important": float(inside[known].mean()), "excess": float(difference.mean()),
            "interval": np.quantile(resampled, (0.025, 0.975)).tolist()}


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
