"""Declared versions: published results stay valid under them, and anything that differs is refused."""

import json
from pathlib import Path

import pytest

from ferkit import papers
from ferkit.core import paths, versions

PUBLISHED = sorted((paths.repository() / "results").glob("*/*/*/*/seed*/metrics.json"))
ANALYSES = sorted((paths.repository() / "results").glob("*/*/*/*/seed*/occlusion.json"))


def wanted(stored):
    """The configuration of today's code that a stored one stands for."""
    declared = stored.get("versions", {})
    head = papers.system(stored["system"]).head_kind.version if "svm" in declared else int("svm_rows" in stored)
    today = versions.of_training(head=head)
    if "method" in declared:
        today["method"] = declared["method"]
    return {key: value for key, value in stored.items() if key not in ("code_sha256", "versions")} | {
        "versions": today}


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: "/".join(path.parts[-6:-1]))
def test_every_published_configuration_is_accepted(path):
    stored = json.loads(Path(path).read_text())["config"]
    assert versions.same_configuration(stored, wanted(stored))


def test_every_published_occlusion_analysis_is_accepted():
    assert ANALYSES
    for path in ANALYSES:
        summary = json.loads(path.read_text())
        settings = summary["settings"]
        if summary.get("attention"):
            assert settings["versions"]["transformer"] == versions.TRANSFORMER
        made_by = settings["versions"]["occlusion"] if "versions" in settings else 1
        assert made_by in ((1,) if "code_sha256" in settings else range(2, versions.OCCLUSION + 1))
        today = {k: v for k, v in settings.items() if k != "code_sha256"} | {
            "versions": settings.get("versions", {}) | {"occlusion": made_by}}
        assert versions.same_configuration(settings, today)


def test_a_changed_field_a_raised_version_and_an_unknown_hash_are_refused(monkeypatch):
    stored = json.loads(PUBLISHED[0].read_text())["config"]
    now = wanted(stored)
    assert not versions.same_configuration(stored, now | {"seed": now["seed"] + 1})
    assert not versions.same_configuration(stored | {"code_sha256": "0" * 64}, now)
    assert not versions.same_configuration(None, now)
    monkeypatch.setattr(versions, "TRAINING", 2)
    assert not versions.same_configuration(stored, wanted(stored))
