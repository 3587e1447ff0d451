"""The fast way gives the maps of the plain way, for every network and window."""

import numpy as np
import pytest
import torch
from torch import nn

from ferkit import papers
from ferkit.analysis import occlusion
from ferkit.analysis.occlusion import incremental, incremental_layers
from ferkit.models.heads import RBF_SVM
from ferkit.models.preprocessing import to_input


def network(system: str, **options: object) -> nn.Module:
    torch.manual_seed(1)
    model = papers.system(system).build(**options).eval()
    with torch.no_grad():  # away from the symmetric start, with batch statistics that are not 0 and 1
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.add_(0.1 * torch.randn_like(buffer))
    return model


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)


def compare(model: nn.Module, pictures: np.ndarray, head=None, **options: object) -> occlusion.OcclusionMaps:
    score = occlusion.predictor(model, head)
    given = score(pictures)
    labels = given[1] if head is not None else given.argmax(1)
    labels[0] = (labels[0] + 1) % 7
    plain = occlusion.occlusion_maps(score, pictures, labels, **options)
    fast = incremental.network_maps(model, pictures, labels, head, **options)
    assert fast is not None
    assert np.abs(plain.logit_drop).max() > 1e-4  # something is there to be equal
    for reading in ("logit_drop", "probability_drop"):
        assert np.abs(getattr(plain, reading) - getattr(fast, reading)).max() < 1e-5
    assert np.array_equal(plain.turned_wrong, fast.turned_wrong)
    assert np.array_equal(plain.correct, fast.correct)
    only = incremental.network_maps(model, pictures, labels, head, only_wrong=True, **options)
    assert np.array_equal(plain.turned_wrong, only.turned_wrong) and np.array_equal(plain.correct, only.correct)
    assert np.isnan(only.logit_drop).all()
    return fast


NO_CHAIN = ("gap_cnn_skip", "ran", "ran_single", "ran_ensemble", "multiple_attention")


@pytest.mark.parametrize("system", [one.name for one in papers.systems()
                                   if one.network and "occlusion" in one.analyses and one.name not in NO_CHAIN])
def test_every_network_has_a_fast_way_that_equals_the_plain_one(system, pictures):
    compare(network(system), pictures, patch_size=12, stride=12)


@pytest.mark.parametrize("system", NO_CHAIN)
def test_a_network_whose_layers_are_no_chain_is_left_to_the_plain_way(system, pictures):
    assert incremental.network_maps(network(system), pictures, np.zeros(3, np.int64)) is None


@pytest.mark.parametrize(("patch", "stride", "baseline"), [(8, 5, "mean"), (1, 11, "zero"), (47, 1, "blur")])
@pytest.mark.parametrize("system", ["deep_emotion", "gap_cnn"])
def test_any_window_and_baseline(system, patch, stride, baseline, pictures):
    compare(network(system), pictures, patch_size=patch, stride=stride, baseline=baseline)


@pytest.mark.parametrize("options", [{"norm": True, "widths": (8, 16, 16, 24)}, {"input_size": 40}])
def test_batch_norm_more_blocks_and_smaller_inputs(options, pictures):
    compare(network("gap_cnn", **options), pictures, patch_size=8, stride=8)


@pytest.mark.parametrize("baseline", ["zero", "mean", "blur"])
def test_an_svm_on_the_features(pictures, baseline):
    model = network("lenet5")
    with torch.inference_mode():
        features = model.forward_features(to_input(np.tile(pictures, (20, 1, 1)))).numpy()
    noisy = features + np.random.default_rng(0).normal(0, 0.05, features.shape)
    head = RBF_SVM.refit(noisy, np.arange(60) % 3, {"C": 10.0, "gamma": "scale"}, 7)
    compare(model, pictures, head, stride=10, baseline=baseline)


def test_images_that_are_all_wrong_cost_no_window(pictures, monkeypatch):
    model = network("deep_emotion")
    wrong = (occlusion.predictor(model)(pictures).argmax(1) + 1) % 7
    monkeypatch.setattr(incremental_layers.Trunk, "again", lambda *_: pytest.fail("computed"))
    found = incremental.network_maps(model, pictures, wrong, only_wrong=True)
    assert not found.correct.any() and not found.turned_wrong.any()


@pytest.mark.parametrize(("kernel", "height", "width"), [(2, 7, 6), (3, 6, 9), (7, 21, 21)])
def test_pooling_by_rows_and_columns_is_torchs(kernel, height, width):
    x = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    assert torch.equal(incremental_layers.max_pool(kernel)(x), torch.nn.functional.max_pool2d(x, kernel))


def test_the_batch_does_not_change_the_fast_maps():
    pictures = np.random.default_rng(1).integers(0, 256, (5, 48, 48)).astype(np.uint8)
    model, labels = network("deep_emotion"), np.arange(5)
    whole, parts = (incremental.network_maps(model, pictures, labels, stride=8, batch=batch) for batch in (5, 2))
    assert np.allclose(whole.logit_drop, parts.logit_drop, atol=1e-5)


def test_a_network_it_does_not_know_is_left_to_the_plain_way(pictures):
    unknown = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7))
    assert incremental.network_maps(unknown, pictures, np.arange(3)) is None
    assert incremental.network_maps(network("deep_emotion", sampler="input"), pictures, np.arange(3)) is None


def test_only_what_a_window_can_reach_is_read():
    stage = incremental_layers.Stage(3, 1, 0, lambda x: x)
    assert stage.reach((8, 8, 16, 16), 48, 48) == ((6, 6, 16, 16), (6, 6, 18, 18))
    pool = incremental_layers.Stage(2, 2, 0, lambda x: x)
    assert pool.reach((5, 0, 8, 1), 9, 9) == ((2, 0, 4, 1), (4, 0, 8, 2))
    assert pool.reach((8, 8, 9, 9), 9, 9)[0][0] >= pool.reach((8, 8, 9, 9), 9, 9)[0][2]  # the dropped last row
