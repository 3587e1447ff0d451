"""Which environment run_all.sh takes, makes or leaves alone, and which program installs: its own functions, with
programs that only say what they were asked."""

import shutil
import subprocess

import pytest

from ferkit.core import paths

PIP = """#!/bin/sh
echo "pip $*" >>"$said"
case "$*" in
    *"config list"*) printf '%s\\n' "$pip_config" ;;
    *--target*) mkdir -p "$venv/.uv/bin"; cp "$venv/../uv" "$venv/.uv/bin/uv" ;;
esac
"""
UV = """#!/bin/sh
echo "uv $*" >>"$said"
exit "$uv_status"
"""
TRIED = """
set -euo pipefail
source <(sed -n '/^install_with_pip()/,/^}/p; /^install_with_uv()/,/^}/p' "$1")
install_with_uv || install_with_pip
"""


@pytest.mark.parametrize(("config", "uv_status", "installers"), [
    pytest.param("global.extra-index-url='x'", 0, ["uv", "uv"], id="fetched"),
    pytest.param("global.index-url='https://mirror'", 0, ["pip", "pip"], id="mirror"),
    pytest.param("", 1, ["uv", "pip", "pip"], id="fails"),
])
def test_uv_installs_unless_pip_has_an_index_of_its_own_or_uv_fails(tmp_path, config, uv_status, installers):
    venv, said = tmp_path / ".venv", tmp_path / "said"
    for path, text in ((venv / "bin" / "python", PIP), (tmp_path / "uv", UV)):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        path.chmod(0o755)
    tools = tmp_path / "tools"  # what the functions call, and no uv that the system may have
    tools.mkdir()
    for name in ("bash", "sed", "grep", "mkdir", "cp"):
        (tools / name).symlink_to(shutil.which(name))
    environment = {"PATH": str(tools), "HOME": str(tmp_path), "home": str(tmp_path), "venv": str(venv),
                   "said": str(said), "pip_config": config, "uv_status": str(uv_status)}
    done = subprocess.run([tools / "bash", "-c", TRIED, "-", paths.repository() / "run_all.sh"], env=environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    asked = [line for line in said.read_text().splitlines() if " -e " in line or "requirements.lock" in line]
    assert [line.split()[0] for line in asked] == installers


@pytest.mark.parametrize(("words", "wants"), [("", False), ("--profile quick", False), ("--profile standard", True),
                                              ("--seed 1 --profile=full", True)])
def test_what_a_run_imports_is_wanted_of_an_environment(words, wants):
    asked = "source <(sed -n '/^wanted=/p; /^case .*profile/p' \"$0\"); echo $wanted"
    done = subprocess.run(["bash", "-c", asked, paths.repository() / "run_all.sh", *words.split()], capture_output=True,
                          text=True, check=True)
    assert "ipywidgets" in done.stdout.split() and ("aeon" in done.stdout.split()) == wants


@pytest.mark.parametrize(("there", "state"), [
    ((), "broken"), (("pyvenv.cfg",), "useless"), (("pyvenv.cfg", ".begun"), "broken"),
    (("pyvenv.cfg", ".complete"), "broken")])
def test_only_what_run_all_made_itself_is_removed(tmp_path, there, state):
    for name in there:
        (tmp_path / name).write_text("/home 1f" if name == ".complete" else "")
    asked = "source <(sed -n '/^state_of_venv()/,/^}/p' \"$0\"); venv=$1 state_of_venv"  # no bin/python in it
    done = subprocess.run(["bash", "-c", asked, paths.repository() / "run_all.sh", tmp_path], capture_output=True,
                          text=True, check=True)
    assert done.stdout.strip() == state
