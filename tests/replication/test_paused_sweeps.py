"""What is paused can go on: each folder below results/sweeps/paused is its sweep's, and its checkpoints are whole."""

import json

import pytest

from ferkit.core import paths
from ferkit.results import records
from ferkit.sweep import config, rows
from ferkit.training import checkpoint

PAUSED = sorted((paths.repository() / "results" / "sweeps" / "paused").glob("*"))


@pytest.mark.parametrize("folder", PAUSED, ids=lambda folder: folder.name)
def test_a_paused_sweep_goes_on_from_whole_checkpoints(folder):
    sweep = config.read(folder.parent.parent / f"{folder.name}.toml")
    assert json.loads((folder / "plan.json").read_text()) == json.loads(json.dumps(
        [entry.planned() | {"profile": sweep.profile, "protocol": sweep.protocol} for entry in sweep.entries]))
    begun = [task for task in rows.tasks(sweep, folder) if task.directory.is_dir()]
    assert begun
    ended = [task for task in begun if task.result()]
    assert len(ended) < len(sweep.entries)  # else it is to be published
    for task in ended:  # undamaged, and tested once
        assert records.read_result(task.directory).metrics["test_reads"] == 1
    for task in begun:
        if task in ended:
            continue
        _, state = checkpoint.load(task.directory / "checkpoints")
        assert 0 < state["epoch"] < task.job.recipe.epochs
        assert not list(task.directory.glob("*.json")) + list(task.directory.glob("*.npz"))  # nothing was tested
