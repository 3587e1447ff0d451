"""Progress: to a watching file, to a terminal, and never into a notebook's outputs."""

import io
import json

import pytest

from ferkit.core import progress


def test_events_are_appended_to_the_watchers_file_as_json_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FERKIT_PROGRESS", str(tmp_path / "events"))
    progress.note("searching C and gamma")
    progress.epoch("lenet5/ours seed 0", 2, 12, 1.25, 0.5, 61.0)
    first, second = map(json.loads, (tmp_path / "events").read_text().splitlines())
    assert first == {"kind": "note", "text": "searching C and gamma"}
    assert (second["system"], second["epoch"], second["val_accuracy"]) == ("lenet5/ours seed 0", 2, 0.5)
    assert capsys.readouterr().out == ""


def test_a_watcher_that_has_gone_stops_no_training(tmp_path, monkeypatch):
    monkeypatch.setenv("FERKIT_PROGRESS", str(tmp_path / "gone" / "events"))
    progress.note("still at work")
    assert not (tmp_path / "gone").exists()


def test_without_a_watcher_only_a_terminal_shows_anything(monkeypatch):
    monkeypatch.delenv("FERKIT_PROGRESS", raising=False)
    for terminal in (False, True):
        stream = io.StringIO()
        stream.isatty = lambda terminal=terminal: terminal
        monkeypatch.setattr("sys.stdout", stream)
        progress.epoch("lenet5/ours seed 0", 12, 12, 1.25, 0.5, 0)
        assert ("epoch 12/12" in stream.getvalue()) is terminal


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.6, "1:00"), (3725, "1:02:05"),
                                                (float("nan"), "-:--"), (float("inf"), "-:--")])
def test_time_left_reads_as_a_clock(seconds, shown):
    assert progress.clock(seconds) == shown


def test_an_epoch_is_described_in_words():
    event = {"kind": "epoch", "system": "gap_cnn/ours seed 1", "epoch": 3, "epochs": 12, "loss": 1.2345,
             "val_accuracy": 0.4123, "seconds_left": 32}
    assert progress.describe(event) == "gap_cnn/ours seed 1  epoch 3/12  loss 1.234  val 41.2 %  0:32 left"


def test_a_notebook_opened_by_hand_has_one_display_that_is_cleared_at_the_end(monkeypatch):
    shown = []

    class Handle:
        def update(self, content):
            shown.append(content.data)

    def display(content, display_id):
        assert display_id
        shown.append(content.data)
        return Handle()

    monkeypatch.delenv(progress.VARIABLE, raising=False)
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    progress.begin("2 systems")
    progress.note("1 of 2: a < b")
    progress.note("2 of 2")
    progress.finished()
    progress.finished()
    progress.note("alone")
    progress.finished()
    assert shown == ["<small>2 systems</small>", "<small>2 systems<br>1 of 2: a &lt; b</small>",
                     "<small>2 systems<br>2 of 2</small>", "", "<small>alone</small>", ""]
