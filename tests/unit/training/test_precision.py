"""bf16 is computed where the processor has it, and fp32 where it would only be imitated."""

import pytest
import torch

from ferkit.training import precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("has", [False, True])
def test_bf16_only_where_the_processor_multiplies_in_it(monkeypatch, has):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert precision.computed_in("bf16", CPU) == ("bf16" if has else "fp32")
    assert precision.computed_in("fp32", CPU) == "fp32"
    with precision.autocast("bf16", CPU):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if has else torch.float32)
