"""The table of a sweep: one line a point, mean and spread over seeds."""

import pandas
import pytest

from ferkit.core.errors import InputError
from ferkit.sweep.table import export, table


def row(recipe, seed, state="finished", val=None, test=None):
    return {"dataset": "fer2013", "system": "lenet5", "recipe": recipe, "seed": seed, "state": state,
            "val_accuracy": val, "accuracy": test, "minutes": 1.25}


def test_a_point_is_one_line_over_its_seeds():
    lines = table([row("a", 0, val=0.5), row("b", 0, val=0.25, test=0.125), row("a", 1, val=0.6)])
    assert len(lines) == 3
    assert lines[1].split() == ["fer2013", "lenet5", "a", "2", "2", "finished", "55.00", "±", "7.07", "-", "2.5"]
    assert lines[2].split() == ["fer2013", "lenet5", "b", "1", "1", "finished", "25.00", "12.50", "1.2"]


def test_how_trained_systems_ended_is_counted():
    line = table([row("a", 0, "diverged"), row("a", 1, "diverged"), row("a", 2, "failed")])[1]
    assert "2 diverged, 1 failed" in line and "  -  " in line


def test_protocols_are_rows_of_their_own_and_no_seeds():
    head, *lines = table([row("a", 0, val=0.5) | {"protocol": name} for name in ("official", "by_image")])
    assert head.split()[:4] == ["data", "set", "protocol", "network"]
    assert [line.split()[1:5] for line in lines] == [["official", "lenet5", "a", "1"], ["by_image", "lenet5", "a", "1"]]


ROWS = [row("a_b", 0, val=0.5), row("a_b", 1, val=0.6), row("c", 0, "failed")]


@pytest.mark.parametrize(("ending", "read"), [("csv", pandas.read_csv), ("parquet", pandas.read_parquet)])
def test_an_exported_table_holds_every_row_with_its_numbers(tmp_path, ending, read):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    frame = read(export(ROWS, tmp_path / f"rows.{ending}"))
    assert list(frame["recipe"]) == ["a_b", "a_b", "c"] and list(frame["val_accuracy"])[:2] == [0.5, 0.6]
    assert frame["val_accuracy"].isna().tolist() == [False, False, True]
    assert [path.name for path in tmp_path.iterdir()] == [f"rows.{ending}"]


def test_a_latex_table_has_a_line_a_point_and_escapes_names(tmp_path):
    text = export(ROWS, tmp_path / "rows.tex").read_text()
    assert r"fer2013 & lenet5 & a\_b & 2 & 2 finished & 55.00 $\pm$ 7.07 & - & 2.5 \\" in text
    assert text.count("fer2013") == 2 and r"\toprule" in text and "minutes" in text


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"rows\.xlsx.*\.csv, \.parquet, \.tex"):
        export(ROWS, tmp_path / "rows.xlsx")
