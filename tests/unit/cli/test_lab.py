"""``lab``: JupyterLab sees copies; whatever it saves, the checkout stays as it is."""

import subprocess
from pathlib import Path

from ferkit import __main__ as command_line
from ferkit.cli import lab
from ferkit.core import paths

SOURCES = paths.repository() / "notebooks"


def _saves_what_it_opens(seen):
    def call(command, cwd, env):
        seen.append((command, Path(cwd), env))
        for notebook in Path(cwd).glob("*.ipynb"):
            notebook.write_text('{"outputs": "saved by itself"}')
        return 0

    return call


def test_what_jupyterlab_saves_goes_to_copies_that_git_does_not_see(tmp_path, monkeypatch, capsys):
    before, seen = {path: path.read_bytes() for path in SOURCES.iterdir() if path.is_file()}, []
    monkeypatch.setattr(lab.subprocess, "call", _saves_what_it_opens(seen))
    assert command_line.main(["lab", "--output", str(tmp_path / "copies"), "--", "--no-browser"]) == 0
    (command, folder, env), = seen
    assert command[-2:] == ["jupyterlab", "--no-browser"] and env["PYTHONPATH"].startswith(str(SOURCES.parent / "lib"))
    assert sorted(path.name for path in folder.glob("*.ipynb")) == sorted(path.name for path in SOURCES.glob("*.ipynb"))
    assert {path: path.read_bytes() for path in SOURCES.iterdir() if path.is_file()} == before
    place = paths.repository() / "results" / "runs" / "lab"  # the default
    ignored = subprocess.run(["git", "-C", paths.repository(), "check-ignore", "-q", place]).returncode
    assert ignored in (0, 128)  # 128: no repository here


def test_changed_copies_are_kept_and_named_until_fresh_ones_are_asked_for(tmp_path):
    assert lab.copy_notebooks(tmp_path) == [] and lab.copy_notebooks(tmp_path) == []
    name = sorted(path.name for path in tmp_path.glob("*.ipynb"))[0]
    (tmp_path / name).write_text("mine")
    assert lab.copy_notebooks(tmp_path) == [name] and (tmp_path / name).read_text() == "mine"
    assert lab.copy_notebooks(tmp_path, fresh=True) == []
    assert (tmp_path / name).read_bytes() == (SOURCES / name).read_bytes()


def test_copies_that_nobody_changed_follow_the_checkout(tmp_path, monkeypatch):
    checkout, copies = tmp_path / "checkout", tmp_path / "copies"
    for folder in (checkout / "notebooks", copies):
        folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "repository", lambda: checkout)
    for name in ("a", "b"):
        (checkout / "notebooks" / f"{name}.ipynb").write_text("first")
    assert lab.copy_notebooks(copies) == []
    (copies / "b.ipynb").write_text("mine")
    for name in ("a", "b"):
        (checkout / "notebooks" / f"{name}.ipynb").write_text("second")
    assert lab.copy_notebooks(copies) == ["b.ipynb"]
    assert [(copies / f"{name}.ipynb").read_text() for name in ("a", "b")] == ["second", "mine"]
    assert lab.copy_notebooks(copies) == ["b.ipynb"]


def test_kernels_find_data_and_runs_where_the_command_was_given(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(lab.subprocess, "call", _saves_what_it_opens(seen))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FERKIT_OUTPUT", "out")
    monkeypatch.setenv("FERKIT_FER2013", "a.zip:b.zip")
    assert command_line.main(["lab"]) == 0
    (_, folder, env), = seen
    assert folder == tmp_path / "out" / "lab" and env["FERKIT_OUTPUT"] == str(tmp_path / "out")
    assert env["FERKIT_FER2013"] == f"{tmp_path / 'a.zip'}:{tmp_path / 'b.zip'}"


def test_the_checkouts_own_notebooks_are_refused(capsys):
    assert command_line.main(["lab", "--fresh", "--output", str(SOURCES)]) == 2
    assert "name another --output" in capsys.readouterr().err
