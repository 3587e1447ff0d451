"""Fabricated runs, small and whole: written by `results.write_result`, with as many right answers as asked for."""

import json

import numpy as np
import pytest

from ferkit import claims, papers
from ferkit.claims.official_splits import FER2013_TEST
from ferkit.core.labels import LABELS
from ferkit.results import records

BALANCED = np.arange(350) % 7
PRIVATE_TEST = np.repeat(np.arange(7), [FER2013_TEST[label] for label in LABELS])


def corrupted(*accuracies, clean=None, n=700):
    """The entries of metrics.json about corrupted images, one kind of corruption for each accuracy."""
    return {"robustness": {f"kind{k}_1": value for k, value in enumerate(accuracies)},
            "robustness_clean": {"n": n, "accuracy": clean or max(accuracies)}}


class Run:
    """A run directory to be filled trained system by trained system, and judged."""

    def __init__(self, root):
        self.root = root

    def result(self, system, recipe="ours", *, seed=0, accuracy=0.8, labels=BALANCED, predicted=None, order=0,
             dataset="synthetic", notebook=None, weights=None, untested=False, more=None, training=None,
             **changes):
        """Writes one trained system whose answers are right on a fraction `accuracy` of the images, taken in `order`.

        more: further arrays of its predictions. training: the arrays of its training_labels.npz.
        """
        notebook = notebook or ("02_stn_attention" if system.startswith("deep") else "03_gap_cnn_svm")
        result, labels = records.SystemKey(notebook, system, recipe, seed), np.asarray(labels)
        if predicted is None:
            right = np.random.default_rng(order).permutation(len(labels))[:round(accuracy * len(labels))]
            predicted = (labels + 1 + np.arange(len(labels)) % 6) % 7
            predicted[right] = labels[right]
        summary = records.summarise(labels, predicted, LABELS)
        arrays = {"index": np.arange(len(labels)), "labels": labels, "predicted": predicted,
                  "scores": np.zeros((len(labels), 7)), "label_names": np.array(LABELS), **(more or {})}
        metrics = {"dataset": dataset, "data_sha256": "d" * 64, "protocol": "official", "split": "test",
                   "system": system, "recipe": recipe, "seed": seed, "val_accuracy": summary["accuracy"],
                   "best_epoch": 1, "tta": "none", "accuracy_no_tta": summary["accuracy"], "parameters": 1000,
                   "test_reads": 1, "minutes": 0.1, "device": "cpu", "status": "finished", **summary}
        if untested:
            arrays = None
            metrics |= dict.fromkeys(("accuracy", "macro_f1", "uar", "confusion_matrix", "accuracy_no_tta",
                                      "accuracy_without_copies", "n_without_copies", "val_accuracy"))
            metrics |= {"status": "diverged", "test_reads": 0}
        return records.write_result(result.directory(self.root), metrics=metrics | changes, predictions=arrays,
                                  history=[{"epoch": 1}], weights=weights, labels=training)

    def occlusion(self, system="deep_emotion", recipe="ours", *, seed=0, difference=0.3, p=0.001, interaction=0.001,
                  overall=(0.8, 0.79, 0.3), stated=None):
        """Writes an occlusion.json in which every part of every expression shows the same effect."""
        effect = {"drop": difference + 0.05, "control": 0.05, "difference": difference, "p": p, "p_holm": p,
                  "interval": [difference - 0.1, difference + 0.1]}
        content = {"system": system, "recipe": recipe, "seed": seed, "n_images": 350, "patch_size": 8, "stride": 4,
                   "baseline": "zero", "regions": ["mouth", "brows"], "labels": list(LABELS),
                   "recall_lost": {label: {"mouth": effect, "brows": effect} for label in LABELS},
                   "interaction": {"statistic": 3.0, "p": interaction},
                   "insensitive": {"overall": dict(zip(("before", "rest", "parts"), overall, strict=True))}}
        path = self.root / "04_occlusion_analysis" / system / recipe / f"seed{seed}" / "occlusion.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content | (stated or {})))
        return path

    def everything(self, **options):
        """Writes every trained system of the quick profile and an occlusion analysis; `options` go to all trained
        systems."""
        for paper in papers.all():
            for plan in paper.plan.get("quick", ()):
                accuracy = 0.9 if plan.system.startswith("gap_cnn") and plan.recipe == "ours" else 0.6
                self.result(plan.system, plan.recipe, notebook=paper.notebook.stem, **{
                    "accuracy": accuracy, "weight_layers": 6, "receptive_field": 36, "epochs": 20,
                    "parts": {"blocks_convolutions": 286432}, **corrupted(0.5), **options})
        self.occlusion()

    def seeds(self, system, recipe="ours", accuracies=(0.8, 0.8, 0.8), **options):
        """Writes one trained system for each accuracy, its seed being its place; equal orders give nested answers."""
        return [self.result(system, recipe, seed=seed, accuracy=accuracy, **options)
                for seed, accuracy in enumerate(accuracies)]

    def row(self, id):
        """The row of one claim, judged."""
        return next(row for row in claims.judge(self.root, papers.claims()) if row["id"] == id)

    def verdict(self, id):
        """The verdict on one claim."""
        return self.row(id)["verdict"]


@pytest.fixture
def run(tmp_path):
    """An empty run directory; a notebooks folder makes it one that may hold nothing yet."""
    (tmp_path / "notebooks").mkdir()
    return Run(tmp_path)


@pytest.fixture
def fer2013(run):
    """The same, with trained systems on FER2013's PrivateTest."""
    plain = run.result
    run.result = lambda *names, **options: plain(*names, **{"dataset": "fer2013", "labels": PRIVATE_TEST, **options})
    return run
