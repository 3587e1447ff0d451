import base64
import json
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from ferkit.analysis.svm_regions import Regions
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.reporting import figures
from ferkit.reporting.figures import store, style


def result(system="deep_emotion", recipe="ours", *, matrix=None, status="finished", **changes):
    matrix = np.diag(np.arange(1, 8)) * 10 + 1 if matrix is None else np.asarray(matrix)
    history = [{"epoch": e, "train_loss": 2 / e, "val_loss": 2.1 / e, "train_accuracy": 1 - 1 / (e + 1),
                "val_accuracy": 0.9 - 1 / (e + 1)} for e in (1, 2, 3)]
    metrics = {"system": system, "recipe": recipe, "seed": 0, "status": status, "confusion_matrix": matrix.tolist(),
               "accuracy": float(np.trace(matrix) / matrix.sum()), "best_epoch": 2, "parameters": 76777,
               "robustness": {"noise_0.1": 0.5, "noise_0.2": 0.4, "blur_1": 0.45}}
    return SimpleNamespace(metrics=metrics | changes, history=history, predictions={})


def planted(folder):
    """A result with what was measured of planted occluders beside it."""
    (folder / "planted.json").write_text(json.dumps({
        "weights_sha256": "0" * 64, "n": 70, "accuracy": 0.6, "attention": None,
        "corruptions": {"occluder_mouth": 0.4, "roll_15": 0.5}}))
    return SimpleNamespace(**vars(result(weights_sha256="0" * 64)), directory=folder)


UNTESTED = {"confusion_matrix": None, "accuracy": None, "robustness": None, "status": "diverged"}
THETA = np.tile(np.array([[0.5, 0, 0], [0, 0.5, 0.25]]), (14, 1, 1))
EVERY = {
    "learning_curves": lambda: figures.learning_curves([result(), result("lenet5")]),
    "confusion_matrices": lambda: figures.confusion_matrices([result(), result("lenet5")]),
    "confusion_difference": lambda: figures.confusion_difference(result(), result("lenet5"), np.eye(7)),
    "agreement": lambda: figures.agreement(["a", "b"], np.array([[1, 0.5], [0.5, 1]])),
    "recall_bars": lambda: figures.recall_bars(["a"], np.full((1, 7), 0.5), np.tile([0.4, 0.6], (1, 7, 1))),
    "recall_against_class_size": lambda: figures.recall_against_class_size(["a"], range(10, 80, 10), np.eye(1, 7)),
    "accuracy_dots": lambda: figures.accuracy_dots([{"label": "a", "paper": 0.7, "ours": 0.6, "interval": (0.5, 0.7)}]),
    "calibration": lambda: figures.calibration([{"name": "a", "confidence": [0.5], "accuracy": [0.4], "count": [9],
                                                 "ece": 0.1}]),
    "learning_rate_probe": lambda: figures.learning_rate_probe([0.1, 0.005], [0.2, 0.5], ["diverged", "finished"]),
    "class_imbalance_changes": lambda: figures.class_imbalance_changes([{"method": "plain"}, {
        "method": "focal loss", "rare_labels": ["disgust", "fear"], "by_class": {"disgust": 0.2, "fear": 0.0}, **{
            f"{key}_{end}": 0.1 for key in ("rare", "others", "accuracy") for end in ("change", "low", "high")}}]),
    "robustness": lambda: figures.robustness([result()]),
    "occlusion_maps": lambda: figures.occlusion_maps(np.ones((7, 11, 11)), LABELS, range(7)),
    "baseline_maps": lambda: figures.baseline_maps({"zero": np.ones((7, 11, 11)),
                                                    "mean": np.eye(11)[None].repeat(7, 0)},
                                                   LABELS, range(7), parts={"mouth": ((33, 13, 44, 35),)}),
    "region_table": lambda: figures.region_table(np.zeros((7, 4)), LABELS, "abcd", significant=np.eye(7, 4)),
    "theta_frames": lambda: figures.theta_frames(THETA, np.arange(14) % 7),
    "image_grid": lambda: figures.image_grid(np.zeros((3, 48, 48), np.uint8), "abc", dataset="synthetic"),
    "ranked_batch": lambda: figures.ranked_batch(np.linspace(0.1, 0.9, 10), np.arange(10) < 2, 7),
    "score_distributions": lambda: figures.score_distributions({"α": np.linspace(0, 1, 20)}, np.arange(20) < 4),
    "accuracy_against": lambda: figures.accuracy_against(COST, lines={"people": 0.7}),
    "action_units": lambda: figures.action_units(np.linspace(0, 1, 12).reshape(6, 2), ["AU 4", "AU 12"], key_frame=5),
    "class_activation": lambda: figures.class_activation(np.zeros((2, 48, 48), np.uint8), np.ones((2, 6, 6)), "ab",
                                                         dataset="synthetic"),
    "early_recognition": lambda: figures.early_recognition(
        [{"system": "a", "recipe": "ours", "seed": 0, "share": share, "accuracy": share, "from": 0.1, "to": 0.9}
         for share in (0.5, 1.0)], chance=0.25),
    "samplings": lambda: figures.samplings(np.zeros((48, 48), np.uint8), {"identity": THETA[0]},
                                           np.zeros((1, 48, 48), np.uint8), dataset="synthetic"),
    "strip": lambda: figures.strip(np.zeros((3, 48, 48), np.uint8), dataset="synthetic", key_frame=2),
    "svm_regions": lambda: figures.svm_regions(
        np.zeros((4, 2)), np.arange(4) % 2,
        [Regions(1.0, np.linspace(-1, 1, 5), np.zeros((5, 5), np.int64), np.ones(4, bool), 1.0, 0.5)], ["a", "b"]),
    "planted_accuracy": lambda: figures.planted_accuracy([planted(Path(tempfile.mkdtemp()))]),
    "attention_maps": lambda: figures.attention_maps(
        np.zeros((1, 48, 48), np.uint8), {"ran/ours": np.ones((1, 48, 48))}, dataset="synthetic"),
    "attentions": lambda: figures.attentions(ATTENTIONS),
    "accuracy_against_noise": lambda: figures.accuracy_against_noise([("a", 0.0, 0.6), ("a", 0.2, 0.5)]),
}


