"""How long training will take is told from published results, or not at all."""

import json
from types import SimpleNamespace

import pytest

from ferkit.experiments import duration


def _job(system, epochs=10, head=False):
    return SimpleNamespace(system=SimpleNamespace(name=system, head=head), recipe=SimpleNamespace(epochs=epochs))


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
