"""Where the real data lie, if they are at hand, a cache of prepared sets that is the test run's own, and trained
systems written without training."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ferkit.core import paths
from ferkit.core.labels import LABELS
from ferkit.results import records


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory):
    """No test reads or fills the user's own cache; prepared sets are shared by the processes of the session."""
    before, own = os.environ.get("FERKIT_CACHE"), tmp_path_factory.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"
    place.mkdir(exist_ok=True)
    os.environ["FERKIT_CACHE"] = str(place)
    yield Path(os.environ["FERKIT_CACHE"])
    os.environ.pop("FERKIT_CACHE")
    if before is not None:
        os.environ["FERKIT_CACHE"] = before


@pytest.fixture(scope="session")
def fer2013_path():
    """The real FER2013 archive; the test is skipped, and says so, where it is not at hand."""
    return _real_data("FERKIT_FER2013", "fer2013.zip")


@pytest.fixture(scope="session")
def fer2013_mosaics_path(fer2013_path):
    """The folder with both mosaic halves of the real FER2013."""
    folder = paths.repository().parent / "shared" / "data"
    if not all((folder / f"fer2013_mosaics_{half}.tar").is_file() for half in "ab"):
        pytest.skip("the real FER2013 mosaics are not at hand")
    return folder


@pytest.fixture(scope="session")
def ckplus_path():
    """The real CK+48 archive; the test is skipped, and says so, where it is not at hand."""
    return _real_data("FERKIT_CKPLUS", "ckplus48.zip")


def _real_data(variable, name):
    place = Path(os.environ.get(variable) or paths.repository().parent / "shared" / "data" / name)
    if not place.exists():
        pytest.skip(f"the real data are not at hand: neither {variable} nor ../shared/data/{name}")
    return place


@pytest.fixture(scope="session")
def run_smoke(session_cache):
    """A function that runs the smoke profile below a folder by the command a user gives, with further words, and
    returns the finished process, whose exit status is 0."""
    def run(output, *words):
        done = subprocess.run([sys.executable, "-m", "ferkit", "run", "--profile", "smoke", "--device", "cpu",
                               "--output", output, *words], capture_output=True, text=True,
                              env={"OMP_NUM_THREADS": "1", **os.environ})  # small networks; two threads would spin
        assert done.returncode == 0, done.stdout + done.stderr
        return done
    return run


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory, run_smoke):
    """The folder of one whole run of the smoke profile, made once a session."""
    output = tmp_path_factory.mktemp("runs")
    run_smoke(output)
    return output / "synthetic-smoke-seed0"


@pytest.fixture(scope="session")
def write_result():
    """A function that writes a whole trained system without training: its answers are right on a share of 210 images.

    write_result(root, system, recipe, share=…, untested=False, **changes to the metrics) → Result
    """
    def write(root, system, recipe="ours", *, share=0.7, seed=0, untested=False, **changes):
        labels = np.arange(210) % 7
        rng = np.random.default_rng([seed, *map(ord, system + recipe)])
        predicted = np.where(rng.permutation(210) < round(share * 210), labels, (labels + rng.integers(1, 7, 210)) % 7)
        probabilities = np.full((210, 7), 0.05, np.float32)
        probabilities[np.arange(210), predicted] = 0.7
        metrics = records.summarise(labels, predicted, LABELS, probabilities=probabilities) | {
            "dataset": "synthetic", "data_sha256": "ab" * 32, "protocol": "official", "split": "test", "system": system,
            "recipe": recipe, "seed": seed, "val_accuracy": share, "best_epoch": 2, "epochs": 3, "tta": "none",
            "accuracy_no_tta": None, "parameters": 1000, "test_reads": 1, "minutes": 0.1, "device": "cpu",
            "status": "finished", "config": {"recipe": {"lr": 0.001}}, "config_sha256": "cd" * 32,
            "n_train_per_class": dict.fromkeys(LABELS, 60)}
        arrays = {"index": np.arange(210) + 1000, "labels": labels, "predicted": predicted,
                  "scores": np.log(probabilities), "probabilities": probabilities, "label_names": np.array(LABELS)}
        if untested:
            metrics |= dict.fromkeys(("accuracy", "accuracy_without_copies", "n_without_copies", "macro_f1", "uar",
                                      "confusion_matrix", "val_accuracy")) | {"status": "diverged", "test_reads": 0}
        history = [{"epoch": e, "train_loss": 1 / e, "val_loss": 1.1 / e, "train_accuracy": share,
                    "val_accuracy": share, "seconds": 60.0 * e} for e in (1, 2, 3)]
        notebook = "02_stn_attention" if system.startswith("deep") else "03_gap_cnn_svm"
        directory = records.SystemKey(notebook, system, recipe, seed).directory(root)
        return records.write_result(directory, metrics=metrics | changes, history=history, weights=None,
                                  predictions=None if untested else arrays)
    return write
