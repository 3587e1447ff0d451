"""The table of a sweep: one line a point, mean and spread over seeds."""

from ferkit.sweep.table import table


def row(recipe, seed, state="finished", val=None, test=None):
    return {"dataset": "fer2013", "system": "lenet5", "recipe": recipe, "seed": seed, "state": state,
            "val_accuracy": val, "accuracy": test, "minutes": 1.25}


def test_a_point_is_one_line_over_its_seeds():
    lines = table([row("a", 0, val=0.5), row("b", 0, val=0.25, test=0.125), row("a", 1, val=0.6)])
    assert len(lines) == 3
    assert lines[1].split() == ["fer2013", "lenet5", "a", "2", "2", "finished", "55.00", "±", "7.07", "-", "2.5"]
    assert lines[2].split() == ["fer2013", "lenet5", "b", "1", "1", "finished", "25.00", "12.50", "1.2"]


def test_how_cells_ended_is_counted():
    line = table([row("a", 0, "diverged"), row("a", 1, "diverged"), row("a", 2, "failed")])[1]
    assert "2 diverged, 1 failed" in line and "  -  " in line
