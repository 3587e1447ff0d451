"""The figures of notebook 01: the numbers that went in are the numbers drawn, and no real face is ever in one."""

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.data import face_detection
from ferkit.data.sources.synthetic import draw_set
from ferkit.reporting.figures import dataset as data


@pytest.fixture(scope="module")
def drawn():
    """Fourteen drawn faces."""
    return draw_set(14, 0, 0, seed=0)


def test_the_bars_are_the_counts(drawn):
    counts = {"train": {"happy": 5, "sad": 3}, "test": {"happy": 2, "sad": 0}}
    bars = data.class_counts(counts).data
    assert [(bar.name, list(bar.x), list(bar.y)) for bar in bars] == [("train", ["happy", "sad"], [5, 3]),
                                                                     ("test", ["happy", "sad"], [2, 0])]


def test_each_split_s_distribution_sums_to_one_and_blank_images_are_left_out():
    values = np.array([0.0, 1.0, 2.0, np.nan, 1.5, 0.5])
    split = np.array(["train", "train", "val", "train", "test", "test"])
    lines = data.distributions(values, split, "sharpness", bins=4).data
    assert [line.name for line in lines] == ["train", "val", "test"]
    assert [float(np.sum(line.y)) for line in lines] == [1.0, 1.0, 1.0]


def test_shares_are_shown_in_percent_beside_their_names():
    fig = data.shares(["a", "b"], {"1-NN": [0.25, 1.0]}, "accuracy", line=(0.5, "chance"))
    assert list(fig.data[0].y) == ["a", "b"] and list(fig.data[0].x) == [25.0, 100.0]
    assert fig.layout.shapes[0].x0 == 50 and any(note.text == "chance" for note in fig.layout.annotations)


def test_masks_are_outlined_on_drawn_faces_only(drawn):
    few = drawn.select(np.arange(3))
    fig = data.faces_with_masks(few.images, few.masks, few.regions, list("abc"), dataset="synthetic")
    assert [trace.type for trace in fig.data] == (["heatmap"] + ["contour"] * len(few.regions)) * 3
    np.testing.assert_array_equal(fig.data[0].z, few.images[0])
    with pytest.raises(InputError):
        data.faces_with_masks(few.images, few.masks, few.regions, list("abc"), dataset="fer2013")


def test_every_rectangle_of_every_feature_is_drawn_and_no_real_face_behind_it(drawn):
    features = face_detection.first_features()
    fig = data.haar_features(features)
    assert len(fig.layout.shapes) == sum(len(feature.rectangles) for feature in features)
    with pytest.raises(InputError):
        data.haar_features(features, face_detection.as_windows(drawn.images[:1])[0], dataset="ckplus")


def test_the_place_map_is_centred_on_the_face():
    fig = data.place_map(np.eye(5), "share")
    assert list(fig.data[0].x) == [-2, -1, 0, 1, 2] == list(fig.data[0].y)
