"""Files of a data set, read alike from a folder, a zip, a tar or a single file, and images decoded from their
bytes.

Nothing is ever unpacked to disk. What a hostile or broken archive could do (climb out of its folder, declare
gigabytes, loop through links) is refused here, once, with the member's name.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ferkit.core.errors import InputError

NO_GREY = ("CMYK", "F", "I", "LAB", "HSV", "YCbCr")  # colour modes without one grey reading
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".pgm")
OTHER_PICTURES = (".gif", ".heic", ".heif", ".avif", ".jfif", ".jp2", ".svg")  # which users are told are not read
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "PPM")
MEMBER_LIMIT = 64 * 2**20  # bytes of one image or small text file
TABLE_LIMIT = 2 * 2**30  # bytes of one csv: FER2013's is 0.3 GB
TOTAL_LIMIT = 16 * 2**30  # bytes of all members together
MEMBER_COUNT_LIMIT = 1_000_000
PIXEL_LIMIT = 64 * 10**6  # pixels of one photograph
RATIO_LIMIT = 1000  # declared size ÷ packed size; deflate itself cannot pass 1032

READ_ERRORS = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
    NotImplementedError,
    RuntimeError,
)


class FolderFiles:
    """The files below a folder, or one file alone; see `Files`."""

    def __init__(self, path: Path) -> None:
        self.title = path.name
        self._root = path if path.is_dir() else path.parent
        self.names = tuple(sorted(_walk(path))) if path.is_dir() else (path.name,)

    def read(self, name: str, limit: int = MEMBER_LIMIT) -> bytes:
        """The whole file; InputError if it cannot be read or is larger than `limit` bytes."""
        try:
            with open(self._root / name, "rb") as file:
                content = file.read(limit + 1)
        except OSError as error:
            raise InputError(f"{self.title}: {name}: cannot be read ({reason(error)})") from error
        _check_size(self.title, name, len(content), limit)
        return content

    def open(self, name: str) -> IO[bytes]:
        """The file as a stream."""
        return open(self._root / name, "rb")


@dataclass(frozen=True)
class _Member:
    """A member of an archive: its declared size and the most bytes believed, whether it is a folder or a file (else a
    link or device), and how it is opened."""

    name: str
    size: int
    most: int
    is_folder: bool
    is_file: bool
    open: Callable[[], IO[bytes]]


class ArchiveFiles:
    """The regular members of an archive; see `Files`. kind: "zip", or "tar" (plain or gzip)."""

    def __init__(self, path: Path, kind: str) -> None:
        self.title = path.name
        try:
            self._file = zipfile.ZipFile(path) if kind == "zip" else tarfile.open(path)  # noqa: SIM115
            with ExitStack() as refused:
                refused.callback(self.close)
                self._members = _checked(self.title, (_zip if kind == "zip" else _tar)(self._file))
                refused.pop_all()
        except (*READ_ERRORS, ValueError) as error:
            raise InputError(f"{path.name}: not a readable {kind} archive ({reason(error)}); fetch it again") from error
        self.names = tuple(sorted(self._members))

    def read(self, name: str, limit: int = MEMBER_LIMIT) -> bytes:
        """The whole member; InputError if it cannot be read or is larger than `limit` bytes."""
        size = self._members[name].size
        _check_size(self.title, name, size, limit)
        try:
            with self.open(name) as stream:
                content = stream.read()
        except READ_ERRORS as error:
            raise InputError(
                f"{self.title}: {name}: cannot be read ({reason(error)}); fetch the archive again"
            ) from error
        if len(content) != size:
            raise InputError(f"{self.title}: {name}: the archive ends inside it; fetch it again")
        return content

    def open(self, name: str) -> IO[bytes]:
        """The member as a stream."""
        return self._members[name].open()

    def close(self) -> None:
        """Release the archive."""
        self._file.close()


def _zip(file: zipfile.ZipFile) -> list[_Member]:
    return [_Member(info.filename, info.file_size, min(TABLE_LIMIT, RATIO_LIMIT * max(info.compress_size, 1024)),
                    info.filename.endswith("/"), True, partial(file.open, info)) for info in file.infolist()]


def _tar(file: tarfile.TarFile) -> list[_Member]:
    return [_Member(info.name, info.size, TABLE_LIMIT, info.isdir(), info.isreg(), partial(file.extractfile, info))
            for info in file.getmembers()]


def _checked(title: str, listed: list[_Member]) -> dict[str, _Member]:
    """The files among an archive's members, by name; InputError where one must not be read."""
    members: dict[str, _Member] = {}
    for member in listed:
        name = _safe_name(title, member.name)
        if member.is_folder or _is_clutter(name):
            continue
        if not member.is_file:
            raise InputError(f"{title}: {name}: is a link or device, not a file; refused")
        if name in members:
            raise InputError(f"{title}: {name}: listed twice in the archive; fetch it again")
        if member.size > member.most:
            raise InputError(f"{title}: {name}: declares {member.size} bytes unpacked; refused as a zip bomb")
        members[name] = member
    total = sum(member.size for member in members.values())
    if len(members) > MEMBER_COUNT_LIMIT or total > TOTAL_LIMIT:
        raise InputError(f"{title}: declares {len(members)} members of {total} bytes unpacked; refused as a zip bomb")
    return members


