"""Predictions under several protocols in one file: what is written can be read, what is damaged is refused."""

import json

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.results import over_protocols, records, tree
from ferkit.results.records import Result, SystemKey

LABELS = np.arange(14) % 7


def result(tmp_path, seed, right, **more):
    predicted = np.where(np.arange(14) < right, LABELS, (LABELS + 1) % 7)
    arrays = {"index": np.arange(14), "labels": LABELS, "predicted": predicted, "groups": np.arange(14) // 2,
              "label_names": np.array(list("abcdefg")), **more}
    metrics = {"dataset": "ckplus", "data_sha256": "d" * 64, **records.summarise(LABELS, predicted, "abcdefg"),
               "status": "finished", "tta": "none", "parameters": 5, "minutes": 0.5, "val_accuracy": right / 28,
               "epochs": 9, "best_epoch": right}
    return Result(SystemKey("09_x", "net", "ours", seed), tmp_path, metrics, arrays, [])


def test_answers_come_back_one_protocol_after_the_other(tmp_path):
    single = {"predicted_no_tta": LABELS}
    over_protocols.write(tmp_path / "09_x" / "protocols_a.json",
                         {"p": [result(tmp_path, 0, 7), result(tmp_path, 1, 14)],
                          "q": [result(tmp_path, 0, 0, **single), result(tmp_path, 1, 0)]}, {"sweep": "s"})
    found, sources = over_protocols.answers(tmp_path, ("net", "ours"), ["p", "q"])
    assert found.right.sum(axis=1).tolist() == [7 + 14, 14] and found.seeds == (0, 1)
    assert found.protocol.tolist() == ["p"] * 14 + ["q"] * 14 and len(np.unique(found.groups)) == 14
    assert sources == ["09_x/protocols_a.json"]
    assert len(over_protocols.of_tree(tmp_path)[0]["runs"]) == 4
    with pytest.raises(InputError, match="no result of net/ours under r"):
        over_protocols.answers(tmp_path, ("net", "ours"), ["p", "r"])


def test_other_images_and_edited_files_are_refused(tmp_path):
    moved = result(tmp_path, 1, 7, index=np.arange(14) + 1)
    with pytest.raises(InputError, match="not tested on the same images"):
        over_protocols.write(tmp_path / "x.json", {"p": [result(tmp_path, 0, 7), moved]}, {})
    path = over_protocols.write(tmp_path / "x.json", {"p": [result(tmp_path, 0, 7)]}, {})
    diverged = Result(moved.key, tmp_path, {"status": "diverged", "data_sha256": "d" * 64}, {}, [])
    for runs in ([diverged], [result(tmp_path, 0, 7), diverged]):
        with pytest.raises(InputError, match="net/ours"):
            over_protocols.write(tmp_path / "y.json", {"p": runs}, {})
    content = json.loads(path.read_text())
    content["runs"][0]["accuracy"] = 0.99
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="does not follow from the predictions"):
        over_protocols.read(path)


def test_all_folds_together_are_a_result_of_the_tree(tmp_path):
    folds = {"by_subject_10fold": [result(tmp_path, 0, 7)], "by_subject_10fold:1": [result(tmp_path, 0, 14)]}
    path = over_protocols.write(tmp_path / "09_x" / "protocols_a.json", folds, {"git_commit": "c" * 40})
    (found,) = tree.load_tree(tmp_path).results
    m = found.metrics
    assert "initial" not in m
    assert (m["n"], m["accuracy"], m["protocol"]) == (28, 21 / 28, "by_subject_10fold")
    assert (m["val_accuracy"], m["epochs"], m["best_epoch"], m["minutes"]) == (21 / 56, 9, 10, 1.0)
    assert len(np.unique(found.predictions["groups"])) == 14 and found.file == path
    over_protocols.write(path.with_name("protocols_b.json"), {"by_image": folds["by_subject_10fold"], "official": folds[
        "by_subject_10fold:1"]}, {})
    assert len(tree.load_tree(tmp_path).results) == 1
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"runs": content["runs"][:1]}))
    assert tree.load_tree(tmp_path).results == ()


def test_pretraining_is_told_of_all_folds_together(tmp_path):
    initial = {"name": "net/ours/fer2013", "sha256": "a" * 64}
    folds = {name: [result(tmp_path, 0, 7)] for name in ("by_subject_10fold", "by_subject_10fold:1")}
    for (one,) in folds.values():
        one.metrics["initial"] = initial
    over_protocols.write(tmp_path / "09_x" / "protocols_a.json", folds, {})
    (found,) = tree.load_tree(tmp_path).results
    assert found.metrics["initial"] == initial


def test_more_than_ten_classes_keep_a_symbol_each(tmp_path):
    labels = np.arange(14)
    names = np.array([f"class {k}" for k in range(14)])
    one = result(tmp_path, 0, 14, labels=labels, predicted=labels, label_names=names)
    one.metrics.update(accuracy=1.0)
    path = over_protocols.write(tmp_path / "09_x" / "protocols_a.json", {"by_image": [one]}, {})
    (found,) = over_protocols.pooled(tmp_path)
    assert found.predictions["predicted"].tolist() == labels.tolist() and len(over_protocols.read(path)["label_names"])
    one.predictions["label_names"] = np.arange(37).astype(str)
    with pytest.raises(InputError, match="37 classes are more than the 36"):
        over_protocols.write(path, {"by_image": [one]}, {})


def test_folds_of_two_protocols_are_not_taken_for_one(tmp_path):
    folds = {"by_subject_10fold": [result(tmp_path, 0, 7)], "by_subject_10fold:1": [result(tmp_path, 0, 14)]}
    over_protocols.write(tmp_path / "09_x" / "protocols_a.json", folds, {})
    assert len(over_protocols.in_folds(tmp_path, ("net", "ours")).labels) == 28
    over_protocols.write(tmp_path / "09_x" / "protocols_b.json",
                         {"leave_one_subject_out": [result(tmp_path, 0, 7)]}, {})
    with pytest.raises(InputError, match="no result"):
        over_protocols.in_folds(tmp_path, ("other", "ours"))
    again = {f"{protocol}+train70": results for protocol, results in folds.items()}
    over_protocols.write(tmp_path / "09_x" / "protocols_b.json", again, {})
    with pytest.raises(InputError, match="several protocols"):
        over_protocols.in_folds(tmp_path, ("net", "ours"))


def test_a_system_with_a_folder_of_its_own_is_not_taken_from_such_a_file(tmp_path, write_result):
    over_protocols.write(tmp_path / "09_x" / "protocols_a.json", {"by_image": [result(tmp_path, 0, 7)]}, {})
    write_result(tmp_path, "net", share=0.9)
    assert [one.metrics["n"] for one in tree.load_tree(tmp_path).results] == [210]
