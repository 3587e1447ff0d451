"""The built-in data set: deterministic, subject-independent, neither trivial nor unlearnable."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.sources.synthetic import contact_sheet, draw_set, random_face, subject
from ferkit.data.synthetic.action_units import REGIONS, units_of
from ferkit.data.synthetic.render import Face, draw_face


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    return draw_set(560, 70, 140, seed=0)


def knn1_accuracy(train: FaceSet, test: FaceSet) -> float:
    model = KNeighborsClassifier(1).fit(train.images.reshape(len(train), -1).astype(np.float32), train.labels)
    return model.score(test.images.reshape(len(test), -1).astype(np.float32), test.labels)


def test_the_set_has_what_a_face_set_promises(faces: FaceSet) -> None:
    assert faces.images.shape == (770, 48, 48) and faces.images.dtype == np.uint8
    assert faces.labels.dtype == np.int64 and faces.index.dtype == np.int64
    assert faces.masks.shape == (770, len(REGIONS), 48, 48) and faces.masks.dtype == bool
    assert faces.regions == REGIONS
    assert faces.names[123] == "drawn_000123" and len(set(faces.names)) == 770
    assert faces.index.tolist() == list(range(770))
    assert {split: int(np.sum(faces.split == split)) for split in SPLITS} == {"train": 560, "val": 70, "test": 140}


def test_no_subject_lies_in_two_splits_and_each_has_several_images(faces: FaceSet) -> None:
    people = {split: set(faces.part(split).subjects.tolist()) for split in SPLITS}
    assert not people["train"] & people["val"] and not people["train"] & people["test"]
    assert not people["val"] & people["test"]
    assert len(people["train"]) == 80 and "s0001" in people["train"]


def test_the_seed_decides_everything() -> None:
    first, again, other = draw_set(28, 7, 7, seed=5), draw_set(28, 7, 7, seed=5), draw_set(28, 7, 7, seed=6)
    assert first.content_hash == again.content_hash != other.content_hash
    assert np.array_equal(first.masks, again.masks)


def test_balanced_classes_differ_by_one_image_at_most() -> None:
    counts = draw_set(30, 9, 0).counts()
    for split in ("train", "val"):
        assert max(counts[split].values()) - min(counts[split].values()) <= 1


def test_an_expression_is_drawn_weak_and_strong_and_alike_at_every_variation() -> None:
    smiles = [[random_face(subject(0, 0), "happy", np.random.default_rng(k), variation=variation).units
               for k in range(40)] for variation in (0.0, 1.0, 2.0)]
    assert smiles[0] == smiles[1] == smiles[2]
    lip_corners = [units[12] for units in smiles[1]]
    assert 0.15 < min(lip_corners) < 0.4 and 0.8 < max(lip_corners) <= 1


def test_every_mask_has_pixels_and_brows_lie_above_the_mouth(faces: FaceSet) -> None:
    assert faces.masks.any(axis=(2, 3)).all()
    rows = np.arange(48)[None, None, :]
    height = (faces.masks.sum(axis=3) * rows).sum(axis=2) / faces.masks.sum(axis=(2, 3))
    mouth, brows = (height[:, REGIONS.index(region)] for region in ("mouth", "brows"))
    assert np.all(brows + 10 < mouth)


def test_one_nearest_neighbour_on_raw_pixels_stays_below_60_percent(faces: FaceSet) -> None:
    assert knn1_accuracy(faces.part("train"), faces.part("test")) < 0.6


def test_the_expression_can_be_read_off_neutral_pose_by_its_pixels() -> None:
    """Without pose, light and noise the same nearest neighbour is far above chance: the labels are not empty."""
    def drawn(person: int, label: str, amount: float) -> np.ndarray:
        return draw_face(Face(identity=subject(person, 0), units=units_of(label, amount))).astype(float)

    change = np.stack([drawn(k, label, 1) - drawn(k, label, 0) for k in range(12) for label in LABELS]).reshape(84, -1)
    labels, train = np.tile(np.arange(7), 12), np.arange(84) < 8 * 7
    model = KNeighborsClassifier(1, metric="cosine").fit(change[train] + 1e-9, labels[train])
    assert model.score(change[~train] + 1e-9, labels[~train]) > 0.8


def test_variation_changes_pictures_and_neither_people_nor_expressions() -> None:
    usual, none, more = (draw_set(14, 7, 7, seed=3, variation=variation) for variation in (1.0, 0.0, 2.0))
    assert np.array_equal(usual.images, draw_set(14, 7, 7, seed=3).images)
    for other in (none, more):
        assert np.array_equal(other.labels, usual.labels)
    same = none.subjects == none.subjects[0]
    spread = [np.std(faces.images[same].mean(axis=(1, 2))) for faces in (none, usual, more)]
    assert spread[0] < spread[1] < spread[2]
    assert len({mask.tobytes() for mask in none.masks[same]}) == 1  # one pose for all


def test_an_expression_in_the_mouth_only_leaves_brow_and_eye_pixels_uninformative() -> None:
    everywhere, mouth = draw_set(42, 0, 0, seed=1), draw_set(42, 0, 0, seed=1, regions=("mouth",))
    assert np.array_equal(everywhere.labels, mouth.labels)
    silent = draw_set(42, 0, 0, seed=1, regions=())
    change = np.abs(mouth.images.astype(int) - silent.images)
    inside = mouth.masks[:, REGIONS.index("mouth")]
    assert change[~inside].sum() < 0.2 * change.sum() and change[inside].sum() > 10_000
    assert mouth.source["regions"] == ["mouth"]


def test_impossible_sizes_and_unknown_regions_are_refused() -> None:
    with pytest.raises(InputError, match="-1"):
        draw_set(7, -1, 0)
    with pytest.raises(InputError, match="mouth, brows, eyes, nose"):
        draw_set(7, 0, 0, regions=("ears",))


def test_the_contact_sheet_is_a_grey_row_a_person() -> None:
    sheet = contact_sheet(1)
    assert sheet.size == (500, 50) and sheet.mode == "L"
