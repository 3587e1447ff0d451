"""Plans come first: told from the repository's history."""

import json
import subprocess

import pytest

from ferkit.publishing import verify
from ferkit.publishing.verify import superseded

PLAN = "results/fer2013/02_stn_attention/plan.json"


@pytest.fixture
def repository(tmp_path, write_result, seal):
    """A git repository, and functions to plan, publish and commit in it."""
    class Repository:
        root = tmp_path / "results" / "fer2013"

        def git(self, *words):
            subprocess.run(["git", "-C", tmp_path, "-c", "user.name=t", "-c", "user.email=t@t", *words], check=True,
                           capture_output=True)

        def plan(self, *seeds, name=PLAN):
            rows = [{"system": "deep_emotion", "recipe": "ours", "seed": seed} for seed in seeds]
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(json.dumps(rows))

        def publish(self, *seeds):
            for seed in seeds:
                write_result(self.root, "deep_emotion", "ours", seed=seed, dataset="fer2013")
            (self.root / "02_stn_attention/headline.json").write_text(json.dumps(
                {"system": "deep_emotion", "recipe": "ours", "seeds": sorted(seeds), "chosen_by": "val"}))
            seal(self.root)

        def rescore(self, seed, share):
            write_result(self.root, "deep_emotion", "ours", seed=seed, share=share, dataset="fer2013")
            seal(self.root)

        def commit(self):
            self.git("add", "-A")
            self.git("commit", "-qm", "x", "--allow-empty")

        def verify(self):
            return verify.verify(self.root)[0]

    made = Repository()
    made.git("init", "-q")
    made.commit()
    return made


def test_a_plan_committed_before_its_results_is_in_order(repository):
    repository.plan(0, 1)
    repository.commit()
    repository.publish(0, 1)
    repository.commit()
    found = repository.verify()
    assert found.verified and found.checked["planned before published"] == 2


def test_a_plan_in_the_same_commit_as_its_results_came_too_late(repository):
    repository.plan(0)
    repository.publish(0)
    repository.commit()
    (row,) = repository.verify().mismatches
    assert row["file"].endswith("seed0/metrics.json") and "no plan of 02_stn_attention named it" in row["says"]


def test_a_trained_system_added_to_a_plan_afterwards_is_named_alone(repository):
    repository.plan(0)
    repository.commit()
    repository.plan(0, 1)
    repository.publish(0, 1)
    repository.commit()
    (row,) = repository.verify().mismatches
    assert "seed1" in row["file"]


def test_a_plan_that_waited_beside_the_results_counts(repository):
    repository.plan(0)
    repository.commit()
    repository.publish(0)
    repository.commit()
    repository.plan(0, 1, name=PLAN.replace("plan.json", "plan.next.json"))  # as plans were kept until plan.json grew
    repository.commit()
    repository.git("mv", "-f", PLAN.replace("plan.json", "plan.next.json"), PLAN)
    repository.publish(0, 1)
    repository.commit()
    found = repository.verify()
    assert found.verified, found.mismatches


def test_what_is_not_committed_yet_is_said(repository):
    repository.plan(0)
    repository.commit()
    repository.publish(0)
    found = repository.verify()
    assert found.verified and any("not committed yet" in note and "seed0" in note for note in found.notes)


def test_a_history_that_begins_with_the_results_tells_nothing(repository):
    repository.plan(0)
    repository.publish(0)
    repository.git("add", "-A")
    repository.git("commit", "-q", "--amend", "-m", "everything at once")
    found = repository.verify()
    assert found.verified and any("history begins" in note for note in found.notes)


def test_outside_a_repository_the_check_is_said_to_be_left_out(published):
    (found,) = verify.verify(published.root)
    assert any("no git history" in note for note in found.notes) and "planned before published" not in found.checked


def test_every_version_of_a_result_must_have_been_planned_not_the_last_alone(repository):
    repository.plan(0)
    repository.publish(0)  # too early: with its plan
    repository.commit()
    repository.rescore(0, 0.8)  # then made again, as planned by now
    repository.commit()
    assert [one["check"] for one in repository.verify().mismatches] == ["planned before published"]


def test_scores_that_were_published_and_replaced_stay_listed(repository):
    repository.plan(0, 1)
    repository.commit()
    repository.publish(0, 1)
    repository.commit()
    assert superseded.superseded(repository.root) == []
    repository.rescore(0, 0.8)
    repository.commit()
    (row,) = superseded.superseded(repository.root)
    assert (row["system"], row["recipe"], row["seed"]) == ("deep_emotion", "ours", 0)
    assert row["accuracy"] == pytest.approx(0.7, abs=5e-3) and row["now"] == pytest.approx(0.8, abs=5e-3)
    assert row["date"] <= row["replaced_on"] and row["commit"] != row["replaced_by"]
    assert "now 80.00 %" in superseded.lines([row])[0]
