"""The reconstructed multiple attention: masks, heads and the area loss against formulas, and equal sizes."""

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.models import facts
from ferkit.papers.gan2020_multiple_attention.method import MASKS, area_loss
from ferkit.papers.gan2020_multiple_attention.network import MultipleAttentionNetwork
from ferkit.papers.gan2020_multiple_attention.recipes import ARMS
from ferkit.training.method import Batch
from ferkit.training.recipe import Recipe


def network(**options):
    torch.manual_seed(0)
    return MultipleAttentionNetwork(widths=(4, 4, 4), **options).eval()


def test_every_place_that_names_it_says_that_it_is_a_reconstruction_from_memory():
    paper, claims = papers.get("multiple_attention"), [c for c in papers.claims() if c.paper == "multiple_attention"]
    assert "memory" in paper.display and "from memory" in paper.title
    assert claims and all("from memory" in claim.statement and claim.mark == "M" and claim.group == "extension"
                          for claim in claims)
    assert not [quote for quote in papers.quotes() if quote.paper == "multiple_attention"]
    assert all("reconstruct" in one.display for one in paper.systems)


def test_the_fine_mask_is_nowhere_above_the_coarse_one_and_masks_the_first_maps():
    model, images = network(), torch.randn(2, 1, 44, 44)
    near = model.near(images)
    coarse = torch.nn.functional.interpolate(model.coarse(model.far(near)).sigmoid(), (22, 22), mode="bilinear")
    mask = model.mask(images)
    assert mask.shape == (2, 1, 22, 22) and (mask <= coarse).all() and (mask > 0).all()
    assert torch.equal(model.masked_maps(images, torch.zeros_like(mask)), model.rest(torch.zeros(2, 4, 22, 22)))
    assert torch.equal(model.masked_maps(images, torch.ones_like(mask)), model.rest(model.first(images)))


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_heads_read_places_and_channels_as_their_formula_says(heads):
    model, maps = network(heads=heads), torch.randn(2, 4, 3, 3)
    x = maps.flatten(2).double().numpy()  # (N, C, P)

    def weights(layer):
        return layer.weight.detach().double().numpy().reshape(layer.weight.shape[0], -1), layer.bias.detach().numpy()

    (v, bv), (s, bs), (g, bg) = weights(model.value), weights(model.place), weights(model.gate)
    for n in range(2):
        values, scores = v @ x[n] + bv[:, None], s @ x[n] + bs[:, None]
        places = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        gates = 1 / (1 + np.exp(-(g @ x[n].mean(1) + bg)))
        each = 4 // heads
        by_hand = [gates[c] * (places[c // each] * values[c]).sum() for c in range(4)]
        assert np.allclose(model.pool(maps)[n].detach(), by_hand, atol=1e-5)


def test_attention_lies_where_its_places_see_the_image(monkeypatch):
    model, images = network(masks=False, heads=1), torch.zeros(1, 1, 44, 44)
    there = torch.zeros(1, 1, 5, 5)
    there[..., 2, 1] = 1  # of places with centres at 8k + 3.5
    monkeypatch.setattr(model, "places", lambda _: there)
    (seen,), _ = model.attention(images)
    rows, columns = (seen[0].sum(k).detach() @ torch.arange(44.0) for k in (1, 0))
    assert float(rows) == pytest.approx(19.5, abs=1e-3) and float(columns) == pytest.approx(11.5, abs=1e-3)


def test_without_heads_values_are_pooled_and_go_through_a_hidden_layer():
    model, maps = network(heads=0), torch.randn(2, 4, 3, 3)
    assert torch.allclose(model.pool(maps), torch.relu(model.gate(model.value(maps).mean((2, 3)))))


def test_attention_is_places_times_mask_and_sums_to_one():
    images = torch.randn(2, 1, 44, 44)
    for options in ({}, {"heads": 0}, {"masks": False}, {"heads": 0, "masks": False}):
        seen, even = network(**options).attention(images)
        assert seen.shape == (2, options.get("heads", 4) or 1, 44, 44)
        assert torch.allclose(seen.sum((1, 2, 3)), torch.ones(2)) and torch.isclose(even.sum(), torch.tensor(1.0))
    assert torch.allclose(seen[:, 0], even.expand(2, -1, -1), atol=1e-6)  # neither masks nor heads: no choice
    model = network(heads=0)
    mask = torch.nn.functional.interpolate(model.mask(images), (44, 44), mode="bilinear")[:, 0]
    assert torch.allclose(model.attention(images)[0][:, 0], mask / mask.sum((1, 2), keepdim=True), atol=1e-6)


def test_all_arms_have_nearly_the_same_parameters_and_cost():
    built = [papers.system("multiple_attention").build(**recipe.model) for recipe in ARMS.values()]
    sizes = [facts.count_parameters(model) for model in built]
    assert max(sizes) / min(sizes) < 1.02 and max(map(facts.multiply_adds, built)) < 1.06 * min(
        map(facts.multiply_adds, built))


def test_the_area_loss_is_the_squared_distance_from_the_share_and_is_added():
    areas = torch.tensor([0.5, 0.1, 0.6])
    assert area_loss(areas, 0.3).item() == pytest.approx(0.01, abs=1e-6)
    logits, labels = torch.zeros(3, 7), torch.tensor([0, 1, 2])
    recipe = Recipe(method={"name": "masks", "weight": 2.0})
    found = MASKS.loss((logits, areas), Batch(labels, labels, labels, 0, 0, 0), {}, recipe).item()
    assert found == pytest.approx(np.log(7) + 0.02, abs=1e-6)


def test_a_network_without_masks_and_unknown_options_are_refused():
    with pytest.raises(InputError, match="region branch"):
        MASKS.start(network(masks=False), None, Recipe(method={"name": "masks"}))
    with pytest.raises(InputError, match="share"):
        MASKS.start(network(), None, Recipe(method={"name": "masks", "share": 3}))
    with pytest.raises(InputError, match="heads"):
        papers.system("multiple_attention").build(heads=5)
