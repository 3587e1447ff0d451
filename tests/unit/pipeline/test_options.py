"""Options of `run`: what cannot be right is refused in one line before anything is set up or written."""

import argparse
import os
import subprocess
import sys

import nbformat
import pytest

from ferkit.cli.options import add_arguments
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.pipeline import options


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """A folder with the five notebooks, of which 02 has a parameter of its own."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for stem in replication.stems():
        cell = 'RUN = "x"  # the run' + ("\nEPOCHS = 0  # epochs of every cell" if stem.startswith("02") else "")
        code = nbformat.v4.new_code_cell(cell, metadata={"tags": ["parameters"]})
        nbformat.write(nbformat.v4.new_notebook(cells=[code]), folder / f"{stem}.ipynb")
    monkeypatch.setattr(replication, "file", lambda stem: folder / f"{stem}.ipynb")
    return folder


@pytest.fixture
def resolve(notebooks, tmp_path, monkeypatch):
    """The options that command-line words come to."""
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "runs"))
    for variable in paths.DATA_VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)

    def words(*given: str, several: bool = False) -> options.RunOptions:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        found = options.resolve(parser.parse_args(list(map(str, given))))
        return found if several else found[0]

    return words


def test_the_defaults_are_a_quick_run_of_everything_on_the_drawn_faces(resolve, tmp_path):
    chosen = resolve()
    assert chosen.run == "synthetic-quick-seed0"
    assert chosen.directory == tmp_path / "runs" / "synthetic-quick-seed0"
    assert chosen.notebooks == replication.stems()


def test_several_protocols_are_runs_of_their_own(resolve, tmp_path):
    (tmp_path / "ck.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    words = ("--dataset", "ckplus", "--data", tmp_path / "ck.zip")
    assert [each.run for each in resolve(*words, "--protocol", "by_subject,by_image", several=True)] == [
        "ckplus-quick-seed0", "ckplus-quick-seed0-by_image"]
    (kept,) = resolve(*words, "--contempt", several=True)
    assert (kept.protocol, kept.run) == ("by_subject+contempt", "ckplus-quick-seed0-contempt")


def test_notebooks_are_chosen_by_number_or_name(resolve):
    assert resolve("--only", "3").notebooks == ("03_gap_cnn_svm",)
    assert resolve("--only", "03_gap_cnn_svm").notebooks == ("03_gap_cnn_svm",)
    assert resolve("--from", "04").notebooks == ("04_occlusion_analysis", "05_confusion_comparison")


def test_parameters_are_set_where_they_are_known_and_in_their_type(resolve):
    assert resolve("--set", "EPOCHS=4").overrides["02_stn_attention"] == {"EPOCHS": 4}
    assert resolve("--set", "EPOCHS=4").overrides["01_data_preparation"] == {}


def test_the_earlier_name_of_a_parameter_in_published_manifests_is_understood(monkeypatch, resolve):
    monkeypatch.setitem(options.RENAMED, "ROUNDS", "EPOCHS")
    assert resolve("--set", "ROUNDS=4").overrides["02_stn_attention"] == {"EPOCHS": 4}


def test_data_come_from_the_option_or_the_environment(resolve, tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).write_text("x")
    given = resolve("--dataset", "fer2013", "--data", tmp_path / "a", "--data", tmp_path / "b")
    assert given.data == (tmp_path / "a", tmp_path / "b")
    monkeypatch.setenv("FERKIT_FER2013", os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")]))
    assert resolve("--dataset", "fer2013").data == given.data
    (tmp_path / "a:b").write_text("x")  # one place, whatever its name holds
    monkeypatch.setenv("FERKIT_FER2013", str(tmp_path / "a:b"))
    assert resolve("--dataset", "fer2013").data == (tmp_path / "a:b",)


def test_sequences_are_left_out_under_a_protocol_that_they_are_never_read_with(resolve):
    usual, varied = resolve("--protocol", "official,official+variation200", several=True)
    assert set(usual.notebooks) - set(varied.notebooks) == {"08_time_series"}
    with pytest.raises(InputError, match=r"08 is not for synthetic \(official\+variation200\)"):
        resolve("--protocol", "official+variation200", "--only", "08")


@pytest.mark.parametrize(("words", "says"), [
    (["--only", "77"], "no such notebook"),
    (["--from", "1", "--only", "2"], "exclude each other"),
    (["--set", "EPOCS=4"], "unknown parameter 'EPOCS'; did you mean EPOCHS?"),
    (["--only", "1", "--set", "EPOCHS=4"], "unknown parameter 'EPOCHS'"),
    (["--set", "EPOCHS=many"], "parameter EPOCHS is of type int"),
    (["--set", "EPOCHS"], "NAME=VALUE"),
    (["--set", "SEED=1"], "set with --seed"),
    (["--data", "x.zip"], "takes no data"),
    (["--protocol", "official,by_guess"], "protocol 'by_guess' is unknown"),
    (["--contempt"], "--contempt is for --dataset ckplus"),
    (["--dataset", "fer2013"], "--data PATH or FERKIT_FER2013"),
    (["--dataset", "fer2013", "--data", "{tmp}/none.zip"], "does not exist"),
    (["--dataset", "fer2013", "--data", "{tmp}/empty"], "empty folder"),
    (["--dataset", "fer2013", "--data", "{tmp}/cut.zip"], "not a whole zip"),
    (["--output", "{tmp}/cut.zip/runs"], "is not a folder"),
])
def test_bad_input_is_refused_in_one_line_that_names_it(resolve, tmp_path, words, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as refused:
        resolve(*(word.format(tmp=tmp_path) for word in words))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_without_permission_is_refused(resolve, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(InputError, match="no permission to write"):
        resolve("--output", tmp_path / "locked" / "runs")


def test_the_listing_shows_every_parameter_with_type_default_and_help(notebooks):
    text = options.listing()
    assert [line for line in text.splitlines() if not line.startswith(" ")] == list(replication.stems())
    assert any(line.split() == ["EPOCHS", "=", "0", "int", "epochs", "of", "every", "cell"]
               for line in text.splitlines())


def test_arguments_are_checked_with_the_standard_library_alone(tmp_path):
    """-S leaves site-packages out: what run_all.sh asks before it has set anything up must work without."""
    library = str(paths.repository() / "lib")
    done = subprocess.run([sys.executable, "-S", "-m", "ferkit", "run", "--check-only", "--profile", "tiny"],
                          env={"PYTHONPATH": library, "PATH": os.environ["PATH"]}, capture_output=True, text=True,
                          cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "tiny" in done.stderr