COST = [{"system": "a", "recipe": "ours", "accuracy": 0.6, "minutes": 0.0, "parameters": 20_000}]
ATTENTIONS = [{"attention": "regions", "on the parts, %": 45.0, "by chance, %": 40.0, "difference": 0.01,
               "low": -0.005, "high": 0.025},
              {"attention": "weights of images", "on the parts, %": None, "by chance, %": None, "difference": None,
               "low": None, "high": None}]


def numbers(array):
    """What plotly will read from a trace's array, however it was encoded."""
    if isinstance(array, dict):
        flat = np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])
        return flat.reshape([int(n) for n in str(array.get("shape", flat.size)).split(",")])
    return np.array(array, dtype=float)


def stored(fig):
    return json.loads(fig.to_json())


def test_every_builder_is_tried_here():
    helpers = {"save", "show", "load_all", "result_name", "colours", "occlusion_pictures"}
    assert helpers < set(figures.__all__) and set(figures.__all__) - helpers == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_every_figure_is_small_transparent_and_keeps_the_one_template(name):
    fig = EVERY[name]()
    text = fig.to_json()
    assert isinstance(fig, go.Figure) and len(fig.data) > 0
    assert len(text) < 40_000
    assert fig.layout.template == go.Figure(layout={"template": style.TEMPLATE}).layout.template
    assert fig.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"


def test_the_template_is_a_tenth_of_plotlys_own():
    slim, plain = go.Figure(layout={"template": style.TEMPLATE}), go.Figure(layout={"template": "plotly"})
    assert len(slim.to_json()) < len(plain.to_json()) / 5


