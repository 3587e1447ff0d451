"""Tables of trained systems for a data frame."""

from ferkit.experiments import tables


def test_what_a_result_does_not_tell_is_left_open(tmp_path, write_result):
    result = write_result(tmp_path, "net")
    result.metrics.pop("receptive_field", None)  # as of folds pooled into one result
    (row,) = tables.over_seeds([result])
    assert row["receptive_field"] is row["sd"] is None and row["accuracy"] == 0.7
