"""Schemas: every key says what it means, problems are sentences, and a bare node still finds what is missing."""

import json

import pytest

from ferkit.core import paths
from ferkit.results import schema


@pytest.mark.parametrize("kind", schema.KINDS)
def test_every_key_says_what_it_means(kind):
    assert all(one["description"] for one in schema.properties(kind).values())
    assert all(schema.wanted(one) for one in schema.properties(kind).values())
    required = (schema.load(kind).get("items") or schema.load(kind))["required"]
    assert set(required) <= set(schema.properties(kind))


def test_published_results_have_no_undocumented_key():
    known = set(schema.properties("metrics"))
    for path in (paths.repository() / "results").glob("fer2013*/*/*/*/seed0/metrics.json"):
        assert set(json.loads(path.read_text())) <= known, path


CLAIM = {"id": "a", "paper": "p", "statement": "s", "expected": 0.7, "observed": None, "interval": None, "n_seeds": 0,
         "verdict": "not_run", "rule": "r", "source": None, "command": "c", "relation": "=", "interval_images": None,
         "prediction_interval": None, "group": "finding"}


@pytest.mark.parametrize(("change", "says"), [
    ({}, []), ({"verdict": "maybe"}, ["0.verdict is 'maybe', not one of reproduced, exceeded, partly, inconclusive, "
                                      "contradicted, not_reproduced, too_short, not_run"]),
    ({"observed": float("nan")}, ["observed is nan, which JSON does not know"]),
    ({"n_seeds": -1}, ["0.n_seeds is '-1', not a count"]),
    ({"observed": "70 %"}, ["0.observed is '70 %', not a number"]),
    ({"interval": [0.1]}, ["0.interval is '[0.1]', not a list"])])
def test_problems_are_sentences(change, says):
    assert schema.problems("claims", [CLAIM | change]) == says


@pytest.mark.parametrize(("content", "says"), [
    ({}, ["it is not a list"]), ([1], ["entry 0: it is not an object"]),
    ([{key: value for key, value in CLAIM.items() if key != "rule"}], ["entry 0: rule is missing"])])
def test_other_shapes_are_named(content, says):
    assert schema.problems("claims", content) == says


def test_without_jsonschema_missing_keys_are_still_found(monkeypatch):
    monkeypatch.setattr(schema, "_validator", lambda kind: None)
    assert schema.problems("headline", {"system": "a", "recipe": "b", "seeds": [0]}) == ["chosen_by is missing"]
    assert schema.problems("headline", {"system": "a", "recipe": "b", "seeds": [0], "chosen_by": 5}) == []
