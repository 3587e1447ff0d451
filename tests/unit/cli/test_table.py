"""Results as a table: text, CSV, LaTeX and JSON of the same numbers."""

import csv
import importlib.util
import io
import json

import pandas
import pytest

from ferkit import __main__ as command_line


@pytest.fixture
def tree(tmp_path, write_result):
    """A run of two systems, one of them with two seeds."""
    for system, seed, share in (("deep_emotion", 0, 0.6), ("deep_emotion", 1, 0.8), ("lenet5", 0, 0.5)):
        write_result(tmp_path, system, seed=seed, share=share)
    return str(tmp_path)


def test_a_row_for_each_system_and_recipe_or_for_each_run(tree, capsys):
    assert command_line.main(["table", tree, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["system"], row["seeds"], float(row["accuracy"])) for row in rows] == [
        ("deep_emotion", "2", pytest.approx(0.7)), ("lenet5", "1", pytest.approx(0.5))]
    assert command_line.main(["table", tree, "--runs", "--json", "--columns", "system,seed,accuracy"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()][1] == {
        "system": "deep_emotion", "seed": 1, "accuracy": pytest.approx(0.8)}


def test_for_people_and_papers_fractions_are_percent(tree, capsys):
    assert command_line.main(["table", tree, "--columns", "system,accuracy"]) == 0
    assert "70.00" in capsys.readouterr().out
    assert command_line.main(["table", tree, "--latex", "--columns", "system,accuracy"]) == 0
    assert "deep\\_emotion & 70.00" in capsys.readouterr().out


def test_only_fractions_are_percent(tmp_path, write_result, capsys):
    write_result(tmp_path, "lenet5", share=0.5, minutes=0.5)
    assert command_line.main(["table", str(tmp_path), "--columns", "accuracy,minutes,train_accuracy"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["50.00", "0.50", "–"]


@pytest.mark.parametrize("words", [["--columns", "acuracy"], ["--csv", "--latex"], ["--parquet", "/proc/x/y"]])
def test_what_cannot_be_is_one_line(tree, words, capsys):
    assert command_line.main(["table", tree, *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_parquet_holds_the_same_rows_as_csv_where_pyarrow_is_installed(tree, tmp_path, capsys):
    pytest.importorskip("pyarrow")
    assert command_line.main(["table", tree, "--csv"]) == 0
    expected = pandas.read_csv(io.StringIO(capsys.readouterr().out))
    assert command_line.main(["table", tree, "--parquet", str(tmp_path / "rows.parquet")]) == 0
    pandas.testing.assert_frame_equal(pandas.read_parquet(tmp_path / "rows.parquet"), expected, check_dtype=False)


def test_parquet_without_pyarrow_says_how_to_install_it_and_writes_nothing(tree, tmp_path, capsys, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None if name == "pyarrow" else found(name))
    assert command_line.main(["table", tree, "--parquet", str(tmp_path / "rows.parquet")]) == 2
    assert "pip install pyarrow" in capsys.readouterr().err and not (tmp_path / "rows.parquet").exists()
