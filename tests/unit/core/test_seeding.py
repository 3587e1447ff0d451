"""Seeds are a pure function of run, purpose and position."""

import torch

from ferkit.core import seeding


def test_the_same_question_has_the_same_answer_on_every_machine():
    assert seeding.derive(0, "order", 3) == 6785497997347460347


def test_seed_purpose_and_position_all_matter():
    asked = [(0, "order", 3), (1, "order", 3), (0, "augment", 3), (0, "order", 4), (0, "order3")]
    assert len({seeding.derive(*question) for question in asked}) == len(asked)


def test_seeds_fit_torch():
    assert all(0 <= seeding.derive(k, "x") < 2**63 for k in range(100))
    assert seeding.generator("cpu", 0, "x").initial_seed() == seeding.derive(0, "x")
    assert torch.rand(1, generator=seeding.generator("cpu", 0, "x")).item() >= 0
