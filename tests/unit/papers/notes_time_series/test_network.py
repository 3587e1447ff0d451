"""Networks over time: padding and batches change nothing, order is used where it is there and cannot be where it is
shuffled, answers stay within the candidates."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ferkit.data.sequences.sequence_set import WIDTH
from ferkit.papers.notes_time_series.network import NEVER, READERS, SequenceNetwork

K = 3


def packed(n=12, longest=10, seed=0):
    """Random sequences of 3 to `longest` frames whose key frame is the middle one."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, longest + 1, n)
    x = np.zeros((n, longest, WIDTH + 2 + K), np.float32)
    for row, length in enumerate(lengths):
        x[row, :length, :5] = rng.normal(size=(length, 5))
        x[row, :length, WIDTH] = 1
        x[row, length // 2, WIDTH + 1] = 1
    x[..., WIDTH + 2:] = 1
    return torch.from_numpy(x)


def rising_or_falling(n, seed):
    """The same values forwards or backwards: only their order tells the label."""
    x = packed(n, seed=seed)
    label = torch.arange(n) % 2
    for row in range(n):
        length = int(x[row, :, WIDTH].sum())
        ramp = torch.linspace(-1, 1, length)
        x[row, :length, :5] = (ramp if label[row] else ramp.flip(0))[:, None] + 0.1 * x[row, :length, :5]
    return x, label


@pytest.fixture(params=READERS)
def network(request):
    torch.manual_seed(0)
    return SequenceNetwork(K, request.param).eval()


def test_it_has_the_parts_of_every_network_and_two_passes_are_equal(network):
    x = packed()
    features = network.forward_features(x)
    assert features.shape == (12, network.num_features)
    torch.testing.assert_close(network.forward_head(features), network(x), rtol=0, atol=0)
    torch.testing.assert_close(network(x), network(x), rtol=0, atol=0)


def test_neither_more_padding_nor_the_rest_of_the_batch_changes_an_answer(network):
    x = packed()
    wider = F.pad(x, (0, 0, 0, 5))
    wider[:, -5:, WIDTH + 2:] = 1
    torch.testing.assert_close(network(wider), network(x), rtol=0, atol=1e-6)
    torch.testing.assert_close(network(x[:1]), network(x)[:1], rtol=0, atol=1e-6)


def test_gradients_reach_every_weight(network):
    F.cross_entropy(network.train()(packed()), torch.arange(12) % K).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum()] == []


def test_no_answer_leaves_the_candidates_unless_the_question_is_open():
    x = packed()
    x[:, :, WIDTH + 2 + 1] = 0
    torch.manual_seed(0)
    asked, open_ = SequenceNetwork(K, "mean").eval(), SequenceNetwork(K, "mean", open=True).eval()
    open_.load_state_dict(asked.state_dict())
    assert (asked(x)[:, 1] == NEVER).all() and (open_(x)[:, 1] != NEVER).all()
    assert (asked(x).softmax(1)[:, 1] == 0).all()


def _trained(**options):
    torch.manual_seed(1)
    network = SequenceNetwork(2, hidden=16, drop_rate=0.0, **options)
    x, y = rising_or_falling(64, seed=2)
    x = x[..., :WIDTH + 4]
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(40):
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
    x, y = rising_or_falling(200, seed=3)
    with torch.no_grad():
        return (network.eval()(x[..., :WIDTH + 4]).argmax(1) == y).double().mean().item()


@pytest.mark.parametrize("reader", ["gru", "tcn"])
def test_where_order_alone_tells_it_is_learned_in_order_and_cannot_be_shuffled(reader):
    assert _trained(reader=reader) > 0.95
    assert _trained(reader=reader, shuffle=True) < 0.65


def test_the_mean_of_the_frames_cannot_learn_what_order_alone_tells():
    assert _trained(reader="mean") < 0.65
