"""The comparison with Captum runs and its maps are equal; how fast is measured elsewhere."""

import builtins

import pytest

from ferkit.errors import InputError
from ferkit.occlusion import bench


def test_the_bench_gives_the_contracts_keys_and_equal_maps():
    pytest.importorskip("captum")
    found = bench.bench("lenet5", images=4, patch_size=16, stride=16, rounds=1)
    assert {"model", "images", "patch_size", "stride", "seconds", "ratio", "max_abs_difference"} <= set(found)
    assert set(found["seconds"]) == {"ours", "captum"}
    assert found["max_abs_difference"] < 1e-5
    assert found["ratio"] == found["seconds"]["captum"] / found["seconds"]["ours"]
    assert 0 < found["right"] < 1
    assert found["perturbations_per_eval"] in bench.PERTURBATIONS


def test_without_captum_it_says_so_in_one_line(monkeypatch):
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("captum"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="captum is not installed"):
        bench.bench("lenet5", images=1)
