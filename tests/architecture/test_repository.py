"""What is committed: nothing of this machine, nothing large, no outputs in notebooks, and a README that is true."""

import json
import re
import shlex
import subprocess
import tomllib
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ferkit import __main__ as command_line
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.pipeline import parameters

ROOT = paths.repository()
LARGEST = 5_000_000  # bytes of one tracked file: the largest published weights are 4.7 MB
WHOLE = 40_000_000  # bytes of all


def _tracked() -> list[Path]:
    """The files that git tracks; skips where the checkout is no repository."""
    done = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip("no git repository here")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _texts() -> dict[str, str]:
    """The tracked text files by name."""
    found = {}
    for path in _tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(ROOT).as_posix()] = content.decode("utf-8", "replace")
    return found


def test_the_library_is_not_ignored_by_git():
    ignored = subprocess.run(["git", "-C", ROOT, "check-ignore", "-q", "lib/ferkit/anything_new.py"])
    if ignored.returncode == 128:
        pytest.skip("no git repository here")
    assert ignored.returncode == 1


def test_no_tracked_file_is_large_and_all_of_them_are_small():
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in _tracked()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) < WHOLE


def test_no_tracked_file_names_a_place_on_somebodys_machine():
    place = re.compile(r"(?<![\w.:/])/(work|root|home|Users|farm)/[A-Za-z.]\S*")
    own = "tests/architecture/test_repository.py"
    assert {name: found[0] for name, text in _texts().items()
            if name != own and (found := place.search(text))} == {}


def test_no_tracked_file_holds_the_marks_of_an_unfinished_merge():
    marks = re.compile(r"^(<{7} |>{7} )", re.M)
    assert [name for name, text in _texts().items() if marks.search(text)] == []


def test_no_tracked_file_names_a_package_registry():
    option = re.compile(r"--(extra-)?index-url|--find-links|^\s*(extra-)?index-url|registry\s*=\s*.?https?:", re.M)
    own = "tests/architecture/test_repository.py"
    assert {name: found[0] for name, text in _texts().items()
            if name != own and (found := option.search(text))} == {}


def test_source_notebooks_hold_no_outputs_and_no_pictures():
    sources = [path for path in _tracked() if path.suffix == ".ipynb" and ROOT / "notebooks" in path.parents]
    assert len(sources) == len(replication.stems()) + 1  # the tour
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert "image/png" not in text
        assert "image/jpeg" not in text
        for cell in parameters.cells(path):
            assert not cell.get("outputs"), f"{path.name}: {cell['id']} has outputs"
            assert not cell.get("execution_count"), f"{path.name}: {cell['id']} was executed"


def test_no_tracked_notebook_holds_a_picture():
    for path in _tracked():
        if path.suffix == ".ipynb":
            outputs = [out for cell in parameters.cells(path) for out in cell.get("outputs", [])]
            assert "image/" not in json.dumps([list(out.get("data", {})) for out in outputs]), path.name


def test_the_lock_holds_with_hashes_whatever_its_packages_ask_for():
    """uv installs a lock that lacks a package; pip, and with it conda, refuses to install any of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    unread = [Requirement(item) for item in project["dependencies"]]
    unread += [Requirement(item) for extra in sorted({*extras} - {"parquet"}) for item in extras[extra]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==", lock, re.M))
    wanted, read = set(), set()
    while unread:
        one = unread.pop()
        wanted.add(canonicalize_name(one.name))
        if str(one) not in read:
            read.add(str(one))
            with suppress(metadata.PackageNotFoundError):  # an extra that this environment does without
                unread += [needed for needed in map(Requirement, metadata.requires(one.name) or [])
                           if needed.marker is None
                           or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))]
    assert sorted(wanted - pinned) == [] and len(wanted) > 100
    blocks = re.split(r"^(?=[\w.-]+==)", lock, flags=re.M)[1:]
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_conda_installs_the_same_lock_and_nothing_else():
    text = re.sub(r"#.*", "", (ROOT / "environment.yml").read_text(encoding="utf-8"))
    items = re.findall(r"^\s*- (.+)$", text.split("dependencies:")[1], re.M)
    assert [item.split()[0].rstrip(":") for item in items] == ["python", "pip", "pip", "-r"]
    assert items[-1].strip() == "-r requirements.lock"


def test_ci_calls_exactly_the_tests_of_a_new_user():
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'exec "$(dirname "${BASH_SOURCE[0]}")/../tests/run.sh"']
    for script in (".ci/run", "tests/run.sh", "run_all.sh"):
        assert (ROOT / script).stat().st_mode & 0o111, f"{script} is not executable"


def _commands(text: str) -> list[list[str]]:
    """The command lines of a Markdown text, from fenced blocks and inline code, without comments."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    lines = [line for block in fenced for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    found = []
    for line in lines:
        line = line.split(" #")[0].strip().removeprefix("$ ")
        if line.startswith(("./", "python -m ferkit", "tests/run.sh")):
            found.append(shlex.split(line.split("  ")[0]))
    return found


@pytest.mark.parametrize("name", ["README.md", "results/README.md", "CONTRIBUTING.md"])
def test_every_command_in_the_readme_exists(name):
    if not (ROOT / name).is_file():
        pytest.skip(f"{name} is not written")
    commands = _commands((ROOT / name).read_text(encoding="utf-8"))
    for words in commands:
        if words[0] == "python":
            arguments = words[3:] if len(words) > 4 else [*words[3:], "--help"]  # a command's name alone is a mention
        elif words[0].removeprefix("./") == "run_all.sh":
            arguments = ["run", *(word for word in words[1:] if word != "--setup-only")]  # the script's own
        else:
            assert (ROOT / words[0]).is_file(), f"{name}: {words[0]} does not exist"
            continue
        try:
            command_line.parser().parse_args(arguments)
        except InputError as error:
            pytest.fail(f"{name}: {' '.join(words)}: {error}")
        except SystemExit as stopped:  # --help and --version
            assert stopped.code == 0


def test_the_readme_shows_the_two_commands():
    commands = [words[0] for words in _commands((ROOT / "README.md").read_text(encoding="utf-8"))]
    assert {"./run_all.sh", "./tests/run.sh"} <= set(commands)
