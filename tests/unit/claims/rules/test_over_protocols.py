"""Rules about several protocols: ten folds together, and a gap over steps of difficulty."""

import json

import numpy as np
import pytest

from ferkit.core.protocols import FOLDS
from ferkit.results import over_protocols

NOTEBOOK = "09_hand_crafted"
CRAFTED, NETWORK = ("hog_lbp_svm", "ours"), ("gap_cnn_svm", "ours")
FOLD = [f"by_subject_10fold:{k}" if k else "by_subject_10fold" for k in range(FOLDS)]


@pytest.fixture
def several(run, tmp_path):
    """Writes a file of predictions: accuracies of each (system, recipe) by protocol, three seeds or one."""
    run.result("lenet5")

    def write(accuracies, seeds=1, dataset="ckplus", **more):
        other = type(run)(tmp_path / "runs")
        results = {}
        for protocol in dict.fromkeys(one for by in accuracies.values() for one in by):
            other.root = tmp_path / "runs" / protocol.replace(":", "-")
            results[protocol] = [
                other.result(*name, seed=seed, accuracy=by[protocol], order=seed, dataset=dataset, **more)
                for name, by in accuracies.items() if protocol in by for seed in range(seeds)]
        return over_protocols.write(run.root / NOTEBOOK / "protocols_some.json", results, {"sweep": "x.toml"})

    return write


def on_par(several, run, first, second, **options):
    several({CRAFTED: dict.fromkeys(FOLD, first), NETWORK: dict.fromkeys(FOLD, second)}, **options)
    run.result("lenet5", dataset="ckplus")
    return run.row("baselines.on_par.ckplus")


@pytest.mark.parametrize(("first", "second", "verdict"), [(0.9, 0.8, "reproduced"), (0.7, 0.9, "contradicted"),
                                                          (0.80, 0.82, "inconclusive")])
def test_folds_are_judged_together(several, run, first, second, verdict):
    row = on_par(several, run, first, second, seeds=3)
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(first - second, abs=0.003)
    assert "3500 images" in row["note"] and row["source"] == f"{NOTEBOOK}/protocols_some.json"


def test_one_seed_shows_less(several, run):
    assert on_par(several, run, 0.9, 0.8)["verdict"] == "partly"


