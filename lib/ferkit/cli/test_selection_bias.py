"""``test-selection-bias``: what choosing the epoch on the test split would have gained."""

import argparse

from ferkit.cli import options

HELP = "train one network and show what choosing its epoch on the test split would gain; not a result"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``test-selection-bias`` to a parser."""
    options.add_data(parser)
    options.add_training(parser, "published", model=False)
    options.add_computing(parser, seed="random seed")
    options.add_output(parser, "folder of this training run", required=True)


def main(arguments: argparse.Namespace) -> int:
    """Train, compare the two choices and print them under their warning; exit status 0."""
    from ferkit import papers
    from ferkit.cli.train import recipe_of
    from ferkit.core.console import json_line
    from ferkit.core.paths import check_writable, make_folder
    from ferkit.experiments import test_selection_bias
    from ferkit.models import inference

    system = papers.system(arguments.model or papers.default_for("optimism")[0])
    check_writable(arguments.output)
    recipe = recipe_of(system.name, arguments.recipe, arguments.changes)
    inference.resolve_device(arguments.device)
    faces = options.faces(arguments)
    found = test_selection_bias.measure(make_folder(arguments.output), system, recipe, faces,
                                        recipe_name=arguments.recipe, seed=arguments.seed, device=arguments.device)
    print(json_line(found) if arguments.json else "\n".join((
        found["warning"],
        *(f"epoch {found[name]['epoch']:>3} chosen on {where:<10}  test {100 * found[name]['test_accuracy']:.2f} %"
          for name, where in (("honest", "validation"), ("peeked", "test"))),
        f"choosing on the test split would have gained {100 * found['optimism']:.2f} points")))
    return 0
