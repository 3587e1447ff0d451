"""Eight training steps of every network and recipe feature: what they give changes with a raised version only.

    python tests/golden/test_training.py   writes training.json anew; raise the version in core/versions.py with it

Losses and weight norms are compared with a tolerance, so that another CPU or torch release passes and a changed
formula, order of random draws or default does not. At their recipes' learning rates the networks amplify rounding to a
tenth of the loss within eight steps (weights changed by 1e-6 show it); at a thirtieth of them to 0.001 at most. The
features of recipes are tried on LeNet-5, which amplifies nothing, at full rate.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.core import versions
from ferkit.training import trainer
from ferkit.training.batching import Split
from ferkit.training.recipe import Augmentation, Recipe

IMAGE = "ferkit.training.inputs:IMAGE"
FROZEN = Path(__file__).with_name("training.json")
IMAGES, EPOCHS, BATCH = 64, 2, 16
TOLERANCE, SMALL = 5e-3, 1e-3  # relative; absolute, where a network is trained at the lower rate
SLOWER = 0.03
# One feature of a recipe at a time, on the cheapest network that has fully connected layers under the λ term.
FEATURES = {
    "sgd": {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9}, "nesterov": {"optimizer": "sgd", "momentum": 0.9,
                                                                          "nesterov": True, "lr": 0.05},
    "rmsprop": {"optimizer": "rmsprop"}, "adamw decay": {"optimizer": "adamw", "weight_decay": 0.1},
    "cosine": {"schedule": "cosine"}, "onecycle": {"schedule": "onecycle"}, "step": {"schedule": "step"},
    "warmup": {"warmup": 0.5}, "penalty": {"penalty": 0.01}, "penalty squared": {"penalty": 0.01, "penalty_power": 2},
    "penalty on all": {"penalty": 0.01, "penalty_on": "all"}, "focal": {"loss": "focal"},
    "logit adjusted": {"loss": "logit_adjusted"}, "complementary": {"loss": "complementary"},
    "smoothing": {"label_smoothing": 0.1}, "class weights": {"class_weights": "balanced"},
    "balanced": {"sampling": "balanced"}, "ema": {"ema": 0.9}, "clip": {"clip": 0.1}, "he": {"init": "he"},
    "normal": {"init": "normal"}, "dropout": {"model": {"drop_rate": 0.5}},
    "mixup": {"augmentation": Augmentation(mixup=0.5)}, "erase": {"augmentation": Augmentation(erase=0.5)},
    "affine": {"augmentation": Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.1, brightness=0.2, contrast=0.2)},
}


def cases() -> dict[str, tuple[str, Recipe]]:
    """(system, recipe) by name: every network of images under its first recipe, every feature on LeNet-5."""
    small = {"epochs": EPOCHS, "batch_size": BATCH, "precision": "fp32"}
    found = {}
    for system in papers.systems():
        if system.network:
            name, recipe = next((name, named.recipe) for (owner, name), named in papers.recipes().items()
                                if owner == system.name)
            found[f"{system.name}/{name}"] = (system.name, replace(recipe, lr=SLOWER * recipe.lr, **small))
            for changed, named in papers.recipes().items():  # a method of a paper's own, once
                if changed[0] == system.name and named.recipe.method:
                    slow = replace(named.recipe, lr=SLOWER * named.recipe.lr, **small)
                    found["/".join(changed)] = (system.name, slow)
                    break
    base = Recipe(epochs=EPOCHS, batch_size=BATCH, lr=1e-3)
    return found | {name: ("lenet5", replace(base, **change)) for name, change in FEATURES.items()}


def measure(system: str, recipe: Recipe) -> dict[str, list[float]]:
    """Training losses, validation losses, and norms of the weights after the last step."""
    kind = papers.system(system).kind
    faces = kind.load("synthetic", profile="smoke")
    train, val = (Split.of(part.images[:IMAGES], part.labels[:IMAGES], 7, "cpu", store=kind.store) for part in
                  (faces.part("train"), faces.part("val")))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        fitted = trainer.fit(papers.system(system).build, recipe, train, val, seed=3, num_classes=7,
                             method=papers.system(system).method(recipe), kind=kind)
    finally:
        torch.set_num_threads(threads)
    return {"train_loss": [row["train_loss"] for row in fitted.history],
            "val_loss": [row["val_loss"] for row in fitted.history],
            "norms": [float(torch.linalg.vector_norm(v.float())) for v in fitted.model.state_dict().values()]}


@pytest.mark.parametrize("name", cases())
def test_a_network_trains_as_it_did_at_this_version(name):
    frozen = json.loads(FROZEN.read_text())
    assert frozen["version"] == versions.TRAINING, "raise the version and write the golden runs anew, together"
    now = measure(*cases()[name])
    small = 1e-6 if name in FEATURES else SMALL
    assert not (found := {key: (now[key], then) for key, then in frozen["runs"][name].items()
                          if not np.allclose(now[key], then, rtol=TOLERANCE, atol=small)}), (name, found)


if __name__ == "__main__":
    runs = {name: {key: [float(f"{x:.6g}") for x in values] for key, values in measure(*case).items()}
            for name, case in cases().items()}
    FROZEN.write_text(json.dumps({"version": versions.TRAINING, "runs": runs}, separators=(",", ":")) + "\n")
