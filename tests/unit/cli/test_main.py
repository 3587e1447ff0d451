"""The command line: exit statuses, one-line complaints, a light start."""

import os
import subprocess
import sys

import pytest
import torch

import ferkit
from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.models import weights
from ferkit.pipeline import options


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"ferkit {ferkit.__version__}\n"


def test_every_command_has_help_that_starts_without_the_heavy_libraries():
    heavy = ("torch", "numpy", "papermill", "pandas", "plotly", "cv2", "sklearn")
    text = ("import sys\nfrom ferkit import __main__ as m\nfor name in m.COMMANDS:\n    m.parser((name,))\n"
            f"print([name for name in {heavy!r} if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reader_that_has_had_enough_is_no_error():
    command = f"{sys.executable} -m ferkit run --list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stdout and not done.stderr


def test_an_interrupt_is_told_and_ends_with_130(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(options, "resolve", interrupted)
    assert command_line.main(["run"]) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_bad_data_are_refused_in_one_line_that_names_them_and_nothing_is_written(tmp_path, capsys):
    picture, output = tmp_path / "data/train/bewildered/Training_1.png", tmp_path / "runs"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"not an image")
    for data, named in (("nowhere", "nowhere"), ("data", "bewildered")):
        words = ["run", "--dataset", "fer2013", "--data", str(tmp_path / data), "--output", str(output)]
        assert command_line.main(words) == 2
        printed = capsys.readouterr()
        assert printed.err.count("\n") == 1 and named in printed.err and not output.exists()


def started(*words, **options):
    return subprocess.run([sys.executable, "-m", "ferkit", *words], text=True, stderr=subprocess.PIPE,
                          **{"stdout": subprocess.PIPE, **options})


def test_a_full_disk_behind_the_output_is_one_line():
    with open("/dev/full", "w") as full:
        done = started("run", "--list", stdout=full)
    assert done.returncode == 2 and done.stderr.startswith("ferkit: No space left") and done.stderr.count("\n") == 1


def test_names_that_the_outputs_encoding_lacks_are_escaped(tmp_path):
    done = started("claims", str(tmp_path / "Ü表😀"), env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 2 and "\\u8868" in done.stderr and done.stderr.count("\n") == 1


def test_a_working_directory_that_is_gone_is_one_line(tmp_path):
    (tmp_path / "gone").mkdir()
    command = f"cd gone && rmdir ../gone && {sys.executable} -m ferkit run --list"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("ferkit: the working directory")


def test_a_mistake_of_the_program_is_one_line_and_a_traceback_only_on_request(monkeypatch, capsys):
    monkeypatch.setattr(options, "resolve", lambda _: {}["key"])
    assert command_line.main(["run"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "unexpected KeyError: 'key' (test_main.py:" in told and "--debug" in told
    assert command_line.main(["run", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "meant"), [
    (["trian"], "train"), (["zero-shoot"], "zero-shot"), (["run", "--profil", "smoke"], "--profile"),
    (["run", "--profile", "smok"], "smoke"), (["run", "--dataset", "fer2O13"], "fer2013"),
    (["run", "--set", "EPOCH=5"], "EPOCHS"), (["run", "--dataset", "ckplus", "--protocol", "by_subjct"], "by_subject"),
    (["train", "--dataset", "synthetic", "--model", "deep-emotoin", "--output", "o"], "deep_emotion")])
def test_the_likeliest_meant_is_offered_in_a_short_line(words, meant, capsys):
    assert command_line.main(words) == 2
    told = capsys.readouterr().err
    assert f"did you mean {meant}?" in told and len(told) < 240


def test_no_protocol_that_leaks_is_offered(capsys):
    assert command_line.main(["run", "--dataset", "ckplus", "--protocol", "by_imag"]) == 2
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize("name", command_line.COMMANDS)
def test_help_begins_with_what_must_be_given(name, capsys):
    with pytest.raises(SystemExit):
        command_line.main([name, "--help"])
    said = capsys.readouterr().out
    assert said.startswith(f"usage: ferkit {name} [options]") and "[-h]" not in said
    assert "  --output" not in said.partition("general:\n")[2] and max(map(len, said.splitlines())) <= 120


def test_old_names_of_commands_still_work(capsys):
    for old, new in command_line.ALIASES.items():
        with pytest.raises(SystemExit) as stopped:
            command_line.main([old, "--help"])
        assert stopped.value.code == 0 and f"ferkit {new}" in capsys.readouterr().out


def test_the_help_groups_every_command_with_what_it_does(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    for name in command_line.COMMANDS:
        (line,) = [line for line in lines if line.startswith(f"    {name} ")]
        assert len(line.split(None, 1)[1]) > 20


WITH_A_DEVICE = {
    "run": ("--profile", "smoke"), "train": ("--dataset", "synthetic", "--model", "lenet5", "--output", "out"),
    "evaluate": ("--dataset", "synthetic", "--weights", "w.safetensors"), "sweep": ("sweep.json", "--output", "out"),
    "occlusion": ("--mouth-only",), "bench": ("training",),
    "test-selection-bias": ("--dataset", "synthetic", "--profile", "smoke", "--model", "lenet5", "--recipe", "ours",
                            "--output", "out")}


def test_a_gpu_that_is_not_there_is_one_line_in_every_command_that_takes_a_device(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    weights.save(tmp_path / "w.safetensors", papers.system("lenet5").build(), "lenet5", {})
    (tmp_path / "sweep.json").write_text('{"models": ["lenet5"], "profile": "smoke", "epochs": 1}')
    takes = {name for name in command_line.COMMANDS if name != "bench" and "--device" in
             command_line.parser((name,))._subparsers._group_actions[0].choices[name].format_help()}
    assert takes == set(WITH_A_DEVICE) - {"bench"}
    for name, words in WITH_A_DEVICE.items():
        assert command_line.main([name, *words, "--device", "cuda"]) == 2
        told = capsys.readouterr()
        assert "--device cuda" in told.err and told.err.count("\n") == 1 and not told.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sweep.json", "w.safetensors"]
