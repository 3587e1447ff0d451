"""Training speed: our step against a bare loop and against the textbook's loop, in alternating rounds of one process.

ours: the step of `training`, everything included: selection of the batch, drawing and applying the augmentation,
forward, backward, clipping, update, averaged weights, running sums. bare: forward, backward and update on one batch
that lies ready, same precision and memory format, no augmentation. dataloader: one PNG file after another read with
PIL by two workers, torchvision's flip and affine, fp32, default layout. All three train the same network with the same
optimiser.

Freed memory is kept (`core.malloc`) for all three: it cannot be changed back within a process.

What no test can assert stands in the numbers. Ours and bare differ by less than a shared machine's speed does from one
second to the next, so they take turns every few steps, the loop over files (whose workers would disturb them) after
them; ratios are medians over rounds. Images per second move with other load on the machine, ratios hardly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler

from ferkit import papers
from ferkit.core import files, malloc
from ferkit.core.errors import InputError
from ferkit.models.inference import resolve_device
from ferkit.models.preprocessing import centre_crop, to_input
from ferkit.training import trainer
from ferkit.training.batching import Split, batches, epoch_order
from ferkit.training.precision import autocast, computed_in
from ferkit.training.recipe import Recipe

LOOPS = ("ours", "bare", "dataloader")
WORKERS = 2
WARM_UP = {"ours": 2, "bare": 2, "dataloader": 2 * WORKERS + 1}  # the workers' queue must be as full as it stays
STEPS = 6  # of one loop before it is the next one's turn
FER2013_TRAIN = 28_709

Step = Callable[[], None]


def bench(models: Sequence[str], images: np.ndarray, labels: np.ndarray, *, batch_sizes: Sequence[int] = (128,),
          rounds: int = 3, seconds: float = 3.0, device: str = "cpu",
          say: Callable[[dict[str, object]], None] = lambda _: None) -> dict[str, object]:
    """Images per second of every loop in every round, and what they come to.

    images: uint8 (N, 48, 48), repeated if a batch needs more. rounds[i]: {model, batch, loop, dtype,
    images_per_second}. ratios: {model: {bare, dataloader}}, ours over the other at the first batch size, the median
    over rounds; by_batch: the same for every batch size. limits: what the arithmetic alone would allow, see
    :func:`limit`. say: takes each row as it is measured. Raises InputError for an unknown model.
    """
    malloc.keep_freed_memory()
    chosen = resolve_device(device)
    rows = np.resize(np.arange(len(images)), max(len(images), 2 * max(batch_sizes)))
    split = Split.of(images[rows], labels[rows], int(labels.max()) + 1, chosen)
    measured, by_batch, limits = [], {}, {}
    with files.scratch() as folder:
        written = write_files(folder, images)
        for model in models:
            recipe = _recipe(model)
            limits[model] = limit(model, recipe, chosen)
            for batch in batch_sizes:
                found = _alternate(model, replace(recipe, batch_size=batch), split, written, labels, rounds, seconds,
                                   say)
                measured += found
                by_batch.setdefault(model, {})[str(batch)] = ratios(found)
    first = str(batch_sizes[0])
    return {"rounds": measured, "ratios": {model: found[first] for model, found in by_batch.items()},
            "by_batch": by_batch, "limits": limits, "epoch_seconds": _epoch_seconds(measured, batch_sizes[0]),
            "device": str(chosen), "threads": torch.get_num_threads(), "seconds": seconds,
            "torch": torch.__version__}


def ratios(rounds: Sequence[dict[str, object]]) -> dict[str, float]:
    """Ours over each other loop: the median over rounds of two speeds measured side by side."""
    speeds = {loop: [row["images_per_second"] for row in rounds if row["loop"] == loop] for loop in LOOPS}
    return {loop: median(ours / other for ours, other in zip(speeds["ours"], speeds[loop], strict=True))
            for loop in LOOPS[1:]}


def limit(model: str, recipe: Recipe, device: torch.device) -> dict[str, float]:
    """What the multiplications of a training step would cost at the speed of one large matrix product.

    gflop_per_image: of forward and backward, two per multiply-add. peak_gflops: of a 1024³ product in the recipe's
    precision on this machine. images_per_second: their quotient, which no loop can pass.
    """
    from torch.utils.flop_counter import FlopCounterMode

    network = trainer.initial_model(papers.system(model).build, recipe, 0).to(device).train()
    x = torch.zeros(8, 1, network.input_size, network.input_size, device=device)
    with FlopCounterMode(display=False) as counter:
        network(x).sum().backward()
    dtype = torch.bfloat16 if computed_in(recipe.precision, device) == "bf16" else torch.float32
    a = torch.ones(1024, 1024, dtype=dtype, device=device)

    def product() -> None:
        a @ a

    times = [_timed(product, 1, device) for _ in range(8)][2:]
    peak, each = 2 * 1024**3 / min(times) / 1e9, counter.get_total_flops() / 8 / 1e9
    return {"gflop_per_image": each, "peak_gflops": peak, "images_per_second": peak / each}


def write_files(folder: Path, images: np.ndarray) -> list[Path]:
    """One PNG file an image, as the textbook's loop reads them. images: uint8 (N, H, W)."""
    files = [folder / f"{number:05d}.png" for number in range(len(images))]
    for file, image in zip(files, images, strict=True):
        Image.fromarray(image).save(file)
    return files


