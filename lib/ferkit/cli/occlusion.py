"""``occlusion``: which parts of a face trained systems read each expression from, and the control with a known
answer."""

import argparse

from ferkit.cli import options
from ferkit.core.console import json_line
from ferkit.core.errors import InputError
from ferkit.core.paths import make_folder

HELP = "analyse a run's or published systems by occlusion, or run the control on mouth-only faces"
CONTROL = ("mouth_only", "baseline", "seed", "json")  # the options that the control takes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``occlusion`` to a parser."""
    parser.add_argument("directory", nargs="?", type=options.place, metavar="DIR",
                        help="a run's folder, or results/<dataset>; its 04_occlusion_analysis is written")
    parser.add_argument("--mouth-only", action="store_true",
                        help="train on drawn faces that move the mouth alone and see where occlusion points")
    options.add_data(parser, dataset="synthetic")
    parser.add_argument("--model", nargs="+", metavar="M",
                        help="which systems, every seed of them (default: one of each paper)")
    parser.add_argument("--systems", nargs="+", dest="model", help=argparse.SUPPRESS)  # the earlier name
    parser.add_argument("--recipe", default="ours", metavar="R", help="under which recipe (default: ours)")
    parser.add_argument("--images", type=options.whole(), default=0, metavar="N",
                        help="test images, stratified (default: all)")
    parser.add_argument("--beside", type=options.whole(), default=350, metavar="N",
                        help="how many of them for other windows and baselines (default: 350)")
    parser.add_argument("--patch-size", type=options.whole(1, 48), default=8, metavar="P",
                        help="side of the window, pixels (default: 8)")
    parser.add_argument("--stride", type=options.whole(1, 48), default=4, metavar="P",
                        help="step of the window, pixels (default: 4)")
    parser.add_argument("--baseline", choices=("zero", "mean", "blur"), default="zero", help="what a covered pixel is")
    options.add_computing(parser, "cpu", seed="seed of every random choice")
    options.add_output(parser, json="one JSON object a line")


def main(arguments: argparse.Namespace) -> int:
    """Analyse and print; exit status 0."""
    if arguments.mouth_only == bool(arguments.directory):
        raise InputError("occlusion: name a folder of results (or --mouth-only, which takes none)")
    if arguments.mouth_only and arguments.device != "cpu":
        raise InputError(f"--mouth-only --device {arguments.device}: the control is trained on the CPU in seconds")
    if arguments.mouth_only and (given := _of_a_folder_alone(arguments)):
        raise InputError(f"--mouth-only {given[0]}: the control has its own faces, network and windows; leave out "
                         f"{', '.join(given)}")
    for row in _mouth_only(arguments) if arguments.mouth_only else _analyses(arguments):
        print(json_line(row) if arguments.json else _said(row))
    return 0


def _of_a_folder_alone(arguments: argparse.Namespace) -> list[str]:
    """The options that were set and that the control does not take."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    defaults = vars(parser.parse_args(["--mouth-only"]))
    return [f"--{name.replace('_', '-')}" for name, value in defaults.items()
            if name not in CONTROL and getattr(arguments, name) != value]


def _mouth_only(arguments: argparse.Namespace) -> list[dict]:
    from ferkit import papers
    from ferkit.analysis.occlusion.sanity_check import mouth_only

    (system,) = (papers.system(name) for name in papers.default_for("sanity check"))
    return mouth_only(system, papers.recipe(system.name, "ours"), baseline=arguments.baseline, seed=arguments.seed)


def _analyses(arguments: argparse.Namespace) -> list[dict]:
    from ferkit import papers
    from ferkit.analysis import occlusion
    from ferkit.analysis.occlusion import run as analyses
    from ferkit.models import inference

    if not arguments.directory.is_dir():
        raise InputError(f"{arguments.directory}: no such folder; name a run or results/<dataset>")
    device = str(inference.resolve_device(arguments.device))
    faces = options.faces(arguments, seed=arguments.seed)
    root = arguments.directory.absolute()
    results = analyses.results_of(root, arguments.model or papers.default_for("occlusion"), arguments.recipe, faces)
    make_folder(root)
    done = analyses.analyse_all(root, results, faces, papers.system, images=arguments.images, beside=arguments.beside,
                                patch_size=arguments.patch_size, stride=arguments.stride, baseline=arguments.baseline,
                                seed=arguments.seed, device=device)
    return [{"name": one.name, "images": one.summary["n_images"], "seconds": one.summary["seconds"],
             "says": occlusion.sentences(one.summary), "contradictions": occlusion.contradictions(one.summary)}
            for one in done] + occlusion.agreement_rows(done)


def _said(row: dict) -> str:
    """A row for people: numbers with three digits, what is missing as a dash."""
    def value(one: object) -> str:
        if isinstance(one, list):
            return "".join(f"\n    {_said(item) if isinstance(item, dict) else item}" for item in one) or "none"
        return "–" if one is None else f"{one:.3f}" if isinstance(one, float) else str(one)

    return "  ".join(f"{key}: {value(one)}" for key, one in row.items())
