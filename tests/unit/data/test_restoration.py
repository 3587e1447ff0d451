"""A copy is recognised by hashes alone: split, rows and labels come back, and what was done to it is named.

The copies are made of drawn faces, recognised by a fingerprint made of them; the real archive's is tested at the end.
"""

import io
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from ferkit.core.labels import LABELS
from ferkit.data import audit, fingerprint, matching, restoration
from ferkit.data.sources import fer2013
from ferkit.data.sources.synthetic import draw_set


@pytest.fixture(scope="module")
def original():
    """210 drawn faces; three of training stand in test too, one under another label."""
    faces = draw_set(140, 35, 35, seed=24)
    images, labels = np.array(faces.images), faces.labels.copy()
    images[180], labels[180] = images[3], labels[3]
    images[181], labels[181] = images[4], labels[4]
    images[182], labels[182] = images[5], (labels[5] + 1) % 7
    return replace(faces, images=images, labels=labels)


@pytest.fixture(scope="module")
def known(original):
    return fingerprint.Fingerprint.of(original)


def changed(faces, change, rows=None):
    images = np.array(faces.images)
    for row in np.arange(len(faces)) if rows is None else rows:
        images[row] = np.asarray(change(Image.fromarray(images[row])))
    return replace(faces, images=images)


def undivided(faces):
    return replace(faces, split=np.full(len(faces), "", "<U5"))


def jpeg(image, quality=60):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("L")


def blur(image):
    return image.filter(ImageFilter.GaussianBlur(1))


@pytest.fixture
def read(known):
    return lambda place: fer2013.read(place, known=known)


def save(faces, place, name):
    """The images below `place`, each called ``name(row, label, split)``."""
    for row in range(len(faces)):
        path = place / name(row, LABELS[faces.labels[row]], str(faces.split[row]))
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(faces.images[row]).save(path, quality=95)
    return place


def found(faces, known):
    return restoration.restore(faces, known).source["fingerprint"]


def test_a_shuffled_copy_without_splits_or_labels_becomes_the_original(original, known):
    order = np.random.default_rng(0).permutation(len(original))
    copy = replace(undivided(original.select(order)), labels=np.full(len(original), -1))
    again = restoration.restore(copy, known)
    assert again.content_hash == original.content_hash
    np.testing.assert_array_equal(again.index, np.arange(len(original)))
    np.testing.assert_array_equal(again.images, original.images)
    report = again.source["fingerprint"]
    assert (report["exact"], report["missing"], report["ambiguous"], report["moved"]) == (210, 0, 0, 0)


def test_copies_of_one_image_are_dealt_by_label_and_by_the_split_named(original, known):
    mine = matching.match(original.images, original.labels, original.split, known)
    np.testing.assert_array_equal(mine.row, np.arange(len(original)))
    one = undivided(original.select(np.array([182])))  # labelled as in test
    assert matching.match(one.images, one.labels, one.split, known).row.tolist() == [182]


def test_a_copy_that_lacks_one_of_two_equal_images_says_that_it_cannot_tell_which(original, known):
    left = undivided(original.select(np.setdiff1d(np.arange(210), [3])))
    report = found(left, known)
    assert report["ambiguous"] == 1 and report["missing"] == 1
    named = original.select(np.setdiff1d(np.arange(210), [3]))  # its folder says test: no doubt
    assert found(named, known)["ambiguous"] == 0


def test_a_folder_called_test_may_hold_the_validation_images(original, known):
    folders = np.where(original.split == "train", "train", "test")
    again = restoration.restore(replace(original, split=folders), known)
    assert again.content_hash == original.content_hash and again.source["fingerprint"]["moved"] == 0


@pytest.mark.parametrize("change", [None, jpeg], ids=["png", "jpeg"])
def test_a_folder_called_validation_alone_holds_the_test_images_too(original, read, tmp_path, change):
    copy = changed(original, change) if change else original
    place = save(copy, tmp_path, lambda row, label, split:
                 f"images/{'train' if split == 'train' else 'validation'}/{label}/{row * 7919 % 1000}.png")
    faces = read(place)
    assert faces.counts() == original.counts() and faces.source["fingerprint"]["moved"] == 0


@pytest.mark.parametrize("change", [None, jpeg], ids=["png", "jpeg"])
def test_a_tree_that_lies_in_its_archive_twice_is_read_once(original, read, tmp_path, change):
    copy = changed(original, change) if change else original
    for above in ("images", "images/images"):
        place = save(copy, tmp_path, lambda row, label, split, above=above: f"{above}/{split}/{label}/{row}.png")
    faces = read(place)
    report = faces.source["fingerprint"]
    assert faces.counts() == original.counts() and report["restored"]
    assert (report["images"], report["surplus"]) == (420, 210)