def _recipe(model: str) -> Recipe:
    """`ours` of that network with endless epochs, at a rate that no loop diverges with."""
    return papers.recipe(model, "ours", epochs=10_000, lr=1e-4)


def _alternate(model: str, recipe: Recipe, split: Split, files: list[Path], labels: np.ndarray, rounds: int,
               seconds: float, say: Callable[[dict[str, object]], None]) -> list[dict[str, object]]:
    """The rounds of one network and batch size; who goes first changes from round to round."""
    k, device = int(split.labels.max()) + 1, split.labels.device
    found, own = [], {"bf16": "bfloat16", "fp32": "float32"}[computed_in(recipe.precision, device)]
    for number in range(rounds):
        turn = LOOPS[:2] if number % 2 else LOOPS[1::-1]
        steps = {"ours": _ours(model, recipe, split, k), "bare": _bare(model, recipe, split, k)}
        speeds = _take_turns({loop: steps[loop] for loop in turn}, recipe.batch_size, seconds, device)
        with _Textbook(model, recipe, files, labels, k, device) as step:
            speeds |= _take_turns({"dataloader": step}, recipe.batch_size, seconds, device)
        for loop, speed in speeds.items():
            dtype = "float32" if loop == "dataloader" else own
            found.append({"model": model, "batch": recipe.batch_size, "loop": loop, "dtype": dtype,
                          "round": number, "images_per_second": speed})
            say(found[-1])
    return found


def _take_turns(steps: dict[str, Step], batch_size: int, seconds: float, device: torch.device) -> dict[str, float]:
    """Images per second of each loop over at least `seconds` of its own, STEPS steps at a time; the median of them."""
    for loop, step in steps.items():
        for _ in range(WARM_UP[loop]):
            step()
    times: dict[str, list[float]] = {loop: [] for loop in steps}
    while not all(times.values()) or min(map(sum, times.values())) < seconds:
        for loop, step in steps.items():
            times[loop].append(_timed(step, STEPS, device))
    return {loop: STEPS * batch_size / median(spent) for loop, spent in times.items()}


def _timed(step: Step, times: int, device: torch.device) -> float:
    """Seconds of so many calls, with whatever they left queued on the device."""
    _wait(device)
    started = time.perf_counter()
    for _ in range(times):
        step()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _ours(model: str, recipe: Recipe, split: Split, k: int) -> Step:
    """The loop's own step over the split in its own order, epoch after epoch."""
    run = trainer.Trainer(papers.system(model).build, recipe, split, 0, k)

    def rows() -> Iterator[Tensor]:
        epoch = 0
        while True:
            yield from batches(epoch_order(split, 0, epoch, recipe.sampling), recipe.batch_size)
            epoch += 1

    order = rows()

    def step() -> None:
        run.step(next(order))
        if split.labels.device.type == "cpu":
            run.finite()  # asked at every step there

    return step