def test_a_confusion_matrix_shows_shares_of_the_true_class_and_counts():
    matrix = np.zeros((7, 7), int)
    matrix[0, :2] = 30, 10
    trace = stored(figures.confusion_matrices([result(matrix=matrix)]))["data"][0]
    assert numbers(trace["z"])[0, :2].tolist() == [0.75, 0.25]
    assert trace["text"][0][:3] == ["75<br>(30)", "25<br>(10)", ""]
    assert trace["x"] == list(LABELS) and trace["y"] == list(LABELS)


def test_a_mean_over_seeds_counts_whole_images():
    mean = result(matrix=np.diag(np.full(7, 10.0)) * (1 - 1e-12))
    assert "of 70 images" in figures.confusion_matrices([mean]).layout.annotations[0].text
    ticks = figures.recall_bars(["a"], np.eye(1, 7), np.tile([0.4, 0.6], (1, 7, 1)), support=[9.9999999] * 7).data[0].x
    assert ticks[0].endswith("n = 10")


def test_a_class_without_training_images_has_no_place_on_a_logarithmic_axis():
    fig = figures.recall_against_class_size(["a"], [0, 10, 100, 0, 0, 0, 0], np.eye(1, 7))
    assert [one.text for one in fig.layout.annotations] == list(LABELS[1:3])


def test_more_than_seven_are_told_apart():
    bars = figures.recall_bars([str(k) for k in range(9)], np.ones((9, 7)), np.ones((9, 7, 2))).data
    assert len({(bar.marker.color, bar.marker.pattern.shape) for bar in bars}) == 9
    region = Regions(1.0, np.linspace(-1, 1, 5), np.zeros((5, 5), np.int64), np.ones(9, bool), 1.0, 0.5)
    marks = figures.svm_regions(np.zeros((9, 2)), np.arange(9), [region], [str(k) for k in range(9)]).data[1:]
    assert len({(mark.marker.color, mark.marker.symbol) for mark in marks}) == 9


def test_systems_without_a_seed_in_common_agree_in_nothing_known():
    trace = stored(figures.agreement(["a", "b"], np.array([[1, np.nan], [np.nan, 1]])))["data"][0]
    assert trace["text"] == [["100", ""], ["", "100"]]


def test_a_difference_is_the_first_minus_the_second_and_stars_what_is_significant():
    first, second = np.zeros((7, 7), int), np.zeros((7, 7), int)
    first[3, 3], second[3, 3], second[3, 4] = 10, 6, 4
    stars = np.zeros((7, 7), bool)
    stars[3, 4] = True
    trace = stored(figures.confusion_difference(result(matrix=first), result(matrix=second), stars))["data"][0]
    assert numbers(trace["z"])[3, 3:5] == pytest.approx([0.4, -0.4])
    assert trace["text"][3][3:5] == ["+40", "-40★"]


def test_a_trained_system_that_was_never_tested_is_left_out_and_named_as_diverged_where_it_has_a_curve():
    failed = result("gap_cnn", **UNTESTED)
    assert len(figures.confusion_matrices([result(), failed]).data) == 1
    assert {trace.name for trace in figures.robustness([result(), failed]).data} == {"Deep-Emotion · ours"}
    assert "GAP CNN · ours (diverged)" in {trace.name for trace in figures.learning_curves([result(), failed]).data}


def test_a_learning_rate_that_was_never_validated_is_a_cross_at_zero():
    trace = figures.learning_rate_probe([0.1, 0.001], [None, 0.5], ["diverged", "finished"]).data[0]
    assert list(trace.x) == [0.001, 0.1] and list(trace.y) == [0.5, 0.0]
    assert list(trace.marker.symbol) == ["circle", "x"]


def test_only_the_rates_that_a_paper_states_are_marked():
    """One paper's 0.005 and 0.01 once stood on the probes of every paper."""
    probed = [0.1, 0.001], [0.2, 0.5], ["diverged", "finished"]
    bare, marked = (figures.learning_rate_probe(*probed, **stated).layout for stated in (
        {}, {"paper_rate": 0.002, "paper_limit": 0.05}))
    assert not bare.shapes and not bare.annotations and list(bare.xaxis.tickvals) == [0.001, 0.1]
    assert [one.text for one in marked.annotations] == ["paper: 0.002", "diverges"]
    assert [one.x0 for one in marked.shapes] == [0.002, 0.05] and 0.05 in marked.xaxis.tickvals


