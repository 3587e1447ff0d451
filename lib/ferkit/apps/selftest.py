"""Bad input and killed runs, by the hundred: what `ferkit selftest` and the tests try on every command.

Every case of `bad_inputs` is a command line that cannot be right. It has to end with exit status 2 and one line on
stderr (1 where single items fail and others go on), print nothing but valid JSON, and leave no file behind.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ferkit.core import files

DATA = ("--dataset", "synthetic", "--profile", "smoke")
LONG = "n" * 5000


@dataclass(frozen=True)
class Case:
    """A command line that cannot be right. status: how it has to end."""

    words: tuple[str, ...]
    status: int = 2

    @property
    def name(self) -> str:
        """Its words, shortened, without the places of this machine."""
        return " ".join(word if len(word) < 60 else f"{word[:40]}…" for word in self.words)


@dataclass(frozen=True)
class Outcome:
    """What became of a case. problem: "" where it was answered as it has to be."""

    case: str
    problem: str


def bad_inputs(folder: Path, network: str) -> list[Case]:
    """The battery; what its cases name is written below `folder`.

    network: the name of a system that is a network (its options are those of any: unknown ones are refused).
    """
    place = Materials(folder, network)
    return [*_usage(), *_options(network), *_places(place, network), *_recipes(place, network),
            *_sweeps(place, network), *_weights(place), *_folders(place), *_photos(place)]


def answer(case: Case, run: Callable[[Sequence[str]], int], watched: Path) -> Outcome:
    """Run one case in this process and say what is wrong with its answer. watched: a folder that may not change."""
    before = _listing(watched)
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    status: object
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = run(list(case.words))
        except SystemExit as stopped:
            status = stopped.code
        except BaseException as error:  # the battery's very question
            status = f"{type(error).__name__}: {error}"[:200]
    printed, said = (_text(stream) for stream in (out, err))
    return Outcome(case.name, _problem(case, status, printed, said, before, _listing(watched)))


def _problem(case: Case, status: object, printed: str, said: str, before: list[str], after: list[str]) -> str:
    lines = said.splitlines()
    if status != case.status:
        return f"ended with {status}, not {case.status}: {said[-300:] or printed[-300:]}"
    if status == 2 and (len(lines) != 1 or not lines[0].startswith("ferkit: ")):
        return f"{len(lines)} lines on stderr, not one: {said[:300]}"
    if "Traceback" in said or any(len(line) > 700 for line in lines):
        return f"a traceback or an endless line: {said[:300]}"
    if status == 2 and printed:
        return f"it printed {printed[:200]}"
    if "--json" in case.words:
        try:
            for line in printed.splitlines():
                json.loads(line, parse_constant=_refuse)
        except ValueError as error:
            return f"its output is no JSON ({error})"
    left = sorted(set(after) - set(before))
    return f"it left {left[0]}" if left else ""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8", "backslashreplace")


def _listing(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def _each(*columns: Iterable[object]) -> Iterator[tuple[str, ...]]:
    """Every combination, flattened to words."""
    for chosen in itertools.product(*columns):
        yield tuple(itertools.chain.from_iterable((one,) if isinstance(one, str) else one for one in chosen))


def _usage() -> Iterator[Case]:
    """No command, unknown commands, unknown options, and words that are none of the known ones."""
    from ferkit.__main__ import ALIASES, COMMANDS

    yield from (Case(words) for words in ((), ("",), ("dance",), ("--nope",), ("trian",), ("predict", "--nope")))
    takes = {"claims": ("x",), "sweep": ("x", "--output", "y"), "bench": ("occlusion",)}
    for command in (*COMMANDS, *ALIASES):
        yield Case((command, *takes.get(command, ()), "--nope"))
        yield Case((command, *takes.get(command, ()), "--datset", "fer2013"))
    yield from (Case(words) for words in _each(
        ("run", ("train", "--model", "m", "--output", "o"), ("evaluate", "--weights", "w")),
        (("--dataset", "fer2O13"), ("--profile", "tiny"), ("--device", "tpu"), ("--device", ""))))


def _options(network: str) -> Iterator[Case]:
    """Numbers that are none, or out of range."""
    seeds = ("-1", "x", "1.5", "", "1e3", "9" * 40, "²", "0x1", " ", "nan", "2147483648")
    commands = ("run", ("train", *DATA, "--model", network, "--output", "o"), ("plan", "--dataset", "synthetic"),
                ("evaluate", *DATA, "--weights", "w"), ("occlusion", "--mouth-only"))
    yield from (Case((*words[:-1], "--seed", words[-1])) for words in _each(commands, seeds))
    yield from (Case(("train", *DATA, "--model", network, "--output", "o", "--max-minutes", value))
                for value in ("0", "-1", "nan", "inf", "x", ""))
    yield from (Case(("occlusion", "--mouth-only", *words)) for words in _each(
        ("--patch-size", "--stride"), ("0", "-3", "999999", "x")))
    yield from (Case(("verify", ".", "--sample", value)) for value in ("-1", "x", "1.5"))
    yield from (Case(("bench", subject, *words)) for subject, *words in (
        ("training", "--batch", "0"), ("training", "--seconds", "-1"), ("training", "--rounds", "0"),
        ("occlusion", "--images", "0"), ("occlusion", "--patch-size", "49"), ("nothing",)))
    yield from (Case(words) for words in (
        ("run", "--only", "77"), ("run", "--from", "1", "--only", "2"), ("run", "--set", "NOPE=1"),
        ("run", "--set", "x"), ("run", "--set", "SEED=1"), ("run", "--protocol", "by_guess"),
        ("run", "--protocol", ","), ("run", "--contempt"),
        ("publish",), ("publish", "--list", "x"), ("report",), ("report", "--readme"), ("predict",),
        ("predict", "--json", "--csv", "x.png"), ("predict", "--list", "--json"), ("occlusion",),
        ("occlusion", "x", "--mouth-only"), ("verify",), ("verify", ".", "--data", "nowhere"), ("sweep",),
        ("sweep", "missing.toml"), ("bench",), ("bench", "training", "--model", "dance")))


def _places(place: Materials, network: str) -> Iterator[Case]:
    """Data and outputs at places that cannot be."""
    bad = (place.missing, place.empty, place.cut_zip, place.text, "", " ", LONG)
    for dataset, path in _each(("fer2013", "ckplus", "jaffe", "ferg", "folder"), bad):
        yield Case(("audit", "--dataset", dataset, "--data", path))
    yield from (Case((*command, "--data", place.text)) for command in (
        ("run", "--dataset", "synthetic"), ("audit", "--dataset", "synthetic"), ("bench", "training"),
        ("train", *DATA, "--model", network, "--output", place.out("t")), ("evaluate", *DATA, "--weights", "w")))
    for output in (place.text, f"{place.text}/below", "", f"{place.folder}/{LONG}", "/proc/nope/x", "/dev/null/x"):
        yield from unwritable(place, network, output)
    yield Case(("export", "--weights", place.weights, "--onnx", f"{place.missing}/x.onnx"))
    yield Case(("export", "--weights", place.weights, "--onnx", str(place.folder)))


def unwritable(place: Materials, network: str, output: str) -> Iterator[Case]:
    """Every command that writes into a folder, told to write where nothing can be written."""
    (sweep,) = place.texts("good", (json.dumps({"models": [network], "profile": "smoke", "epochs": 1}),))
    yield from (Case((*words, output)) for words in (
        ("train", *DATA, "--model", network, "--output"), ("evaluate", *DATA, "--weights", place.weights, "--output"),
        ("run", "--profile", "smoke", "--output"), ("sweep", sweep, "--output"), ("new-paper", "who2030_x", "--output"),
        ("test-selection-bias", *DATA, "--model", network, "--recipe", "ours", "--output"),
        ("predict", "--weights", place.weights, place.crop, "--save-overlay")))


def _recipes(place: Materials, network: str) -> Iterator[Case]:
    """Values that a recipe does not have, and files that are no recipe."""
    values = ("epochs=0", "epochs=-1", "epochs=true", "epochs=1.5", "epochs=x", "epochs=1e23", "epochs=null",
              f"epochs={10**23}", "batch_size=0", "batch_size=1e9", "lr=x", "lr=-1", "lr=NaN", "lr=Infinity", "lr=true",
              "lr=[]", "momentum=1", "warmup=2", "ema=1", "patience=-5", "patience=x", "nesterov=x", "nesterov=5",
              "channels_last=no", "compile=no", "penalty_power=true", "penalty_power=3", "optimizer=lion", "loss=[]",
              "precision=fp8", "tta=nope", "init={}", "augmentation=5", "augmentation=[]", 'augmentation={"flip":"a"}',
              'augmentation={"flip":-1}', 'augmentation={"crop":-5}', 'augmentation={"crop":1e9}',
              'augmentation={"rotation":"x"}', 'augmentation={"mixup":-1}', 'augmentation={"padding":-3}',
              'augmentation={"nope":1}', "augmentation.flip=2", "augmentation.nope=1", "model=5", "model=[1]",
              'model={"nope":1}', "model.nope=1", "model.a.b=1", "nope=1", "lr", "=", "lr=" + "[" * 5000)
    yield from (Case(("train", *DATA, "--model", network, "--output", place.out("t"), "--set", value))
                for value in values)
    for name in ("nope.json", *place.texts("recipe", ("", "no json", "[]", "7", "null", "[" * 100_000, '{"nope": 1}',
                                                      '{"lr": NaN}', '{"model": []}', '{"augmentation": 3}')), "nope"):
        yield Case(("train", *DATA, "--model", network, "--output", place.out("t"), "--recipe", name))
    yield from (Case(("train", *DATA, "--model", model, "--output", place.out("t")))
                for model in ("resnet", "", LONG, "../x"))


def _sweeps(place: Materials, network: str) -> Iterator[Case]:
    """Files that describe no sweep."""
    good = {"models": [network], "profile": "smoke", "epochs": 1}
    values: list[object] = [
        [], 7, None, {}, good | {"model": 1}, good | {"models": []}, good | {"models": network},
        good | {"models": ["x"]}, good | {"models": [1]}, good | {"seeds": ["0"]}, good | {"seeds": [-1]},
        good | {"seeds": [True]}, good | {"seeds": [10**30]},
        good | {"datasets": ["x"]}, good | {"profile": "x"}, good | {"epochs": 0}, good | {"epochs": "1"},
        good | {"test": "no"}, good | {"set": {"lr": "x"}}, good | {"set": []}, good | {"set": {"nope": 1}},
        good | {"grid": {"lr": 1}}, good | {"grid": {"lr": []}}, good | {"grid": {"lr": [-1.0]}}, good | {"grid": 5},
        good | {"grid": {"augmentation": {"shift": ["x"]}}}, good | {"grid": {"model": {"nope": [1]}}},
        good | {"recipes": ["nope"]}, good | {"protocol": "x"}]
    texts = [json.dumps(value) for value in values] + ["", "{", "[" * 100_000, '{"models": ["x"], "epochs": NaN}']
    yield from (Case(("sweep", name, "--output", place.out("s"))) for name in place.texts("sweep", texts))
    yield from (Case(("sweep", name, "--output", place.out("s"))) for name in place.texts(
        "sweep", ("models = [", "= 3", "models = 1979-05-27"), suffix=".toml"))
    yield Case(("sweep", place.missing, "--output", place.out("s")))


def _weights(place: Materials) -> Iterator[Case]:
    """Files that are no network, or a hostile one."""
    doors = (("predict", place.crop, "--json", "--weights"), ("evaluate", *DATA, "--json", "--weights"),
             ("export", "--onnx", place.out("w.onnx"), "--weights"))
    yield from (Case((*door, path)) for door in doors for path in (*place.hostile_weights(), place.missing, place.text))


def _folders(place: Materials) -> Iterator[Case]:
    """Folders that hold no results, and manifests that no run wrote."""
    yield from (Case(words) for words in _each(("claims", "report", "verify", "publish"),
                                               (place.missing, place.text, LONG, "")))
    yield from (Case((command, place.empty)) for command in ("verify", "publish"))
    manifests = ("", "[]", "7", "{", '{"schema": 1}', '{"schema": 1, "notebooks": []}', '{"schema": 1, "notebooks": 3}',
                 '{"schema": 1, "notebooks": [3]}', '{"schema": 1, "notebooks": [], "dataset": "../../evil"}',
                 '{"schema": 1, "notebooks": [], "dataset": "fer2013"}', "[" * 100_000,
                 '{"schema": 1, "notebooks": [], "dataset": 5, "protocol": []}')
    yield from (Case(("publish", folder)) for folder in place.manifests(manifests))


def _photos(place: Materials) -> Iterator[Case]:
    """Photographs that are none. What is one of several fails alone: status 1."""
    weights = ("--weights", place.weights)
    yield from (Case(("predict", *weights, name))
                for name in (place.missing, place.empty, place.loop, place.dangling, "", LONG))
    yield from (Case(("predict", *weights, "--json", name), status=1) for name in place.no_photos())
    yield Case(("predict", *weights, "--save-overlay", "/proc/x", place.crop))
    yield from (Case(("predict", "--weights", "no-such-name", *words)) for words in (
        (place.crop,), (place.crop, "--save-overlay", place.out("overlays")),
        ("--sequence", str(place.folder), "--plot", place.out("plots/a.html"))))
    yield Case(("predict", "--sequence", place.empty, "--plot", place.out("plots/a.html")))


class Materials:
    """What the cases name: files written below a folder, by their fault."""

    def __init__(self, folder: Path, network: str) -> None:
        from PIL import Image

        self.folder, self.network = folder, network
        (folder / "empty").mkdir(parents=True)
        (folder / "out").mkdir()
        self.missing, self.empty = str(folder / "missing"), str(folder / "empty")
        self.text = self._write("text", "no data\n")
        with zipfile.ZipFile(folder / "whole.zip", "w") as archive:
            archive.writestr("train/happy/1.png", bytes(3000))
        (folder / "cut.zip").write_bytes((folder / "whole.zip").read_bytes()[:-40])
        self.cut_zip = str(folder / "cut.zip")
        self.loop, self.dangling = str(folder / "loop.png"), str(folder / "dangling.png")
        os.symlink("loop.png", self.loop)
        os.symlink("nowhere.png", self.dangling)
        self.crop = str(folder / "crop.png")
        Image.new("L", (48, 48), 90).save(self.crop)
        self.weights = str(folder / "good.safetensors")
        self._network(Path(self.weights))

    def _write(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def out(self, name: str) -> str:
        """A place where a command could write."""
        return str(self.folder / "out" / name)

    def texts(self, stem: str, contents: Iterable[str], suffix: str = ".json") -> list[str]:
        """A file for each content."""
        return [self._write(f"{stem}{number}{suffix}", text) for number, text in enumerate(contents)]

    def manifests(self, contents: Iterable[str]) -> list[str]:
        """A folder with a manifest.json of each content."""
        for number, text in enumerate(contents):
            (self.folder / f"run{number}").mkdir()
            self._write(f"run{number}/manifest.json", text)
        return [str(path) for path in sorted(self.folder.glob("run*"))]

    def no_photos(self) -> list[str]:
        """Files with an image's name that are no image."""
        from PIL import Image

        Image.new("L", (48, 48)).save(self.folder / "cut.png")
        cut = (self.folder / "cut.png").read_bytes()[:60]
        named = {"zero.png": b"", "text.png": b"text", "cut2.png": cut, "jpeg.jpg": b"\xff\xd8\xff\xe0" + bytes(50),
                 "heic.png": b"\0\0\0\x18ftypheic" + bytes(40)}
        odd = os.fsdecode(b"not-utf8-\xe9.png")
        (self.folder / odd).write_bytes(b"text")
        return [*(self._write(name, content) for name, content in named.items()), str(self.folder / odd)]

    def _network(self, path: Path, change: dict | None = None, raw: str | None = None,
                 number: float | None = None) -> str:
        """An untrained network's weights, with another header or a number that is none."""
        import torch
        from safetensors.torch import load_file, save_file

        from ferkit import papers
        from ferkit.models import tensor_files, weights

        good = self.folder / "good.safetensors"
        if not good.exists():
            weights.save(good, papers.system(self.network).build(), self.network, {})
        tensors, header = load_file(good), tensor_files.metadata(good)["ferkit"]
        if number is not None:
            next(iter(tensors.values())).view(-1)[0] = number
        if change and change.pop("cut", False):
            tensors = {name: torch.zeros(2) for name in tensors}
        text = json.dumps(json.loads(header) | (change or {})) if raw is None else raw
        save_file(tensors, path, {"ferkit": text})
        return str(path)

    def hostile_weights(self) -> list[str]:
        """One file for each fault."""
        changes = ({"options": None}, {"options": []}, {"options": {"nope": 1}}, {"options": {"a": {}}},
                   {"label_names": None}, {"label_names": 7}, {"label_names": [{}] * 7}, {"label_names": []},
                   {"label_names": ["a"] * 7}, {"label_names": ["a", "b"]}, {"label_names": list("abcdefgh")},
                   {"tta": None}, {"tta": "nope"}, {"system": {}}, {"system": "resnet"}, {"format": "x"}, {"cut": True})
        found = [self._network(self.folder / f"w{k}.safetensors", dict(change)) for k, change in enumerate(changes)]
        found += [self._network(self.folder / f"raw{k}.safetensors", raw=raw)
                  for k, raw in enumerate(("", "x", "[]", "7", "null", "[" * 100_000))]
        found += [self._network(self.folder / f"nan{k}.safetensors", number=number)
                  for k, number in enumerate((float("nan"), float("inf"), float("-inf")))]
        whole = Path(self.weights).read_bytes()
        broken = {"cut": whole[:-100], "short": whole[:20], "huge": b"\xff" * 8 + whole[8:],
                  "pickle": b"\x80\x04K\x01.", "zero": b""}
        return found + [self._write(f"{name}.safetensors", content) for name, content in broken.items()]