def test_people_are_resampled_whole(several, run):
    alone = on_par(several, run, 0.9, 0.8)["interval"]
    people = on_par(several, run, 0.9, 0.8, more={"groups": np.arange(350) // 70})
    assert "of 50 people" in people["note"]
    assert people["interval"] != alone


def test_a_run_that_collapsed_counts_and_is_named(several, run):
    row = on_par(several, run, 0.9, 0.8, seeds=3, status="collapsed")
    assert row["verdict"] == "partly" and "seed 2 collapsed under by_subject_10fold:9" in row["note"]


def test_a_missing_fold_is_not_run(several, run):
    several({CRAFTED: dict.fromkeys(FOLD, 0.8), NETWORK: dict.fromkeys(FOLD[:9], 0.8)})
    run.result("lenet5", dataset="ckplus")
    row = run.row("baselines.on_par.ckplus")
    assert row["verdict"] == "not_run" and "gap_cnn_svm/ours under by_subject_10fold:9" in row["note"]


@pytest.mark.parametrize("wrong", [0, 1, "both"])
def test_always_one_class_in_every_fold_proves_nothing_about_the_other(several, run, wrong):
    several({CRAFTED: dict.fromkeys(FOLD, 0.9), NETWORK: dict.fromkeys(FOLD, 0.9)}, seeds=3)
    path = run.root / NOTEBOOK / "protocols_some.json"
    content = json.loads(path.read_text())
    for row in content["runs"]:
        if wrong == "both" or row["system"] == (CRAFTED, NETWORK)[wrong][0]:
            row["predicted"] = "3" * 350
            row["accuracy"] = content["images"][row["protocol"]]["labels"].count("3") / 350
    path.write_text(json.dumps(content))
    run.result("lenet5", dataset="ckplus")
    row = run.row("baselines.on_par.ckplus")
    assert row["verdict"] == "not_run" and "majority class" in row["note"]


@pytest.mark.parametrize("key", ["index", "data_sha256"])
def test_other_images_with_equal_labels_are_refused(several, run, key):
    several({CRAFTED: dict.fromkeys(FOLD, 0.9)})
    path = run.root / NOTEBOOK / "protocols_some.json"
    content = json.loads(path.read_text())
    for images in content["images"].values():
        images[key] = "e" * 64 if key == "data_sha256" else [number + 1000 for number in images["index"]]
    path.with_name("protocols_other.json").write_text(json.dumps(content))
    several({NETWORK: dict.fromkeys(FOLD, 0.8)})
    run.result("lenet5", dataset="ckplus")
    row = run.row("baselines.on_par.ckplus")
    assert row["verdict"] == "not_run" and "other images" in row["note"]


@pytest.mark.parametrize(("network", "verdict", "slope"), [((0.8, 0.8, 0.8, 0.8), "reproduced", 0.1),
                                                           ((0.8, 0.75, 0.7, 0.6), "not_reproduced", 0.0),
                                                           ((0.8, 0.7, 0.6, 0.4), "contradicted", -0.1)])
def test_the_gap_over_steps_is_a_slope(several, run, network, verdict, slope):
    steps = ("official+variation0", "official+variation50", "official", "official+variation200")
    several({CRAFTED: dict(zip(steps, (0.8, 0.75, 0.7, 0.6), strict=True)),
             ("gap_cnn", "ours"): dict(zip(steps, network, strict=True))}, seeds=3, dataset="synthetic")
    row = run.row("baselines.harder.gap_cnn")
    assert row["observed"] == pytest.approx(slope, abs=0.002) and row["verdict"] == verdict
    assert row["interval"][0] < slope + 0.002 and "at 0.5" in row["note"]


def test_people_are_resampled_whole_over_steps_too(several, run):
    steps = ("official+variation0", "official+variation50", "official", "official+variation200")
    truth, people, widths = np.arange(350) % 7, np.arange(350) // 35, []
    several({CRAFTED: dict.fromkeys(steps, 0.7), ("gap_cnn", "ours"): dict.fromkeys(steps, 0.7)}, dataset="synthetic")
    path = run.root / NOTEBOOK / "protocols_some.json"
    content = json.loads(path.read_text())
    for row in content["runs"]:  # of the network's, whole people are lost at the hardest step
        right = people < (5 if (row["system"], row["protocol"]) == ("gap_cnn", steps[-1]) else 8)
        row["predicted"] = "".join(map(str, np.where(right, truth, (truth + 1) % 7)))
        row["accuracy"] = float(right.mean())
    for groups in (None, people.tolist()):
        for images in content["images"].values():
            images["groups"] = groups
        path.write_text(json.dumps(content))
        low, high = run.row("baselines.harder.gap_cnn")["interval_images"]
        widths.append(high - low)
    assert widths[1] > 3 * widths[0]


@pytest.mark.parametrize(("minutes", "verdict"), [((3, 30), "reproduced"), ((30, 3), "contradicted"),
                                                  ((10, 10), "inconclusive")])
def test_cost_is_a_ratio_over_seeds(run, minutes, verdict):
    for seed in range(3):
        run.result(*CRAFTED, seed=seed, dataset="fer2013", notebook=NOTEBOOK, minutes=99.0,
                 head_cpu_minutes=minutes[0] + 0.1 * seed)
        run.result("gap_cnn", seed=seed, dataset="fer2013", minutes=minutes[1] + 0.1 * (2 - seed))
    row = run.row("baselines.cost.minutes")
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(minutes[0] / minutes[1], rel=0.05)
    assert run.row("baselines.cost.parameters")["observed"] == 1


def test_minutes_are_compared_on_a_cpu_alone_and_parameters_anywhere(run):
    run.result(*CRAFTED, dataset="fer2013", notebook=NOTEBOOK, head_cpu_minutes=3.0)
    run.result("gap_cnn", dataset="fer2013", device="cuda")
    assert "not both on a CPU" in run.row("baselines.cost.minutes")["note"]
    assert run.row("baselines.cost.parameters")["observed"] == 1
