"""Every notebook ends on photographs: no pixel of them is shown, so that figures of faces have none to draw."""

import os
import subprocess
import sys

import pytest

from ferkit.papers import replication
from ferkit.results import manifest


@pytest.mark.slow
def test_every_notebook_ends_on_ckplus(ckplus_path, tmp_path, session_cache):
    done = subprocess.run([sys.executable, "-m", "ferkit", "run", "--dataset", "ckplus", "--data", ckplus_path,
                           "--profile", "smoke", "--device", "cpu", "--set", "EPOCHS=1", "--output", tmp_path],
                          capture_output=True, text=True, env={"OMP_NUM_THREADS": "1", **os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    record = manifest.read(tmp_path / "ckplus-smoke-seed0")
    assert [entry["status"] for entry in record["notebooks"].values()] == ["finished"] * len(replication.stems())
    assert "image/png" not in "".join(path.read_text() for path in tmp_path.glob("*/notebooks/*.ipynb"))
