"""The pipeline on throw-away notebooks: what runs again, what does not, what a kill or a failure leaves."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest

from ferkit.core import files, locking
from ferkit.core.console import Console
from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.pipeline import checked_run, fingerprints, notebook_execution, options, run_notebooks
from ferkit.results import manifest

FIRST, SECOND = "02_stn_attention", "04_occlusion_analysis"  # the second reads what the first leaves
PARAMETERS = ('RUN = "synthetic-smoke-seed0"  # name of the run\n'
              'PROFILE = "quick"  # smoke | quick\n'
              "RATE = 0.5  # learning rate, per step\n"
              "STEPS = 3  # how many")
# Leaves a trace outside the run each time it is executed, and a result inside.
WORK = """from pathlib import Path
from ferkit.core import paths
place = paths.run_directory(RUN) / STEM / "system" / "ours" / "seed0"
place.mkdir(parents=True, exist_ok=True)
(place / "metrics.json").write_text(str([RATE, STEPS]))
with open(TRACE, "a") as trace: trace.write(STEM + "\\n")"""


class Place:
    """A folder of throw-away notebooks and an output folder beside it."""

    def __init__(self, root: Path) -> None:
        self.sources, self.output, self.trace = root / "notebooks", root / "runs", root / "trace"
        self.sources.mkdir()
        for stem in (FIRST, SECOND):
            self.notebook(stem)

    def notebook(self, stem: str, *extra: str, parameters: str = PARAMETERS) -> None:
        """Write a notebook: its parameters, its work, and extra cells."""
        names = f"STEM = {stem!r}; TRACE = {str(self.trace)!r}\n"
        cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
                 *(nbformat.v4.new_code_cell(text) for text in (names + WORK, *extra))]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), self.sources / f"{stem}.ipynb")

    def options(self, **changes: object) -> options.RunOptions:
        """The run of both notebooks on the smoke profile, with changes."""
        return options.RunOptions(**{"profile": "smoke", "output": self.output, "notebooks": (FIRST, SECOND),
                                     **changes})

    def run(self, **changes: object) -> tuple[int, str]:
        """Run it in this process; the exit status and what was printed."""
        printed = io.StringIO()
        status = run_notebooks.run_all(checked_run.prepare(self.options(**changes)), Console(printed))
        return status, printed.getvalue()

    def executed(self) -> list[str]:
        """The notebooks executed since the last time this was asked, in order."""
        done = self.trace.read_text().split() if self.trace.exists() else []
        self.trace.unlink(missing_ok=True)
        return done

    @property
    def directory(self) -> Path:
        return self.output / "synthetic-smoke-seed0"

    def manifest(self) -> dict:
        return manifest.read(self.directory)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Two notebooks of which the second reads the first's results; no claims and no report."""
    monkeypatch.setattr(run_notebooks, "_conclude", lambda run, record, console: 0)
    monkeypatch.setattr(fingerprints, "library_sha256", lambda stem: "edited meanwhile or not")
    monkeypatch.setattr(checked_run, "_fingerprint", lambda *_: "data")
    found = Place(tmp_path)
    monkeypatch.setattr(replication, "file", lambda stem: found.sources / f"{stem}.ipynb")
    return found


def test_a_finished_notebook_is_not_run_again(place):
    assert place.run()[0] == 0
    assert place.executed() == [FIRST, SECOND]
    status, printed = place.run()
    assert status == 0
    assert place.executed() == []
    assert printed.count("up to date") == 2


def test_the_manifest_names_every_output_with_its_hash_and_what_made_it(place):
    place.run(notebooks=(FIRST,))
    found = place.manifest()
    entry = found["notebooks"][FIRST]
    assert set(entry["outputs"]) == {f"notebooks/{FIRST}.ipynb", f"{FIRST}/system/ours/seed0/metrics.json"}
    for name, recorded in entry["outputs"].items():
        assert files.sha256(place.directory / name) == recorded
    assert entry["parameters"] == {"RUN": "synthetic-smoke-seed0", "PROFILE": "smoke", "RATE": 0.5,
                                   "STEPS": 3}
    assert entry["set"] == {} and entry["seconds"] > 0
    assert entry["peak_memory_mb"] > 10
    assert found["seeds"] == [0]
    assert found["packages"]["papermill"]
    assert str(place.output.parent) not in json.dumps(found)


