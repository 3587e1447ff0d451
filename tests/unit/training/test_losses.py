"""Class weights, Deep-Emotion's penalty and the losses for rare classes, by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.utils.class_weight import compute_class_weight

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.training.losses import (
    balanced_class_weights,
    classification_loss,
    log_prior,
    norm_penalty,
    penalised_layers,
)
from ferkit.training.method import SUPERVISED
from ferkit.training.recipe import LOSSES, Recipe


def test_class_weights_equal_scikit_learns():
    labels = torch.tensor([0] * 50 + [1] * 5 + [2] * 20)
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=labels.numpy())
    assert torch.allclose(balanced_class_weights(labels, 3), torch.tensor(theirs).float())


def test_an_absent_class_weighs_nothing():
    assert balanced_class_weights(torch.tensor([0, 0, 2]), 3)[1] == 0


@pytest.mark.parametrize("power", [1, 2])
def test_the_penalty_is_the_norm_of_the_two_fully_connected_layers(power):
    model = papers.system("deep_emotion").build()
    by_hand = sum(layer.weight.square().sum().sqrt() ** power for layer in (model.fc1, model.fc2))
    assert torch.isclose(norm_penalty(model, model.penalised, power), by_hand)


def test_the_penalty_may_lie_on_every_layer_with_weights():
    model = papers.system("deep_emotion").build()
    everywhere = penalised_layers(model, "all")
    assert set(penalised_layers(model, "head")) == {"fc1", "fc2"} < set(everywhere)
    assert len(everywhere) == 4 + 2 + 2 + 2  # main path, fully connected, localisation, θ


@pytest.fixture
def batch():
    g = torch.Generator().manual_seed(0)
    return torch.randn(6, 3, generator=g, dtype=torch.float64), torch.tensor([0, 0, 0, 1, 1, 2])


def test_focal_loss_is_cross_entropy_weighted_by_what_is_still_wrong(batch):
    logits, labels = batch
    p = logits.softmax(1)[torch.arange(6), labels]
    assert torch.isclose(classification_loss("focal", logits, labels), (-(1 - p) ** 2 * p.log()).mean())


def test_logit_adjustment_asks_more_of_the_rare_class(batch):
    logits, labels = batch
    prior = log_prior(labels, 3)
    assert torch.allclose(prior.exp(), torch.tensor([3, 2, 1]) / 6)
    by_hand = F.cross_entropy(logits + torch.log(torch.tensor([3, 2, 1]) / 6), labels)
    assert torch.isclose(classification_loss("logit_adjusted", logits, labels, log_prior=prior), by_hand)


def test_the_complementary_loss_is_the_mean_of_saying_not_this_class(batch):
    logits, labels = batch
    p = logits.softmax(1)
    by_hand = sum(-torch.log(1 - p[n, c]) / 2 for n in range(6) for c in range(3) if c != labels[n]) / 6
    assert torch.isclose(classification_loss("complementary", logits, labels), by_hand)


def test_an_absent_class_has_a_finite_prior():
    assert torch.isfinite(log_prior(torch.tensor([0, 0, 2]), 3)).all()


@pytest.mark.parametrize("kind", LOSSES)
def test_every_loss_is_least_for_the_right_answer_and_stays_finite(kind):
    labels = torch.tensor([0, 1, 2])
    right, wrong = 50 * F.one_hot(labels, 3).float(), 50 * F.one_hot(labels.roll(1), 3).float()
    prior = log_prior(labels, 3)
    good, bad = (classification_loss(kind, x.requires_grad_(), labels, log_prior=prior) for x in (right, wrong))
    assert good < 1e-3 < bad
    assert all(torch.isfinite(torch.autograd.grad(loss, x)[0]).all() for loss, x in ((good, right), (bad, wrong)))


@pytest.mark.parametrize("kind", LOSSES)
def test_hard_labels_and_their_one_hot_rows_are_the_same(kind, batch):
    logits, labels = batch
    prior = log_prior(labels, 3)
    hard, soft = (classification_loss(kind, logits, targets, log_prior=prior)
                  for targets in (labels, F.one_hot(labels, 3).double()))
    assert torch.isclose(hard, soft)


@pytest.mark.parametrize("loss", ["focal", "complementary"])
@pytest.mark.parametrize("change", [{"label_smoothing": 0.1}, {"class_weights": "balanced"}])
def test_what_a_loss_does_not_use_is_refused(loss, change):
    with pytest.raises(InputError, match=f"loss {loss} does not use {next(iter(change))}"):
        SUPERVISED.check(Recipe(loss=loss, **change))