def test_swapped_splits_are_put_back_and_counted(original, known):
    swap = {"train": "train", "val": "test", "test": "val"}
    copy = replace(original, split=np.array([swap[split] for split in original.split]))
    again = restoration.restore(copy, known)
    np.testing.assert_array_equal(again.split, original.split)
    assert again.source["fingerprint"]["moved"] == 70


@pytest.mark.parametrize(("change", "word"), [
    (jpeg, "JPEG-compressed"), (blur, "blurred"), (ImageOps.equalize, "equalised"),
    (lambda image: image.filter(ImageFilter.UnsharpMask(2, 200, 0)), "sharpened")])
def test_a_processed_copy_is_matched_and_the_processing_named(original, known, change, word):
    report = found(changed(original, change), known)
    assert report["exact"] < 10 and report["exact"] + report["near"] > 0.8 * len(original)
    assert set(report["treatment"]) == {"train", "val", "test"}
    assert all(word in words for words in report["treatment"].values())


def test_a_cropped_copy_is_matched_and_the_crop_measured(original, known):
    crop = changed(original, lambda image: image.crop((3, 3, 45, 45)).resize((48, 48), Image.Resampling.BICUBIC))
    report = found(crop, known)
    assert report["border"] in (2, 3, 4) and report["near"] > 0.6 * len(original)
    assert "cropped by about" in report["treatment"]["train"][0]


def test_mirrored_and_repeated_images_are_further_versions(original, known):
    extra = original.select(np.r_[0:210, 20:30, 40:45])
    extra = changed(extra, ImageOps.mirror, range(210, 220))
    report = found(extra, known)
    assert report["surplus"] >= 14 and report["missing"] == report["foreign"] == 0


def test_missing_foreign_and_relabelled_images_are_counted_and_named(original, known):
    copy = original.select(np.arange(8, 210))
    images, labels = np.array(copy.images), copy.labels.copy()
    images[2] = np.random.default_rng(1).integers(0, 256, (48, 48))
    labels[4] = (labels[4] + 1) % 7
    report = found(replace(copy, images=images, labels=labels), known)
    assert (report["missing"], report["foreign"], report["relabelled"]) == (9, 1, 1)
    assert report["first"] == {"foreign": copy.names[2], "relabelled": copy.names[4]}


def test_other_images_are_not_taken_for_the_known_ones(known):
    others = draw_set(140, 35, 35, seed=22)
    report = found(others, known)
    assert not report["restored"] and report["exact"] + report["near"] < 0.2 * len(others)


def test_a_fingerprint_comes_back_from_its_file_the_same(known, tmp_path):
    again = fingerprint.load(known.save(tmp_path / "one.npz"))
    for name in ("exact", "perceptual", "labels", "split"):
        np.testing.assert_array_equal(getattr(again, name), getattr(known, name))
    assert again.looks == {name: dict(table) for name, table in known.looks.items()}
    known.save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_the_library_s_own_fingerprint_has_the_published_counts():
    own = fingerprint.load()
    for split, numbers in fer2013.PUBLISHED.items():
        assert np.bincount(own.labels[own.split == split], minlength=7).tolist() == list(numbers)
    assert len(np.unique(own.exact)) == audit.PUBLISHED_FER2013["distinct"]
    assert int(own.perceptual.max()) < 2**63


# --- layouts

def kaggle(suffix):
    """Names as in the most downloaded copy: ids of eight digits that repeat across classes and splits."""
    seen = Counter()

    def name(row, label, split):
        usage = {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}[split]
        seen[label, usage] += 1
        return f"{'train' if split == 'train' else 'test'}/{label}/{usage}_{10_000_000 + seen[label, usage]}{suffix}"
    return name


def test_kaggle_s_tree_whose_numbers_are_no_rows_is_read(original, known, read, tmp_path):
    place = save(original, tmp_path, kaggle(".png"))
    faces = read(place)
    assert faces.content_hash == original.content_hash
    np.testing.assert_array_equal(faces.index, np.arange(len(original)))
    assert len(set(faces.names.tolist())) == len(faces)


def test_the_same_tree_as_jpeg_keeps_its_split(original, read, tmp_path):
    place = save(original, tmp_path, kaggle(".jpg"))
    faces = read(place)
    assert faces.counts() == original.counts() and faces.source["fingerprint"]["restored"]
    assert "re-encoded" in faces.source["notes"][0]


