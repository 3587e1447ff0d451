"""Networks as files: the header rebuilds them, and what is not one of them is refused in one line."""

import pytest
import torch

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.models import weights


def saved(tmp_path, **options):
    model = papers.system("gap_cnn").build(**options).eval()
    weights.save(tmp_path / "w.safetensors", model, "gap_cnn", options, tta="flip", trained_on="synthetic")
    return model, tmp_path / "w.safetensors"


def test_a_network_comes_back_with_its_options(tmp_path):
    model, path = saved(tmp_path, widths=(8, 16), norm=True, input_size=40)
    loaded, header = weights.load(path, papers.system)
    x = torch.randn(2, 1, 40, 40)
    assert torch.allclose(loaded(x), model(x), atol=1e-6) and loaded.input_size == 40
    assert header["tta"] == "flip" and header["label_names"][0] == "angry" and header["trained_on"] == "synthetic"


def test_two_saves_of_one_network_are_equal_bytes(tmp_path):
    model, path = saved(tmp_path)
    weights.save(tmp_path / "again.safetensors", model, "gap_cnn", {}, tta="flip", trained_on="synthetic")
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()


@pytest.mark.parametrize(("content", "says"), [(b"", "not a readable"), (b"text, not tensors", "not a readable"),
                                               (None, "no such file")])
def test_other_files_are_refused(tmp_path, content, says):
    path = tmp_path / "w.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        weights.load(path, papers.system)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="not a network saved by ferkit"):
        weights.load(tmp_path / "w.safetensors", papers.system)