def test_accuracy_stands_over_what_it_cost_on_a_logarithmic_axis():
    by_minutes, by_size = figures.accuracy_against(COST), figures.accuracy_against(COST, "parameters")
    assert list(by_minutes.data[0].x) == [0.001] and list(by_size.data[0].x) == [20_000]
    assert by_minutes.layout.xaxis.type == by_size.layout.xaxis.type == "log"
    assert "20 k" in by_size.layout.xaxis.ticktext


def test_the_ring_marks_the_epoch_that_validation_selected():
    traces = figures.learning_curves([result(best_epoch=2)]).data
    sizes = {(trace.line.dash, trace.yaxis): list(trace.marker.size) for trace in traces}
    assert sizes["solid", "y"] == [0, 10, 0] and sizes["dot", "y"] == [0, 0, 0]


def test_the_svm_on_another_trained_systems_features_draws_no_curve_of_its_own():
    assert not figures.learning_curves([result("gap_cnn_svm", features_of="gap_cnn/ours/seed0")]).data


def test_occlusion_maps_share_one_scale():
    maps = np.zeros((2, 4, 4))
    maps[1, 2, 3] = 0.4
    fig = figures.occlusion_maps(maps, ["happy", "sad"], [5, 6])
    heat = [trace for trace in fig.data if trace.type == "heatmap"]
    assert {trace.coloraxis for trace in heat} == {"coloraxis"} and fig.layout.coloraxis.cmax == pytest.approx(0.4)
    assert [trace.xaxis for trace in heat] == ["x", "x2"]
    assert list(heat[0].x) == [6, 18, 30, 42]  # the middles of four steps across 48 pixels


def test_maps_are_kept_small_where_nothing_is_lost_and_carry_their_band():
    small = np.random.default_rng(0).random((1, 12, 12)).astype(np.float32)
    maps = np.repeat(np.repeat(small, 4, 1), 4, 2)
    fig = figures.occlusion_maps(maps, ["happy"], [5], band=(maps - 0.1, maps + 0.1))
    heat, line = (next(trace for trace in fig.data if trace.type == kind) for kind in ("heatmap", "contour"))
    assert np.array_equal(heat.z, small[0])
    assert np.allclose(heat.customdata[..., 1] - heat.customdata[..., 0], 0.2, atol=1e-6)
    assert "customdata[0]" in heat.hovertemplate and line.showlegend is False
    assert line.contours.start == pytest.approx(small.mean(), abs=1e-6) and np.allclose(line.z, small[0] - 0.1)
    finer = maps.copy()
    finer[0, 0, 0] += 1
    assert figures.occlusion_maps(finer, ["happy"], [5]).data[0].z.shape == (48, 48)


def test_baselines_stand_side_by_side_on_one_scale_with_the_parts_drawn():
    maps = {"zero": np.full((2, 4, 4), 0.5), "blur": np.full((2, 4, 4), 0.1)}
    fig = figures.baseline_maps(maps, ["happy", "sad"], [5, 0], parts={"mouth": ((33, 13, 44, 35),)})
    heat = [trace for trace in fig.data if trace.type == "heatmap"]
    assert [float(np.mean(trace.z)) for trace in heat] == pytest.approx([0.5, 0.1, 0.5, 0.1])
    assert {trace.coloraxis for trace in heat} == {"coloraxis"} and fig.layout.coloraxis.cmax == pytest.approx(0.5)
    assert any(trace.type == "scatter" and trace.line.dash == "dot" and 44 in trace.y for trace in fig.data)
    assert ["no image" in note.text for note in fig.layout.annotations] == [False, False, True, True]


