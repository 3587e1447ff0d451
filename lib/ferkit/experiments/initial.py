"""Training that starts from published weights in place of random ones (`training.recipe.Recipe.initial`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ferkit.core.errors import InputError
from ferkit.experiments.system import System
from ferkit.models import weights
from ferkit.results import weights_catalogue
from ferkit.training.recipe import Recipe
from ferkit.training.trainer import Build


def noted(recipe: Recipe) -> dict[str, object]:
    """{"initial": {name, sha256}} of the weights that a recipe starts from, {} where it starts from none: part of a
    result's configuration, so that other weights under the same name are another run. InputError where they are not
    here."""
    if not recipe.initial:
        return {}
    entry = weights_catalogue.find(recipe.initial)
    weights_catalogue.require(entry)
    return {"initial": {"name": entry.full_name, "sha256": entry.metrics["weights_sha256"]}}


def builder(system: System, recipe: Recipe, label_names: Sequence[str]) -> Build:
    """What builds the network that training starts with: the system's own builder, or one that loads `recipe.initial`.

    Outputs are matched by the classes' names. InputError where the weights are another system's, lack one of these
    classes, or do not fit the network that the recipe describes.
    """
    if not recipe.initial:
        return system.build
    entry = weights_catalogue.find(recipe.initial)
    where = f"recipe: initial {entry.full_name}"
    path = weights_catalogue.require(entry)
    header = weights.read_header(path)
    known = header["label_names"]
    if header["system"] != system.name:
        raise InputError(f"{where} is of {header['system']}, which {system.name} cannot start from; name weights of "
                         f"{system.name}")
    absent = [label for label in label_names if label not in known]
    if absent:
        raise InputError(f"{where} does not know {', '.join(absent)} (it tells {', '.join(known)} apart); name other "
                         "weights")
    network = weights.load(path, lambda _: system)[0]
    state = _in_order(network, system, header, [known.index(label) for label in label_names])

    def build(num_classes: int = 7, **options: object) -> nn.Module:
        model = system.build(num_classes, **options)
        try:
            model.load_state_dict(state)
        except RuntimeError as error:
            raise InputError(f"{where} does not fit this recipe's network ({str(error).splitlines()[-1].strip()})"
                             ) from None
        return model

    return build


def _in_order(network: nn.Module, system: System, header: Mapping[str, object], rows: list[int]) -> dict[str, Tensor]:
    """The network's tensors, those of its outputs (whose first side grows with the number of classes) by `rows`."""
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in header["options"].items()}
    with torch.random.fork_rng(devices=[]):
        other = system.build(len(header["label_names"]) + 1, **options).state_dict()
    return {name: value[rows] if other[name].shape != value.shape else value
            for name, value in network.state_dict().items()}
