"""How long training will take is told from published results, or not at all."""

import json
from types import SimpleNamespace

import pytest

from ferkit.experiments import duration
from ferkit.training import precision


def _job(system, epochs=10, head=False, precision="fp32"):
    return SimpleNamespace(system=SimpleNamespace(name=system, head=head),
                           recipe=SimpleNamespace(epochs=epochs, precision=precision))


@pytest.fixture
def published(tmp_path, monkeypatch):
    def put(system, seed, **metrics):
        folder = tmp_path / f"results/some/02_x/{system}/ours/seed{seed}"
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps({"system": system, "status": "finished", "n_train": 1000,
                                                         "epochs": 5} | metrics))

    monkeypatch.setattr(duration.paths, "repository", lambda: tmp_path)
    duration._rates.cache_clear()
    yield put
    duration._rates.cache_clear()


def test_minutes_follow_images_and_epochs_and_a_heads_own_minutes_the_images(published):
    for seed, minutes in enumerate((1.0, 2.0, 90.0)):
        published("net", seed, minutes=minutes)
    published("svm", 0, minutes=9.0, head_minutes=1.0)
    assert duration.minutes([(_job("net"), 2000)]) == pytest.approx(2 * 2 * 2)
    assert duration.minutes([(_job("svm", head=True), 500)]) == pytest.approx(0.5)
    assert duration.in_words([(_job("net"), 2000), (_job("net"), 1000)]).startswith(
        "2 systems, about 12 minutes of training on an idle machine")


def test_what_nobody_has_measured_is_counted_alone(published):
    published("net", 0, minutes=1.0, status="diverged")
    assert duration.in_words([(_job("net"), 10)]) == "1 system"


def test_what_is_left_follows_the_pace_so_far(published):
    published("net", 0, minutes=1.0)
    jobs = [(_job("net"), 1000), (_job("net"), 3000)]  # 2 and 6 published minutes
    assert duration.left(jobs[:1], jobs[1:], seconds=600) == "about 30 minutes left"
    assert duration.left([], jobs, seconds=0) == duration.left(jobs, [], seconds=600) == ""
    assert duration.left(jobs, [(_job("other"), 10)], seconds=600) == ""


@pytest.mark.parametrize("units", [True, False])
def test_a_processor_without_bfloat16_units_is_told_of(published, monkeypatch, units):
    published("net", 0, minutes=1.0)
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda device: units)
    assert ("no bfloat16 units" in duration.in_words([(_job("net", precision="bf16"), 1000)])) is not units
    assert "bfloat16" not in duration.in_words([(_job("net"), 1000)])