def test_a_changed_cell_runs_its_notebook_and_the_one_that_reads_it_only_if_the_result_differs(place):
    place.run()
    place.executed()
    place.notebook(FIRST, "print('one cell more, the same result')")
    place.run()
    assert place.executed() == [FIRST]
    place.run(overrides={FIRST: {"STEPS": 4}})
    assert place.executed() == [FIRST, SECOND]


@pytest.mark.parametrize("what", ["library", "lock", "data"])
def test_a_changed_library_lock_or_data_runs_the_notebook_again(place, monkeypatch, what):
    place.run(notebooks=(FIRST,))
    place.executed()
    surroundings = {**manifest.surroundings(), f"{what}_sha256": "other"}
    monkeypatch.setattr(manifest, "surroundings", lambda: surroundings)
    if what == "library":
        monkeypatch.setattr(fingerprints, "library_sha256", lambda stem: "other")
    if what == "data":
        monkeypatch.setattr(checked_run, "_fingerprint", lambda *_: "other data")
    assert f"changed: {what}" in place.run(notebooks=(FIRST,))[1]
    assert place.executed() == [FIRST]


@pytest.mark.parametrize("harm", ["remove", "change"])
def test_a_missing_or_changed_output_runs_its_notebook_again(place, harm):
    place.run()
    place.executed()
    victim = place.directory / SECOND / "system/ours/seed0/metrics.json"
    victim.unlink() if harm == "remove" else victim.write_text("[0.9, 3]")
    assert f"metrics.json {'is missing' if harm == 'remove' else 'was changed'}" in place.run()[1]
    assert place.executed() == [SECOND]
    assert victim.read_text() == "[0.5, 3]"


def test_force_runs_everything_again_from_nothing(place):
    place.run(notebooks=(FIRST,))
    place.executed()
    leftover = place.directory / FIRST / "system/ours/seed0/leftover"
    leftover.touch()
    place.run(force=True, notebooks=(FIRST,))
    assert place.executed() == [FIRST]
    assert not leftover.exists()


def test_a_dry_run_says_what_would_run_and_writes_nothing(place):
    printed = io.StringIO()
    assert run_notebooks.dry_run(checked_run.prepare(place.options()), Console(printed)) == 0
    assert printed.getvalue().count("would run: not run yet") == 2
    assert not place.output.exists()
    place.run()
    place.notebook(FIRST, "1 + 1")
    before = {path: path.stat().st_mtime_ns for path in place.output.rglob("*")}
    printed = io.StringIO()
    run_notebooks.dry_run(checked_run.prepare(place.options()), Console(printed))
    assert "would run: changed: cells" in printed.getvalue()
    assert {path: path.stat().st_mtime_ns for path in place.output.rglob("*")} == before


def test_a_failing_notebook_is_told_with_its_cell_and_error_and_kept_aside(place):
    place.run(notebooks=(FIRST,))
    place.notebook(FIRST, "value = 1\nvalue / 0", "print('never reached')")
    status, printed = place.run()
    assert status == 1
    assert "in cell 4 of 5" in printed  # papermill's injected parameters are a cell too
    assert "ZeroDivisionError: division by zero" in printed
    partial = place.directory / "notebooks" / f"{FIRST}.failed.ipynb"
    assert str(partial) in printed
    assert "ZeroDivisionError" in partial.read_text()
    assert not (place.directory / "notebooks" / f"{FIRST}.ipynb").exists()
    assert place.manifest()["notebooks"][FIRST]["status"] == "failed"
    place.executed()
    place.notebook(FIRST)
    assert place.run(notebooks=(FIRST,))[0] == 0
    assert place.executed() == [FIRST]
    assert not partial.exists()


