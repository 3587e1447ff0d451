#!/usr/bin/env python
"""Published weights beside what a user would install instead, on the same FER2013 and CK+ images.

    python tests/side_by_side/measure.py --fer2013 fer2013.zip --ckplus CK+48.zip

Each package is installed, pinned, into an environment of its own (kept in --environments), and gets the same 48×48
crops through its own public call, without its face search. Writes results/side_by_side.json, from which
`python -m ferkit readme` makes the table. Needs a package registry; takes some minutes and about 6 GB of disk.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ferkit.apps import predictor
from ferkit.core import files, paths
from ferkit.core.labels import LABELS
from ferkit.data import datasets
from ferkit.results import manifest, weights_catalogue
from ferkit.stats import classification
from ferkit.stats.intervals import wilson

HERE = Path(__file__).resolve().parent
# opencv-contrib-python 5 has no Haar cascades and setuptools 81 no pkg_resources, which these packages still import.
PACKAGES = {"fer": ("fer==25.10.3", "opencv-contrib-python<5", "setuptools<81"),
            "facex": ("facex==1.1.0", "opencv-contrib-python<5", "setuptools<81")}
SETS = ("val", "test", "ckplus")
TIMED, ROUNDS = 256, 3  # faces a round


def main() -> None:
    """Measure everything that was asked for and write the file; what is measured already and not asked for stays."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fer2013", type=Path, required=True, metavar="PATH")
    parser.add_argument("--ckplus", type=Path, required=True, metavar="PATH")
    parser.add_argument("--environments", type=Path, default=paths.cache_root() / "side_by_side", metavar="DIR")
    parser.add_argument("--output", type=Path, default=paths.repository() / "results" / "side_by_side.json")
    parser.add_argument("--only", choices=("ours", *PACKAGES), help="measure these alone, keep the others' rows")
    given = parser.parse_args()
    sets = read_sets(given.fer2013, given.ckplus)
    rows = json.loads(given.output.read_text())["systems"] if given.only and given.output.is_file() else []
    for name in [given.only] if given.only else ["ours", *PACKAGES]:
        made = ours(sets) if name == "ours" else [theirs(name, sets, given.environments)]
        rows = [row for row in rows if row["package"] != name] + made
        order = ["ours", *PACKAGES]
        rows.sort(key=lambda row: order.index(row["package"]))
        files.write_json(given.output, {"images": {key: len(labels) for key, (_, labels) in sets.items()},
                                        "classes": {key: [LABELS[k] for k in np.unique(labels)]
                                                    for key, (_, labels) in sets.items()},
                                        "machine": {"processor": manifest.cpu(), "cores": os.cpu_count()},
                                        "systems": rows})
        for row in made:
            print(f"{row['name']}: PrivateTest {row['test']['accuracy']:.2%}, CK+ {row['ckplus']['accuracy']:.2%}, "
                  f"{row['faces_per_second']:.0f} faces/s at load {row['load']}", flush=True)


def read_sets(fer2013: Path, ckplus: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """PublicTest, PrivateTest, and CK+48's six shared classes: uint8 (N, 48, 48) and labels in the order of LABELS."""
    faces = datasets.load("fer2013", fer2013, profile="full")
    posed = datasets.load("ckplus", ckplus, profile="full", protocol="by_subject")
    return {"val": (faces.part("val").images, faces.part("val").labels),
            "test": (faces.part("test").images, faces.part("test").labels), "ckplus": (posed.images, posed.labels)}


def ours(sets: dict) -> list[dict]:
    """The best published weights of each system that are in the repository."""
    entries = [entry for entry in weights_catalogue.entries() if entry.weights and entry.dataset == "fer2013"]
    best = {}
    for entry in sorted(entries, key=lambda entry: -entry.validation):
        best.setdefault(entry.key.system, entry)
    rows = []
    for entry in best.values():
        model = predictor.load(entry.full_name)
        answers = {key: model.predict(images).labels for key, (images, _) in sets.items()}
        row = scored(f"ferkit {entry.name}", "ours", answers, sets)
        row |= {"version": entry.metrics["weights_sha256"][:12], "parameters": entry.metrics["parameters"]}
        rows.append(row | speed(model.predict, lambda image, model=model: model.predict(image[None]), sets["test"][0]))
    return rows


def theirs(name: str, sets: dict, environments: Path) -> dict:
    """A package's row, from a process in its own environment."""
    python = environment(name, environments)
    with tempfile.TemporaryDirectory() as folder:
        given, answered = Path(folder, "images.npz"), Path(folder, "answers.json")
        np.savez(given, **{key: images for key, (images, _) in sets.items()})
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        subprocess.run([python, str(HERE / "rival.py"), name, str(given), str(answered), str(TIMED), str(ROUNDS)],
                       check=True, env=own | {"TF_CPP_MIN_LOG_LEVEL": "3"}, stdout=sys.stderr)
        found = json.loads(answered.read_text())
    row = scored(name, name, {key: np.array(found["answers"][key]) for key in SETS}, sets)
    return row | {key: found[key] for key in ("version", "faces_per_second", "faces_per_cpu_second", "load")}


def environment(name: str, root: Path) -> str:
    """The interpreter of a package's environment, made if it is not there; by uv where there is one."""
    folder = root / name
    python = folder / "bin" / "python"
    done = folder / ".complete"
    wanted = "\n".join(PACKAGES[name])
    if not done.is_file() or done.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        if shutil.which("uv"):
            subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
            install = ["uv", "pip", "install", "--quiet", "--python", str(python)]
        else:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *PACKAGES[name]], check=True)
        done.write_text(wanted)
    return str(python)


def scored(name: str, package: str, answers: dict[str, np.ndarray], sets: dict) -> dict:
    """Accuracy with its interval, macro-F1 and recall by expression on each set. An answer outside a set's classes
    (neutral on CK+) is wrong there."""
    row: dict[str, object] = {"name": name, "package": package}
    for key in SETS:
        labels = sets[key][1]
        matrix = classification.confusion_matrix(labels, answers[key], len(LABELS))
        here = [k for k in range(len(LABELS)) if matrix[k].sum()]
        by_class = classification.per_class(matrix)
        low, high = wilson(int(np.trace(matrix)), len(labels))
        row[key] = {"n": len(labels), "accuracy": classification.accuracy(matrix), "interval": [low, high],
                    "macro_f1": float(np.mean([by_class["f1"][k] for k in here])),
                    "recall": {LABELS[k]: float(by_class["recall"][k]) for k in here}}
    return row


def speed(batch, single, images: np.ndarray) -> dict:
    """Faces per second and per CPU second, the best of the rounds: all at once, as our API is meant, and one by one."""
    found = {"load": round(os.getloadavg()[0], 2)}
    calls = {"": lambda: batch(images[:TIMED]), "_one_by_one": lambda: [single(image) for image in images[:TIMED]]}
    for kind, call in calls.items():
        call()
        walls, cpus = [], []
        for _ in range(ROUNDS):
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        found[f"faces_per_second{kind}"] = TIMED / min(walls)
        found[f"faces_per_cpu_second{kind}"] = TIMED / min(cpus)
    return found


if __name__ == "__main__":
    main()
