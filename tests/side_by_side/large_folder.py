"""A folder of more images than memory: made, read into the cache, loaded and trained on for some steps under a limit.

    python tests/side_by_side/large_folder.py --images 200000 --limit-mb 250 --place DIR

The limit is on what the process holds beyond its imports (RLIMIT_DATA: heap and private maps), which maps of files on
disk do not count towards. Images are noise in class folders; their pixels alone take 2,304 bytes each.
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path

import numpy as np
from PIL import Image


def make(place: Path, count: int) -> None:
    """`count` grey 48×48 PNGs in train and test folders of seven classes, an eighth of them for test."""
    from ferkit.core.labels import LABELS

    rng = np.random.default_rng(0)
    folders = [place / part / label for part in ("train", "test") for label in LABELS]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    for row in range(count):
        image = Image.fromarray(rng.integers(0, 256, (48, 48), np.uint8))
        image.save(folders[row % 7 + 7 * (row % 8 == 0)] / f"{row}.png", compress_level=0)


def _private_mb() -> int:
    """What the process holds in heap and private maps, MiB (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmData")) // 1024


def main() -> None:
    """Print what each step took and held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--limit-mb", type=int, default=250)
    parser.add_argument("--place", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=50)
    chosen = parser.parse_args()
    if not (chosen.place / "train").is_dir():
        make(chosen.place, chosen.images)
    os.environ.setdefault("FERKIT_CACHE", str(chosen.place.with_name(chosen.place.name + "_cache")))
    import torch

    from ferkit.data import datasets
    from ferkit.data.sources import folder  # noqa: F401 (all that is imported counts as held before)
    from ferkit.models import inference
    from ferkit.training import batching

    before = _private_mb()
    resource.setrlimit(resource.RLIMIT_DATA, ((before + chosen.limit_mb) * 2**20,) * 2)
    started = time.monotonic()
    faces = datasets.load("folder", chosen.place, profile="full")
    read = time.monotonic() - started
    part = faces.part("train")
    train = batching.Split.of(part.images, part.labels, 7, "cpu")
    order = batching.epoch_order(train, 0, 0, "shuffle")
    total = sum(float(train.images.index_select(0, rows).float().mean())
                for rows, _ in zip(batching.batches(order, 128), range(chosen.steps), strict=False))
    print(json.dumps({
        "images": len(faces), "images_mb": round(faces.images.nbytes / 1e6), "held_by_imports_mb": before,
        "limit_mb": chosen.limit_mb,
        "seconds_to_read_and_store": round(read, 1), "batches": chosen.steps, "mean": round(total / chosen.steps, 2),
        "mapped": bool(faces.images.nbytes > inference.MAPPED_BYTES), "torch": torch.__version__,
        "peak_resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
