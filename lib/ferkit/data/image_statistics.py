"""What pixels say of an image apart from what it shows: identity, perceptual hash, sharpness, contrast, compression."""

from __future__ import annotations

import hashlib

import numpy as np

CHUNK = 4096  # images of which `qualities` are taken at once

def pixel_hash(images: np.ndarray) -> np.ndarray:
    """The first 64 bits of the sha256 of each image's bytes, uint64, (N,): equal for equal pixels, and among a million
    images for different ones with probability below 10⁻⁷."""
    digests = b"".join(hashlib.sha256(np.ascontiguousarray(image)).digest()[:8] for image in images)
    return np.frombuffer(digests, ">u8").astype(np.uint64)


def is_blank(images: np.ndarray) -> np.ndarray:
    """Which images hold one single grey value; bool, (N,)."""
    flat = images.reshape(len(images), -1)
    return flat.max(axis=1) == flat.min(axis=1)


def qualities(images: np.ndarray) -> dict[str, np.ndarray]:
    """How each image looks apart from what it shows; float64, (N,) each, NaN where a blank image has no value.

    sharpness: log10 of the Laplacian's variance over the pixels' variance. contrast: standard deviation, grey
    levels. brightness: mean, grey levels. resampling: log10 share of spectral energy above 0.375 cycles a pixel.
    blocking: log10 ratio of steps across 8-pixel boundaries to all other steps (JPEG leaves more than 0). evenness:
    entropy of the grey histogram in 16 bins, bits 0…4 (equalised images come near 4).
    """
    parts = [_qualities(images[start:start + CHUNK].astype(np.float32)) for start in range(0, len(images), CHUNK)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def perceptual_hash(images: np.ndarray, chunk: int = 8192) -> np.ndarray:
    """63 signs of the lowest frequencies of each image, packed, uint64, (N,).

    Brightness lies in the left-out constant term and contrast in the magnitudes, so neither changes the signs.
    """
    rows, columns = _cosines(images.shape[1]), _cosines(images.shape[2])
    places = np.uint64(1) << np.arange(63, dtype=np.uint64)
    found = np.zeros(len(images), np.uint64)
    for start in range(0, len(images), chunk):
        block = images[start:start + chunk].astype(np.float32)
        spectrum = np.einsum("uh,nhw,vw->nuv", rows, block, columns, optimize=True)
        found[start:start + chunk] = (spectrum.reshape(len(block), -1)[:, 1:] > 0).astype(np.uint64) @ places
    return found


def _qualities(images: np.ndarray) -> dict[str, np.ndarray]:
    """`qualities` of one block, float32 in."""
    contrast = images.std(axis=(1, 2), dtype=np.float64)
    seen = contrast > 0
    laplacian = (images[:, :-2, 1:-1] + images[:, 2:, 1:-1] + images[:, 1:-1, :-2] + images[:, 1:-1, 2:]
                 - 4 * images[:, 1:-1, 1:-1])
    power = np.abs(np.fft.rfft2(images - images.mean(axis=(1, 2), keepdims=True))) ** 2
    fy, fx = np.fft.fftfreq(images.shape[1])[:, None], np.fft.rfftfreq(images.shape[2])[None]
    fine = np.maximum(np.abs(fy), fx) > 0.375
    bins = np.arange(len(images))[:, None] * 16 + np.clip(images.reshape(len(images), -1) // 16, 0, 15).astype(np.int64)
    shares = np.bincount(bins.ravel(), minlength=16 * len(images)).reshape(-1, 16) / images[0].size
    steps = np.abs(np.diff(images, axis=2)).mean(axis=1, dtype=np.float64)
    edge = np.arange(1, images.shape[2]) % 8 == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {"sharpness": np.log10(laplacian.var(axis=(1, 2), dtype=np.float64) / contrast**2),
                 "contrast": contrast, "brightness": images.mean(axis=(1, 2), dtype=np.float64),
                 "resampling": np.log10(power[:, fine].sum(axis=1) / power.sum(axis=(1, 2))),
                 "evenness": -(shares * np.log2(np.maximum(shares, 1e-12))).sum(axis=1),
                 "blocking": np.log10(steps[:, edge].mean(axis=1) / steps[:, ~edge].mean(axis=1))}
    return {name: np.where(seen & np.isfinite(values), values, np.nan) for name, values in found.items()}


def _cosines(size: int) -> np.ndarray:
    """The first eight rows of the cosine transform, float32, (8, size)."""
    place = (np.arange(size) + 0.5) * np.pi / size
    return np.cos(np.arange(8)[:, None] * place[None]).astype(np.float32)
