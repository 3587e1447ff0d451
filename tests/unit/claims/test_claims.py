"""The whole list: its keys, its completeness, its files, its table."""

import json
import subprocess
import sys

import numpy as np
import pytest

from ferkit import claims, papers
from ferkit.claims.rules import PAIRS, RULES
from ferkit.claims.wording import number
from ferkit.errors import InputError
from ferkit.profiles import PROFILES

CONTRACT = ("id", "paper", "statement", "expected", "observed", "interval", "n_seeds", "verdict", "rule", "source",
            "command")


ABOUT_NETWORKS = {"deep_emotion.weight_layers", "gap_svm.blocks_parameters"}  # true whatever was learnt


def everything(run, **options):
    """A run with every cell of the quick profile; `options` for all of them."""
    for notebook, cells in PROFILES["quick"].cells.items():
        for plan in cells:
            accuracy = 0.9 if plan.system.startswith("gap_cnn") and plan.recipe == "ours" else 0.6
            run.cell(plan.system, plan.recipe, notebook=notebook, **{
                "accuracy": accuracy, "weight_layers": 6, "receptive_field": 36,
                "parts": {"blocks_convolutions": 286432}, "robustness": {"noise_0.1": 0.5}, **options})
    run.occlusion()


def test_every_claim_of_the_ledger_has_a_rule_and_every_rule_a_claim():
    assert list(RULES) != [] and set(RULES) == {claim.id for claim in papers.CLAIMS}


def test_every_compared_cell_is_trained_by_the_quick_profile():
    trained = {(plan.system, plan.recipe) for cells in PROFILES["quick"].cells.values() for plan in cells}
    assert {name for pair in PAIRS for name in pair} <= trained


def test_a_quick_run_judges_at_least_twelve_claims_each_naming_its_file(run):
    everything(run)
    rows = claims.judge(run.root)
    judged = [row for row in rows if row["verdict"] != "not_run"]
    assert len(judged) >= 12
    for row in judged:
        assert all((run.root / name).is_file() for name in row["source"].split("; "))
        assert row["observed"] is not None and row["n_seeds"] == 1 and row["dataset"] == "synthetic"
    assert {row["dataset"] for row in rows if ".accuracy." in row["id"]} == {"fer2013", "ckplus", "ferg", "jaffe"}


@pytest.mark.parametrize("predicted", [np.zeros(350, dtype=int), np.random.default_rng(0).integers(0, 7, 350)],
                         ids=["one class", "at random"])
def test_where_nothing_was_learnt_only_the_networks_sizes_are_confirmed(run, predicted):
    everything(run, predicted=predicted)
    confirmed = {row["id"] for row in claims.judge(run.root) if row["verdict"] not in ("not_reproduced", "not_run")}
    assert confirmed == ABOUT_NETWORKS


def test_rows_have_the_keys_of_the_contract_and_known_verdicts(run):
    everything(run)
    for row in claims.judge(run.root):
        assert set(CONTRACT) <= set(row)
        assert row["verdict"] in claims.VERDICTS and row["rule"] and row["command"].startswith("./run_all.sh")
        assert (row["observed"] is None) == (row["source"] is None) == (row["verdict"] == "not_run")


def test_write_leaves_the_same_rows_as_json(run):
    run.cell("deep_emotion", "published", parameters=47657)
    rows = claims.write(run.root)
    assert json.loads((run.root / "claims.json").read_text(encoding="utf-8")) == rows


def test_judging_twice_gives_the_same_rows(run):
    everything(run)
    assert claims.judge(run.root) == claims.judge(run.root)


def test_a_run_that_has_trained_nothing_yet_has_run_nothing(run):
    assert {row["verdict"] for row in claims.judge(run.root)} == {"not_run"}


def test_judging_needs_neither_torch_nor_pandas():
    program = ("import sys, ferkit.claims, ferkit.results, ferkit.metrics, ferkit.statistics; "
               "print(sorted({'torch', 'pandas'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_that_is_missing_empty_or_mixed_is_refused_in_one_line(run, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        claims.judge(tmp_path / "nowhere")
    (tmp_path / "notebooks").rmdir()
    with pytest.raises(InputError, match="no results"):
        claims.judge(tmp_path)
    run.cell("lenet5")
    run.cell("gap_cnn", dataset="fer2013")
    with pytest.raises(InputError, match="fer2013 and synthetic"):
        claims.judge(tmp_path)


def test_a_failed_cell_is_no_evidence(run):
    run.cell("deep_emotion", "published", parameters=47657, status="failed")
    row = run.row("deep_emotion.parameters")
    assert row["verdict"] == "not_run" and "failed" in row["note"]


def test_a_damaged_plan_is_named(run):
    run.cell("lenet5")
    (run.root / "plan.json").write_text("[{]")
    with pytest.raises(InputError, match=r"plan\.json: damaged"):
        claims.judge(run.root)


def test_on_real_data_the_command_names_that_data_set(fer2013):
    fer2013.cell("lenet5")
    row = fer2013.row("deep_emotion.attention.plain")
    assert row["verdict"] == "not_run"
    assert row["command"] == "./run_all.sh --dataset fer2013 --data PATH --profile full"


def test_the_table_is_aligned_and_prints_verdicts_reasons_and_rules(run):
    everything(run)
    rows = claims.judge(run.root)
    lines = claims.table(rows)
    judged = [line for line in lines if line.startswith(("reproduced", "exceeded", "partly", "not reproduced"))]
    at = lines[0].index("claim")
    assert all(line[at - 1] == " " and line[at] != " " for line in judged)
    assert max(map(len, lines)) <= 120
    text = " ".join(" ".join(lines).split())  # as if nothing had been wrapped
    for row in rows:
        assert row["id"] in text
        assert (row["rule"] if row["verdict"] != "not_run" else row["note"]) in text
    assert f"{sum(row['verdict'] == 'not_run' for row in rows)} not run" in text


@pytest.mark.parametrize(("value", "unit", "text"), [
    (0.7002, "fraction", "70.02 %"), (0.022, "fraction gained", "+2.2 pts"), (47657, "parameters", "47,657"),
    (1.2, "ratio of accuracies", "1.2"), (None, "fraction", "–"), (10, "layers with weights", "10")])
def test_numbers_are_told_in_their_unit(value, unit, text):
    assert number(value, unit) == text