def killed(folder: Path, words: Sequence[str], times: int, seed: int = 0) -> list[str]:
    """Run a command, then start it elsewhere and kill it at a random moment, and again, then let it end.

    folder: gets ``whole`` and ``killed``, the --output of both. The moments lie anywhere in the time that the whole run
    took. Returns what differs between the two, by file: nothing, where killing loses nothing. Times of computing and
    the places that they were made at are left out.
    """
    draw = random.Random(seed)
    command = [sys.executable, "-m", "ferkit", *words, "--output"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def finish(name: str) -> list[str]:
        done = subprocess.run([*command, str(folder / name)], env=environment, capture_output=True, text=True)
        return [f"{name}: ended with {done.returncode}: {done.stderr[-300:]}"] if done.returncode else []

    began = time.monotonic()
    failed = finish("whole")
    longest = time.monotonic() - began
    for _ in range(times):
        process = subprocess.Popen([*command, str(folder / "killed")], env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(draw.uniform(0.2, longest))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return failed or finish("killed") or differences(folder / "killed", folder / "whole")


CHANGING = ("minutes", "seconds", "peak_memory_mb", "run", "platform", "git_dirty", "fingerprint")


def differences(one: Path, other: Path) -> list[str]:
    """The results that differ between two folders, by name; times are no results. Checkpoints, the manifest and pages
    are left out: they tell how something was made."""
    def results(root: Path) -> dict[str, object]:
        return {path.relative_to(root).as_posix(): _content(path) for path in files.finished_files(root)
                if path.suffix not in (".ipynb", ".html") and path.name != "manifest.json"
                and "checkpoints" not in path.parts and "figures" not in path.parts}

    a, b = results(one), results(other)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


def _content(path: Path) -> object:
    if path.suffix == ".json":
        return _without_times(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as stream:
            return _without_times(list(csv.DictReader(stream)))
    return files.sha256(path)


def _without_times(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_times(inner) for key, inner in value.items() if key not in CHANGING}
    return [_without_times(inner) for inner in value] if isinstance(value, list) else value
