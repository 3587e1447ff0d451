"""Hand-crafted features of face images: pixels, HOG, uniform LBP, Gabor magnitudes, dense SIFT.

Each is a function images uint8 (N, 48, 48) → float32 (N, D), the same for an image whatever lies beside it; nothing
here is fitted. Kept libraries compute them: OpenCV 4 and scikit-image.

HOG: Dalal & Triggs, Histograms of oriented gradients for human detection, CVPR 2005, doi 10.1109/CVPR.2005.177.
LBP: Ahonen, Hadid & Pietikäinen, Face description with local binary patterns, IEEE TPAMI 2006, 28(12): 2037–2041,
doi 10.1109/TPAMI.2006.244. SIFT: Lowe, IJCV 2004, 60(2): 91–110, doi 10.1023/B:VISI.0000029664.99615.94.

Not stated in the paper; we use HOG cells of 6×6 pixels and LBP cells of 8×8 because both divide 48 pixels and leave
the eyes and the mouth cells of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from skimage.feature import hog as skimage_hog
from skimage.feature import local_binary_pattern

CELL, BLOCK, BINS = 6, 12, 9              # HOG: pixels, pixels, orientations of half a turn
LBP_POINTS, LBP_RADIUS, LBP_CELL = 8, 1, 8
LBP_LABELS = LBP_POINTS * (LBP_POINTS - 1) + 3  # 58 uniform patterns, and one label for all others
GABOR_WAVELENGTHS, GABOR_ORIENTATIONS, GABOR_CELL = (4.0, 5.7, 8.0, 11.3), 6, 6  # pixels; of half a turn; pixels
GABOR_ASPECT = 0.7                        # of the envelope: its height along the stripes is 1/0.7 of its width
SIFT_STEP, SIFT_PATCH = 5, 16             # pixels: between key points, side of the 4×4 cells that one describes
SIFT_LENGTH = 128                         # numbers in one descriptor


def pixels(images: np.ndarray) -> np.ndarray:
    """Grey values 0…1, float32 (N, H·W)."""
    return images.reshape(len(images), -1).astype(np.float32) / 255


def hog(images: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients, float32 (N, 1764) for 48×48: blocks of 2×2 cells, one cell apart, L2-Hys."""
    side = images.shape[1]
    descriptor = cv2.HOGDescriptor((side, side), (BLOCK, BLOCK), (CELL, CELL), (CELL, CELL), BINS)
    return _each(lambda image: descriptor.compute(image).ravel(), images, descriptor.getDescriptorSize())


def lbp(images: np.ndarray) -> np.ndarray:
    """Histograms of uniform local binary patterns in cells of 8×8 pixels, float32 (N, 2124) for 48×48; the square
    roots of shares, so that their Euclidean distance is Hellinger's."""
    cells = images.shape[1] // LBP_CELL

    def histograms(image: np.ndarray) -> np.ndarray:
        labels = local_binary_pattern(image, LBP_POINTS, LBP_RADIUS, "nri_uniform").astype(np.int64)
        rows, columns = np.indices(labels.shape) // LBP_CELL
        where = (rows * cells + columns) * LBP_LABELS + labels
        return np.sqrt(np.bincount(where.ravel(), minlength=cells * cells * LBP_LABELS) / LBP_CELL**2)

    return _each(histograms, images, cells * cells * LBP_LABELS)


def hog_lbp(images: np.ndarray) -> np.ndarray:
    """HOG beside LBP, float32 (N, 3888) for 48×48."""
    return np.concatenate([hog(images), lbp(images)], axis=1)


def gabor(images: np.ndarray) -> np.ndarray:
    """Mean magnitudes of complex Gabor responses in cells of 6×6 pixels, float32 (N, 1536) for 48×48: four wavelengths,
    six orientations. Each image is first brought to mean 0 and deviation 1."""
    kernels, cells = _gabor_kernels(), images.shape[1] // GABOR_CELL

    def magnitudes(image: np.ndarray) -> np.ndarray:
        image = image.astype(np.float32)
        image = (image - image.mean()) / max(float(image.std()), 1.0)
        found = [cv2.magnitude(cv2.filter2D(image, cv2.CV_32F, real), cv2.filter2D(image, cv2.CV_32F, imaginary))
                 for real, imaginary in kernels]
        return np.concatenate([cv2.resize(one, (cells, cells), interpolation=cv2.INTER_AREA).ravel() for one in found])

    return _each(magnitudes, images, len(kernels) * cells * cells)


def dense_sift(images: np.ndarray) -> np.ndarray:
    """SIFT descriptors on a grid, one after the other, float32 (N, P·128): P = 8×8 points for 48×48, whole numbers
    0…255. What words they are is fitted (`baselines.heads.BagOfWords`), not computed here."""
    side, sift = images.shape[1], cv2.SIFT_create()
    places = range((side - 1) % SIFT_STEP // 2 + SIFT_STEP, side - SIFT_STEP, SIFT_STEP)
    # A cell's side is 3 times the key point's radius, so that the four of them span 6 times its diameter.
    points = [cv2.KeyPoint(float(x), float(y), SIFT_PATCH / 6, 0.0) for y in places for x in places]
    return _each(lambda image: sift.compute(image, points)[1].ravel(), images, len(points) * SIFT_LENGTH)


def _gabor_kernels() -> list[tuple[np.ndarray, np.ndarray]]:
    """(even, odd) kernels, float32, without response to a grey surface, each size weighing the same."""
    found = []
    for wavelength in GABOR_WAVELENGTHS:
        sigma, side = 0.5 * wavelength, 2 * round(1.25 * wavelength) + 1
        weight = 2 * np.pi * sigma**2 / GABOR_ASPECT  # the sum under the envelope
        for turn in range(GABOR_ORIENTATIONS):
            angle = np.pi * turn / GABOR_ORIENTATIONS
            real, imaginary = (cv2.getGaborKernel((side, side), sigma, angle, wavelength, GABOR_ASPECT, phase,
                                                   cv2.CV_32F)
                               for phase in (0.0, -np.pi / 2))
            found.append(((real - real.mean()) / weight, (imaginary - imaginary.mean()) / weight))
    return found


def _each(describe: Callable[[np.ndarray], np.ndarray], images: np.ndarray, length: int) -> np.ndarray:
    """`describe` of every image, float32 (N, length)."""
    described = np.empty((len(images), length), np.float32)
    for row, image in zip(described, images, strict=True):
        row[:] = describe(image)
    return described


def as_pictures(image: np.ndarray) -> dict[str, np.ndarray]:
    """What each feature keeps of one image (uint8, square), as pictures uint8 (H, W) by name: HOG's gradients as
    strokes across their direction, LBP's labels, the strongest Gabor response over orientations at 8 pixels."""
    strokes = skimage_hog(image, BINS, (CELL, CELL), (BLOCK // CELL, BLOCK // CELL), visualize=True)[1]
    labels = local_binary_pattern(image, LBP_POINTS, LBP_RADIUS, "nri_uniform")
    coarse = _gabor_kernels()[2 * GABOR_ORIENTATIONS:3 * GABOR_ORIENTATIONS]
    responses = [np.hypot(*(cv2.filter2D(image.astype(np.float32), cv2.CV_32F, kernel) for kernel in pair))
                 for pair in coarse]
    found = {"HOG": strokes, "LBP": labels, "Gabor": np.max(responses, axis=0)}
    return {"pixels": image} | {name: (255 * values / max(values.max(), 1e-9)).astype(np.uint8)
                                for name, values in found.items()}
