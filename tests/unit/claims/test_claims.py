"""The whole list: its keys, its completeness, its file."""

import json

import numpy as np
import pytest

from ferkit import claims, papers

COMMANDS = ("./run_all.sh", "python -m ferkit sweep results/sweeps/")
CONTRACT = ("id", "paper", "statement", "expected", "observed", "interval", "n_seeds", "verdict", "relation",
            "interval_images", "prediction_interval", "rule", "source", "command")
ABOUT_NETWORKS = {"deep_emotion.weight_layers", "gap_svm.blocks_parameters"}  # true whatever was learnt
NOTHING_SHOWN = ("not_reproduced", "not_run", "too_short")


def test_a_quick_run_judges_at_least_twelve_claims_each_naming_its_file(run):
    run.everything()
    rows = claims.judge(run.root, papers.claims())
    judged = [row for row in rows if row["verdict"] != "not_run"]
    assert len(judged) >= 12
    for row in judged:
        assert all((run.root / name).is_file() for name in row["source"].split("; "))
        assert row["observed"] is not None and row["n_seeds"] == 1 and row["dataset"] == "synthetic"
    assert {row["dataset"] for row in rows if ".accuracy." in row["id"]} == {"fer2013", "ckplus", "ferg", "jaffe"}


@pytest.mark.parametrize("predicted", [np.zeros(350, dtype=int), np.random.default_rng(0).integers(0, 7, 350),
                                       (np.arange(350) + 1) % 7], ids=["one class", "at random", "all wrong"])
def test_where_nothing_was_learnt_only_the_networks_sizes_are_confirmed(run, predicted):
    run.everything(predicted=predicted)
    rows = claims.judge(run.root, papers.claims())
    confirmed = {row["id"] for row in rows if row["verdict"] not in NOTHING_SHOWN}
    assert confirmed == ABOUT_NETWORKS


def test_on_the_validation_split_nothing_is_judged_however_good_it_is(run):
    run.everything(accuracy=0.99, split="val")
    assert {row["verdict"] for row in claims.judge(run.root, papers.claims())} == {"not_run"}


def test_rows_keep_the_contract_agree_with_their_intervals_and_reproduce_nothing_by_one_seed(run):
    run.everything()
    for row in claims.judge(run.root, papers.claims()):
        assert set(CONTRACT) <= set(row)
        assert row["verdict"] in claims.VERDICTS and row["rule"] and row["command"].startswith(COMMANDS)
        assert (row["observed"] is None) == (row["source"] is None) == (row["verdict"] == "not_run")
        if row["group"] != "fact":
            assert row["verdict"] not in ("reproduced", "exceeded", "contradicted"), row["id"]
        if row["interval"] and row["interval_images"]:
            assert row["interval"][0] <= row["observed"] <= row["interval"][1]
            assert row["prediction_interval"][0] <= row["interval"][0] <= row["interval_images"][0]


def test_facts_extensions_and_remembered_numbers_are_counted_apart(run):
    run.everything()
    lines = claims.summary(claims.judge(run.root, papers.claims()))
    counts = {line.partition(":")[0]: line.partition(":")[2] for line in lines if ":" in line}
    assert "consistent with the paper" in counts["facts about the networks"]
    assert "so that the sum fits" in run.row("deep_emotion.parameters")["statement"]  # no independent confirmation
    assert counts["numbers quoted from memory [M]"] == " 4 not run" and "beyond the papers" in counts


def test_write_leaves_the_same_rows_as_json(run):
    run.result("deep_emotion", "published", parameters=47657)
    rows = claims.write(run.root, papers.claims())
    assert json.loads((run.root / "claims.json").read_text(encoding="utf-8")) == rows


def test_judging_twice_gives_the_same_rows(run):
    run.everything()
    assert claims.judge(run.root, papers.claims()) == claims.judge(run.root, papers.claims())


def test_a_run_that_has_trained_nothing_yet_has_run_nothing(run):
    assert {row["verdict"] for row in claims.judge(run.root, papers.claims())} == {"not_run"}


def test_on_real_data_the_command_names_that_data_set(fer2013):
    fer2013.result("lenet5")
    row = fer2013.row("deep_emotion.attention.plain")
    assert row["verdict"] == "not_run"
    assert row["command"] == "./run_all.sh --dataset fer2013 --data PATH --profile full"


@pytest.mark.parametrize(("claim", "dataset", "command"), [
    ("time_series.order", "gfe", "./run_all.sh --dataset gfe --data PATH --profile full"),
    ("time_series.order", "fer2013", "./run_all.sh --dataset synthetic --profile quick --only 08"),
    ("scn.alpha.planted", "gfe", "./run_all.sh --only 06"), ("scn.alpha.planted", None, "./run_all.sh --only 06")])
def test_a_command_names_a_data_set_that_the_claim_can_be_run_on(claim, dataset, command):
    assert next(one for one in papers.claims() if one.id == claim).command_on(dataset) == command
