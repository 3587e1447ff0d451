"""What a network's structure says, layer by layer."""

import pytest

from ferkit import papers
from ferkit.models import facts


@pytest.mark.parametrize("system", ["deep_emotion", "gap_cnn", "lenet5", "deep_emotion_wide"])
def test_the_layers_hold_all_parameters(system):
    network = papers.system(system).build()
    rows = facts.layer_table(network)
    assert sum(row["parameters"] for row in rows) == facts.count_parameters(network)
    assert rows[-1]["output"] == "7" and network.training


def test_deep_emotions_table_is_the_papers_figure():
    outputs = [row["output"] for row in facts.layer_table(papers.system("deep_emotion").build())
               if row["kind"] in ("Conv2d", "MaxPool2d", "Linear") and not row["layer"].startswith("transformer")]
    assert outputs == ["10×46×46", "10×44×44", "10×22×22", "10×20×20", "10×18×18", "10×9×9", "50", "7"]
