"""The GAP CNN with one thing changed at a time, each held against the small-kernel control it was changed from.

What the second paper's ideas are worth (small kernels, the average for a fully connected layer) and what the reading
notes ask: how a block pools, more layers, more maps, skip connections, regularisation. Recipe and data are equal but
for the one thing, seeds are paired.
"""

from collections.abc import Sequence

import numpy as np

from ferkit.analysis.comparison.accuracy import paired_tests
from ferkit.analysis.comparison.systems import System, systems
from ferkit.results.records import CellResult
from ferkit.stats.intervals import holm

CONTROL = ("gap_cnn_small", "control")
# What each variant changes in the control, by (system, recipe), in the order of the tables.
VARIANTS = {
    CONTROL: "control: 3×3 pairs, max-pool, average",
    ("gap_cnn_large_kernels", "control"): "one 5×5 in place of two 3×3",
    ("gap_cnn_three_small", "control"): "more layers: three 3×3 a block",
    ("gap_cnn_seven", "control"): "one 7×7 in place of three 3×3",
    ("gap_cnn_fc", "control"): "fully connected in place of the average",
    ("gap_cnn_average_pool", "control"): "average-pool in place of max-pool",
    ("gap_cnn_strided", "control"): "strides in place of max-pool",
    ("gap_cnn_no_pool", "control"): "no pooling at all",
    ("gap_cnn_wider", "control"): "more maps: half as many again",
    ("gap_cnn_skip", "control"): "skip connections",
    ("gap_cnn_small", "control_dropout"): "dropout of 0.5 before the last layer",
    ("gap_cnn_small", "control_no_decay"): "no weight decay",
    ("gap_cnn_small", "control_crops_only"): "random crops the only augmentation",
}
SHIFT = "shift_4"  # the strength of `robustness` that tolerance to shifts is read at, pixels


def variants(cells: Sequence[CellResult]) -> list[System]:
    """The variants that were tested, the control first; [] where the control is not among them."""
    names, recipes = (tuple(dict.fromkeys(pair[k] for pair in VARIANTS)) for k in (0, 1))
    found = {(one.system, one.recipe): one for one in systems(cells, names, recipes)}
    return [found[name] for name in VARIANTS if name in found] if CONTROL in found else []


def variant_changes(compared: Sequence[System]) -> list[dict]:
    """One row a variant: {variant, system, recipe, seeds, validation, accuracy, sd; against the control: difference,
    low, high, p_holm; gap, shift_loss, parameters, receptive_field, minutes}.

    Fractions, means over seeds. difference: of test accuracy, at the seeds both have, with its 95 % interval (t over
    seeds, a bootstrap over images for one); p_holm: exact McNemar, Holm-adjusted for all variants. gap: training minus
    test accuracy. shift_loss: accuracy lost when test images move by 4 pixels; None where it was not measured. The
    control stands first, its differences None.
    """
    if not compared:
        return []
    control, *others = compared
    tests = [paired_tests([one, control])[0] for one in others]
    adjusted = holm([test["p"] for test in tests]) if tests else []
    against = [dict.fromkeys(("difference", "low", "high", "p_holm")),
               *({key: test[key] for key in ("difference", "low", "high")} | {"p_holm": p}
                 for test, p in zip(tests, adjusted, strict=True))]
    return [_row(one) | change for one, change in zip(compared, against, strict=True)]


def variant_table(cells: Sequence[CellResult]) -> list[dict]:
    """`variant_changes` of the variants among some cells for a reader: percent and points, one decimal."""
    def points(value: float | None) -> float | None:
        return None if value is None else round(100 * value, 1)

    return [{"variant": row["variant"], "seeds": row["seeds"], "test %": points(row["accuracy"]),
             "against control": points(row["difference"]), "from": points(row["low"]), "to": points(row["high"]),
             "p": None if row["p_holm"] is None else float(f"{row['p_holm']:.2g}"), "train - test": points(row["gap"]),
             "lost to 4 px": points(row["shift_loss"]), "parameters": row["parameters"],
             "sees px": row["receptive_field"], "minutes": round(row["minutes"], 1)}
            for row in variant_changes(variants(cells))]


def _row(one: System) -> dict:
    accuracy = one.estimate("accuracy")
    return {"variant": VARIANTS[one.system, one.recipe], "system": one.system, "recipe": one.recipe,
            "seeds": len(one.seeds), "validation": one.mean("val_accuracy"), "accuracy": accuracy["mean"],
            "sd": accuracy["sd"], "gap": one.mean("train_accuracy") - accuracy["mean"], "shift_loss": _shift_loss(one),
            "parameters": one.cells[0].metrics["parameters"],
            "receptive_field": one.cells[0].metrics["receptive_field"], "minutes": one.mean("minutes")}


def _shift_loss(one: System) -> float | None:
    lost = [cell.metrics["robustness_clean"]["accuracy"] - cell.metrics["robustness"][SHIFT]
            for cell in one.cells if cell.metrics.get("robustness")]
    return float(np.mean(lost)) if len(lost) == len(one.cells) else None
