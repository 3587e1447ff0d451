"""The command line: exit statuses, one-line complaints, a light start."""

import subprocess
import sys

import pytest

import ferkit
from ferkit import __main__ as command_line


@pytest.mark.parametrize("words", [[], ["dance"], ["run", "--profil", "quick"], ["run", "--profile", "tiny"],
                                   ["run", "--seed", "-1"], ["audit"], ["claims"], ["report"],
                                   ["report", "/nowhere/at/all"], ["claims", "/nowhere/at/all"]])
def test_bad_usage_is_one_line_on_stderr_and_status_2(words, capsys):
    assert command_line.main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("ferkit: ")


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


def test_an_interrupt_is_told_and_ends_with_130(monkeypatch, capsys):
    from ferkit.commands import run

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run.options, "resolve", interrupted)
    assert command_line.main(["run"]) == 130
    assert "the same command goes on" in capsys.readouterr().err
