"""Grammatical Facial Expressions: the layout as UCI has it, complete or partial, in a folder or a zip. The points here
are made up; the real set is looked at where it is at hand."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.data.sequences import load
from ferkit.data.sources import gfe

FACE = np.random.default_rng(1).uniform(-40, 40, (gfe.POINTS, 2))
FACE[gfe.PARTS["left eye"]] += (-30, -20)
FACE[gfe.PARTS["right eye"]] += (30, -20)


def write(folder: Path, signer: str, expression: str, frames: int = 60, header: str = "FrameId", seed: int = 0):
    """A recording: shown in its middle third, when the mouth widens."""
    rng = np.random.default_rng([seed, ord(signer)])
    shown = (np.arange(frames) // 10) % 3 == 1
    rows = []
    for frame in range(frames):
        face = FACE * (1, 1)
        face[gfe.PARTS["mouth"], 0] *= 1 + 0.5 * shown[frame]
        face += np.array([320, 200]) + rng.normal(0, 0.3, face.shape)
        values = np.column_stack([face, np.full(gfe.POINTS, 900)]).ravel()
        rows.append(f"{100 + frame // 16}.{frame % 16 * 62} " + " ".join(f"{value:.3f}" for value in values))
    names = " ".join(f"{i}{axis}" for i in range(gfe.POINTS) for axis in "xyz")
    (folder / f"{signer}_{expression}_datapoints.txt").write_text("\n".join([f"{header} {names}", *rows]) + "\n")
    (folder / f"{signer}_{expression}_targets.txt").write_text("".join(f"{int(s)}\n" for s in shown))


@pytest.fixture
def uci(tmp_path):
    folder = tmp_path / "grammatical_facial_expressions"
    folder.mkdir()
    for signer in "ab":
        write(folder, signer, "negative")
        write(folder, signer, "topics", header="FrameId 0.0")  # as some of UCI's files have it
    write(folder, "a", "relative")
    return folder


def test_a_folder_and_a_zip_of_the_layout_give_the_same_set(uci, tmp_path):
    with zipfile.ZipFile(tmp_path / "gfe.zip", "w") as archive:
        for path in uci.iterdir():
            archive.write(path, f"grammatical_facial_expressions/{path.name}")
    assert gfe.read(uci).content_hash == gfe.read(tmp_path / "gfe.zip").content_hash


def test_a_partial_set_keeps_what_both_signers_have_and_says_what_is_left_out(uci):
    windows = gfe.read(uci)
    assert windows.label_names == ("none", "negative", "topics")
    assert "a_relative" in windows.source["notes"][0]
    assert len(windows) == 4 * 60 and (windows.candidates.sum(1) == 2).all()
    assert windows.candidates[np.arange(len(windows)), windows.labels].all()


def test_milliseconds_are_read_without_leading_zeros():
    assert gfe._seconds("12.7") == pytest.approx(12.007) and gfe._seconds("12.700") == pytest.approx(12.7)


def test_the_head_s_place_size_and_tilt_leave_the_face_measures_alone(uci):
    recording = gfe.recordings(uci)[0]
    turned = recording.points.copy()
    plane = (recording.points[..., 0] + 1j * recording.points[..., 1]) * (1.7 * np.exp(0.3j)) + (50 - 20j)
    turned[..., 0], turned[..., 1] = plane.real, plane.imag
    before, after = gfe.normalise(recording.points), gfe.normalise(turned)
    assert before.shape == (60, 46)
    np.testing.assert_allclose(after[:, :40], before[:, :40], atol=2e-2)


def test_a_wider_mouth_is_a_wider_mouth(uci):
    recording = gfe.recordings(uci)[0]
    width = gfe.normalise(recording.points)[:, 5 * list(gfe.PARTS).index("mouth") + 2]
    assert width[recording.targets].mean() > width[~recording.targets].mean() + 0.5


def test_windows_lie_around_their_frame_and_never_across_a_pause(uci):
    path = uci / "a_negative_datapoints.txt"
    lines = path.read_text().splitlines()
    late = [line if row < 31 else f"{float(line.split()[0]) + 9:.0f}." + line.split(".", 1)[1]
            for row, line in enumerate(lines)]
    path.write_text("\n".join(late) + "\n")
    windows = gfe.read(uci, window=5)
    own = windows.select(windows.sequences == "a_negative")
    values = gfe.normalise(gfe.recordings(uci)[0].points)
    assert own.lengths[[0, 15, 29, 30, 59]].tolist() == [3, 5, 3, 3, 3]
    for row in (0, 15, 29, 30, 59):
        np.testing.assert_array_equal(own.inputs[row, own.key_frames[row]], values[row])


def test_one_signer_trains_and_the_other_tests_with_no_window_across_the_cut(uci):
    windows = gfe.divide(gfe.read(uci), "b_to_a")
    assert set(windows.subjects[windows.split == "test"]) == {"a"}
    assert set(windows.subjects[np.isin(windows.split, ("train", "val"))]) == {"b"}
    frame = np.array([int(name.rsplit("_", 1)[1]) for name in windows.names])
    reach = {split: {(name, f) for name, at, first, length in zip(
        windows.sequences[windows.split == split], frame[windows.split == split],
        windows.key_frames[windows.split == split], windows.lengths[windows.split == split], strict=True)
        for f in range(at - first, at - first + length)} for split in ("train", "val")}
    assert not reach["train"] & reach["val"]


@pytest.mark.parametrize("damage, says", [
    (lambda folder: (folder / "a_negative_targets.txt").unlink(), "a_negative_targets.txt is missing"),
    (lambda folder: (folder / "a_negative_targets.txt").write_text("0\n1\n"), "2 targets"),
    (lambda folder: (folder / "a_negative_datapoints.txt").write_text("FrameId\n1.5 3 4\n"), "100 points"),
    (lambda folder: [path.unlink() for path in folder.glob("b_*")], "both signers"),
    (lambda folder: [path.unlink() for path in folder.iterdir()], "expected"),
])
def test_a_broken_set_is_refused_in_one_line(uci, damage, says):
    damage(uci)
    with pytest.raises(InputError, match=says) as refusal:
        gfe.read(uci)
    assert "\n" not in str(refusal.value)


def test_the_loader_knows_the_directions_and_refuses_others(uci):
    whole = load.load("gfe", uci, protocol="b_to_a")
    assert whole.source["protocol"] == "b_to_a" and set(whole.part("test").subjects) == {"a"}
    assert len(load.load("gfe", uci, profile="smoke").part("test")) == 105 < len(whole.part("test"))  # few train
    with pytest.raises(InputError, match="a_to_b, b_to_a, by_image"):
        load.load("gfe", uci, protocol="by_subject")
    with pytest.raises(InputError, match="not for synthetic"):
        load.load("synthetic", protocol="a_to_b")


def test_the_real_set_has_the_frames_that_its_description_counts():
    place = Path(os.environ.get("FERKIT_GFE") or paths.repository().parent / "shared" / "data" / "gfe.zip")
    if not place.exists():
        pytest.skip("the real data are not at hand: neither FERKIT_GFE nor ../shared/data/gfe.zip")
    counted = {r.name: (int(r.targets.sum()), int((~r.targets).sum())) for r in gfe.recordings(place)}
    assert counted["a_affirmative"] == (414, 648) and counted["b_yn_question"] == (715, 1023)
