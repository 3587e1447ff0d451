"""Notebooks that draw faces end on photographs too, of which no pixel may be shown."""

import os
import subprocess
import sys

import pytest

SHORT = {"06": ("SYSTEMS=scn/ours_noise20", "EPOCHS=1"), "07": ("SYSTEMS=ran/ours", "EPOCHS=1")}


@pytest.mark.slow
@pytest.mark.parametrize("number", SHORT)
def test_a_notebook_that_draws_faces_ends_on_ckplus(number, ckplus_path, tmp_path, session_cache):
    changes = [word for change in SHORT[number] for word in ("--set", change)]
    done = subprocess.run([sys.executable, "-m", "ferkit", "run", "--dataset", "ckplus", "--data", ckplus_path,
                           "--profile", "smoke", "--device", "cpu", "--only", number, *changes, "--output", tmp_path],
                          capture_output=True, text=True, env={"OMP_NUM_THREADS": "1", **os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"[1/1] {number}" in done.stdout and "done in" in done.stdout