def test_a_frame_lies_where_theta_samples():
    fig = figures.theta_frames(THETA, np.zeros(14, int), label_names=["angry"])
    mean = fig.data[-1]  # half the size, a quarter of the half side down: 48/4 = 12 … 36, moved by 6
    assert [min(mean.x), max(mean.x)] == [12, 36] and [min(mean.y), max(mean.y)] == [18, 42]
    assert "0.50 × the image, shifted by (+0.0, +6.0)" in mean.hovertemplate


@pytest.mark.parametrize("draw", [
    lambda: figures.image_grid(np.zeros((0, 48, 48), np.uint8), [], dataset="synthetic"),
    lambda: figures.confusion_matrices([], label_names=LABELS),
    lambda: figures.attention_maps(np.zeros((0, 48, 48), np.uint8), {}, dataset="synthetic")])
def test_panels_of_nothing_say_so_as_for_real_faces_and_systems_left_out(draw):
    (note,) = draw().layout.annotations
    assert note.text == "nothing to show here"


@pytest.mark.parametrize("dataset", ["fer2013", "ckplus", "folder", ""])
def test_pixels_are_refused_for_every_set_but_the_drawn_one(dataset):
    images = np.zeros((7, 48, 48), np.uint8)
    with pytest.raises(InputError):
        figures.image_grid(images, LABELS, dataset=dataset)
    with pytest.raises(InputError):
        figures.occlusion_maps(np.ones((7, 11, 11)), LABELS, range(7), background=images, dataset=dataset)
    with pytest.raises(InputError):
        figures.baseline_maps({"zero": np.ones((7, 4, 4))}, LABELS, range(7), background=images, dataset=dataset)
    with pytest.raises(InputError):
        figures.theta_frames(THETA, np.arange(14) % 7, background=images, dataset=dataset)


def test_panels_fill_rows_and_never_overlap():
    fig = style.panel_figure(list("abcde"), columns=3, min_width=100)
    boxes = []
    for k in range(5):
        number = k + 1 if k else ""
        boxes.append((*fig.layout[f"xaxis{number}"].domain, *fig.layout[f"yaxis{number}"].domain))
    assert boxes[0][2:] == boxes[2][2:] and boxes[3][2:] == boxes[4][2:] and boxes[3][3] < boxes[0][2]
    assert boxes[0][1] < boxes[1][0] < boxes[1][1] < boxes[2][0] and boxes[0][:2] == boxes[3][:2]
    assert fig.layout.meta["panels"]["n"] == 5


def test_show_saves_in_the_order_of_first_showing_and_returns_the_figure_titled(tmp_path, monkeypatch):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path))
    monkeypatch.setattr(store, "_shown", {})
    fig = EVERY["robustness"]()
    for name in ("second_by_name", "a_first_by_name", "second_by_name"):
        shown = figures.show(fig, "r", "03_gap_cnn_svm", name, title=name, caption="c")
    assert shown.layout.title.text == "second_by_name" and fig.layout.title.text is None
    found = figures.load_all(tmp_path / "r")
    assert [entry["name"] for entry in found["03_gap_cnn_svm"]] == ["second_by_name", "a_first_by_name"]
    assert sorted(path.name for path in (tmp_path / "r/03_gap_cnn_svm/figures").iterdir()) == [
        "01_second_by_name.json", "02_a_first_by_name.json"]


def test_a_figure_saved_under_another_number_replaces_the_old_file(tmp_path):
    fig = go.Figure()
    figures.save(fig, tmp_path, "curves", title="t", caption="c", order=4)
    figures.save(fig, tmp_path, "curves", title="t", caption="c", order=2)
    assert [path.name for path in tmp_path.iterdir()] == ["02_curves.json"]


def test_a_name_that_is_a_path_is_refused(tmp_path):
    with pytest.raises(InputError):
        figures.save(go.Figure(), tmp_path, "../curves", title="t", caption="c")
    assert not list(tmp_path.iterdir())


