"""Small copies of a drawn set in every layout that the sources read. No real face is in any of them."""

import csv
import io
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.sources.synthetic import draw_set

USAGES = {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}
FOLDERS = {"train": "train", "val": "test", "test": "test"}


@pytest.fixture(scope="session")
def small():
    """56 drawn faces: 28, 14 and 14 in the three splits, every label in each."""
    return draw_set(28, 14, 14, seed=5)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """An empty cache of the test's own."""
    folder = tmp_path / "own_cache"
    monkeypatch.setenv("FERKIT_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def layouts():
    """Writers of the circulating layouts: each takes a place and a set, and returns the place."""
    return SimpleNamespace(csv=write_csv, tree=write_tree, plain_tree=write_plain_tree, mosaics=write_mosaics,
                           zip=zip_folder, tar=tar_folder, png=png_bytes, ckplus48=write_ckplus48,
                           ckplus_release=write_ckplus_release)


@pytest.fixture
def refusal():
    """Runs something that must be refused and returns the one line that says why."""
    def run(function, *arguments, **options):
        with pytest.raises(InputError) as caught:
            function(*arguments, **options)
        line = str(caught.value)
        assert "\n" not in line
        return line
    return run


def write_csv(place, faces, header="emotion,pixels,Usage", newline="\n", bom=False, quoting=csv.QUOTE_MINIMAL):
    """fer2013.csv, or with other column names icml_face_data.csv."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=newline, quoting=quoting)
    writer.writerow(header.split(","))
    order = [name.strip().lower() for name in header.split(",")]
    for image, label, split in zip(faces.images, faces.labels, faces.split, strict=True):
        row = {"emotion": int(label), "pixels": " ".join(map(str, image.ravel())), "usage": USAGES[str(split)]}
        writer.writerow([row[name] for name in order])
    place.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode())
    return place


def write_tree(place, faces):
    """train/<class>/Training_<row>.png and test/<class>/{PublicTest,PrivateTest}_<row>.png."""
    for row, (image, label, split) in enumerate(zip(faces.images, faces.labels, faces.split, strict=True)):
        save(image, place / FOLDERS[str(split)] / LABELS[label] / f"{USAGES[str(split)]}_{row}.png")
    return place


def write_plain_tree(place, faces):
    """train/<class>/im<n>.png and test/<class>/im<n>.png, without validation."""
    for row, (image, label, split) in enumerate(zip(faces.images, faces.labels, faces.split, strict=True)):
        save(image, place / ("test" if split == "test" else "train") / LABELS[label] / f"im{row}.png")
    return place


def write_mosaics(place, faces):
    """mosaic_NN.webp of 32×32 images each, in halves a and b with the whole index.csv."""
    count = -(-len(faces) // 1024)
    padded = np.zeros((count * 1024, 48, 48), np.uint8)
    padded[:len(faces)] = faces.images
    tiles = padded.reshape(count, 32, 32, 48, 48).swapaxes(2, 3).reshape(count, 1536, 1536)
    index = "row,expression,usage\n" + "".join(
        f"{row},{label},{USAGES[str(split)]}\n"
        for row, (label, split) in enumerate(zip(faces.labels, faces.split, strict=True)))
    for number, mosaic in enumerate(tiles):
        half = place / ("a" if number < count // 2 or count == 1 else "b")
        half.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mosaic).convert("RGB").save(
            half / f"mosaic_{number:02d}.webp", lossless=True, quality=0, method=0
        )
        (half / "index.csv").write_text(index)
    return place


def write_ckplus48(place, faces, folders=("anger", "disgust", "fear", "happy", "sadness", "surprise", "contempt")):
    """CK+48/<class>/S010_004_00000017.png: one subject per row of the set, two frames each."""
    for row, image in enumerate(faces.images):
        folder = folders[faces.labels[row] % len(folders)]
        for frame in (17, 18):
            save(image, place / "CK+48" / folder / f"S{100 + row}_{1 + row % 3:03d}_{frame:08d}.png")
    return place


def write_ckplus_release(place, faces, codes):
    """cohn-kanade-images/S005/001/*.png (six frames) and Emotion/S005/001/*_emotion.txt for each code."""
    for row, code in enumerate(codes):
        stem = f"S{100 + row}/{1 + row:03d}"
        name = f"S{100 + row}_{1 + row:03d}"
        for frame in range(1, 7):
            save(faces.images[row], place / "cohn-kanade-images" / stem / f"{name}_{frame:08d}.png")
        text = place / "Emotion" / stem / f"{name}_00000006_emotion.txt"
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text(f"   {code:.7e}\n")
    return place


def zip_folder(folder, place):
    """The folder's files in a zip."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return place


def tar_folder(folder, place):
    """The folder's files in a tar."""
    with tarfile.open(place, "w") as archive:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                archive.add(path, path.relative_to(folder).as_posix())
    return place


def png_bytes(image):
    """The image as the bytes of a png file."""
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, "PNG")
    return stream.getvalue()


def save(image, path):
    """The image at `path`, folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
