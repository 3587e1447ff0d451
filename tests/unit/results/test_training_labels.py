"""What training did to labels, on disk: whole, hashed, and nothing else."""

import numpy as np
import pytest

from ferkit.core import files
from ferkit.core.errors import DataChanged, InputError
from ferkit.results import training_labels
from ferkit.results.predictions import write_arrays

N = 6
ARRAYS = {"index": np.arange(N), "labels": np.arange(N) % 3, "given": np.arange(N) % 2,
          "probability_given": np.full(N, 0.5, np.float32), "alpha": np.full(N, 0.5, np.float32),
          "final": np.arange(N) % 3, "log": np.zeros((2, 5), np.int64)}


@pytest.fixture
def path(tmp_path):
    write_arrays(tmp_path / training_labels.FILE, ARRAYS)
    return tmp_path / training_labels.FILE


def test_it_comes_back_as_it_was_written(path):
    found = training_labels.read(path, files.sha256(path))
    assert found.keys() == ARRAYS.keys() and all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)


def test_a_changed_a_damaged_and_a_missing_file_are_refused(path):
    with pytest.raises(DataChanged, match="changed"):
        training_labels.read(path, "0" * 64)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="damaged"):
        training_labels.read(path)
    path.unlink()
    with pytest.raises(InputError, match="missing"):
        training_labels.read(path)


@pytest.mark.parametrize(("name", "array", "says"), [
    ("images", np.zeros((N, 48), np.uint8), "array images"), ("alpha", np.zeros(N, np.int64), "array alpha is int64"),
    ("final", np.zeros(N - 1, np.int64), "is of 5 images"), ("given", None, "no array given")])
def test_anything_else_is_named(name, array, says):
    changed = {key: value for key, value in (ARRAYS | {name: array}).items() if value is not None}
    assert any(says in problem for problem in training_labels.problems(changed))
