"""Class weights and Deep-Emotion's penalty, by hand."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from ferkit import models
from ferkit.losses import balanced_class_weights, norm_penalty


def test_class_weights_equal_scikit_learns():
    labels = torch.tensor([0] * 50 + [1] * 5 + [2] * 20)
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=labels.numpy())
    assert torch.allclose(balanced_class_weights(labels, 3), torch.tensor(theirs).float())


def test_an_absent_class_weighs_nothing():
    assert balanced_class_weights(torch.tensor([0, 0, 2]), 3)[1] == 0


@pytest.mark.parametrize("power", [1, 2])
def test_the_penalty_is_the_norm_of_the_two_fully_connected_layers(power):
    model = models.build("deep_emotion")
    by_hand = sum(layer.weight.square().sum().sqrt() ** power for layer in (model.fc1, model.fc2))
    assert torch.isclose(norm_penalty(model, model.penalised, power), by_hand)
