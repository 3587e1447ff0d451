"""Every place on disk, by name; nothing else in the project builds an absolute path.

Notebooks get a run *name* and ask here for its folder, so that an executed notebook replays anywhere.
"""

import contextlib
import os
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ferkit.core import protocols
from ferkit.core.errors import InputError

DATA_VARIABLES = {
    "fer2013": "FERKIT_FER2013",
    "ckplus": "FERKIT_CKPLUS",
    "jaffe": "FERKIT_JAFFE",
    "ferg": "FERKIT_FERG",
    "folder": "FERKIT_FOLDER",
    "gfe": "FERKIT_GFE",
}
DATASETS = ("synthetic", *DATA_VARIABLES)
LONGEST_NAME = 255  # bytes of a file name, on every usual file system
WITHOUT_IMAGES = ("gfe",)  # points over time: nothing that looks at pictures runs on it


Data = Path | tuple[Path, ...] | None  # a data set's one path, its parts, or what its environment variable says
SUBJECT_VARIABLE = "FERKIT_SUBJECT_FROM"  # how subjects are told by the paths of --dataset folder


def set_subjects(dataset: str, pattern: str) -> None:
    """Say, for this process and the kernels it starts, how subjects are told by paths; "" leaves it as it is."""
    if pattern and dataset != "folder":
        raise InputError(f"--subject-from is for --dataset folder; {dataset} names its subjects itself")
    if pattern:
        os.environ[SUBJECT_VARIABLE] = pattern


def in_checkout() -> bool:
    """Whether this library lies in a checkout of the project, not in an installed package."""
    return (Path(__file__).resolve().parents[3] / "pyproject.toml").is_file()


def repository() -> Path:
    """The checkout this library lies in, or the working directory when it is installed elsewhere."""
    return Path(__file__).resolve().parents[3] if in_checkout() else Path.cwd()


def shown(path: Path, by_name: bool = False) -> str:
    """A path as others find it, relative to the checkout; one that lies elsewhere as it is; by_name: its name alone."""
    here, root = path.absolute(), repository()
    return here.relative_to(root).as_posix() if here.is_relative_to(root) else here.name if by_name else str(path)


def published_root() -> Path:
    """What is published: ``results`` of the checkout, else the part of it that an installed package brings along."""
    return repository() / "results" if in_checkout() else Path(__file__).resolve().parents[1] / "published"


def output_root() -> Path:
    """Where runs go: ``FERKIT_OUTPUT`` if set, else ``results/runs`` of the checkout."""
    chosen = os.environ.get("FERKIT_OUTPUT")
    return Path(chosen).expanduser().absolute() if chosen else repository() / "results" / "runs"


def run_name(dataset: str, profile: str, seed: int, protocol: str = "") -> str:
    """The contract's name of a run: ``<dataset>-<profile>-seed<N>``; a protocol other than the set's own is added."""
    return f"{dataset}-{profile}-seed{seed}{protocols.suffix(dataset, protocol)}"


def run_directory(run: str) -> Path:
    """The folder of a run by its name; InputError for a name that is a path."""
    if not run or run in (".", "..") or "/" in run or "\\" in run:
        raise InputError(f"run name {run!r} is a path: give a name such as synthetic-quick-seed0")
    return output_root() / run


def published_directory(dataset: str, protocol: str = "") -> Path:
    """The committed results of a data set: ``results/<dataset>`` of the checkout; a protocol other than its own is
    added (``results/ckplus-by_image``)."""
    return published_root() / f"{dataset}{protocols.suffix(dataset, protocol) if protocol else ''}"


