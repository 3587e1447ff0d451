"""What a run is refused, or left out, before its first notebook."""

import pytest

from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.pipeline import checked_run
from ferkit.pipeline.options import RunOptions

SYSTEMS = "deep_emotion/ours,lenet5"
TAKERS = tuple(stem for stem in replication.stems() if stem[:2] in ("02", "03", "06", "07"))


EVERY = replication.stems()


def options(systems, notebooks=EVERY):
    return RunOptions(dataset="synthetic", profile="quick", notebooks=notebooks,
                      overrides={stem: {"SYSTEMS": systems} if stem in TAKERS else {} for stem in notebooks})


def test_notebooks_that_train_none_of_the_systems_are_left_out_and_told(capsys):
    left = checked_run._that_train(options(SYSTEMS))
    assert [stem[:2] for stem in left] == [stem[:2] for stem in replication.stems() if stem[:2] not in ("06", "07")]
    assert "06_noisy_labels" in capsys.readouterr().err
    assert checked_run._that_train(options("")) == replication.stems()


def test_an_unknown_system_and_one_that_another_notebook_trains_are_refused():
    with pytest.raises(InputError, match="'nonsense'"):
        checked_run._that_train(options("nonsense"))
    with pytest.raises(InputError, match="trained in 03_gap_cnn_svm, which this run leaves out"):
        checked_run._that_train(options("lenet5", TAKERS[:1]))
