"""The paper's statements as tests: found where they are built in, not found where they are not."""

import numpy as np
import pytest

from ferkit.analysis.occlusion import face_regions, region_tests

NAMES = tuple(face_regions.TEMPLATE)
MASKS = face_regions.template_masks()
MOUTH, BROWS = MASKS[NAMES.index("mouth")], MASKS[NAMES.index("brows")]
CLASSES = ("angry", "happy")


def reader(images: np.ndarray) -> np.ndarray:
    """Happy (1) shines on the mouth, angry (0) on the brows, anything darker is neutral (2)."""
    signals = [images[:, mask].astype(float).mean(1) / 20 for mask in (BROWS, MOUTH)]
    return np.stack([*signals, np.full(len(images), 7.4)], axis=1)


def faces(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    images = rng.integers(118, 138, (n, 48, 48)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[(BROWS, MOUTH)[label]] += 40
    return images, labels


def covered(images: np.ndarray, labels: np.ndarray, score=reader, **options) -> region_tests.Covered:
    masks = np.repeat(MASKS[None], len(images), axis=0)
    return region_tests.cover_parts(score, images, labels, masks, NAMES, **options)


def test_the_parts_that_carry_an_expression_are_found_and_no_others():
    images, labels = faces()
    seen = covered(images, labels, baseline="mean")
    assert seen.correct.all()
    table = region_tests.recall_lost(seen, labels, CLASSES, NAMES)
    found = {(label, name) for label in CLASSES for name in NAMES
             if table[label][name]["difference"] > 0.5 and table[label][name]["p_holm"] < 0.05}
    assert found == {("angry", "brows"), ("happy", "mouth")}
    result = table["happy"]["mouth"]
    assert result["drop"] == 1.0 and result["control"] < 0.2
    assert result["interval"][0] <= result["difference"] <= result["interval"][1]
    assert result["p"] <= result["p_holm"] <= 1


def test_different_expressions_on_different_parts_is_an_interaction():
    images, labels = faces()
    assert region_tests.interaction(covered(images, labels, baseline="mean"), labels)["p"] < 0.01


def test_one_part_for_all_expressions_is_no_interaction():
    def mouth_only(images: np.ndarray) -> np.ndarray:
        own = images[:, MOUTH].astype(float).mean(1) / 20
        return np.stack([own, own + 0.001 * images[:, 0, 0]], axis=1)

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (80, 48, 48)).astype(np.uint8)
    labels = rng.integers(0, 2, 80)
    assert region_tests.interaction(covered(images, labels, mouth_only), labels)["p"] > 0.05


def test_labels_without_meaning_give_small_p_values_as_rarely_as_they_should():
    rng = np.random.default_rng(0)
    p_values = []
    for seed in range(40):
        drop = rng.random((60, 6))
        blank = np.ones(60, bool)
        seen = region_tests.Covered(blank, drop > 0.5, drop, drop, drop, blank, blank)
        p_values.append(region_tests.interaction(seen, rng.integers(0, 3, 60), draws=200, seed=seed)["p"])
    assert np.mean(np.array(p_values) < 0.05) <= 0.15
    assert np.mean(np.array(p_values) < 0.5) > 0.25


def test_a_classifier_that_sees_nothing_loses_nothing():
    images, labels = faces(20)
    seen = covered(images, labels, lambda batch: np.tile([1.0, 0.0], (len(batch), 1)))
    table = region_tests.recall_lost(seen, labels, CLASSES, NAMES)
    assert {result["difference"] for row in table.values() for result in row.values()} == {0.0}
    assert {result["p_holm"] for row in table.values() for result in row.values()} == {1.0}


def test_a_class_without_images_has_no_numbers_and_does_not_count_as_a_test():
    images, labels = faces(20)
    seen = covered(images, labels, placements=1)
    table = region_tests.recall_lost(seen, labels, ("angry", "happy", "sad"), NAMES)
    assert set(table["sad"]["mouth"].values()) == {None}
    two = region_tests.recall_lost(seen, labels, CLASSES, NAMES)
    assert table["happy"]["mouth"]["p_holm"] == two["happy"]["mouth"]["p_holm"]


def test_the_sign_flip_test_agrees_with_counting_all_signs():
    differences = np.array([1.0, 1, 1, 1, 1, 0, 0])
    p = region_tests.sign_flip(differences, 20_000, np.random.default_rng(0))
    assert p == pytest.approx(2 / 2**5, abs=0.01)
    assert region_tests.sign_flip(np.zeros(5), 100, np.random.default_rng(0)) == 1.0


def test_everything_but_the_important_parts_may_be_covered_when_only_they_are_read():
    images, labels = faces()
    found = region_tests.insensitive(covered(images, labels, baseline="mean"), labels, CLASSES)
    assert found["overall"]["before"] == found["overall"]["rest"] == 1.0
    assert found["by_label"]["happy"]["parts"] < 1.0


def test_a_part_that_an_image_lacks_costs_it_nothing():
    images, labels = faces(10)
    masks = np.repeat(MASKS[None], 10, axis=0)
    masks[:, NAMES.index("nose")] = False
    seen = region_tests.cover_parts(reader, images, labels, masks, NAMES)
    assert np.array_equal(seen.part[:, NAMES.index("nose")], seen.correct)
    assert np.allclose(seen.moved[:, NAMES.index("nose")], seen.correct)
