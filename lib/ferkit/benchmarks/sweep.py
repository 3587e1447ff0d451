"""What a sweep costs beside its trainings, and from that and published minutes what a large replication would take.

Measured on this machine: start and overhead of local workers, their memory, and leases, rows and a command without work
on a folder of thousands of finished runs. Estimated: core-hours of a data set of another size, from the minutes that
the published runs took for an image and epoch.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean

from ferkit import papers
from ferkit.core import files, lease
from ferkit.sweep import backends, config, rows, run, table

TINY = {"profile": "smoke", "epochs": 1, "set": {"batch_size": 420}}
CORES, GPUS = (1, 8, 30, 200), (1, 8)


def bench(workers: Sequence[int] = (1, 2, 4), runs: int = 3, finished: int = 5000,
          say: Callable[[str], None] = lambda _: None) -> dict[str, object]:
    """{local: [a row for each number of workers], finished: {…}, cores, load}; see the functions below.

    runs: for each worker on average. finished: runs of the large folder. say: takes a line before each measurement.
    """
    local = []
    with tempfile.TemporaryDirectory(prefix="ferkit-") as folder:
        for n in workers:
            say(f"{runs * n} runs of one epoch on {n} local workers")
            local.append(overhead(Path(folder) / str(n), n, runs * n))
        say(f"a folder of {finished:,} finished runs")
        many = many_finished(Path(folder) / "1", Path(folder) / "many", finished)
    return {"local": local, "finished": many, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}


def overhead(folder: Path, workers: int, runs: int) -> dict[str, object]:
    """CPU seconds that `workers` local processes spend, which other load on the machine changes little.

    start_seconds: of a worker until its first run (imports), the mean; first_seconds: of its first run (reading the
    images); run_seconds: of every later one, a single epoch of 420 images included; gap_seconds: wall time between two
    runs of a worker; memory_mib: the largest worker's; wall_seconds: of the command.
    """
    began = time.time()
    ended = run.run(_tiny(runs), folder, backend=backends.Local(workers), device="cpu")
    wall = time.time() - began
    if {row["state"] for row in ended} - {"finished", "collapsed"}:
        raise RuntimeError(f"a run of the measurement failed: {ended}")
    attempts = [lease.latest(task.directory).facts for task in rows.tasks(_tiny(runs), folder)]
    by_worker: dict[int, list[dict]] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt["started"]):
        by_worker.setdefault(attempt["pid"], []).append(attempt)
    first = [own[0] for own in by_worker.values()]
    pairs = [pair for own in by_worker.values() for pair in pairwise(own)]
    return {"workers": workers, "runs": runs, "wall_seconds": round(wall, 1),
            "start_seconds": round(mean(attempt["cpu_seconds_before"] for attempt in first), 2),
            "first_seconds": round(mean(attempt["cpu_seconds"] for attempt in first), 2),
            "run_seconds": round(mean(later["cpu_seconds"] for _, later in pairs), 2) if pairs else None,
            "gap_seconds": round(mean(b["started"] - a["ended"] for a, b in pairs), 4) if pairs else None,
            "memory_mib": max(attempt["peak_memory_mib"] for attempt in attempts)}


def many_finished(made: Path, folder: Path, n: int) -> dict[str, object]:
    """CPU seconds that a folder of n finished runs costs. rows_seconds: to read all rows; table_seconds: to make the
    table of them; command_seconds: a whole sweep with nothing to do; lease_seconds: to take and give back n leases.

    made: a sweep of :func:`overhead`, whose first run is copied. The folder is in the file system's cache.
    """
    sweep = _tiny(n)
    tasks = rows.tasks(sweep, folder)
    (source, *_) = rows.tasks(_tiny(1), made)
    for task in tasks:
        task.directory.mkdir(parents=True)
        for name in ("status.json", "weights.safetensors"):
            shutil.copy(source.directory / name, task.directory / name)
    seconds = {}
    for name, act in (("rows_seconds", lambda: [task.row() for task in rows.tasks(sweep, folder)]),
                      ("command_seconds", lambda: run.run(sweep, folder, device="cpu")),
                      ("lease_seconds", lambda: [_take(task.directory) for task in tasks])):
        began = time.process_time()
        came_to = act()
        seconds[name] = round(time.process_time() - began, 3)
        if name == "rows_seconds":
            began = time.process_time()
            table.table(came_to)
            seconds["table_seconds"] = round(time.process_time() - began, 3)
    return {"runs": n, **seconds}


def estimate(tree: Path, images: int, seeds: int = 5, *, gpu_images_per_second: float = 0.0) -> dict[str, object]:
    """What training `images` images takes for every headline system of a published tree, at its epochs there.

    systems: [{system, epochs, core_seconds_per_1000_images, core_hours}], core_hours of one run. core_hours: of all
    runs. hours_on_cores: by number of cores, with one run on a core and so no shorter than the longest run;
    hours_on_gpus: by number of GPUs at `gpu_images_per_second`; None without it. gpu_images_per_second_for_a_day: at
    which one GPU needs a day. The published runs had one to two threads each, counted as one core.
    """
    found: dict[str, list[dict]] = {}
    for path in sorted(tree.glob("[0-9][0-9]_*/*/ours/seed*/metrics.json")):
        metrics = json.loads(path.read_text(encoding="utf-8"))
        known = {one.name: one for one in papers.systems()}.get(metrics["system"])
        if known and known.network and known.role != "ablation" and metrics["minutes"]:
            found.setdefault(known.name, []).append(metrics)
    systems = []
    for name, group in found.items():
        per_image = mean(60 * m["minutes"] / m["epochs"] / m["n_train"] for m in group)
        epochs = max(m["epochs"] for m in group)
        systems.append({"system": name, "epochs": epochs, "core_seconds_per_1000_images": round(1000 * per_image, 3),
                        "core_hours": round(per_image * images * epochs / 3600, 1)})
    hours = [one["core_hours"] for one in systems for _ in range(seeds)]
    shown = sum(one["epochs"] for one in systems) * seeds * images
    return {"images": images, "seeds": seeds, "runs": len(hours), "systems": systems, "core_hours": round(sum(hours)),
            "hours_on_cores": {n: round(_spread(hours, n), 1) for n in CORES},
            "hours_on_gpus": {n: round(shown / gpu_images_per_second / 3600 / n, 1) for n in GPUS}
            if gpu_images_per_second else None,
            "gpu_images_per_second_for_a_day": math.ceil(shown / 86400)}


def page(found: dict[str, object]) -> str:
    """The measurements and the estimate as Markdown."""
    many, plan = found["finished"], found["estimate"]
    lines = ["# What a sweep costs", "",
             "Made by `python -m ferkit bench sweep --output results/sweeps`; the numbers stand in `cost.json`.", "",
             f"## Beside the trainings, on {found['cores']} cores (load {found['load']})", "",
             "CPU seconds, on a machine that did other things too; alone on its core a worker needs as many seconds of "
             "wall time.", "",
             "| local workers | runs | until a worker's first run (imports) | its first run (images read) | a later "
             "run, its one epoch of 420 images included | between two runs, wall s | memory of a worker, MiB |",
             "|---|---|---|---|---|---|---|"]
    lines += [f"| {row['workers']} | {row['runs']} | {row['start_seconds']:.1f} | {row['first_seconds']:.1f} | "
              f"{_or_dash(row['run_seconds'], '.2f')} | {_or_dash(row['gap_seconds'], '.3f')} | {row['memory_mib']} |"
              for row in found["local"]]
    lines += ["", f"A folder of {many['runs']:,} finished runs: all rows read in {many['rows_seconds']:.1f} s, their "
              f"table made in {many['table_seconds']:.2f} s, a command that finds nothing to do ends after "
              f"{many['command_seconds']:.1f} s; taking and giving back as many leases takes "
              f"{many['lease_seconds']:.1f} s ({1000 * many['lease_seconds'] / many['runs']:.2f} ms each), all in CPU "
              "seconds on a local disk.", "",
              f"## Estimate: {plan['images']:,} images, {len(plan['systems'])} networks, {plan['seeds']} seeds each",
              "",
              "From the minutes that the published FER2013 runs took for an image and epoch, 48×48 pixels, at their "
              "number of epochs; one run on one core. Nothing was trained at this size.", "",
              "| system | epochs | core-seconds for 1,000 images | core-hours of a run |", "|---|---|---|---|"]
    lines += [f"| {one['system']} | {one['epochs']} | {one['core_seconds_per_1000_images']:.2f} | "
              f"{one['core_hours']:.1f} |" for one in plan["systems"]]
    lines += ["", f"All {plan['runs']} runs: {plan['core_hours']:,} core-hours; "
              + ", ".join(f"{hours:,} h on {n} core{'s' if int(n) > 1 else ''}"
                          for n, hours in plan["hours_on_cores"].items())
              + f". More than {plan['runs']} cores help only where a run takes several (`torchrun`), for it cannot be "
              "shorter than the longest one.", "",
              "GPUs: " + (", ".join(f"{hours:,} h on {n}" for n, hours in plan["hours_on_gpus"].items())
                          if plan["hours_on_gpus"] else "no throughput was measured; `python -m ferkit bench training "
                          "--device cuda` gives it, `--gpu-images-per-second X` puts it here.")
              + f" One GPU is done in a day if it trains {plan['gpu_images_per_second_for_a_day']:,} images a second.",
              ""]
    return "\n".join(lines)


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def write(found: dict[str, object], folder: Path) -> list[Path]:
    """``cost.json`` and ``cost.md`` in a folder."""
    return [files.write_json(folder / "cost.json", found), files.write_text(folder / "cost.md", page(found))]


def _tiny(n: int) -> config.Sweep:
    baseline = next(one.name for one in papers.systems() if one.network and one.role == "baseline" and one.of_images)
    return config.of(TINY | {"models": [baseline], "seeds": list(range(n))})


def _take(directory: Path) -> None:
    with lease.take(directory, lease.latest(directory)) as held:
        held.give_back("finished")


def _spread(hours: Sequence[float], cores: int) -> float:
    """Hours until all runs are done when each free core takes the longest that is left."""
    busy = [0.0] * cores
    for one in sorted(hours, reverse=True):
        busy[busy.index(min(busy))] += one
    return max(busy)
