"""What a leak is worth, on the page that compares runs: the same systems under two protocols of one data set."""

from collections.abc import Sequence

from ferkit.analysis import leakage
from ferkit.reporting.figures import system_name
from ferkit.reporting.html_report.format import interval, quantity
from ferkit.reporting.html_report.markup import Markup, join, percent, table, tag
from ferkit.reporting.html_report.run_files import Tree

FOLD_HEADS = ("system · recipe", "protocol", "folds", "images", "accuracy", "95 %", "seeds")
HEADS = ("system · recipe", "leakier protocol", "stricter protocol", "the leak is worth", "95 %", "seeds")


def section(runs: Sequence[Tree]) -> Markup:
    """Differences between protocols, and folds taken together; "" where no two runs of one data set and profile
    differ in their protocol."""
    alike: dict[tuple, list[Tree]] = {}
    for run in runs:
        alike.setdefault((run.fact("dataset"), run.fact("profile")), []).append(run)
    rows = [row for group in alike.values() for row in leakage.worth([run.cells for run in group])]
    folds = [row for group in alike.values() for row in leakage.folds_together([run.cells for run in group])]
    return join([_folds(folds) if folds else "", _differences(rows) if rows else ""])


def _folds(rows: Sequence[dict]) -> Markup:
    listed = [[join([system_name(row["system"]), tag("small", row["recipe"])]), row["protocol"], row["folds"],
               row["n"], percent(row["accuracy"]), interval(row["interval"]), row["seeds"]] for row in rows]
    return join([tag("h2", "All folds together"),
                 table(FOLD_HEADS, listed, numbers=range(2, 7), class_="stack",
                       caption="Accuracy on the test images of all folds, each image tested once")])


def _differences(rows: Sequence[dict]) -> Markup:
    return join([tag("h2", "What the leak is worth"),
                 tag("p", "The same system, recipe and images, divided in two ways. What the leakier division scores "
                          "above the stricter one is memory of people or of neighbouring frames. The test images "
                          "differ, so the interval is that of two independent shares; images of one person look "
                          "alike, so that it is as narrow as it could be."),
                 table(HEADS, [_row(row) for row in rows], numbers=range(1, 6), class_="stack",
                       caption="Test accuracy under both protocols, and the difference in points")])


def _row(row: dict) -> list[object]:
    leaky, strict = (join([percent(row[f"{which}_accuracy"]), tag("small", f"{row[which]}, n {row[f'{which}_n']}")])
                     for which in ("leaky", "strict"))
    return [join([system_name(row["system"]), tag("small", row["recipe"])]), leaky, strict,
            quantity(row["worth"], "fraction gained"), interval(row["interval"], "fraction gained"), row["seeds"]]
