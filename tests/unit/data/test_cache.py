"""Prepared sets: found again without reading the source, whole or not at all, and safe with two writers."""

import errno
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from ferkit.data import cache


def never():
    raise AssertionError("the source was read although the set is prepared")


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_a_prepared_set_comes_back_whole_and_mapped(own_cache, small):
    cache.prepared(["key"], lambda: small)
    again = cache.prepared(["key"], never)
    for name in ("images", "labels", "subjects", "sequences", "split", "names", "index", "masks"):
        np.testing.assert_array_equal(getattr(again, name), getattr(small, name))
    assert again.masks.dtype == bool and again.regions == small.regions
    assert again.label_names == small.label_names and dict(again.source) == dict(small.source)
    assert isinstance(again.images, np.memmap) and not again.images.flags.writeable


def test_its_content_hash_is_known_and_true(own_cache, small):
    cache.prepared(["key"], lambda: small)
    again = cache.prepared(["key"], never)
    assert again.__dict__["content_hash"] == small.content_hash == cache.known_content_hash(["key"])
    del again.__dict__["content_hash"]
    assert again.content_hash == small.content_hash
    assert cache.known_content_hash(["other"]) is None


def test_the_entry_is_named_by_content_hash(own_cache, small):
    cache.prepared(["key"], lambda: small)
    assert [entry.name.partition("-")[0] for entry in (own_cache / "faces").iterdir()] == [small.content_hash]


def test_two_keys_to_the_same_set_share_one_entry(own_cache, small):
    cache.prepared(["one"], lambda: small)
    cache.prepared(["two"], lambda: small)
    assert len(list((own_cache / "faces").iterdir())) == 1 and len(list((own_cache / "keys").iterdir())) == 2


def test_nothing_is_left_behind_when_reading_fails(own_cache):
    with pytest.raises(RuntimeError):
        cache.prepared(["key"], lambda: (_ for _ in ()).throw(RuntimeError("bad input")))
    assert files_below(own_cache) == []


def test_targets_are_not_left_out_in_silence(own_cache, small):
    with pytest.raises(ValueError, match="targets"):
        cache.prepared(["key"], lambda: replace(small, targets=np.ones((len(small), 7), np.float32)))


def test_a_full_disk_is_one_line_and_leaves_nothing(own_cache, small, monkeypatch, refusal):
    saved = []

    def save(place, array):
        saved.append(place)
        if len(saved) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        place.write_bytes(b"part")

    monkeypatch.setattr(np, "save", save)
    line = refusal(cache.prepared, ["key"], lambda: small)
    assert "No space left on device" in line and "FERKIT_CACHE" in line
    assert len(saved) == 3 and files_below(own_cache) == []


@pytest.fixture
def new_process(monkeypatch):
    """Forget which entries this process has compared with their hashes, as a new process would."""
    return lambda: monkeypatch.setattr(cache, "_verified", set())


@pytest.mark.parametrize("damage", ["images.npy", "labels.npy", "meta.json"])
def test_a_shortened_entry_is_prepared_again(own_cache, small, damage, new_process):
    cache.prepared(["key"], lambda: small)
    entry = next((own_cache / "faces").iterdir())
    (entry / damage).write_bytes((entry / damage).read_bytes()[:40])
    new_process()
    again = cache.prepared(["key"], lambda: small)
    np.testing.assert_array_equal(again.images, small.images)
    np.testing.assert_array_equal(cache.prepared(["key"], never).labels, small.labels)


@pytest.mark.parametrize("name", ["images", "labels", "split", "names", "masks"])
def test_changed_bytes_are_never_served(own_cache, small, name, new_process, capsys):
    cache.prepared(["key"], lambda: small)
    place = next((own_cache / "faces").iterdir()) / f"{name}.npy"
    content = bytearray(place.read_bytes())
    content[-1] ^= 1
    place.write_bytes(content)
    new_process()
    again = cache.prepared(["key"], lambda: small)
    np.testing.assert_array_equal(getattr(again, name), getattr(small, name))
    said = capsys.readouterr().err
    assert f"{name}.npy has other bytes" in said and "prepared again" in said and said.count("\n") == 1


@pytest.mark.parametrize("change", [{"content_hash": "0" * 64}, {"label_names": list("abcdefg")}, {"files": {}}])
def test_a_changed_description_is_never_served(own_cache, small, change, new_process):
    cache.prepared(["key"], lambda: small)
    place = next((own_cache / "faces").iterdir()) / "meta.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | change))
    new_process()
    again = cache.prepared(["key"], lambda: small)
    assert again.content_hash == small.content_hash and again.label_names == small.label_names


@pytest.mark.parametrize("entry", ["", ".", "..", "victim", "../victim", "{victim}", "a" * 64 + "-" + "b" * 16, 7, None,
                                   ["x"], "0" * 64 + "-" + "0" * 16 + "/../../../victim", "0" * 5000])
def test_a_key_file_leads_nowhere_but_to_an_entry(own_cache, small, entry, tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "meta.json").write_text("{}")
    cache.prepared(["other"], lambda: small)
    cache.prepared(["key"], lambda: small)
    text = entry.replace("{victim}", str(victim)) if isinstance(entry, str) else entry
    cache._key_file(["key"]).write_text(json.dumps({"entry": text}))
    assert len(cache.prepared(["key"], lambda: small)) == len(small)
    assert (victim / "meta.json").is_file()
    assert len(cache.prepared(["other"], never)) == len(small)


def test_a_damaged_entry_that_is_a_link_goes_without_what_it_points_at(own_cache, small, tmp_path, new_process):
    cache.prepared(["key"], lambda: small)
    entry = next((own_cache / "faces").iterdir())
    elsewhere = tmp_path / "elsewhere"
    entry.rename(elsewhere)
    entry.symlink_to(elsewhere)
    (elsewhere / "labels.npy").write_bytes(b"damaged")
    new_process()
    assert len(cache.prepared(["key"], lambda: small)) == len(small)
    assert (elsewhere / "images.npy").is_file() and not entry.is_symlink()


def test_an_entry_that_cannot_be_mapped_is_left_alone(own_cache, small, monkeypatch, refusal):
    cache.prepared(["key"], lambda: small)

    def no_memory(place, **options):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(np, "load", no_memory)
    assert "Cannot allocate memory" in refusal(cache.prepared, ["key"], never)
    monkeypatch.undo()
    monkeypatch.setenv("FERKIT_CACHE", str(own_cache))
    assert len(cache.prepared(["key"], never)) == len(small)


def test_a_removed_entry_is_prepared_again(own_cache, small):
    cache.prepared(["key"], lambda: small)
    shutil.rmtree(own_cache / "faces")
    assert len(cache.prepared(["key"], lambda: small)) == len(small)


def test_writers_at_once_end_with_one_whole_entry(own_cache, small):
    with ThreadPoolExecutor(6) as pool:
        sets = list(pool.map(lambda n: cache.prepared(["key", n % 2], lambda: small), range(12)))
    assert {faces.content_hash for faces in sets} == {small.content_hash}
    names = [path.name for path in (own_cache / "faces").iterdir()]
    assert len(names) == 1 and not names[0].startswith(".tmp")


def test_what_a_killed_writer_left_is_cleared_after_a_day(own_cache, small, monkeypatch):
    left = own_cache / "faces" / ".tmp-killed"
    left.mkdir(parents=True)
    cache.prepared(["one"], lambda: small)
    assert left.exists()
    monkeypatch.setattr(cache.time, "time", lambda: left.stat().st_mtime + cache.STALE_SECONDS + 1)
    cache.prepared(["two"], lambda: small)
    assert not left.exists()
