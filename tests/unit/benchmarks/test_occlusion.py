"""The comparison with Captum runs and its maps are equal; how fast is measured elsewhere."""

import builtins
from dataclasses import replace

import numpy as np
import pytest

from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.benchmarks import occlusion as bench
from ferkit.core.errors import InputError
from ferkit.models import weights


@pytest.mark.parametrize(("system", "options"), [
    ("lenet5", {}), ("gap_cnn", {"widths": (4, 8), "input_size": 40})])  # the second sees the image's middle
def test_the_bench_gives_the_contracts_keys_and_equal_maps(system, options):
    pytest.importorskip("captum")
    network = papers.system(system)
    found = bench.bench(replace(network, options={**network.options, **options}), images=4, patch_size=16, stride=16,
                        rounds=1)
    assert {"model", "images", "patch_size", "stride", "seconds", "ratio", "max_abs_difference"} <= set(found)
    assert set(found["seconds"]) == {"ours", "captum"}
    assert found["max_abs_difference"] < 1e-5
    assert found["ratio"] == found["seconds"]["captum"] / found["seconds"]["ours"]
    assert 0 < found["right"] < 1
    assert found["perturbations_per_eval"] in bench.PERTURBATIONS


def test_a_trained_network_is_measured_on_its_own_test_images(monkeypatch, tmp_path, capsys):
    weights.save(tmp_path / "w.safetensors", papers.system("lenet5").build(), "lenet5", {})
    given = {}
    every = {"ours": 1.0, "captum": 6.0, "captum_one": 2.0, "ratio": 6.0, "ratio_one": 2.0}
    found = {"model": "lenet5", "images": 14, "seconds": {"ours": 1.0, "captum": 3.0}, "ratio": 3.0,
             "max_abs_difference": 0.0, "all": every}
    monkeypatch.setattr(bench, "bench", lambda *_, **options: given.update(options) or found)
    words = ["bench", "occlusion", "--weights", str(tmp_path / "w.safetensors"), "--images", "14"]
    assert command_line.main(words) == 0
    assert np.bincount(given["faces"][1]).tolist() == [2] * 7 and given["faces"][0].shape == (14, 48, 48)
    assert "3.0 × as fast" in capsys.readouterr().out


def test_images_of_a_data_set_need_a_network_trained_for_them(capsys):
    assert command_line.main(["bench", "occlusion", "--dataset", "fer2013"]) == 2
    assert "need --weights" in capsys.readouterr().err


def test_without_captum_it_says_so_in_one_line(monkeypatch):
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("captum"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="captum is not installed"):
        bench.bench(papers.system("lenet5"), images=1)
