"""``run --backend``: the workers train exactly what the notebooks ask for, so that these only load it."""

from argparse import Namespace

import pytest

from ferkit.cli import run as cli_run
from ferkit.core import lease, paths
from ferkit.core.console import Console
from ferkit.core.profiles import PROFILES
from ferkit.papers import training
from ferkit.pipeline import checked_run, spread
from ferkit.pipeline.options import RunOptions
from ferkit.sweep import backends
from ferkit.training import trainer

STEM = "03_gap_cnn_svm"


@pytest.fixture
def run(tmp_path):
    return checked_run.prepare(RunOptions(profile="smoke", device="cpu", output=tmp_path, overrides={
        STEM: {"SYSTEMS": "lenet5", "EPOCHS": 1, "SEEDS": 2}}))


def test_a_notebook_finds_everything_trained(run, monkeypatch, capsys):
    spread.train(run, ["01_data_preparation", STEM], backends.here, Console())
    assert "[2/2] synthetic lenet5/ours seed 1  finished" in capsys.readouterr().out
    monkeypatch.setenv("FERKIT_OUTPUT", str(run.options.output))
    monkeypatch.setattr(trainer, "fit", lambda *_a, **_k: pytest.fail("trained again"))
    loaded = training.run_notebook(STEM, run.load(), run.options.run, "smoke", 0, "cpu", only="lenet5", epochs=1,
                                   n_seeds=2)
    assert [result.key.seed for result in loaded] == [0, 1]
    assert {result.directory.parents[3] for result in loaded} == {paths.run_directory(run.options.run)}
    assert {lease.latest(result.directory).state for result in loaded} == {"finished"}


def test_all_that_a_profile_plans_is_spread_heads_after_their_networks(run):
    planned = spread.tasks(checked_run.prepare(RunOptions(profile="smoke", output=run.options.output)),
                           ["02_stn_attention", STEM])
    assert len(planned) == sum(len(training.jobs("smoke", stem)) for stem in ("02_stn_attention", STEM))
    (pair,) = [group for group in backends.groups(planned) if len(group) > 1][:1]
    assert pair[1].base == pair[0].directory


def test_sequences_are_counted_for_what_they_are(run):
    planned = spread.tasks(run, ["08_time_series"])
    assert [task.job.recipe for task in planned] == [
        job.recipe for job in training.jobs("smoke", "08_time_series", n_train=PROFILES["smoke"].sequences[0])]


@pytest.mark.parametrize(("changes", "jobs"), [({}, 2), ({"profile": "smoke"}, 1), ({"force": True}, 1),
                                               ({"backend": "dask"}, 1)])
def test_systems_are_trained_side_by_side_unless_that_makes_no_sense(monkeypatch, changes, jobs):
    monkeypatch.setattr("ferkit.results.manifest.cores", lambda: 2)
    asked = {"backend": "local", "force": False, "profile": "quick", "device": "cpu"} | changes
    assert cli_run._side_by_side(Namespace(**asked)) == jobs