def test_a_kernel_that_dies_is_told_with_the_cell_it_died_in(place):
    place.notebook(FIRST, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    status, printed = place.run()
    assert status == 1
    assert "in cell 4 of 4" in printed
    assert "the kernel died" in printed


def test_an_executed_notebook_holds_no_path_and_no_warning(place):
    place.notebook(FIRST, "import os, sys\nprint(os.path.basename(sys.executable) != '')")
    place.run(notebooks=(FIRST,))
    text = (place.directory / "notebooks" / f"{FIRST}.ipynb").read_text()
    assert str(place.output) not in text.replace(str(place.trace), "")
    outputs = [out for cell in json.loads(text)["cells"] for out in cell.get("outputs", [])]
    assert [out.get("name") for out in outputs] == ["stdout"]


def test_the_kernel_is_the_interpreter_that_runs_the_pipeline(place):
    place.notebook(FIRST, "import sys, ferkit\nwho = paths.run_directory(RUN) / STEM / 'who'\n"
                          "who.write_text(sys.executable + ferkit.__file__)")
    place.run(notebooks=(FIRST,))
    import ferkit

    assert (place.directory / FIRST / "who").read_text() == sys.executable + ferkit.__file__


def test_training_progress_reaches_the_screen_and_not_the_notebook(place):
    place.notebook(FIRST, "from ferkit.core import progress\nprogress.note('searching C')\n"
                          "progress.epoch('lenet5/ours seed 0', 1, 1, 0.7, 0.5, 0)")
    _, printed = place.run(notebooks=(FIRST,))
    assert f"[1/1] {FIRST}  searching C" in printed
    assert "lenet5/ours seed 0  epoch 1/1  loss 0.700  val 50.0 %  0:00 left" in printed
    executed = json.loads((place.directory / "notebooks" / f"{FIRST}.ipynb").read_text())
    assert not any(cell.get("outputs") for cell in executed["cells"])


DRIVER = """
import sys
from pathlib import Path
from ferkit.core.console import Console
from ferkit.papers import replication
from ferkit.pipeline import checked_run, fingerprints, options, run_notebooks
fingerprints.library_sha256 = lambda stem: "edited meanwhile or not"
replication.file = lambda stem: Path(sys.argv[1]) / f"{stem}.ipynb"
checked_run._fingerprint = lambda *_: "data"
run_notebooks._conclude = lambda run, record, console: 0
chosen = options.RunOptions(profile="smoke", output=Path(sys.argv[2]), notebooks=tuple(sys.argv[3:]))
sys.exit(run_notebooks.run_all(checked_run.prepare(chosen), Console()))
"""


def _start(place: Place) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", DRIVER, place.sources, place.output, FIRST, SECOND],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.05)


def test_a_run_killed_at_once_goes_on_where_it_was_and_its_orphan_kernel_harms_nothing(place):
    waiting = place.output.parent / "second is at work"
    place.notebook(SECOND, f"import time, pathlib\nif not pathlib.Path({str(waiting)!r}).exists():\n"
                           f"    pathlib.Path({str(waiting)!r}).touch(); time.sleep(600)")
    killed = _start(place)
    _wait_for(waiting)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert place.executed() == [FIRST, SECOND]
    assert place.manifest()["notebooks"][FIRST]["status"] == "finished"
    assert place.manifest()["notebooks"][SECOND]["status"] == "running"
    assert not (place.directory / "notebooks" / f"{SECOND}.ipynb").exists()
    status, printed = place.run()  # waits for the orphan kernel, which still holds the lock
    assert status == 0
    assert f"{FIRST}  up to date" in printed
    assert "was broken off" in printed
    assert place.executed() == [SECOND]


def test_a_second_run_on_the_same_folder_says_so_and_stops(place):
    release = place.output.parent / "go on"
    place.notebook(FIRST, "import time, pathlib\n(paths.run_directory(RUN) / STEM / 'at work').touch()\n"
                          f"while not pathlib.Path({str(release)!r}).exists(): time.sleep(0.05)")
    first = _start(place)
    _wait_for(place.directory / FIRST / "at work")
    with pytest.raises(InputError, match=rf"another run \(process {first.pid}\) is at work"):
        place.run()
    release.touch()
    assert first.wait(timeout=60) == 0
    first.stdout.close()
    assert place.executed() == [FIRST, SECOND]


def test_the_lock_is_free_again_after_its_holder(tmp_path):
    for _ in range(2):
        with locking.only_one(tmp_path):
            refused = []

            def other(refused=refused):
                try:
                    with locking.only_one(tmp_path):
                        pass
                except InputError as error:
                    refused.append(str(error))

            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
            assert len(refused) == 1


def test_runs_under_two_protocols_end_with_what_the_leak_is_worth(place, write_result):
    runs = []
    for protocol, share in (("by_subject", 0.7), ("by_image", 0.9)):
        runs.append(checked_run.prepare(place.options(protocol=protocol)))
        assert runs[-1].parameters_of(FIRST)["RUN"] == f"synthetic-smoke-seed0-{protocol}"
        write_result(runs[-1].directory, "gap_cnn", share=share, protocol=protocol)
    printed = io.StringIO()
    run_notebooks.compare(runs, Console(printed))
    (row,) = json.loads((place.output / "synthetic-smoke-seed0-protocols.json").read_text())
    assert (row["leaky"], row["strict"], round(row["worth"], 3)) == ("by_image", "by_subject", 0.2)
    assert "gap_cnn/ours: 90.0 % by_image, 70.0 % by_subject: +20.0 points (" in printed.getvalue()
    assert "Leakage inflation" in (place.output / "synthetic-smoke-seed0-protocols.html").read_text()


def test_an_unknown_protocol_is_refused(place):
    with pytest.raises(InputError, match="protocol 'by_guess' is unknown"):
        checked_run.prepare(place.options(protocol="by_guess"))
    assert not place.output.exists()


def test_a_manifest_that_cannot_be_read_counts_as_none(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    assert manifest.read(tmp_path) == {}
    (tmp_path / "manifest.json").write_text('{"schema": 99}')
    assert manifest.read(tmp_path) == {}


def test_braces_in_a_folders_name_are_letters_like_any_other(tmp_path, place):
    place.output = tmp_path / "{x} 50% #{RUN}?&{}"
    assert place.run()[0] == 0
    assert sorted(path.name for path in (place.directory / "notebooks").iterdir()) == [f"{FIRST}.ipynb",
                                                                                       f"{SECOND}.ipynb"]


def test_a_kernel_that_does_not_start_is_told_with_the_last_it_said(place, monkeypatch):
    def start(self, **options):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr("jupyter_client.AsyncKernelManager.start_kernel", start)
    status, printed = place.run(notebooks=(FIRST,))
    assert status == 1
    assert "the kernel did not start: Kernel died before replying to kernel_info" in printed


def test_a_kernel_listens_in_the_scratch_folder_where_no_other_program_takes_its_port(place, tmp_path):
    place.notebook(FIRST, "from ipykernel.kernelapp import IPKernelApp as app\nprint(app.instance().transport)")
    assert place.run(notebooks=(FIRST,))[0] == 0
    notebook = nbformat.read(place.directory / f"notebooks/{FIRST}.ipynb", 4)
    assert notebook.cells[-1].outputs[0].text == "ipc\n"
    assert notebook_execution._transport(tmp_path / ("long" * 30)) == "tcp"


def test_what_a_killed_run_left_in_the_temporary_folder_goes_with_the_next_start(tmp_path, place, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    dead, alive = tmp_path / "tmp/ferkit-999999999-abc", tmp_path / f"tmp/ferkit-{os.getppid()}-abc"
    for folder in (dead, alive):
        folder.mkdir(parents=True)
        (folder / ".kernel.json").write_text("key")
    assert place.run(notebooks=(FIRST,))[0] == 0
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == [alive.name]


def test_a_cache_that_cannot_be_written_is_told_before_the_first_notebook(tmp_path, place, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="set FERKIT_CACHE"):
        place.run()
    assert place.executed() == [] and not place.output.exists()


def test_places_named_in_the_environment_mean_the_same_to_a_kernel(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FERKIT_CACHE", "cache")
    monkeypatch.setenv("FERKIT_PAPERS", f"own{os.pathsep}/others")
    with notebook_execution._surroundings(tmp_path):
        assert os.environ["FERKIT_CACHE"] == str(tmp_path / "cache")
        assert os.environ["FERKIT_PAPERS"] == f"{tmp_path / 'own'}{os.pathsep}/others"
