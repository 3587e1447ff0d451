"""What peeking at the test split gains: labelled, never negative, and the training is the usual one."""

import json

import pytest

from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.data import datasets
from ferkit.experiments import test_selection_bias
from ferkit.training import trainer
from ferkit.training.batching import Split

LENET = papers.system("lenet5")
RECIPE = papers.recipe("lenet5", "ours", epochs=3, batch_size=70)


@pytest.fixture(scope="module")
def faces():
    return datasets.load("synthetic", profile="smoke")


@pytest.fixture(scope="module")
def found(faces, tmp_path_factory):
    folder = tmp_path_factory.mktemp("optimism")
    return folder, test_selection_bias.measure(folder, LENET, RECIPE, faces, recipe_name="ours", device="cpu")


def test_the_two_choices_by_hand():
    rows = [{"epoch": epoch, "val_accuracy": val, "val_loss": loss, "test_accuracy": test} for epoch, val, loss, test in
            ((1, .5, 1, .7), (2, .6, 3, .6), (3, .6, 2, .65), (4, .4, 1, .8))]
    summary = test_selection_bias.summary(rows)
    assert (summary["honest"]["epoch"], summary["peeked"]["epoch"]) == (3, 4)
    assert summary["optimism"] == pytest.approx(0.15)


def test_it_is_labelled_and_written(found):
    folder, measured = found
    assert "not a result" in measured["warning"] and measured["optimism"] >= 0
    assert json.loads((folder / "optimism.json").read_text()) == json.loads(json.dumps(measured))


def test_the_training_is_the_one_that_never_saw_the_test_split(found, faces):
    parts = [Split.of(faces.part(n).images, faces.part(n).labels, 7, "cpu") for n in ("train", "val")]
    fit = trainer.fit(papers.system("lenet5").build, RECIPE, *parts)
    assert [row["val_accuracy"] for row in fit.history] == [row["val_accuracy"] for row in found[1]["curve"]]
    assert found[1]["honest"]["epoch"] == fit.best_epoch


def test_it_goes_on_where_it_stopped_and_refuses_another_training(found, faces, monkeypatch):
    monkeypatch.setattr(trainer.Trainer, "step", lambda *_: pytest.fail("trained again"))
    again = test_selection_bias.measure(found[0], LENET, RECIPE, faces, recipe_name="ours", device="cpu")
    assert again == found[1]
    with pytest.raises(InputError, match="another recipe"):
        test_selection_bias.measure(found[0], LENET, papers.recipe("lenet5", "ours", epochs=4), faces,
                                    device="cpu")


def test_the_command_says_what_it_is(tmp_path, capsys):
    words = ["optimism", "--dataset", "synthetic", "--profile", "smoke", "--model", "lenet5", "--recipe", "ours",
             "--set", "epochs=1", "--set", "batch_size=210", "--device", "cpu", "--output", str(tmp_path / "out")]
    assert command_line.main(words) == 0
    printed = capsys.readouterr().out
    assert "not a result" in printed and "would have gained 0.00 points" in printed
