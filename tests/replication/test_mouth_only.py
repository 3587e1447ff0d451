"""Occlusion where the answer is known: a network that can only have learned the mouth is found to look there."""

import pytest

from ferkit import papers
from ferkit.analysis.occlusion.sanity_check import mouth_only

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    return {str(row["who"]).split(",")[0]: row for row in
            mouth_only(papers.system("lenet5"), papers.recipe("lenet5", "ours"))}


def test_the_network_learned_the_mouth_and_is_found_to_look_there(rows):
    assert rows["trained"]["accuracy"] > 0.25  # of seven expressions, neutral not among the images
    assert rows["trained"]["hits"] >= 0.8


def test_networks_that_learned_nothing_point_at_the_mouth_as_often_as_its_size_says(rows):
    assert abs(rows["untrained"]["hits"] - rows["untrained"]["share"]) <= 0.05


def test_an_edge_detector_does_not_pass_for_the_network(rows):
    assert rows["edges"]["hits"] < rows["trained"]["hits"] - 0.2
