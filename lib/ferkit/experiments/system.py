"""A system as an object: what a paper's folder declares and the engine trains, tests and analyses.

Standard library only. What needs torch is a reference ``"module:NAME"``, resolved on first use, so that plans can be
listed before anything is installed and verdicts need no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from ferkit.core.errors import InputError

if TYPE_CHECKING:
    from torch import nn

    from ferkit.models.heads import HeadKind
    from ferkit.training.inputs import Input
    from ferkit.training.method import Method
    from ferkit.training.recipe import Recipe

ROLES = ("headline", "baseline", "ablation")
ANALYSES = frozenset({"occlusion", "corruptions", "export"})
IMAGES = "ferkit.training.inputs:IMAGE"


@dataclass(frozen=True)
class System:
    """One network, or one classifier on the features of a network or of a feature function.

    name: of its folders and in the header of its weights; never reused. display: for people. network: reference to a
    class or function (num_classes, **options) → nn.Module; options: those that make it this system. version: of its
    architecture, raised where a change of it changes results. base: the system whose frozen features `head` classifies;
    features: reference to a function images uint8 (N, H, W) → float32 (N, D) in place of a base. head: reference to a
    `models.heads.HeadKind`. input: reference to a `training.inputs.Input`. methods: by name, references to
    `training.method.Method`. role: of ROLES. analyses: what makes sense for it, further "attention", "invariance" and
    "planted" (`experiments.planted`).
    default_for: commands that take it when no model is named. aliases: names that the command line accepts too.
    """

    name: str
    display: str
    network: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    version: int = 1
    base: str = ""
    features: str = ""
    head: str = ""
    input: str = IMAGES
    methods: Mapping[str, str] = field(default_factory=dict)
    role: str = "headline"
    analyses: frozenset[str] = ANALYSES
    default_for: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.role not in ROLES or bool(self.network) == bool(self.head) or bool(self.base and self.features):
            raise ValueError(f"system {self.name}: either a network, or a head on a base or on features")

    def build(self, num_classes: int = 7, **options: object) -> nn.Module:
        """The network with torch's own initialisation; InputError for options that give none, or an enormous one."""
        from ferkit.models import building

        if not self.network:
            raise InputError(f"{self.name} is no network of its own: name {self.base or 'a network'}")
        make = _resolved(self.network)
        return building.build(self.name, lambda: make(num_classes=num_classes, **{**self.options, **options}),
                              trusted=not options)

    def method(self, recipe: Recipe) -> Method:
        """How a recipe trains this system; InputError for a method that it does not have."""
        from ferkit.training.method import SUPERVISED

        if not recipe.method:
            return SUPERVISED
        if recipe.method.get("name") not in self.methods:
            raise InputError(f"model {self.name}: no method called {recipe.method.get('name')!r}; "
                             f"it has {', '.join(self.methods) or 'supervised training alone'}")
        return _resolved(self.methods[recipe.method["name"]])

    @property
    def of_images(self) -> bool:
        """Whether it is asked about single images."""
        return self.input == IMAGES

    @property
    def kind(self) -> Input:
        """What reaches its network."""
        return _resolved(self.input)

    @property
    def head_kind(self) -> HeadKind:
        """How its head is searched, fitted, saved and loaded."""
        return _resolved(self.head)

    def feature_function(self) -> object:
        """The function of `features`: images uint8 (N, H, W) → float32 (N, D)."""
        return _resolved(self.features)


@cache
def _resolved(reference: str) -> object:
    return resolve_name(reference)
