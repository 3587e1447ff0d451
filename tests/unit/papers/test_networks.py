"""What holds for every network, and the counts that the papers give."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.models import facts
from ferkit.papers.minaee2021_deep_emotion.network import DeepEmotion

SYSTEMS = tuple(one.name for one in papers.systems() if one.network and one.kind.name == "image")


def build(system):
    torch.manual_seed(0)
    return papers.system(system).build()


@pytest.mark.parametrize("system", SYSTEMS)
class TestEveryModel:
    def test_gives_one_finite_logit_a_class(self, system):
        logits = build(system).eval()(torch.randn(3, 1, 48, 48))
        assert logits.shape == (3, 7) and torch.isfinite(logits).all()

    def test_is_the_head_on_its_features(self, system):
        model, x = build(system).eval(), torch.randn(2, 1, 48, 48)
        features = model.forward_features(x)
        assert features.shape == (2, model.num_features)
        assert torch.allclose(model.forward_head(features), model(x))

    def test_convolutions_are_right_in_bfloat16_and_channels_last(self, system):
        """Some builds of the CPU libraries gave wrong results for a few shapes, which training would hide as noise."""
        model, seen = build(system).eval(), []
        for part in model.modules():
            if isinstance(part, torch.nn.Conv2d):
                part.register_forward_hook(lambda conv, inputs, _: seen.append((conv, inputs[0].shape[1:])))
        with torch.no_grad():
            model(torch.zeros(1, 1, 48, 48))
        assert seen
        for conv, shape in seen:
            x, results = torch.randn(4, *shape), []
            weight = conv.weight.detach()
            for dtype, layout in ((torch.float32, torch.contiguous_format), (torch.bfloat16, torch.channels_last)):
                inputs = [t.to(dtype).to(memory_format=layout).detach().requires_grad_() for t in (x, weight)]
                out = torch.nn.functional.conv2d(*inputs, None, conv.stride, conv.padding, conv.dilation, conv.groups)
                results.append([t.float() for t in (out, *torch.autograd.grad(out.float().square().sum(), inputs))])
            for exact, near in zip(*results, strict=True):
                assert (exact - near).norm() < 0.02 * exact.norm(), (system, tuple(shape), tuple(weight.shape))

    def test_its_multiply_adds_are_those_that_torch_counts(self, system):
        model = build(system).eval()
        with FlopCounterMode(display=False) as counted, torch.no_grad():
            model(torch.zeros(1, 1, model.input_size, model.input_size))
        assert facts.multiply_adds(model) == counted.get_total_flops() // 2

    def test_repeats_itself_in_eval_mode(self, system):
        model, x = build(system).eval(), torch.randn(2, 1, 48, 48)
        assert torch.equal(model(x), model(x))

    def test_sends_a_gradient_to_every_trainable_weight(self, system):
        model = build(system)
        model(torch.randn(8, 1, 48, 48)).square().sum().backward()
        assert {name for name, p in model.named_parameters() if p.requires_grad and p.grad is None} == {
            name for name, _ in model.named_parameters() if name.startswith("alpha.")}  # read by its method alone

    def test_takes_another_number_of_classes(self, system):
        assert papers.system(system).build(num_classes=6)(torch.randn(2, 1, 48, 48)).shape == (2, 6)


def test_deep_emotion_has_the_parameters_of_the_figure():
    assert facts.count_parameters(build("deep_emotion")) == 47_657
    assert facts.count_parameters(DeepEmotion(localization="valid")) == 76_777


@pytest.mark.parametrize("system", [s for s in SYSTEMS if s.startswith("deep_emotion")])
def test_every_deep_emotion_has_fewer_than_ten_weight_layers(system):
    network = build(system)
    outside = getattr(network, "transformer", torch.nn.Module())  # the localisation path is not on the main one
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    counted = len(layers) - sum(isinstance(m, torch.nn.Conv2d | torch.nn.Linear) for m in outside.modules())
    assert network.weight_layers == counted < 10


def test_the_control_without_transformer_has_nearly_as_many():
    plain, attentive = (facts.count_parameters(build(s)) for s in ("deep_emotion_plain", "deep_emotion"))
    assert abs(plain - attentive) / attentive < 0.01


def test_deep_emotion_maps_have_the_sizes_of_the_figure():
    model, x = build("deep_emotion").eval(), torch.randn(1, 1, 48, 48)
    sizes = []
    for layer in model.features:
        x = layer(x)
        sizes.append(x.shape[-1])
    assert [sizes[i] for i in (0, 2, 3, 5, 7, 8)] == [46, 44, 22, 20, 18, 9] and x.shape[1] == 10


def test_the_transformer_starts_at_the_identity_and_the_frozen_one_stays():
    x = torch.randn(4, 1, 48, 48)
    start = torch.tensor([[1.0, 0, 0], [0, 1.0, 0]])
    assert torch.allclose(build("deep_emotion").theta(x), start.expand(4, 2, 3))
    frozen = build("deep_emotion_identity")
    assert torch.equal(frozen.theta(x), start.expand(4, 2, 3))
    assert not any(p.requires_grad for p in frozen.transformer.parameters())


def test_at_the_start_the_transformer_changes_nothing():
    torch.manual_seed(3)
    attentive, x = DeepEmotion().eval(), torch.randn(2, 1, 48, 48)
    assert torch.allclose(attentive.feature_map(x), attentive.features(x), atol=1e-5)


def test_gap_blocks_have_the_parameters_of_the_table():
    assert facts.parts(build("gap_cnn"))["blocks_convolutions"] == 286_432


def test_large_kernels_see_what_stacked_small_ones_see():
    assert build("gap_cnn_small").receptive_field == build("gap_cnn_large_kernels").receptive_field
    assert build("gap_cnn_three_small").receptive_field == build("gap_cnn_seven").receptive_field == 50


@pytest.mark.parametrize(("system", "side"), [("small", 6), ("average_pool", 6), ("strided", 6), ("no_pool", 48),
                                              ("skip", 6), ("wider", 6)])
def test_each_variant_ends_in_a_map_of_its_size(system, side):
    maps = build(f"gap_cnn_{system}").blocks(torch.zeros(1, 1, 48, 48))
    assert maps.shape[2:] == (side, side)


def test_a_receptive_field_is_where_a_gradient_arrives():
    network = papers.system("gap_cnn_strided").build(norm=False).double()
    x = torch.zeros(1, 1, 48, 48, dtype=torch.float64, requires_grad=True)
    for p in network.parameters():
        torch.nn.init.constant_(p, 0.01)
    network.blocks(x)[0, :, 3, 3].sum().backward()
    seen = x.grad[0, 0].abs().sum(0) > 0
    assert seen.sum() == min(48, network.receptive_field)


def test_an_unknown_system_or_option_is_one_line():
    with pytest.raises(InputError, match="unknown model 'resnet'"):
        papers.system("resnet").build()
    with pytest.raises(InputError, match="model gap_cnn"):
        papers.system("gap_cnn").build(depth=4)


@pytest.mark.parametrize("pool", ["max", "stride", "none"])
def test_a_hidden_layer_reads_the_whole_last_map_of_odd_sides_too(pool):
    network = papers.system("gap_cnn").build(widths=(4, 4, 4, 4), pool=pool, head="fc", input_size=20)
    assert network(torch.zeros(1, 1, 20, 20)).shape == (1, 7)