def cache_root() -> Path:
    """Prepared arrays: ``FERKIT_CACHE``, else ``$XDG_CACHE_HOME/ferkit``, else ``~/.cache/ferkit``."""
    chosen = os.environ.get("FERKIT_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser().absolute() / "ferkit"


def for_kernels(library: Path) -> dict[str, str]:
    """Variables by which a kernel that starts in another folder finds this library and what the environment names."""
    def places(variable: str, *first: str) -> str:
        return os.pathsep.join([*first, *map(os.path.abspath, filter(None, os.environ.get(variable, "").split(
            os.pathsep)))])

    return {"FERKIT_CACHE": str(cache_root()), "FERKIT_PAPERS": places("FERKIT_PAPERS"),
            "PYTHONPATH": places("PYTHONPATH", str(library))}


def data_parts(dataset: str, data: Data = None) -> tuple[Path, ...]:
    """Where a data set lies, part by part: as given, else its environment variable, in which several parts are joined
    by ``os.pathsep``; () for the built-in set. InputError when a real one is not named."""
    if dataset == "synthetic":
        return ()
    if data is not None:
        return data if isinstance(data, tuple) else (Path(data),)
    variable = DATA_VARIABLES[dataset]
    chosen = os.environ.get(variable, "")
    whole = Path(chosen).expanduser().absolute()
    parts = (whole,) if chosen and whole.exists() else [Path(part).expanduser().absolute()
                                                       for part in chosen.split(os.pathsep) if part]
    if not parts:
        raise InputError(f"{dataset}: no data given; name its archive or folder with --data PATH or {variable}")
    return tuple(parts)


def check_data(dataset: str, given: Sequence[str]) -> tuple[Path, ...]:
    """The absolute paths of a real data set's parts, each seen to be there and readable; InputError for one that is
    not, for an empty name, and for any with the built-in set."""
    if dataset == "synthetic":
        raise InputError(f"--data {given[0]}: the built-in set takes no data; choose another --dataset")
    if not all(name.strip() for name in given):
        raise InputError("--data '': an empty name (a shell variable that is not set?); name an archive or a folder")
    found = tuple(Path(name).expanduser().absolute() for name in given)
    for path in found:
        if not path.exists():
            raise InputError(f"{dataset}: {path} does not exist; name its archive or folder with --data PATH")
        if not os.access(path, os.R_OK):
            raise InputError(f"{dataset}: no permission to read {path}; fix it with chmod")
        if path.is_dir() and not any(path.iterdir()):
            raise InputError(f"{dataset}: {path} is an empty folder; unpack the data there")
        if path.suffix.lower() == ".zip" and path.is_file() and not zipfile.is_zipfile(path):
            raise InputError(f"{dataset}: {path} is not a whole zip file (cut off?); fetch it again")
    return found


def check_writable(output: Path, option: str = "--output") -> None:
    """InputError unless the folder `output` is writable or could be made; nothing is written to find out.

    option: what the user named it with, for the message.
    """
    if not str(output).strip():
        raise InputError(f"{option} '': an empty name (a shell variable that is not set?); name a folder")
    output = output.expanduser().absolute()
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in output.parts):
        raise InputError(f"output: a name of more than {LONGEST_NAME} bytes; shorten it")
    there = next(path for path in (output, *output.parents) if os.path.lexists(path))
    if not there.is_dir():
        raise InputError(f"output {output}: {there} is not a folder; name another with {option}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"output {output}: no permission to write in {there}; name another with {option}")


def make_folder(output: Path, option: str = "--output") -> Path:
    """The folder `output`, made if need be and seen to take a file; InputError, with nothing left, where it does not.

    What costs minutes calls this before the work, after everything else was checked.
    """
    check_writable(output, option)
    made = [path for path in (output, *output.parents) if not path.exists()]
    probe = output / f".ferkit-{os.getpid()}-{threading.get_ident()}"
    try:
        output.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(4096))
        probe.unlink()
    except OSError as error:
        for remove, path in ((os.unlink, probe), *((os.rmdir, path) for path in made)):
            with contextlib.suppress(OSError):
                remove(path)
        raise InputError(f"output {output}: {error.strerror}; free some space or name another with {option}") from None
    return output
