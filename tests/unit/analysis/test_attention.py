"""Measures of attention on maps made by hand, and maps of networks in the frame of the image."""

import json

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.analysis.ablation import Attention
from ferkit.analysis.attention import maps, of, table
from ferkit.experiments import attention, jobs
from ferkit.results import planted, records

EVEN = np.full((2, 2), 0.25)
# Two images, two attentions: weights 0.75 and 0.25, then 0.5 and 0.5.
SEEN = np.array([[[[0.75, 0], [0, 0]], [[0, 0], [0, 0.25]]], [[[0.25, 0.25], [0, 0]], [[0, 0], [0.25, 0.25]]]])
TOP = np.array([[True, True], [False, False]])


def test_the_share_on_parts_is_held_against_the_even_map_over_images_that_have_parts():
    parts = np.array([TOP, np.zeros_like(TOP)])
    found = attention.on_parts(SEEN, EVEN, parts)
    assert (found["n"], found["share"], found["even"], found["area"]) == (1, 0.75, 0.5, 0.5)
    assert found["mean"] == 0.25 and found["hits"] == 1.0
    both = attention.on_parts(SEEN, EVEN, np.array([TOP, TOP]))
    assert both["mean"] == pytest.approx((0.25 + 0) / 2) and both["hits"] == pytest.approx((1 + 0.5) / 2)
    assert both["sd"] == pytest.approx(np.std([0.25, 0], ddof=1) / np.sqrt(2))


def test_what_is_avoided_is_what_the_even_map_has_on_the_occluder_beyond_it():
    hidden = {"a": np.array([TOP, TOP]), "b": np.array([~TOP, ~TOP])}
    found = attention.avoids({"a": SEEN, "b": SEEN}, EVEN, {"a": hidden["a"]}, SEEN)
    assert found["mean"] == pytest.approx((0.5 - 0.75 + 0.5 - 0.5) / 2)
    assert found["uncovered"] == pytest.approx((0.75 + 0.5) / 2)
    assert attention.avoids({"a": SEEN, "b": SEEN}, EVEN, hidden, SEEN)["mean"] == pytest.approx(0)  # what one gains


def test_uneven_is_the_share_that_would_have_to_move():
    found = attention.uneven(SEEN)
    assert found["mean"] == pytest.approx((0.25 + 0) / 2) and found["weights"] == [0.625, 0.375]


def test_heads_are_compared_with_each_other_and_with_themselves_on_another_image():
    found = attention.heads(SEEN)
    assert found["between_heads"] == 1.0  # nowhere both
    assert found["between_images"] == pytest.approx((0.5 + 0.5) / 2) and found["mean"] == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["ran", "multiple_attention", "deep_emotion"])
def test_maps_of_a_network_lie_in_the_frame_of_the_image(name):
    torch.manual_seed(0)
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    seen, even = maps(papers.system(name).build(), images)
    assert seen.shape[0] == 3 and seen.shape[2:] == even.shape == (48, 48)
    assert np.allclose(seen.sum((1, 2, 3)), 1) and np.isclose(even.sum(), 1)
    if name != "deep_emotion":  # reads the middle 44 pixels
        assert seen[..., :2, :].sum() == seen[..., -2:].sum() == 0


def test_a_network_of_smaller_input_samples_the_middle_of_the_image():
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    seen, _ = maps(papers.system("deep_emotion_wide").build(input_size=40), images)  # at first it reads all it sees
    assert (seen > 0).mean() == pytest.approx((40 / 48) ** 2, abs=0.02)


def test_a_network_without_attention_has_no_maps():
    images = np.zeros((2, 48, 48), np.uint8)
    assert maps(papers.system("ran_single").build(), images) is None
    assert maps(papers.system("deep_emotion_plain").build(), images) is None


def test_of_loads_one_seed_of_each_system(monkeypatch, tmp_path, write_result):
    results = [write_result(tmp_path, system, seed=seed) for system in ("ran", "ran_single") for seed in (0, 1)]
    loaded = []
    monkeypatch.setattr(jobs, "load_model", lambda result, systems: loaded.append(result.key.name)
                        or systems(result.key.system).build())
    assert list(of(results, np.zeros((1, 48, 48), np.uint8), papers.system)) == ["ran/ours"]
    assert loaded == [results[0].key.name, results[2].key.name]


ROW = [Attention("regions", ("ran", "ours"), ("ran", "mean"))]


def test_a_row_tells_what_was_measured_beside_the_results_and_what_the_control_lacks(tmp_path, write_result):
    results = [write_result(tmp_path, "ran", recipe, share=share, seed=seed, multiply_adds=cost, parameters=cost // 10)
             for recipe, share, cost in (("ours", 0.9, 1200), ("mean", 0.6, 1000)) for seed in (0, 1)]
    assert table(ROW, results[2:], papers.system) == []  # nothing is known of the attention
    for result, share in zip(results[:2], (0.4, 0.5), strict=True):
        (result.directory / planted.FILE).write_text(json.dumps(
            {"weights_sha256": result.metrics["weights_sha256"], "n": 210, "accuracy": 0.9, "corruptions": {},
             "attention": {"on_parts": {"mean": 0.1, "sd": 0.01, "n": 210, "share": share, "even": 0.35}}}))
    (row,) = table(ROW, results, papers.system)
    assert (row["attention"], row["seeds"], row["parameters"], row["multiply-adds"]) == ("regions", 2, 20, 200)
    assert (row["on the parts, %"], row["by chance, %"]) == (pytest.approx(45), pytest.approx(35))
    assert row["difference"] == pytest.approx(0.3) and 0 < row["low"] < 0.3 < row["high"]


def test_a_transformers_share_comes_from_its_occlusion_analysis(tmp_path, write_result):
    write_result(tmp_path, "deep_emotion", "ours")
    place = tmp_path / "04_occlusion_analysis/deep_emotion/ours/seed0"
    place.mkdir(parents=True)
    parts = {"mouth": 1.0, "brows": 0.5, "eyes": 1.0, "nose": 1.0}
    (place / "occlusion.json").write_text(json.dumps(
        {"region_area": dict.fromkeys((*parts, "cheeks"), 0.1), "attention": [{"n": 7, "image": 0.7, **parts}]}))
    results = records.read_run(tmp_path)
    (row,) = table([Attention("transformer", ("deep_emotion", "ours"), ("deep_emotion_plain", "ours"))], results,
                   papers.system)
    assert row["on the parts, %"] == pytest.approx(50) and row["by chance, %"] == pytest.approx(40)
    assert row["difference"] is row["parameters"] is None
