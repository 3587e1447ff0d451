"""The audit finds what was put in, names it, and calls an untouched set clean."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ferkit.core import paths
from ferkit.data import audit, datasets
from ferkit.data.face_set import SPLITS
from ferkit.data.sources import jaffe
from ferkit.data.sources.synthetic import draw_set

STORED = paths.repository() / "results" / "datasheets"


@pytest.fixture(scope="module")
def drawn():
    """560 drawn faces, the smallest set on which blur must show."""
    return draw_set(420, 70, 70, seed=9)


def changed(faces, rows, change):
    """The set with `change` done to some of its images."""
    images = np.array(faces.images)
    for row in rows:
        images[row] = change(images[row])
    return replace(faces, images=images)


def blurred(faces, splits=("train",), radius=0.8):
    return changed(faces, np.flatnonzero(np.isin(faces.split, splits)),
                   lambda image: np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius))))


def recompressed(image, quality=90):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def copied(faces, source, targets, change=lambda image: image):
    images = np.array(faces.images)
    for row in targets:
        images[row] = change(images[source])
    return replace(faces, images=images)


def ids(report, severity=None):
    return {finding["id"] for finding in report["findings"] if severity in (None, finding["severity"])}


def test_drawn_faces_are_clean_in_a_report_that_has_the_contract_s_keys_and_is_json(drawn):
    report = audit.audit(drawn)
    assert report["verdict"] == "clean" and report["findings"] == [] and report["distinct"] == len(drawn)
    assert 0 < report["knn1_accuracy"] < 0.5
    assert {"verdict", "counts", "distinct", "copies", "conflicting_groups", "blank", "sharpness", "knn1_accuracy",
            "findings"} <= set(report)
    assert {"val_in_train", "test_in_train"} <= set(report["copies"])
    assert set(report["sharpness"]) == {"train", "val", "test"}
    json.dumps(report, allow_nan=False)


def test_training_images_blurred_alone_are_called_out(drawn):
    report = audit.audit(blurred(drawn))
    assert report["verdict"] == "do_not_use" and "sharpness" in ids(report, "fatal")
    assert report["sharpness"]["train"] < report["sharpness"]["test"] - 0.2


def test_two_people_a_split_who_differ_by_chance_are_no_sign_of_processing():
    subjects, split = np.repeat(list("abcdefghi"), 20), np.repeat(["train", "val", "test"], (100, 40, 40))
    values = np.repeat([3.0, 3.1, 3.2, 3.1, 3.0, 3.18, 3.19, 3.06, 3.07], 20)
    found = audit.largest_difference(values, split, subjects)
    assert found["between"] == "val/test" and found["difference"] > 6 and 1 < found["z"] < 3
    by_image = audit.largest_difference(values, split, np.full(180, ""))
    assert by_image["z"] > 10


def test_a_few_images_that_differ_by_chance_do_not_hide_two_splits_that_surely_differ():
    rng = np.random.default_rng(0)
    split = np.repeat(["train", "val", "test"], (1000, 6, 1000))
    values = rng.normal(0, 1, 2006) + np.select([split == "val", split == "test"], [1.2, 0.5])
    found = audit.largest_difference(values, split, np.full(2006, ""))
    assert found["between"] == "train/test" and found["z"] > audit.FATAL_Z


def test_all_images_blurred_alike_are_not(drawn):
    assert audit.audit(blurred(drawn, ("train", "val", "test")))["verdict"] == "clean"


def test_a_recompressed_copy_keeps_its_verdict(drawn):
    defect = copied(drawn, 0, [430, 500])
    again = changed(defect, range(len(defect)), recompressed)
    assert audit.audit(defect)["verdict"] == audit.audit(again)["verdict"] == "known_defects"


def test_exact_copies_across_splits_are_counted(drawn):
    test = np.flatnonzero(drawn.split == "test")[:3]
    val = np.flatnonzero(drawn.split == "val")[:2]
    faces = copied(drawn, 0, [*test, *val])
    report = audit.audit(faces)
    assert report["copies"] == {"val_in_train": 2, "test_in_train": 3, "test_in_val": 3, "within_train": 0,
                                "within_val": 1, "within_test": 2}
    assert report["distinct"] == len(drawn) - 5 and report["verdict"] == "known_defects"
    np.testing.assert_array_equal(np.flatnonzero(faces.copies), np.sort([*test, *val]))


def test_a_test_split_largely_copied_into_training_is_not_to_be_used(drawn):
    rows = np.flatnonzero(drawn.split == "test")[:20]
    assert "test_in_train" in ids(audit.audit(copied(drawn, 0, rows)), "fatal")


@pytest.mark.parametrize("change", [
    lambda image: image[:, ::-1],
    lambda image: np.clip(image.astype(int) // 2 + 60, 0, 255).astype(np.uint8),
    recompressed,
], ids=["mirrored", "lighter and flatter", "recompressed"])
def test_near_copies_are_found(drawn, change):
    rows = np.flatnonzero(drawn.split == "test")[:3]
    assert audit.near_copies(copied(drawn, 5, rows, change))["test_in_train"] == 3
    assert audit.near_copies(drawn) == {"val_in_train": 0, "test_in_train": 0}


def test_contradicting_labels_are_counted_by_group(drawn):
    first, second = np.flatnonzero(drawn.labels == 0)[:2], np.flatnonzero(drawn.labels == 1)[:2]
    images = np.array(drawn.images)
    images[second] = images[first]  # two pairs of twins, each angry and disgust
    report = audit.audit(replace(drawn, images=images))
    assert report["conflicting_groups"] == 2 and "conflicting_labels" in ids(report, "defect")


def test_blank_images_are_counted(drawn):
    report = audit.audit(changed(drawn, [0, 1, 2], lambda image: np.full_like(image, 7 * int(image[0, 0] % 3))))
    assert report["blank"] == 3 and "blank" in ids(report)
    json.dumps(report, allow_nan=False)


def test_neighbouring_frames_on_both_sides_are_fatal_and_people_are_a_defect(drawn):
    n = len(drawn)
    films = np.array([f"film{k % 100}" for k in range(n)])
    report = audit.audit(replace(drawn, sequences=films, subjects=np.array([f"S{k % 50}" for k in range(n)])))
    assert "shared_sequences" in ids(report, "fatal") and "shared_subjects" in ids(report, "defect")
    assert report["verdict"] == "do_not_use"


def test_memory_of_neighbouring_frames_shows_in_the_nearest_neighbour(drawn):
    train, test = (np.flatnonzero(drawn.split == part) for part in ("train", "test"))
    images = np.array(drawn.images)
    images[test] = np.clip(images[train[:len(test)]].astype(int) + 2, 0, 255)
    labels = drawn.labels.copy()
    labels[test] = labels[train[:len(test)]]
    report = audit.audit(replace(drawn, images=images, labels=labels))
    assert report["knn1_accuracy"] == 1.0 and "knn1" in ids(report, "fatal")


def test_one_nearest_neighbour_equals_scikit_learn_s(drawn):
    from sklearn.neighbors import KNeighborsClassifier

    flat = drawn.images.reshape(len(drawn), -1).astype(float)
    test = drawn.split == "test"
    theirs = KNeighborsClassifier(1).fit(flat[~test], drawn.labels[~test]).score(flat[test], drawn.labels[test])
    assert audit.knn1_accuracy(drawn, chunk=17) == pytest.approx(theirs)


def test_the_leak_table_begins_with_the_division_as_it_is(drawn):
    rows = audit.leaks(drawn)
    assert [row["protocol"] for row in rows] == ["official", "by_image", "by_subject"]
    assert rows[0]["knn1_accuracy"] == audit.knn1_accuracy(drawn) and rows[2]["shared_subjects"] == 0


def test_the_leak_table_divides_by_the_data_set_s_own_shares(drawn, monkeypatch):
    monkeypatch.setattr(audit, "knn1_accuracy", lambda faces: faces.counts())
    by_image = audit.leaks(replace(drawn, source={"dataset": "jaffe"}))[1]["knn1_accuracy"]
    held = [sum(by_image[split].values()) / len(drawn) for split in SPLITS]
    np.testing.assert_allclose(held, jaffe.SHARES, atol=0.01)


def test_every_finding_is_one_sentence_and_the_description_names_them_all(drawn):
    report = audit.audit(blurred(copied(drawn, 0, [430, 431, 500])))
    text = audit.describe(report)
    assert text.splitlines()[0] == "synthetic (official): do not use"
    for finding in report["findings"]:
        assert finding["says"].endswith(".") and "\n" not in finding["says"] and finding["says"] in text
        assert finding["severity"] in audit.SEVERITIES


@pytest.mark.slow
@pytest.mark.fer2013
def test_fer2013_has_exactly_its_known_defects(fer2013_path):
    faces = datasets.load("fer2013", fer2013_path, profile="full")
    report = audit.audit(faces)
    assert report["verdict"] == "known_defects" and report["distinct"] == 34034
    assert (report["copies"]["val_in_train"], report["copies"]["test_in_train"]) == (280, 288)
    assert (report["conflicting_groups"], report["blank"]) == (57, 12)
    assert "counts" not in ids(report)
    assert all("published" in finding["says"] for finding in report["findings"] if finding["severity"] == "defect")
    stored = json.loads((STORED / "fer2013.audit.json").read_text(encoding="utf-8"))
    assert {key: stored[key] for key in ("fingerprint", "findings", "counts", "sharpness")} == {
        key: report[key] for key in ("fingerprint", "findings", "counts", "sharpness")}


def test_the_stored_audits_hold_what_an_audit_tells_now(drawn):
    told = audit.audit(drawn)
    stored = [json.loads(path.read_text(encoding="utf-8")) for path in STORED.glob("*.audit.json")]
    assert len(stored) >= 3 and all(set(one) == set(told) for one in stored)
    assert {one["dataset"]: bool(one["fingerprint"]) for one in stored} == {
        "fer2013": True, "ckplus": False, "jaffe": False}


@pytest.mark.fer2013
def test_fer2013_with_blurred_training_images_is_not_to_be_used(fer2013_path, monkeypatch):
    monkeypatch.setattr(audit, "near_copies", lambda faces, keys: {"val_in_train": 0, "test_in_train": 0})  # slow
    monkeypatch.setattr(audit, "knn1_accuracy", lambda faces: 0.0)  # slow
    faces = datasets.load("fer2013", fer2013_path, profile="standard")
    thin = faces.select(np.arange(0, len(faces), 4))
    assert audit.audit(thin)["verdict"] == "known_defects"
    assert audit.audit(blurred(thin, radius=0.5))["verdict"] == "do_not_use"


def test_ckplus_by_image_needs_no_learning_and_by_subject_does(ckplus_path):
    by_image = audit.audit(datasets.load("ckplus", ckplus_path, profile="full", protocol="by_image"))
    by_subject = audit.audit(datasets.load("ckplus", ckplus_path, profile="full", protocol="by_subject"))
    assert by_image["knn1_accuracy"] > 0.9 and by_image["verdict"] == "do_not_use"
    assert by_subject["knn1_accuracy"] < 0.75 and by_subject["verdict"] == "clean"
