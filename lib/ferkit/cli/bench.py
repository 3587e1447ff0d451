"""``bench``: how fast training and occlusion analysis are, against what others would use and until they are good."""

import argparse
import sys

from ferkit.cli import options
from ferkit.core.console import json_line
from ferkit.core.errors import InputError

HELP = "measure the speed of training and of occlusion analysis against the usual ways, and the cost of sweeps"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add its subjects with their options to a parser."""
    below = parser.add_subparsers(dest="subject", metavar="SUBJECT", required=True)
    training = below.add_parser("training", help="our loop, a bare loop and a loop over image files")
    training.add_argument("--model", nargs="+", metavar="M", help="which networks (default: all four)")
    training.add_argument("--batch", nargs="+", type=options.whole(1), default=[128], metavar="N",
                          help="batch sizes (default: 128)")
    training.add_argument("--seconds", type=options.above_zero, default=3.0, metavar="S",
                          help="of each loop in each round (default: 3)")
    options.add_data(training, dataset="synthetic", profile=None, protocol=False)
    options.add_computing(training)
    occlusion = below.add_parser("occlusion", help="our occlusion maps and Captum's")
    occlusion.add_argument("--model", metavar="M", help="which network (default: the first paper's)")
    occlusion.add_argument("--weights", type=options.place, metavar="F",
                           help="a trained network in place of an untrained one")
    occlusion.add_argument("--images", type=options.whole(1), default=256, metavar="N", help="how many (default: 256)")
    occlusion.add_argument("--patch-size", type=options.whole(1, 48), default=8, metavar="P",
                           help="side of the patch, pixels (default: 8)")
    occlusion.add_argument("--stride", type=options.whole(1, 48), default=4, metavar="P",
                           help="step of the patch, pixels (default: 4)")
    options.add_data(occlusion, required=False, profile=None, protocol=False)
    sweep = below.add_parser("sweep", help="workers, leases and tables of a sweep; a large replication, estimated")
    sweep.add_argument("--workers", nargs="+", type=options.whole(1), default=[1, 2, 4], metavar="N",
                       help="how many at once, one measurement each (default: 1 2 4)")
    sweep.add_argument("--finished", type=options.whole(1), default=5000, metavar="N",
                       help="runs of the large folder (default: 5000)")
    sweep.add_argument("--images", type=options.whole(1), default=280_000, metavar="N",
                       help="training images of the replication to estimate (default: 280000, as AffectNet)")
    sweep.add_argument("--gpu-images-per-second", type=options.above_zero, default=0.0, metavar="X",
                       help="of one GPU, as bench training measures it (default: GPUs are not estimated)")
    options.add_output(sweep, "write cost.json and cost.md into this folder")
    reached = below.add_parser("time-to-accuracy", help="minutes of training until validation reaches an accuracy")
    reached.add_argument("results", nargs="?", type=options.place, metavar="DIR",
                         help="a run, a sweep's folder or results/<dataset> (default: results/fer2013)")
    reached.add_argument("--accuracy", type=options.above_zero, default=69.0, metavar="PERCENT",
                         help="the bound (default: 69)")
    options.add_output(reached)
    for one in (training, occlusion):
        one.add_argument("--rounds", type=options.whole(1), default=3, metavar="N",
                         help="alternating rounds (default: 3)")
        options.add_output(one)


def main(arguments: argparse.Namespace) -> int:
    """Measure and print; exit status 0."""
    found, lines = {"training": _training, "occlusion": _occlusion, "sweep": _sweep,
                    "time-to-accuracy": _time_to_accuracy}[arguments.subject](arguments)
    print(json_line(found) if arguments.json else "\n".join(lines))
    return 0


def _sweep(arguments: argparse.Namespace) -> tuple[dict, list[str]]:
    from ferkit.benchmarks import sweep as bench_sweep
    from ferkit.core import paths

    if arguments.output:
        paths.check_writable(arguments.output)
    found = bench_sweep.bench(arguments.workers, finished=arguments.finished,
                              say=lambda line: print(line, file=sys.stderr, flush=True))
    found["estimate"] = bench_sweep.estimate(paths.published_directory("fer2013"), arguments.images,
                                             gpu_images_per_second=arguments.gpu_images_per_second)
    if arguments.output:
        bench_sweep.write(found, paths.make_folder(arguments.output))
    return found, bench_sweep.page(found).splitlines()


def _time_to_accuracy(arguments: argparse.Namespace) -> tuple[dict, list[str]]:
    from ferkit.benchmarks import time_to_accuracy
    from ferkit.core import paths
    from ferkit.results.tree import load_tree

    if arguments.accuracy > 100:
        raise InputError(f"--accuracy {arguments.accuracy:g}: a percentage is at most 100")
    root, accuracy = arguments.results or paths.published_directory("fer2013"), arguments.accuracy / 100
    rows = time_to_accuracy.measure(load_tree(root).results, accuracy)
    if not rows:
        raise InputError(f"{root}: no training with a validation accuracy after each epoch; name a run, a sweep's "
                         "folder or results/<dataset>")
    return {"accuracy": accuracy, "systems": rows}, time_to_accuracy.page(rows, accuracy)


def _training(arguments: argparse.Namespace) -> tuple[dict, list[str]]:
    from ferkit import papers
    from ferkit.benchmarks import training as bench_training

    models = arguments.model or papers.default_for("bench training")
    bench_training.check_models(models)
    faces = options.faces(arguments).part("train")

    def say(row: dict) -> None:
        print(f"{row['model']:<18} batch {row['batch']:<4} round {row['round']}  {row['loop']:<10} {row['dtype']:<8} "
              f"{row['images_per_second']:9.0f} images/s", file=sys.stderr, flush=True)

    found = bench_training.bench(models, faces.images, faces.labels, batch_sizes=arguments.batch, say=say,
                                 rounds=arguments.rounds, seconds=arguments.seconds, device=arguments.device)
    lines = []
    for model, by_batch in found["by_batch"].items():
        lines += [f"{model:<18} batch {batch:<4} {100 * r['bare']:.1f} % of the bare loop, {r['dataloader']:.2f} × "
                  "the loop over files" for batch, r in by_batch.items()]
        lines.append(f"{model:<18} an epoch of FER2013 takes {found['epoch_seconds'][model]:.1f} s; the arithmetic "
                     f"alone would allow {found['limits'][model]['images_per_second']:.0f} images/s")
    return found, lines


def _occlusion(arguments: argparse.Namespace) -> tuple[dict, list[str]]:
    from ferkit import papers
    from ferkit.benchmarks.occlusion import bench

    system, given = arguments.model or papers.default_for("bench occlusion")[0], {}
    if arguments.weights:
        system, given = _trained(arguments)
    elif arguments.dataset or arguments.data:
        raise InputError("bench occlusion: --dataset and --data need --weights, a network trained for such images")
    found = bench(papers.system(system), arguments.images, patch_size=arguments.patch_size, stride=arguments.stride,
                  rounds=arguments.rounds, **given)
    every = found["all"]
    return found, [
        f"{found['model']}  {found['images']} images  ours {found['seconds']['ours']:.2f} s  Captum "
        f"{found['seconds']['captum']:.2f} s  {found['ratio']:.1f} × as fast  largest difference "
        f"{found['max_abs_difference']:.1e}",
        f"all three readings  ours {every['ours']:.2f} s  Captum {every['captum']:.2f} s for all, "
        f"{every['captum_one']:.2f} s for one  {every['ratio']:.1f} × and {every['ratio_one']:.1f} × as fast"]


def _trained(arguments: argparse.Namespace) -> tuple[str, dict]:
    """The system, and the network with test images and labels as `benchmarks.occlusion.bench` takes them."""
    from ferkit import papers
    from ferkit.analysis.occlusion import test_images
    from ferkit.models import weights

    arguments.dataset = arguments.dataset or "synthetic"
    model, header = weights.load(arguments.weights, papers.system)
    part = test_images(options.faces(arguments), arguments.images, 0)
    return str(header["system"]), {"model": model, "faces": (part.images, part.labels)}
