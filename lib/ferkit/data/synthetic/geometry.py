"""Outlines as arrays of points: closed splines, ribbons, ovals. Unit: one pixel of the 48×48 image; y grows down."""

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def _spline_matrix(n: int, steps: int) -> np.ndarray:
    """The (n·steps, n) matrix that turns n control points into a closed Catmull–Rom spline."""
    t = np.arange(steps) / steps
    weights = 0.5 * np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3,
                              t + 4 * t**2 - 3 * t**3, -(t**2) + t**3], axis=1)
    matrix = np.zeros((n * steps, n))
    for segment in range(n):
        for k in range(4):
            matrix[segment * steps:(segment + 1) * steps, (segment + k - 1) % n] += weights[:, k]
    return matrix


def closed_spline(points: np.ndarray, steps: int = 5) -> np.ndarray:
    """A smooth closed outline through the given points; (n, 2) → (n·steps, 2)."""
    points = np.asarray(points, dtype=float)
    return _spline_matrix(len(points), steps) @ points


@lru_cache(maxsize=16)
def _circle(n: int, power: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.sign(circle) * np.abs(circle) ** (2 / power)


def oval(x: float, y: float, rx: float, ry: float, n: int = 16, power: float = 2.0) -> np.ndarray:
    """A (super)ellipse about (x, y), (n, 2); power 2 is an ellipse, larger is boxier."""
    return _circle(n, power) * (rx, ry) + (x, y)


def ribbon(points: np.ndarray, half_width: float | np.ndarray) -> np.ndarray:
    """The outline of a stroke along an open line; (n, 2) and a half width (one, or n) → (2n, 2)."""
    points = np.asarray(points, dtype=float)
    along = np.empty_like(points)
    along[1:-1] = points[2:] - points[:-2]
    along[0], along[-1] = points[1] - points[0], points[-1] - points[-2]
    across = along * (np.asarray(half_width) / (np.hypot(along[:, 0], along[:, 1]) + 1e-9))[:, None]
    n = len(points)
    outline = np.concatenate([points, points[::-1]])
    outline[:n, 0] -= across[:, 1]
    outline[:n, 1] += across[:, 0]
    outline[n:, 0] += across[::-1, 1]
    outline[n:, 1] -= across[::-1, 0]
    return outline


def between(xs: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The outline of the area between two curves over the same xs, (2n, 2); crossed curves enclose nothing."""
    n = len(xs)
    outline = np.empty((2 * n, 2))
    outline[:n, 0], outline[:n, 1] = xs, upper
    outline[n:, 0], outline[n:, 1] = xs[::-1], np.maximum(upper, lower)[::-1]
    return outline