def test_a_damaged_figure_file_is_told_not_raised(tmp_path):
    figures.save(go.Figure(), tmp_path / "02_x" / "figures", "whole", title="t", caption="c")
    (tmp_path / "02_x/figures/02_broken.json").write_text("{")
    (tmp_path / "02_x/figures/03_other.json").write_text("[]")
    entries = figures.load_all(tmp_path)["02_x"]
    assert [entry["name"] for entry in entries if entry["figure"] is None] == ["broken", "other"]
    assert "cannot be read" in entries[-1]["error"]


def test_a_shown_figure_of_panels_keeps_its_width_and_a_tall_ones_legend_its_place(tmp_path, monkeypatch):
    """Seen in JupyterLab: faces stretched to the page's width, and the legend of tall bars over the title."""
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path))
    faces = figures.image_grid(np.zeros((3, 48, 48), np.uint8), ["a", "b", "c"], dataset="synthetic")
    assert figures.show(faces, "r", "01_x", "faces", title="T", caption="").layout.width == 960
    low, high = (go.Figure([go.Bar(y=[1], name="a"), go.Bar(y=[2], name="b")], {"height": height, "margin": {"t": 40}})
                 for height in (380, 1400))
    shown = [figures.show(fig, "r", "01_x", f"bars{k}", title="T", caption="").layout
             for k, fig in enumerate((low, high))]
    assert shown[0].width is None and shown[0].margin.t == 74
    assert shown[1].margin.t >= int(0.04 * (1400 - 96)) + 24 + 34 and shown[1].height - shown[1].margin.t == 1400 - 40


def test_a_ranked_batch_runs_from_the_most_to_the_least_trusted_with_both_means():
    fig = figures.ranked_batch(np.array([0.2, 0.9, 0.6, 0.4]), np.array([True, False, False, True]), 3)
    right, wrong, high, low = fig.data
    assert list(right.x) == [1, 2] and list(right.y) == [0.9, 0.6]
    assert list(wrong.x) == [3, 4] and list(wrong.y) == [0.4, 0.2]
    assert high.y[0] == pytest.approx(1.9 / 3) and low.y[0] == pytest.approx(0.2)


def test_what_could_not_be_tested_is_no_point_of_accuracy_against_noise():
    assert list(figures.accuracy_against_noise([("a", 0.0, 0.5), ("a", 0.1, None)]).data[0].x) == [0.0]


def test_accuracy_against_noise_goes_through_the_means_of_each_level():
    fig = figures.accuracy_against_noise([("a", 0.0, 0.6), ("a", 0.2, 0.4), ("a", 0.2, 0.5)])
    assert list(fig.data[0].x) == [0.0, 0.2] and list(fig.data[0].y) == pytest.approx([0.6, 0.45])
    assert len(fig.data[1].x) == 3


def test_attention_beyond_an_even_division_leaves_out_rounding_and_tells_its_scale():
    images, one = np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4))
    one[0, 0, :2] = 0.5 / 16, -0.5 / 16
    fig = figures.attention_maps(images, {"ran/ours": one, "ran/mean": one * 1e-9}, dataset="synthetic")
    assert [note.text for note in fig.layout.annotations] == ["RAN · ours<br>up to ±0.5 × mean", ""]
    assert max(numbers(trace.z).max() for trace in fig.data[1::2]) == 1.0


def test_points_gained_have_their_interval_and_nothing_where_nothing_was_measured():
    looks, gained, chance = figures.attentions(ATTENTIONS).data
    for ends in (gained.error_x.array, gained.error_x.arrayminus):
        np.testing.assert_allclose(ends, [1.5, np.nan])
    assert (list(looks.x), list(chance.x)) == ([45.0, None], [40.0, None])


def test_planted_conditions_have_words():
    from ferkit.results.planted import in_words

    assert [in_words(one) for one in ("occluder_mouth", "occluder_block_12", "roll_20", "shift_4", "unchanged")] == [
        "mouth covered", "block of 12 px", "rolled by 20°", "shifted by 4 px", "unchanged"]
