"""Networks as files: the header rebuilds them, and what is not one of them is refused in one line."""

import json
import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ferkit import papers
from ferkit.core.errors import LONGEST, InputError, in_one_line
from ferkit.core.labels import LABELS
from ferkit.models import tensor_files, weights


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
    save_file({"x": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="not a network saved by ferkit"):
        weights.load(tmp_path / "w.safetensors", papers.system)


def with_header(path, change=None, raw=None):
    """The file at `path` with another header: some keys changed, or other text."""
    header = json.loads(tensor_files.metadata(path)["ferkit"])
    save_file(load_file(path), path, {"ferkit": json.dumps(header | (change or {})) if raw is None else raw})
    return path


HEADERS = [{"options": None}, {"options": []}, {"options": {"widths": [10**6] * 4}}, {"options": {"drop_rate": 5}},
           {"options": {"widths": [{}]}}, {"options": {"nope": 1}}, {"options": {"input_size": 10**6}},
           {"options": {"input_size": True}}, {"options": {"widths": []}}, {"options": {"widths": [8, 16]}},
           {"label_names": None}, {"label_names": 7}, {"label_names": [{}] * 7}, {"label_names": []},
           {"label_names": ["a"] * 7}, {"label_names": ["a", "b"]}, {"label_names": ["x" * 9000, "b"]},
           {"tta": None}, {"tta": "nope"}, {"tta": 3}, {"system": {}}, {"system": "resnet"}, {"system": None},
           {"format": "other"}]


@pytest.mark.parametrize("change", HEADERS, ids=lambda change: json.dumps(change)[:50])
def test_a_header_of_another_shape_is_one_line(tmp_path, change):
    path = with_header(saved(tmp_path)[1], change)
    with pytest.raises(InputError, match=re.escape(str(path))) as refused:
        weights.load(path, papers.system)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("raw", ["", "no json", "[]", "7", "null", "[" * 100_000, '{"format": "ferkit-network-1"}'])
def test_a_header_that_is_none_is_one_line(tmp_path, raw):
    path = with_header(saved(tmp_path)[1], raw=raw)
    with pytest.raises(InputError, match=re.escape(str(path))):
        weights.load(path, papers.system)


@given(strategies.recursive(strategies.none() | strategies.booleans() | strategies.floats() | strategies.text(),
                            lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner)),
       strategies.sampled_from(["system", "options", "label_names", "tta"]))
@settings(max_examples=60, deadline=None)
def test_no_header_passes_that_save_would_not_write(value, key):
    good = {"system": "gap_cnn", "options": {}, "label_names": list(LABELS), "tta": "none"}
    try:
        weights._check(good | {key: value})
    except InputError:
        return
    rewritten = good | {key: value}
    assert isinstance(rewritten["system"], str) and rewritten["tta"] in weights.TTA
    assert all(isinstance(name, str) for name in rewritten["label_names"]) and isinstance(rewritten["options"], dict)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused(tmp_path, number):
    model, path = saved(tmp_path)
    next(model.parameters()).data.view(-1)[0] = number
    weights.save(path, model, "gap_cnn", {})
    with pytest.raises(InputError, match="NaN or infinite"):
        weights.load(path, papers.system)


def test_a_full_disk_is_told_with_the_files_name(tmp_path, monkeypatch):
    def full(*_):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(tensor_files, "save_file", full)
    with pytest.raises(OSError, match="No space left on device") as told:
        tensor_files.save_tensors(tmp_path / "w.safetensors", {})
    assert told.value.filename == str(tmp_path / "w.safetensors") and not list(tmp_path.iterdir())


@given(strategies.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_to_the_head_of_a_file_loads_a_whole_network_or_is_refused_in_one_line(tmp_path, data):
    path = tmp_path / "w.safetensors"
    weights.save(path, papers.system("lenet5").build(), "lenet5", {})
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(strategies.integers(1, 4))):
        content[data.draw(strategies.integers(0, 1500))] = data.draw(strategies.integers(0, 255))
    path.write_bytes(content[:data.draw(strategies.integers(0, 2000))] if data.draw(strategies.booleans()) else content)
    try:
        model, header = weights.load(path, papers.system)
    except InputError as error:
        assert str(path) in str(error) and len(in_one_line(error)) <= LONGEST + 3
        return
    assert all(tensor.isfinite().all() for tensor in model.state_dict().values()) and header["tta"] in weights.TTA
