"""A large set is decoded into a file: size said first, gone on with after a kill, nothing left after bad input."""

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.data import cache, datasets, decoding, image_statistics
from ferkit.data.face_set import FaceSet
from ferkit.models import inference

COUNT = 130


@pytest.fixture(autouse=True)
def large_from_fifty(monkeypatch):
    monkeypatch.setattr(decoding, "IN_MEMORY", 50)
    monkeypatch.setattr(decoding, "BLOCK", 20)


def image(row):
    return np.full((48, 48), row, np.uint8)


def readable(seen=None, broken=None, error=InputError):
    def one(row):
        if row == broken:
            raise error("broken")
        if seen is not None:
            seen.append(row)
        return image(row), row % 3
    return one


def left(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_a_small_set_stays_in_memory(own_cache):
    images, said = decoding.decode(10, readable(), "key")
    assert not isinstance(images, np.memmap) and said.tolist() == [row % 3 for row in range(10)]
    assert left(own_cache) == []


def test_a_large_set_comes_mapped_with_its_size_said_first(own_cache, capsys):
    images, said = decoding.decode(COUNT, readable(), "key")
    assert isinstance(images, np.memmap) and not images.flags.writeable
    np.testing.assert_array_equal(images[:, 0, 0], np.arange(COUNT))
    np.testing.assert_array_equal(said, np.arange(COUNT) % 3)
    assert "MB will lie in" in capsys.readouterr().err


def test_what_was_killed_is_gone_on_with(own_cache):
    with pytest.raises(KeyboardInterrupt):
        decoding.decode(COUNT, readable(broken=77, error=KeyboardInterrupt), "key")
    seen = []
    images, said = decoding.decode(COUNT, readable(seen), "key")
    assert seen == list(range(60, COUNT))  # three whole blocks were there
    np.testing.assert_array_equal(images[:, 5, 5], np.arange(COUNT))
    np.testing.assert_array_equal(said, np.arange(COUNT) % 3)
    seen.clear()
    decoding.decode(COUNT, readable(seen), "other key")
    assert len(seen) == COUNT


def test_bad_input_leaves_nothing(own_cache):
    with pytest.raises(InputError):
        decoding.decode(COUNT, readable(broken=99), "key")
    assert left(own_cache) == []


def test_a_disk_too_small_is_told_before_the_work(own_cache, monkeypatch, refusal):
    usage = decoding.shutil.disk_usage(own_cache.parent)
    monkeypatch.setattr(decoding.shutil, "disk_usage", lambda place: usage._replace(free=1000))
    assert "are needed" in refusal(decoding.decode, COUNT, lambda row: pytest.fail("read"), "key")


def faces_of(images):
    text = np.full(len(images), "")
    labels = np.arange(len(images)) % 7
    split = np.repeat(["train", "val", "test"], [90, 20, 20])
    return FaceSet(images, labels, text, text, split, np.arange(len(images)).astype(str), labels)


def test_the_cache_takes_the_file_over_and_splits_stay_pieces_of_it(own_cache):
    faces = cache.prepared(["set"], lambda: faces_of(decoding.decode(COUNT, readable(), "key")[0]))
    assert left(own_cache / "partial") == []
    assert len(list(own_cache.rglob("images.npy"))) == 1
    for split in ("train", "val", "test"):
        part = faces.part(split)
        assert isinstance(part.images, np.memmap) and np.shares_memory(part.images, faces.images)
    np.testing.assert_array_equal(faces.part("val").images[:, 0, 0], np.arange(90, 110))
    assert faces.content_hash == faces_of(np.stack([image(row) for row in range(COUNT)])).content_hash


def test_a_set_that_another_process_has_stored_meanwhile_is_used_as_it_is(own_cache, tmp_path):
    images, _ = decoding.decode(COUNT, readable(), "key")
    assert decoding.take(images, tmp_path / "first.npy") and not decoding.take(images, tmp_path / "second.npy")
    np.testing.assert_array_equal(images[3], image(3))


def test_a_network_reads_a_large_map_where_it_lies(own_cache, monkeypatch):
    images, _ = decoding.decode(COUNT, readable(), "key")
    assert not np.shares_memory(inference.image_store(images).numpy(), images)
    monkeypatch.setattr(inference, "MAPPED_BYTES", 1000)
    stored = inference.image_store(images)
    assert np.shares_memory(stored.numpy(), images) and stored.shape == (COUNT, 1, 48, 48)


def test_hashes_do_not_depend_on_the_chunk():
    images = np.random.default_rng(0).integers(0, 256, (37, 48, 48), np.uint8)
    np.testing.assert_array_equal(image_statistics.perceptual_hash(images, chunk=5),
                                  image_statistics.perceptual_hash(images))


def test_a_folder_larger_than_memory_loads_in_the_order_of_its_splits(own_cache, small, layouts, tmp_path):
    place = layouts.plain_tree(tmp_path / "own", small)
    faces = datasets.load("folder", place, profile="full")
    assert isinstance(faces.images, np.memmap)
    order = [["train", "val", "test"].index(split) for split in faces.split]
    assert order == sorted(order) and len(faces) == len(small)
    by_pixels = {image.tobytes(): label for image, label in zip(small.images, small.labels, strict=True)}
    assert [by_pixels[image.tobytes()] for image in faces.images] == faces.labels.tolist()
