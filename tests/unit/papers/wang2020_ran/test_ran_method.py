"""The region-biased loss against its formula, and an ensemble whose members learn as if alone."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.papers.wang2020_ran.method import MEMBERS, REGION_BIASED, region_biased_loss
from ferkit.papers.wang2020_ran.network import Ensemble
from ferkit.training import trainer
from ferkit.training.batching import Split
from ferkit.training.method import Batch
from ferkit.training.recipe import Recipe

# The full face first. Largest crop minus full face: 0.2, 0.0, -0.2.
MU = torch.tensor([[0.2, 0.4, 0.4], [0.4, 0.4, 0.2], [0.5, 0.2, 0.3]])
LOGITS = torch.tensor([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]]).log()
LABELS = torch.tensor([0, 1, 2])


def batch(labels=LABELS):
    return Batch(torch.arange(len(labels)), labels, labels, 0, 0, 0)


@pytest.mark.parametrize(("margin", "expected"), [(0.1, 0.4 / 3), (0.0, 0.2 / 3), (0.5, 1.5 / 3)])
def test_the_loss_is_what_the_best_crop_lacks_of_the_margin_over_the_full_face(margin, expected):
    assert region_biased_loss(MU, margin).item() == pytest.approx(expected, abs=1e-6)


def test_its_gradient_raises_the_largest_crop_and_lowers_the_full_face():
    mu = MU.clone().requires_grad_()
    region_biased_loss(mu, 0.1).backward()
    assert torch.allclose(mu.grad, torch.tensor([[0, 0, 0], [1, -1, 0], [1, 0, -1.0]]) / 3)


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
def test_it_is_added_to_cross_entropy(weight):
    recipe = Recipe(method={"name": "region_biased", "weight": weight})
    entropy = -(math.log(0.7) + math.log(0.4) + math.log(0.8)) / 3
    found = REGION_BIASED.loss((LOGITS, MU), batch(), {}, recipe).item()
    assert found == pytest.approx(entropy + weight * 0.4 / 3, abs=1e-6)


def test_a_network_without_self_attention_and_unknown_options_are_refused():
    with pytest.raises(InputError, match="self-attention"):
        REGION_BIASED.start(papers.system("ran").build(self_attention=False), None, Recipe())
    for bad in ({"margin": 2}, {"margins": 0.1}):
        with pytest.raises(InputError, match="method"):
            REGION_BIASED.start(papers.system("ran").build(), None, Recipe(method={"name": "region_biased", **bad}))
    with pytest.raises(InputError, match="method"):
        MEMBERS.start(Ensemble(), None, Recipe(method={"name": "members", "weight": 1.0}))


def test_members_learn_as_if_each_were_alone():
    torch.manual_seed(0)
    together = Ensemble(members=2, widths=(4,), view=44)
    x, labels = torch.randn(6, 1, 44, 44), torch.arange(6) % 7
    outputs = MEMBERS.forward(together, x)
    MEMBERS.loss(outputs, batch(labels), {}, Recipe()).backward()
    for k in range(2):
        alone = Ensemble(members=1, widths=(4,), view=44)
        alone.members[0].load_state_dict(together.members[k].state_dict())
        alone.heads[0].load_state_dict(together.heads[k].state_dict())
        F.cross_entropy(alone(x), labels).backward()
        for own, other in zip(alone.members[0].parameters(), together.members[k].parameters(), strict=True):
            assert torch.allclose(own.grad, other.grad, atol=1e-5)


@pytest.mark.parametrize("name", ["ours", "ours_random"])
def test_training_stopped_and_resumed_ends_with_the_same_bits(faces, tmp_path, name):
    train, val = (Split.of(part.images, part.labels, 7, "cpu") for part in (faces().part("train"), faces().part("val")))
    recipe = replace(papers.recipe("ran", name), epochs=3, batch_size=16, precision="fp32")
    system = papers.system("ran")

    class Stop(Exception):
        pass

    def stop(trainer):
        if trainer.at.epoch == 2:
            trainer.save(tmp_path)
            raise Stop

    def fit(**options):
        return trainer.fit(system.build, recipe, train, val, method=system.method(recipe), **options)

    whole = fit()
    with pytest.raises(Stop):
        fit(directory=tmp_path, on_epoch=stop)
    again = fit(directory=tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(whole.model.state_dict().values(), again.model.state_dict().values(),
                                                 strict=True))