def _bare(model: str, recipe: Recipe, split: Split, k: int) -> Step:
    """Forward, backward, update: the same batch again and again."""
    device = split.labels.device
    network = trainer.initial_model(papers.system(model).build, recipe, 0, k).to(device).train()
    x = to_input(centre_crop(split.images[:recipe.batch_size], network.input_size))
    if recipe.channels_last:
        network, x = (thing.to(memory_format=torch.channels_last) for thing in (network, x))
    labels = split.labels[:recipe.batch_size]
    optimizer = trainer.make_optimizer([p for p in network.parameters() if p.requires_grad], recipe)

    def step() -> None:
        with autocast(recipe.precision, device):
            logits = network(x).float()
        _update(optimizer, logits, labels)

    return step


class _Textbook(AbstractContextManager):
    """The loop of a first tutorial, its workers started and ended with each round."""

    def __init__(self, model: str, recipe: Recipe, files: list[Path], labels: np.ndarray, k: int,
                 device: torch.device) -> None:
        self.network = trainer.initial_model(papers.system(model).build, recipe, 0, k).to(device).train()
        self.optimizer = trainer.make_optimizer([p for p in self.network.parameters() if p.requires_grad], recipe)
        self.device = device
        data = Files(files, labels, _transform(recipe, self.network))
        endless = RandomSampler(data, replacement=True, num_samples=10**8)  # the start of an epoch is not what counts
        self.loader = DataLoader(data, recipe.batch_size, sampler=endless, num_workers=WORKERS,
                                 pin_memory=device.type == "cuda")

    def __enter__(self) -> Step:
        self.batches = iter(self.loader)
        return self.step

    def __exit__(self, *_: object) -> None:
        self.batches._shutdown_workers()

    def step(self) -> None:
        """One batch from the workers, forward, backward, update."""
        x, labels = (part.to(self.device, non_blocking=True) for part in next(self.batches))
        _update(self.optimizer, self.network(x), labels)


class Files(Dataset):
    """Images read from one file each when they are asked for."""

    def __init__(self, files: list[Path], labels: np.ndarray, transform: Callable[[Image.Image], Tensor]) -> None:
        self.files, self.labels, self.transform = files, labels, transform

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        with Image.open(self.files[row]) as image:
            return self.transform(image.convert("L")), int(self.labels[row])


def _transform(recipe: Recipe, network: nn.Module) -> Callable[[Image.Image], Tensor]:
    """Flip and affine of the recipe's strengths from torchvision; a crop where the network needs one; nothing more."""
    from torchvision import transforms

    spec = recipe.augmentation
    steps = [transforms.RandomHorizontalFlip(spec.flip or 0.5),
             transforms.RandomAffine(spec.rotation or 10, (spec.shift or 0.1,) * 2,
                                     (1 - (spec.scale or 0.1), 1 + (spec.scale or 0.1)))]
    if network.input_size != 48:
        steps.append(transforms.RandomCrop(network.input_size))
    return transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize([0.5], [0.25])])


def _update(optimizer: torch.optim.Optimizer, logits: Tensor, labels: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(logits, labels).backward()
    optimizer.step()


def _epoch_seconds(rounds: Sequence[dict[str, object]], batch: int) -> dict[str, float]:
    """Seconds of one epoch of FER2013 in our loop, by model, at the median speed."""
    speeds: dict[str, list[float]] = {}
    for row in rounds:
        if row["loop"] == "ours" and row["batch"] == batch:
            speeds.setdefault(row["model"], []).append(row["images_per_second"])
    return {model: FER2013_TRAIN / median(values) for model, values in speeds.items()}


def check_models(models: Sequence[str]) -> None:
    """InputError unless every name has a recipe `ours` to be measured with."""
    for model in models:
        try:
            _recipe(model)
        except InputError:
            known = ", ".join(system for system, name in papers.recipes() if name == "ours")
            raise InputError(f"bench training: no model {model!r} with a recipe of ours; known are {known}") from None
