"""One system's analysis: written whole, loaded when nothing changed, done again when something did."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.analysis import occlusion
from ferkit.analysis.occlusion import analysis as study
from ferkit.analysis.occlusion import face_regions, text
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.face_set import FaceSet


def faces(masks: bool = True, n: int = 28) -> FaceSet:
    rng = np.random.default_rng(0)
    names, template = tuple(face_regions.TEMPLATE)[:4], face_regions.template_masks()[:4]
    blank = np.full(n, "")
    return FaceSet(images=rng.integers(0, 256, (n, 48, 48)).astype(np.uint8), labels=np.arange(n) % 7, subjects=blank,
                   sequences=blank, split=np.full(n, "test"), names=np.arange(n).astype(str), index=np.arange(n),
                   source={"dataset": "synthetic"}, masks=np.repeat(template[None], n, 0) if masks else None,
                   regions=names if masks else ())


def result(seed: int = 0, accuracy: float = 0.5, status: str = "finished") -> SimpleNamespace:
    return SimpleNamespace(key=SimpleNamespace(system="lenet5", recipe="ours", seed=seed),
                           metrics={"weights_sha256": f"{seed}", "val_accuracy": accuracy, "status": status})


@pytest.fixture
def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return papers.system("lenet5").build()


@pytest.fixture(autouse=True)
def output(tmp_path, monkeypatch):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path))
    monkeypatch.setattr(study, "DRAWS", 50)
    monkeypatch.setattr(study, "PLACEMENTS", 1)
    return tmp_path


def run(model: torch.nn.Module, **options: object) -> occlusion.Analysis:
    return occlusion.analyse(result(), model, options.pop("faces", faces()), "r", patch_size=16, stride=16, **options)


def test_an_analysis_is_two_files_with_all_that_is_promised(model, output):
    found = run(model)
    folder = output / "r" / "04_occlusion_analysis" / "lenet5" / "ours" / "seed0"
    assert sorted(path.name for path in folder.iterdir()) == ["maps.npz", "occlusion.json"]
    summary = json.loads((folder / "occlusion.json").read_text())
    assert summary == found.summary
    assert {"system", "recipe", "seed", "n_images", "patch_size", "stride", "baseline", "regions", "labels",
            "recall_lost", "interaction", "insensitive", "pointing_game", "seconds"} <= set(summary)
    assert summary["labels"] == list(LABELS) and summary["n_images"] == 28
    assert set(summary["recall_lost"]["happy"]["mouth"]) == {"drop", "control", "difference", "interval", "p", "p_holm"}
    assert set(summary["pointing_game"]) == {"model", "untrained", "edges"}
    assert summary["moves"]["happy"] == ["eyes", "mouth"] and summary["attention"] is None
    assert set(summary["other_choices"]["recall_lost"]) == {"zero", "mean", "blur"}
    with np.load(folder / "maps.npz") as arrays:
        assert arrays["turned_wrong"].shape == arrays["probability_drop"].shape == (7, 48, 48)
        assert arrays["counts"].tolist() == [4] * 7
        assert arrays["beside_zero"].shape == arrays["beside_blur"].shape == (7, 48, 48)
        assert np.allclose(arrays["beside_zero"], arrays["probability_drop"], atol=1e-5)  # all images in both


def test_a_finished_analysis_is_loaded_and_equal(model, monkeypatch):
    first = run(model)
    monkeypatch.setattr(study, "_measure", lambda *_, **__: pytest.fail("done again"))
    again = run(model)
    assert again.summary == first.summary and again.name == "lenet5/ours/seed0"
    for name, values in first.maps.items():
        assert np.array_equal(values, again.maps[name], equal_nan=name != "label_names")


@pytest.mark.parametrize("damage", ["settings", "cut", "maps"])
def test_another_setting_or_a_damaged_file_is_done_again(model, damage):
    first = run(model)
    if damage == "cut":
        (first.directory / "occlusion.json").write_text("{")
    if damage == "maps":
        (first.directory / "maps.npz").write_bytes(b"")
    again = run(model, baseline="mean" if damage == "settings" else "zero")
    assert again.summary["baseline"] == ("mean" if damage == "settings" else "zero")
    assert json.loads((first.directory / "occlusion.json").read_text()) == again.summary


def test_a_folder_may_stand_for_a_run_and_fewer_images_for_other_choices(model, tmp_path):
    found = occlusion.analyse(result(), model, faces(), tmp_path / "tree", patch_size=16, stride=16, beside=14)
    assert found.directory == tmp_path / "tree" / "04_occlusion_analysis" / "lenet5" / "ours" / "seed0"
    assert found.summary["other_choices"]["images"] == 14 and found.summary["other_choices"]["counts"] == [2] * 7


def test_a_network_with_a_transformer_is_held_against_its_own_important_parts():
    torch.manual_seed(0)
    summary = run(papers.system("deep_emotion").build()).summary
    rows = summary["attention"]
    assert [row["expression"] for row in rows] == list(LABELS)
    assert all(row["image"] == 1.0 and row["n"] == 4 for row in rows)  # untrained: theta is the identity
    assert [row["map inside"] for row in rows if row["map inside"]] == pytest.approx([1.0] * 7)


def test_a_transformer_that_sees_the_middle_samples_the_middle():
    torch.manual_seed(0)
    seen = run(papers.system("deep_emotion_wide").build(widths=(4, 4, 4, 4), input_size=24)).summary
    assert all(row["image"] == pytest.approx(0.25) and row["forehead"] < 0.2 for row in seen["attention"])


def test_real_faces_get_the_template_and_no_pointing_game(model):
    summary = run(model, faces=faces(masks=False)).summary
    assert summary["pointing_game"] is None and summary["regions_from"] == "template"
    assert summary["regions"] == list(face_regions.TEMPLATE)
    assert text.pointing_rows(summary) == []


def test_a_network_without_a_fast_way_is_analysed_all_the_same():
    class Plain(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(1)[:, 1000:1007]

    assert run(Plain()).summary["n_images"] == 28


def test_test_images_are_a_stratified_part_of_the_test_split():
    chosen = occlusion.test_images(faces(n=70), 14, seed=0)
    assert np.bincount(chosen.labels).tolist() == [2] * 7
    assert len(occlusion.test_images(faces(n=70), 0, seed=0)) == 70


def test_the_best_trained_system_is_chosen_on_validation_among_those_that_finished():
    results = [result(0, 0.5), result(1, 0.7), result(2, 0.9, "collapsed"), result(3, 0.7)]
    assert occlusion.best(results) is results[1]
    with pytest.raises(InputError, match="no system of this run finished"):
        occlusion.best([result(0, 0.9, "diverged")])


def test_an_untrained_copy_differs_and_leaves_the_model_alone(model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fresh = occlusion.untrained(model, seed=1)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not torch.equal(fresh.fc.weight, model.fc.weight)
    assert torch.equal(fresh.fc.weight, occlusion.untrained(model, seed=1).fc.weight)


def test_sentences_follow_the_numbers():
    effect = {"drop": 0.4, "control": 0.1, "difference": 0.3, "interval": [0.2, 0.4], "p": 0.001, "p_holm": 0.01}
    weak = effect | {"p_holm": 0.4}
    summary = {"labels": ["happy", "angry"], "regions": ["mouth", "brows"],
               "recall_lost": {"happy": {"mouth": effect, "brows": weak}, "angry": {"mouth": weak, "brows": weak}},
               "interaction": {"statistic": 1.0, "p": 0.2},
               "insensitive": {"overall": {"before": 0.8, "rest": 0.7, "parts": 0.2}}}
    said = text.sentences(summary)
    assert "Covering the mouth hurts happy: it costs 40.0 points" in said[0] and "20.0 … 40.0" in said[0]
    assert "is not shown to hurt angry" in said[1]
    assert "are not shown to depend" in said[2]
    assert "70.0 %" in said[3]
    assert len(said) == 4  # an analysis without other baselines
    summary["other_choices"] = {"images": 9, "recall_lost": {"zero": summary["recall_lost"]}}
    assert text.sentences(summary)[4].endswith("by baseline (9 images): zero 30.0 and 30.0.")
    assert text.important_parts(summary) == {"happy": ("mouth",), "angry": ()}
    assert text.significant(summary).tolist() == [[True, False], [False, False]]


def test_mean_faces_are_shown_of_drawn_faces_only():
    drawn = faces()
    means = occlusion.mean_faces(drawn)
    assert np.array_equal(means[3], np.rint(drawn.images[drawn.labels == 3].mean(0)))
    real = faces().select(np.arange(28))
    object.__setattr__(real, "source", {"dataset": "fer2013"})
    assert occlusion.mean_faces(real) is None
