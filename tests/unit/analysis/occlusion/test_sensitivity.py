"""How much of a map is choice: other windows, baselines and seeds."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.analysis import occlusion
from ferkit.analysis.occlusion import face_regions, sensitivity
from ferkit.core.labels import LABELS

NAMES = tuple(face_regions.TEMPLATE)


def test_the_choices_are_the_other_baselines_and_smaller_and_larger_windows():
    assert sensitivity.variants(8, 4, "zero") == [(8, 4, "zero"), (8, 4, "mean"), (8, 4, "blur"), (6, 3, "zero"),
                                                (12, 4, "zero")]
    for patch_size, stride in ((1, 1), (48, 48), (40, 7)):
        for size, step, _ in sensitivity.variants(patch_size, stride, "blur"):
            assert 1 <= size <= 48 and step >= 1


def test_other_choices_are_compared_with_the_first_and_tested_alike(faces):
    torch.manual_seed(0)
    part = faces(6)
    masks = np.repeat(face_regions.template_masks()[None], len(part), 0)
    found, arrays = sensitivity.under_other_choices(papers.system("lenet5").build(), part, masks, NAMES, patch_size=16,
                                                    stride=16, baseline="mean", placements=1, draws=20, seed=0)
    assert [row["baseline"] for row in found["agreement"]] == ["zero", "blur", "mean", "mean"]
    assert all(-1 <= row["happy"] < 1 for row in found["agreement"])
    assert found["agreement"][0]["neutral"] is None  # none of the six images is neutral
    assert found["images"] == 6 and found["counts"] == [1] * 6 + [0]
    assert set(found["recall_lost"]) == set(occlusion.BASELINES)
    assert np.isnan(arrays["beside_zero"][6]).all() and np.isfinite(arrays["beside_zero"][:6]).all()


def test_rank_correlation_by_hand():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert sensitivity.rank_correlation(a, a * 10) == pytest.approx(1)
    assert sensitivity.rank_correlation(a, -a) == pytest.approx(-1)
    assert sensitivity.rank_correlation(a, np.array([[1.0, 2.0], [4.0, 3.0]])) == pytest.approx(0.8)
    assert sensitivity.rank_correlation(a, np.ones((2, 2))) is None
    assert sensitivity.rank_correlation(a, np.full((2, 2), np.nan)) is None


def test_seeds_agree_by_the_mean_over_their_pairs():
    rising = np.arange(4.0).reshape(1, 2, 2)
    found = sensitivity.over_seeds([rising, rising, -rising], ["happy"])
    assert found["happy"] == pytest.approx((1 - 1 - 1) / 3)
    with pytest.raises(ValueError, match="two seeds"):
        sensitivity.over_seeds([rising], ["happy"])


def analysis(seed: int, maps: np.ndarray) -> SimpleNamespace:
    row = {"patch_size": 6, "stride": 3, "baseline": "zero", **dict.fromkeys(LABELS, 0.5)}
    return SimpleNamespace(maps={"probability_drop": maps},
                           summary={"system": "lenet5", "recipe": "ours", "seed": seed, "n_images": 9,
                                    "labels": list(LABELS), "other_choices": {"images": 6, "agreement": [row]}})


def test_the_table_says_when_there_is_only_one_seed():
    maps = np.random.default_rng(0).random((7, 4, 4))
    one = occlusion.agreement_rows([analysis(0, maps)])
    assert [row["compared"] for row in one] == ["windows of 6 at 3, zero", "seeds: there is only one"]
    assert one[0]["happy"] == 0.5 and one[0]["images"] == 6 and one[1]["happy"] is None
    two = occlusion.agreement_rows([analysis(0, maps), analysis(1, maps)])
    assert two[1]["compared"] == "2 seeds" and two[1]["happy"] == pytest.approx(1) and two[1]["images"] == 9


def effect(difference: float, p: float = 0.001) -> dict:
    return {"difference": difference, "p": p, "p_holm": p}


def test_a_part_that_moves_but_helps_when_covered_is_told_and_so_are_baselines_that_disagree():
    tables = {"zero": {"angry": {"brows": effect(-0.7), "nose": effect(-0.2)}},
              "mean": {"angry": {"brows": effect(0.3), "nose": effect(0.0, 0.9)}},
              "blur": {"angry": {"brows": effect(0.2), "nose": effect(-0.1, 0.4)}}}
    summary = {"labels": ["angry"], "regions": ["brows", "nose"], "moves": {"angry": ["brows"]},
               "baseline": "zero", "recall_lost": tables["zero"], "other_choices": {"recall_lost": tables}}
    assert occlusion.contradictions(summary) == [
        {"expression": "angry", "part": "brows", "part moves": True, "zero": -0.7, "mean": 0.3, "blur": 0.2}]
    real = summary | {"moves": None}
    assert occlusion.contradictions(real)[0]["part moves"] is None
    more = {"angry": {"brows": effect(-0.6), "nose": effect(0.0, 0.9)}}  # the analysis itself has more images
    assert occlusion.contradictions(summary | {"recall_lost": more})[0]["zero"] == -0.6
    tables["zero"]["angry"]["brows"] = effect(-0.7, 0.2)  # not significant
    assert occlusion.contradictions(summary) == []
