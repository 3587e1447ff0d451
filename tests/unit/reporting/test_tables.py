"""Tables for readers: no raw float, no None, no table of heads alone."""

import numpy as np

from ferkit.core.units import Unit
from ferkit.reporting import tables

ROWS = [{"system": "deep_emotion", "recipe": "ours", "accuracy": 0.59247, "sd": 0.0011, "low": 0.5897, "high": 0.5953,
         "parameters": 47657, "p_holm": 1.7e-7, "without_copies": None},
        {"system": "my_net", "recipe": "ours", "accuracy": None, "sd": None, "low": None, "high": None,
         "parameters": 12, "p_holm": float("nan"), "without_copies": None}]


def test_every_value_has_the_form_of_its_column():
    table = tables.show(ROWS)
    assert table.heads == ("system", "recipe", "test", "sd over seeds", "95 %", "parameters", "p, adjusted")
    assert table.rows[0] == ("Deep-Emotion", "ours", "59.25 %", "0.11 %", "58.97 … 59.53 %", "47,657", "< 0.001")
    assert table.rows[1] == ("my net", "ours", "–", "–", "–", "12", "–")


def test_classes_may_be_called_as_columns_are():
    counts = {"low": 5, "high": 2, "p": 3, "n": 4}
    (row,) = tables.show([{"split": "train", **counts}], plain=tuple(counts)).rows
    assert row == ("train", "5", "2", "3", "4")
    (row,) = tables.show([{"gain": -0.02}]).rows
    assert row == ("-2.0 pts",)


def test_columns_can_be_chosen_named_and_given_units():
    table = tables.show([{"a": 0.5, "b": True, "c": [1, 2]}], ["a", "b", "c"], heads={"a": "share"},
                        units={"a": Unit.FRACTION})
    assert table.heads == ("share", "b", "c") and table.rows == [("50.00 %", "yes", "1, 2")]


def test_numpy_says_what_python_says():
    (row,) = tables.show([{"a": np.True_, "b": np.int64(2000), "c": np.float32(0.5), "d": [np.False_, np.nan]}],
                         default=Unit.FRACTION).rows
    assert row == ("yes", "2,000", "50.00 %", "no, –")


def test_an_interval_of_differences_is_in_points():
    table = tables.show([{"difference": 0.018, "low": -0.003, "high": 0.039}])
    assert table.rows == [("+1.8 pts", "-0.3 … +3.9 pts")]


def test_no_rows_are_a_sentence():
    table = tables.show([], empty="No method was compared here.")
    assert str(table) == "No method was compared here." and "<p>No method" in table._repr_html_()


def test_what_is_read_is_escaped():
    shown = tables.show([{"says": "<script>"}])
    assert "<script>" not in shown._repr_html_() and "<script>" in str(shown)


def test_text_is_aligned():
    table = tables.show([{"system": "lenet5", "n": 5}, {"system": "gap_cnn", "n": 12345}])
    assert str(table) == "system   images\nLeNet-5       5\nGAP CNN  12,345"


def test_verdicts_are_words_and_on_synthetic_faces_others():
    row = {"id": "a", "statement": "It works", "verdict": "reproduced", "expected": 0.1, "relation": ">",
           "unit": "points", "observed": 0.237, "sd": 0.01, "interval": [0.199, 0.276], "n_seeds": 3}
    table = tables.claims([row, row | {"verdict": "not_run"}])
    assert table.rows == [("It works", "reproduced", "> 10.0 pts", "+23.7 pts ± 1.0", "+19.9 … +27.6 pts", "3")]
    assert tables.claims([row], "synthetic").rows[0][1] == "shown"
    assert str(tables.claims([])) == "No claim was judged here."


def test_names_of_runs_are_words_in_values_and_heads():
    said = str(tables.show([{"of": "gap_cnn_svm/ours/seed1", "deep_emotion/published/seed0": "and/or lenet5/ours"}]))
    assert [line.split("  ")[0] for line in said.splitlines()] == ["of", "GAP CNN + SVM · ours · seed 1"]
    assert [line.split("  ")[-1].strip() for line in said.splitlines()] == ["Deep-Emotion · published",
                                                                          "and/or LeNet-5 · ours"]