# Read-only files under one root: `title` for messages, `names` relative with forward slashes, sorted. What `open` gives
# (for tables too large to hold) the caller closes, and meets READ_ERRORS.
Files = FolderFiles | ArchiveFiles


@contextmanager
def open_files(path: Path) -> Iterator[Files]:
    """The files at `path`: a folder, a zip, a tar, or one single file; of a folder that holds nothing but one archive,
    that archive's. InputError if there is none, it is broken, or it holds nothing but archives."""
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; name the data with --data PATH")
    path = _only_archive(path)
    if not path.is_file() or not path.name.lower().endswith(ARCHIVE_SUFFIXES):
        files: Files = FolderFiles(path)
        _refuse_archives(files)
        yield files
        return
    with closing(ArchiveFiles(path, "zip" if path.name.lower().endswith(".zip") else "tar")) as files:
        _refuse_archives(files)
        yield files


@contextmanager
def open_all(paths: Sequence[Path]) -> Iterator[list[Files]]:
    """What `open_files` gives of each of a data set's parts."""
    with ExitStack() as stack:
        yield [stack.enter_context(open_files(path)) for path in paths]


def _only_archive(path: Path) -> Path:
    """The one archive that a folder holds and nothing else; the path itself where it is anything else."""
    with suppress(OSError):  # whoever lists the folder next says why it cannot be
        there = [entry for entry in path.iterdir() if not _is_clutter(entry.name)] if path.is_dir() else []
        if len(there) == 1 and there == inner_archives(path):
            return there[0]
    return path


def _refuse_archives(files: Files) -> None:
    if files.names and all(name.lower().endswith(ARCHIVE_SUFFIXES) for name in files.names):
        raise InputError(f"{files.title}: holds nothing but archives ({', '.join(files.names[:3])}); unpack or name "
                         "the one that holds the data")


