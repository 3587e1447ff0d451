"""What is paused can go on: each folder below results/sweeps/paused is its sweep's, and its checkpoints are whole."""

import json

import pytest

from ferkit.core import paths
from ferkit.sweep import config, rows
from ferkit.training import checkpoint

PAUSED = sorted((paths.repository() / "results" / "sweeps" / "paused").glob("*"))


@pytest.mark.parametrize("folder", PAUSED, ids=lambda folder: folder.name)
def test_a_paused_sweep_goes_on_from_whole_checkpoints(folder):
    sweep = config.read(folder.parent.parent / f"{folder.name}.toml")
    assert json.loads((folder / "plan.json").read_text()) == json.loads(json.dumps(
        [entry.planned() | {"profile": sweep.profile} for entry in sweep.entries]))
    begun = [task for task in rows.tasks(sweep, folder) if task.directory.is_dir()]
    assert begun
    for task in begun:
        _, state = checkpoint.load(task.directory / "checkpoints")
        assert 0 < state["epoch"] < task.job.recipe.epochs
        assert not list(task.directory.glob("*.json")) + list(task.directory.glob("*.npz"))  # nothing was tested
