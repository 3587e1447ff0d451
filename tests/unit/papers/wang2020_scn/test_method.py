"""Self-cure training against its formulas on batches made by hand, and bit for bit through a kill."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.papers.wang2020_scn.method import SELF_CURE, high_group, new_labels, rank_loss
from ferkit.training import trainer
from ferkit.training.augmentation import Augmentation
from ferkit.training.batching import Split
from ferkit.training.method import Batch
from ferkit.training.recipe import Recipe

ALPHA = torch.tensor([0.9, 0.2, 0.5, 0.8, 0.1, 0.6, 0.7, 0.3, 0.4, 0.5])
# P = (0.7, 0.2, 0.1) with label 1, (0.5, 0.4, 0.1) with 1, (0.1, 0.1, 0.8) with 2.
LOGITS = torch.tensor([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]]).log()
GIVEN = torch.tensor([1, 1, 2])


def scn(**options):
    return Recipe(epochs=4, batch_size=8, method={"name": "scn", **options})


def state(labels):
    return {"labels": labels.clone(), "log": labels.new_zeros((0, 5)),
            "alpha_sums": torch.zeros(3, dtype=torch.float64)}


def batch(rows, labels, epoch=0):
    return Batch(rows, labels, labels, epoch, 0, 0)


def loss(logits, alpha, labels, recipe, epoch=0, kept=None):
    rows = torch.arange(len(labels))
    return SELF_CURE.loss((logits, alpha), batch(rows, labels, epoch), state(labels) if kept is None else kept, recipe)


def test_the_high_group_is_the_seven_largest_of_ten():
    assert high_group(ALPHA, 0.7).tolist() == [True, False, True, True, False, True, True, False, True, True]


def test_of_equal_alphas_the_earlier_images_are_high():
    assert high_group(torch.full((10,), 0.5), 0.7).tolist() == [True] * 7 + [False] * 3


@pytest.mark.parametrize(("margin", "expected"), [(0.07, 0.0), (0.5, 0.5 - (4.4 / 7 - 0.2)), (0.15, 0.0)])
def test_rank_regularisation_is_what_the_groups_lack_of_the_margin(margin, expected):
    assert rank_loss(ALPHA, high_group(ALPHA, 0.7), margin).item() == pytest.approx(expected, abs=1e-6)


def test_its_gradient_raises_the_high_group_and_lowers_the_low_one():
    alpha = ALPHA.clone().requires_grad_()
    high = high_group(alpha, 0.7)
    rank_loss(alpha, high, 0.5).backward()
    assert torch.allclose(alpha.grad, torch.where(high, -1 / 7, 1 / 3))


def test_a_batch_of_one_group_has_no_rank_loss():
    assert rank_loss(ALPHA[:1], high_group(ALPHA[:1], 0.7), 0.5) == 0


def test_weighting_multiplies_the_logits_before_cross_entropy():
    alpha = torch.tensor([0.5, 1.0, 0.2])
    weighted = [[0.5 * z for z in (math.log(0.7), math.log(0.2), math.log(0.1))], LOGITS[1].tolist(),
                [0.2 * z for z in LOGITS[2].tolist()]]
    by_hand = np.mean([math.log(sum(math.exp(z) for z in row)) - row[label]
                       for row, label in zip(weighted, GIVEN.tolist(), strict=True)])
    assert loss(LOGITS, alpha, GIVEN, scn(rank=0.0, relabel="none")).item() == pytest.approx(by_hand, abs=1e-6)


def test_the_parts_add_up():
    alpha = torch.tensor([0.5, 0.6, 0.4])
    alone = [loss(LOGITS, alpha, GIVEN, scn(weighting=w, rank=r, margin=0.5, relabel="none")).item()
             for w, r in ((True, 0.0), (False, 1.0), (False, 0.0), (True, 1.0))]
    assert alone[2] == pytest.approx(F.cross_entropy(LOGITS, GIVEN).item())
    assert alone[3] - alone[0] == pytest.approx(alone[1] - alone[2], abs=1e-6) and alone[3] > alone[0]


def test_the_loss_has_the_gradient_of_its_formula():
    logits, alpha = LOGITS.double().requires_grad_(), torch.tensor([0.5, 0.61, 0.4]).double().requires_grad_()
    recipe = scn(margin=0.5, relabel="none")
    assert torch.autograd.gradcheck(lambda z, a: loss(z, a, GIVEN, recipe), (logits, alpha))


def test_a_label_changes_where_another_class_is_more_probable_by_more_than_the_margin():
    predicted, changed = new_labels(LOGITS, GIVEN, 0.2)
    assert predicted.tolist() == [0, 0, 2] and changed.tolist() == [True, False, False]
    assert new_labels(LOGITS, GIVEN, 0.05)[1].tolist() == [True, True, False]


@pytest.mark.parametrize(("where", "alpha", "expected"), [
    ("all", (0.9, 0.8, 0.1), [0, 1, 2]), ("low", (0.9, 0.8, 0.1), [1, 1, 2]), ("low", (0.1, 0.8, 0.9), [0, 1, 2]),
    ("none", (0.1, 0.8, 0.9), [1, 1, 2])])
def test_relabelling_stays_in_its_group_and_is_logged(where, alpha, expected):
    kept = state(GIVEN)
    loss(LOGITS, torch.tensor(alpha), GIVEN, scn(weighting=False, relabel=where, relabel_from=1), epoch=1, kept=kept)
    assert kept["labels"].tolist() == expected
    assert kept["log"].tolist() == ([[0, 1, 1, 0, int(alpha[0] < 0.5)]] if expected[0] == 0 else [])
    now = SELF_CURE.end_epoch(1, kept)
    assert now["relabelled"] == (expected[0] == 0) and now["alpha_high"] > now["alpha_low"]


def test_relabelling_waits_for_its_epoch_and_then_is_for_good():
    kept, recipe = state(GIVEN), scn(weighting=False, rank=0.0, relabel="all", relabel_from=2)
    alpha = torch.full((3,), 0.5)
    before = loss(LOGITS, alpha, GIVEN, recipe, epoch=1, kept=kept)
    assert kept["labels"].tolist() == [1, 1, 2]
    loss(LOGITS, alpha, GIVEN, recipe, epoch=2, kept=kept)
    after = loss(LOGITS, alpha, GIVEN, recipe, epoch=3, kept=kept)
    assert after.item() == pytest.approx(F.cross_entropy(LOGITS, torch.tensor([0, 1, 2])).item()) and after < before
    assert len(kept["log"]) == 1


def test_a_share_of_the_epochs_counts_from_it():
    for first, relabelled in ((0.5, [0, 0, 1, 1]), (0.4, [0, 0, 1, 1]), (1, [0, 1, 1, 1]), (10, [0, 0, 0, 0])):
        recipe, found = scn(weighting=False, rank=0.0, relabel="all", relabel_from=first), []
        for epoch in range(4):
            loss(LOGITS, torch.full((3,), 0.5), GIVEN, recipe, epoch, kept := state(GIVEN))
            found.append(len(kept["log"]))
        assert found == relabelled, first


@pytest.mark.parametrize(("options", "says"), [
    ({"relabel": "some"}, "method.relabel is one of low, all, none"), ({"gamma": 1.0}, "gamma"),
    ({"weighting": 1}, "method.weighting is true or false"), ({"rank": "much"}, "method.rank is a number"),
    ({"high_share": 1.5}, "method.high_share is a number from 0 to 1")])
def test_an_unknown_option_and_a_wrong_value_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        SELF_CURE.start(papers.system("scn").build(), Split(None, GIVEN), scn(**options))


def test_what_it_would_leave_out_is_refused():
    recipe = replace(scn(), augmentation=Augmentation(mixup=1.0))
    with pytest.raises(InputError, match="does not use mixup"):
        trainer.fit(papers.system("scn").build, recipe, bars(), bars(), method=SELF_CURE)
    with pytest.raises(InputError, match="needs a network with a layer for α"):
        trainer.fit(papers.system("scn").build, replace(scn(), model={"alpha": False}), bars(), bars(),
                    method=SELF_CURE)


def bars(n=24, seed=0):
    """Images whose class is the row of a bright bar, every sixth of them with a wrong label."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 7
    images = rng.integers(0, 60, (n, 48, 48), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3 + 6 * label:7 + 6 * label] += 150
    labels[::6] = (labels[::6] + 3) % 7
    return Split.of(images, labels, 7, "cpu")