@pytest.mark.parametrize("name", [
    lambda row, label, split: f"{'train' if split == 'train' else 'test'}/{label}/im{row}.png",
    lambda row, label, split: f"{label}/{row * 7919 % 1000:03d}.png",
    lambda row, label, split: f"{row * 7919 % 1000:03d}.png",
    lambda row, label, split: f"images/{row * 7919 % 1000:03d}.png"],
    ids=["train and test", "classes alone", "one folder", "one folder deeper"])
def test_a_copy_without_usages_gets_them_back(original, read, tmp_path, name):
    faces = read(save(original, tmp_path / "copy", name))
    assert faces.content_hash == original.content_hash
    assert "official split and rows are restored" in faces.source["notes"][0]


def test_an_enlarged_copy_is_read_and_said(original, read, tmp_path):
    big = replace(original, images=np.stack([np.asarray(Image.fromarray(image).resize((96, 96), 0))
                                             for image in original.images]))
    faces = read(save(big, tmp_path, lambda row, label, split: f"{split}/{label}/{row}.png"))
    assert faces.content_hash == original.content_hash and "96×96" in faces.source["notes"][0]


def test_large_images_of_something_else_are_refused(small, read, tmp_path, refusal):
    big = replace(small, images=np.repeat(np.repeat(small.images, 2, 1), 2, 2))
    place = save(big, tmp_path, lambda row, label, split: f"{split}/{label}/{row}.png")
    assert "96×96, 48×48 is expected" in refusal(read, place)
    flat = save(small, tmp_path / "flat", lambda row, label, split: f"{row}.png")
    assert "too few images are known" in refusal(read, flat)


# --- the audit

def audited(faces, known):
    restored = restoration.restore(faces, known)
    report = audit.audit(replace(restored, source={**restored.source, "dataset": "fer2013", "protocol": "official",
                                                   "thinned": True}))
    return report["verdict"], {finding["id"]: finding["severity"] for finding in report["findings"]}


def test_the_audit_of_an_untouched_reordered_or_recompressed_copy_names_no_damage(original, known):
    damage = {"missing", "foreign", "surplus", "relabelled", "augmented_before_split", "treatment", "sharpness"}
    order = np.random.default_rng(0).permutation(len(original))
    for copy in (original, undivided(original.select(order))):
        verdict, found = audited(copy, known)
        assert verdict == "known_defects" and not damage & set(found)
    verdict, found = audited(changed(original, jpeg), known)
    assert verdict == "known_defects" and found["treatment"] == "note"


def test_the_audit_of_training_images_blurred_alone_is_do_not_use(original, known):
    many = replace(original, subjects=np.full(210, ""))  # FER2013 names no people, so that images count
    verdict, found = audited(changed(many, blur, np.flatnonzero(many.split == "train")), known)
    assert found["treatment"] == "note"
    assert verdict == "do_not_use" and found["sharpness"] == "fatal"


def test_the_audit_of_a_cleaned_copy_counts_what_is_missing(original, known):
    verdict, found = audited(original.select(np.arange(10, 210)), known)
    assert verdict == "known_defects" and found["missing"] == "defect"


def test_the_audit_of_a_copy_augmented_before_it_was_divided_is_do_not_use(original, known):
    twice = changed(original.select(np.r_[0:210, 0:210]), ImageOps.mirror, range(210, 420))
    split = np.where(np.random.default_rng(3).random(420) < 0.7, "train", "test")
    split[:5] = "val"
    verdict, found = audited(replace(twice, split=split.astype("<U5")), known)
    assert verdict == "do_not_use" and found["augmented_before_split"] == "fatal" and found["surplus"] == "defect"


# --- the real archive

@pytest.mark.fer2013
def test_the_real_archive_is_known_image_by_image(fer2013_path):
    faces = fer2013.read(fer2013_path)
    own = fingerprint.load()
    report = faces.source["fingerprint"]
    assert report["exact"] == report["images"] == len(own) == 35887
    assert not any(report[name] for name in ("missing", "foreign", "surplus", "relabelled", "moved", "ambiguous"))
    np.testing.assert_array_equal(faces.index, np.arange(len(own)))
    np.testing.assert_array_equal(fingerprint.perceptual_hash(faces.images), own.perceptual)
    flat = replace(undivided(faces), labels=np.full(len(faces), -1))
    assert restoration.restore(flat.select(np.arange(len(faces))[::-1])).content_hash == faces.content_hash
