"""An RBF SVM as arrays says what scikit-learn's says, whole and as its smaller file keeps it."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ferkit.core.errors import InputError
from ferkit.models.heads import RBF_SVM
from ferkit.models.one_vs_one import OneVsOne, read_header


def _features(n, seed, dims=64):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 7
    centres = np.random.default_rng(9).normal(size=(7, dims))
    return (centres[labels] + rng.normal(size=(n, dims))).astype(np.float32), labels


@pytest.fixture(scope="module")
def head():
    return RBF_SVM.refit(*_features(1400, 0), {"C": 0.1, "gamma": 1 / 64}, 7)


def test_decisions_are_scikit_learns_and_the_file_keeps_them_within_a_thousandth(head, tmp_path):
    fresh = _features(500, 1)[0]
    exact = OneVsOne.of(head.pipeline, 7)
    machine = head.pipeline[-1]
    machine.decision_function_shape = "ovo"
    oracle = head.pipeline.decision_function(fresh)
    machine.decision_function_shape = "ovr"
    np.testing.assert_allclose(exact.decisions(torch.from_numpy(fresh)).numpy(), oracle, atol=1e-5)
    exact.compact().save(tmp_path / "svm.safetensors", {"stands_for": "ab"})
    assert read_header(tmp_path / "svm.safetensors")["stands_for"] == "ab"
    assert (tmp_path / "svm.safetensors").stat().st_size < 0.7 * exact.points.nbytes
    loaded = RBF_SVM.load(tmp_path / "svm.safetensors")
    difference = loaded.decisions(torch.from_numpy(fresh)).numpy() - oracle
    assert 0 < np.abs(difference).max() < 1e-3
    np.testing.assert_array_equal(loaded.predict([fresh])[1], head.predict([fresh])[1])
    for views in ([fresh], [fresh, fresh[::-1].copy()]):
        for found, expected in zip(loaded.predict(views), head.predict(views), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("damage", [{"duals": torch.zeros(6, 3)}, {"mean": torch.full((64,), float("nan"))},
                                    {"classes": torch.arange(7) + 1}, {"counts": None}])
def test_a_damaged_file_is_refused(head, tmp_path, damage):
    path = tmp_path / "svm.safetensors"
    OneVsOne.of(head.pipeline, 7).compact().save(path)
    text = {"ferkit": json.dumps(read_header(path))}
    arrays = {name: array for name, array in (load_file(path) | damage).items() if array is not None}
    save_file(arrays, path, text)
    with pytest.raises(InputError, match="no saved SVM"):
        RBF_SVM.load(path)