SMALL = {"widths": (8, 16), "input_size": 40}
BUSY = Recipe(epochs=4, batch_size=8, lr=1e-2, schedule="exponential", precision="bf16", model=SMALL,
              augmentation=Augmentation(flip=0.5, crop=40), method={"name": "scn", "relabel": "all", "relabel_from": 1,
                                                                     "relabel_margin": 0.01})


def fit(recipe=BUSY, **options):
    return trainer.fit(papers.system("scn").build, recipe, bars(), bars(seed=1), seed=3, method=SELF_CURE, **options)


class Killed(Exception):
    pass


@pytest.mark.parametrize("deadly", [2, 5, 10])
def test_killed_after_any_step_it_ends_with_the_same_weights_labels_and_log(deadly, monkeypatch, tmp_path):
    whole = fit()
    assert len(whole.method_state["log"]) > 0
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", -1.0)
    original, count = trainer.Trainer.step, 0

    def step(run, rows):
        nonlocal count
        count += 1
        if count > deadly:
            raise Killed
        original(run, rows)

    monkeypatch.setattr(trainer.Trainer, "step", step)
    with pytest.raises(Killed):
        fit(directory=tmp_path)
    monkeypatch.setattr(trainer.Trainer, "step", original)
    resumed = fit(directory=tmp_path)
    for one, other in ((whole.model.state_dict(), resumed.model.state_dict()),
                       (whole.method_state, resumed.method_state)):
        assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    kept = [[{key: value for key, value in row.items() if key != "seconds"} for row in done.history]
            for done in (whole, resumed)]
    assert kept[0] == kept[1] and "relabelled" in kept[0][0]


def test_the_log_leads_from_the_given_labels_to_the_final_ones():
    found = fit().method_state
    labels = bars().labels.clone()
    for row, _, old, new, _ in found["log"].tolist():
        assert labels[row] == old
        labels[row] = new
    assert torch.equal(labels, found["labels"])


def test_with_every_part_off_it_is_plain_training():
    off = {"name": "scn", "weighting": False, "rank": 0.0, "relabel": "none"}
    plain = trainer.fit(papers.system("scn").build, replace(BUSY, method={}), bars(), bars(seed=1), seed=3)
    same = fit(replace(BUSY, method=off))
    assert all(torch.equal(a, b) for a, b in zip(plain.model.state_dict().values(), same.model.state_dict().values(),
                                                 strict=True))
