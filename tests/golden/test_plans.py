"""What each profile trains, entry by entry, as it stood when results were published.

    python tests/golden/test_plans.py      writes plans.json anew; look at its diff before you commit it
"""

import hashlib
import json
from pathlib import Path

import pytest

from ferkit.core.profiles import PROFILES
from ferkit.papers import training

FROZEN = Path(__file__).with_name("plans.json")
SIZES = (0, 648, 7000, 28709)  # the profile's own, CK+, a part of FER2013, all of it


def plans(profile: str, n_train: int) -> list[list]:
    """Every planned run of a profile, in order: notebook, system, recipe, seed, epochs, batch size, hash of the whole
    recipe, and on how many test images corruptions are measured."""
    found = []
    for notebook in ("02_stn_attention", "03_gap_cnn_svm"):
        for job in training.jobs(profile, notebook, n_train=n_train):
            config = json.dumps(job.recipe.to_dict(), sort_keys=True)
            found.append([notebook, job.system.name, job.recipe_name, job.seed, job.recipe.epochs,
                          job.recipe.batch_size, hashlib.sha256(config.encode()).hexdigest()[:12],
                          job.corruption_images])
    return found


def frozen() -> dict[str, list[list]]:
    """All of them by "profile n_train"."""
    return {f"{profile} {n}": plans(profile, n) for profile in PROFILES for n in SIZES}


@pytest.mark.parametrize("name", [f"{profile} {n}" for profile in PROFILES for n in SIZES])
def test_a_profile_plans_what_it_planned_when_results_were_published(name):
    profile, n = name.split()
    now = json.loads(json.dumps(plans(profile, int(n))))
    assert now == json.loads(FROZEN.read_text())[name]


if __name__ == "__main__":
    FROZEN.write_text(json.dumps(frozen(), separators=(",", ":")) + "\n")
