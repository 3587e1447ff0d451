"""What the papers state: unique, complete, marked, bound to rules, and true to what the sources say."""

import inspect
import re
import tomllib

import pytest

from ferkit import papers
from ferkit.claims.claim import Claim
from ferkit.core import paths
from ferkit.core.quotes import MARKS
from ferkit.core.units import Unit
from ferkit.papers import training

CLAIMS = papers.claims()
EVERY = (*CLAIMS, *papers.quotes())
PAPERS = {"deep_emotion", "gap_svm", "scn", "ran", "multiple_attention", "notes", "ferplus", "field", "time_series",
          "baselines"}


def test_no_id_stands_twice():
    ids = [row.id for row in EVERY]
    assert len(ids) == len(set(ids)) > 80


def test_every_row_has_a_paper_a_source_and_a_known_mark():
    for row in EVERY:
        assert row.paper in PAPERS and row.mark in MARKS and row.source and row.statement, row.id


def test_fractions_are_fractions_and_a_value_has_a_unit():
    for row in EVERY:
        if row.unit is Unit.FRACTION:
            assert 0 < row.value <= 1, row.id
        assert (row.value is None) == (row.unit is Unit.TEXT), row.id


def test_claims_about_a_data_set_name_it_in_their_command():
    for claim in CLAIMS:
        assert claim.relation in ("=", "<", ">", "≥"), claim.id
        assert claim.command.startswith(("./run_all.sh", "python -m ferkit sweep results/sweeps/")), claim.id
        sweep = re.search(r"results/sweeps/\S+\.toml", claim.command)
        if claim.dataset != "any" and sweep:
            assert claim.dataset in tomllib.loads((paths.repository() / sweep[0]).read_text())["datasets"], claim.id
        elif claim.dataset != "any":
            assert f"--dataset {claim.dataset} " in claim.command, claim.id


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claims_parameters_are_those_of_its_rule_and_its_rule_can_be_printed(claim: Claim):
    inspect.signature(claim.rule.judge).bind(None, claim, **claim.parameters)
    assert "{" not in claim.rule_in_words
    assert not claim.rule.compares or {"first", "second"} <= set(claim.parameters)


def test_every_compared_system_is_trained_by_a_profile():
    trained = {(row.system, row.recipe) for profile in ("quick", "full") for notebook in papers.notebooks()
               for row in training.rows(profile, notebook.stem)}
    compared = {name for claim in CLAIMS if claim.pair for name in claim.pair}
    assert compared <= trained and compared <= set(papers.recipes())


@pytest.mark.parametrize(("id", "value", "mark"), [
    ("deep_emotion.accuracy.fer2013", 0.7002, "V"), ("deep_emotion.accuracy.ckplus", 0.98, "V"),
    ("deep_emotion.accuracy.ferg", 0.993, "M"), ("deep_emotion.accuracy.jaffe", 0.928, "M"),
    ("deep_emotion.parameters_as_drawn", 47657, "F"), ("deep_emotion.parameters_as_computed", 76777, "F"),
    ("deep_emotion.learning_rate", 0.005, "N"), ("deep_emotion.weight_decay", 0.001, "N"),
    ("deep_emotion.init_std", 0.05, "N"), ("gap_svm.accuracy.fer2013", 0.734, "V"),
    ("gap_svm.accuracy.ckplus", 0.9806, "V"), ("gap_svm.gain_over_lenet5", 0.022, "V"),
    ("gap_svm.ratio_to_lenet5", 1.2, "N"), ("gap_svm.blocks_parameters", 286432, "V"),
    ("field.fer2013.human", 0.65, "V"), ("deep_emotion.jaffe.cnn_svm", 0.9531, "M")])
def test_quoted_numbers_are_those_of_the_sources(id, value, mark):
    row = papers.quote(id)
    assert (row.value, row.mark) == (value, mark)


def test_the_stated_parameter_counts_follow_from_the_stated_layers():
    def convolution(k, a, b):
        return k * k * a * b + b

    main = convolution(3, 1, 10) + 3 * convolution(3, 10, 10) + 810 * 50 + 50 + 50 * 7 + 7
    localisation = convolution(3, 1, 8) + convolution(3, 8, 10) + 32 * 6 + 6
    drawn, computed = (main + localisation + inputs * 32 + 32 for inputs in (90, 1000))
    assert drawn == papers.quote("deep_emotion.parameters_as_drawn").value
    assert computed == papers.quote("deep_emotion.parameters_as_computed").value
    blocks = [(1, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)]
    assert sum(convolution(3, a, b) for a, b in blocks) == papers.quote("gap_svm.blocks_parameters").value


def test_an_unknown_id_is_named():
    with pytest.raises(KeyError, match=r"gap_svm\.nothing"):
        papers.quote("gap_svm.nothing")


def test_each_number_of_a_paper_is_quoted_once_for_a_data_set():
    values = [(row.paper, row.value) for row in papers.accuracy_quotes("fer2013")]
    assert len(values) == len(set(values)) and ("deep_emotion", 0.7002) in values and ("field", 0.65) in values
    assert papers.stated_accuracies("fer2013") == {"deep_emotion": 0.7002, "gap_cnn_svm": 0.734}
    assert papers.compared_with({"dataset": "fer2013"}) == "fer2013" and papers.stated_accuracies("ferplus") == {}
    assert papers.compared_with({"dataset": "fer2013", "labels": "ferplus-soft"}) == "ferplus"
    assert {0.851, 0.8801, 0.8935, 0.8916} == {row.value for row in papers.accuracy_quotes("ferplus")}
    assert papers.human_accuracy("fer2013") == (0.65, 0.05) and papers.human_accuracy("jaffe") is None
