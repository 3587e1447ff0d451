"""Notebooks that draw faces end on photographs too, of which no pixel may be shown."""

import pytest

SHORT = {"06": ("SYSTEMS=scn/ours_noise20", "EPOCHS=1"), "07": ("SYSTEMS=ran/ours", "EPOCHS=1")}


@pytest.mark.slow
@pytest.mark.parametrize("number", SHORT)
def test_a_notebook_that_draws_faces_ends_on_ckplus(number, ckplus_path, tmp_path, run_smoke):
    changes = [word for change in SHORT[number] for word in ("--set", change)]
    done = run_smoke(tmp_path, "--dataset", "ckplus", "--data", ckplus_path, "--only", number, *changes)
    assert f"[1/1] {number}" in done.stdout and "done in" in done.stdout
