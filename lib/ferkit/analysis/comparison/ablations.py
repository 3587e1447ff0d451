"""Architectures and recipes with one thing changed at a time, each compared with its control; seeds are paired."""

from collections.abc import Sequence

import numpy as np

from ferkit.analysis.ablation import Ablation
from ferkit.analysis.comparison.accuracy import paired_tests
from ferkit.analysis.comparison.systems import System, systems
from ferkit.results.records import Result
from ferkit.stats.intervals import holm, over_seeds

_NO_TEST = dict.fromkeys(("difference", "low", "high", "images_low", "images_high", "p", "mcnemar"))
SHIFT = "shift_4"  # the strength of `robustness` that tolerance to shifts is read at, pixels


def variants(results: Sequence[Result], ablation: Ablation) -> list[System]:
    """The variants that were tested, the control first; [] where the control is not among them."""
    names, recipes = (tuple(dict.fromkeys(pair[k] for pair in ablation.variants)) for k in (0, 1))
    found = {(one.system, one.recipe): one for one in systems(results, names, recipes)}
    return [found[name] for name in ablation.variants if name in found] if ablation.control in found else []


def variant_changes(results: Sequence[Result], ablation: Ablation) -> list[dict]:
    """One row a variant: {variant, system, recipe, seeds, validation, accuracy, sd; against the control: difference,
    low, high, images_low, images_high, p, p_holm, mcnemar; gap, shift_loss, parameters, receptive_field, minutes}.

    Fractions, means over seeds. difference: of test accuracy, at the seeds both have, as in
    `paired_tests`; p_holm adjusted for all variants that the ablation declares. gap: training minus
    test accuracy. shift_loss: accuracy lost when test images move by 4 pixels; None where it was not measured. The
    control stands first, its differences None.
    """
    compared = variants(results, ablation)
    if not compared:
        return []
    control, *others = compared
    tests = [next(iter(paired_tests([one, control])), _NO_TEST) for one in others]
    absent = len(ablation.variants) - len(compared)
    adjusted = holm([*(1.0 if test["p"] is None else test["p"] for test in tests), *[1.0] * absent])[:len(tests)]
    against = [_NO_TEST | {"p_holm": None},
               *({key: test[key] for key in _NO_TEST} | {"p_holm": None if test["p"] is None else p}
                 for test, p in zip(tests, adjusted, strict=True))]
    return [_row(one, ablation) | change for one, change in zip(compared, against, strict=True)]


def _row(one: System, ablation: Ablation) -> dict:
    accuracy = over_seeds([result.metrics["accuracy"] for result in one.results])
    train = one.mean("train_accuracy")
    return {"variant": ablation.variants[one.system, one.recipe], "system": one.system, "recipe": one.recipe,
            "seeds": len(one.seeds), "validation": one.mean("val_accuracy"), "accuracy": accuracy.mean,
            "sd": accuracy.sd, "gap": None if train is None else train - accuracy.mean,
            "shift_loss": _shift_loss(one), "parameters": one.results[0].metrics["parameters"],
            "receptive_field": one.results[0].metrics.get("receptive_field"), "minutes": one.mean("minutes")}


def _shift_loss(one: System) -> float | None:
    lost = [result.metrics["robustness_clean"]["accuracy"] - result.metrics["robustness"][SHIFT]
            for result in one.results if result.metrics.get("robustness")]
    return float(np.mean(lost)) if len(lost) == len(one.results) else None