def inner_archives(folder: Path) -> list[Path]:
    """The archives lying directly in `folder`, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name.lower().endswith(ARCHIVE_SUFFIXES))


def expand(parts: Sequence[Path], words: tuple[str, ...]) -> Sequence[Path]:
    """What to open for a data set's parts: the parts, or, of one folder with nothing else to read, the archives in it
    whose names contain one of `words`."""
    if len(parts) == 1 and parts[0].is_dir():
        inside = [path for path in inner_archives(parts[0]) if any(word in path.name.lower() for word in words)]
        folders = [path for path in parts[0].iterdir() if path.is_dir() and not _is_clutter(path.name)]
        loose = [path for path in parts[0].iterdir() if path.name.lower().endswith(IMAGE_SUFFIXES)]
        return parts if folders or loose or not inside else inside
    return parts


def stamp(path: Path) -> list[object]:
    """What tells cheaply whether `path` changed: its place, sizes and modification times (ns)."""
    try:
        if not path.is_dir():
            status = path.stat()
            return [os.fspath(path.absolute()), status.st_size, status.st_mtime_ns]
        digest = hashlib.sha256()
        for name in sorted(_walk(path)):
            status = (path / name).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        return [os.fspath(path.absolute()), digest.hexdigest()]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file or folder; name the data with --data PATH") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from error


def image_names(files: Files) -> list[str]:
    """The members that are images by their suffix, sorted."""
    return [name for name in files.names if name.lower().endswith(IMAGE_SUFFIXES)]


def others_noted(files: Files) -> list[str]:
    """A sentence on pictures whose suffix is not one that is read, in a list; [] where there are none."""
    names = [name for name in map(str.lower, files.names) if name.endswith(OTHER_PICTURES)]
    endings = sorted({name[name.rindex("."):] for name in names})
    return [f"{len(names)} pictures ({', '.join(endings)}) are left out; read are {', '.join(IMAGE_SUFFIXES)}."
            ] if names else []


def decode_grey(content: bytes, where: str, background: int | None = None) -> np.ndarray:
    """One grey picture, uint8 0…255, (H, W), upright; InputError naming `where` for whatever cannot be read
    right.

    Colour becomes luma (ITU-R 601), 16-bit grey is scaled to 8 bits, EXIF rotation is undone, of a phone's
    multi-picture JPEG the first is taken. CMYK, floating point, several frames and real transparency (unless
    a grey `background` is given) have no one reading: refused.
    """
    if not content:
        raise InputError(f"{where}: the file is empty (0 bytes); fetch it again")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise InputError(f"{where}: {image.width}×{image.height} pixels is more than {PIXEL_LIMIT}; shrink it")
            if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # phones: the photo, then its depth map
                raise InputError(f"{where}: holds {image.n_frames} frames; give one image per file")
            image.load()
            return _to_grey(image, where, background)
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(f"{where}: not an image of a known format ({', '.join(FORMATS)})") from error
    except (Exception) as error:  # Pillow raises a dozen kinds for broken files; every one means the same to a user
        raise InputError(f"{where}: broken image ({reason(error)}); fetch it again") from error


def read_grey(files: Files, name: str, background: int | None = None) -> np.ndarray:
    """The grey picture of one member, uint8, (H, W); `background` as in `decode_grey`."""
    return decode_grey(files.read(name), f"{files.title}: {name}", background)


def _to_grey(image: Image.Image, where: str, background: int | None) -> np.ndarray:
    """Pixels of a loaded image as upright grey."""
    if image.mode == "L" and not image.info:
        return np.asarray(image)
    if image.mode in NO_GREY:
        raise InputError(f"{where}: colour mode {image.mode} has no one grey reading; save it as 8-bit grey or RGB")
    if "A" in image.mode or "transparency" in image.info:
        image = _opaque(image, where, background)
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return np.round(np.asarray(image, np.uint16) / 257.0).astype(np.uint8)
    if image.mode == "P":
        image = image.convert("RGB")
    return np.asarray(image.convert("L"))


def _opaque(image: Image.Image, where: str, background: int | None) -> Image.Image:
    """The image without its alpha channel; InputError where pixels are really transparent and nothing lies
    behind."""
    whole = image.convert("RGBA")
    if whole.getchannel("A").getextrema() == (255, 255):
        return whole.convert("RGB")
    if background is None:
        raise InputError(f"{where}: has transparent pixels; save it without an alpha channel")
    behind = Image.new("RGBA", whole.size, (background, background, background, 255))
    return Image.alpha_composite(behind, whole).convert("RGB")


def _walk(folder: Path, above: frozenset[str] = frozenset(), prefix: str = "") -> Iterator[str]:
    """Relative names of all files below `folder`; links are followed, a loop is refused."""
    real = os.path.realpath(folder)
    if real in above:
        raise InputError(f"{folder}: a symbolic link leads back to a folder above it; remove the loop")
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                if _is_clutter(name):
                    continue
                kind = _kind(entry)
                if kind == "folder":
                    yield from _walk(Path(entry.path), above | {real}, name + "/")
                elif kind == "file":
                    yield name
                else:
                    raise InputError(f"{entry.path}: {kind}; remove it")
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({reason(error)})") from error


def _kind(entry: os.DirEntry[str]) -> str:
    """"folder" or "file", links followed; else what is wrong with the entry."""
    try:
        if entry.is_dir():
            return "folder"
        return "file" if entry.is_file() else "a broken link or no regular file"
    except OSError as error:
        return reason(error)


def _safe_name(title: str, name: str) -> str:
    """The member's name with forward slashes; InputError if it would lie outside the archive's folder."""
    clean = name.replace("\\", "/")
    path = PurePosixPath(clean)
    if (
        path.is_absolute()
        or ".." in path.parts
        or (path.parts and path.parts[0].endswith(":"))
        or "\0" in clean
    ):
        raise InputError(f"{title}: {name}: the entry climbs out of its folder; refused")
    return str(path)


def _is_clutter(name: str) -> bool:
    """Whether a file is an operating system's own litter."""
    *_, last = parts = name.split("/")
    return parts[0] == "__MACOSX" or last in ("Thumbs.db", "desktop.ini") or any(
        part.startswith(".") for part in parts)


def _check_size(title: str, name: str, size: int, limit: int) -> None:
    if size > limit:
        raise InputError(f"{title}: {name}: larger than {limit // 2**20} MiB; not a file of this data set")


def reason(error: BaseException) -> str:
    """An exception's own words in one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__
