"""Ablations: one thing changed at a time, each variant compared with the control it was changed from; attentions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ferkit.core.names import Name


@dataclass(frozen=True)
class Ablation:
    """A control and its variants; recipe and data are equal but for the one thing.

    variants: by (system, recipe), what each changes, in the order of the tables; the control stands first. labels: the
    classes that the variants are meant to help, where they are meant for classes.
    """

    name: str
    title: str
    control: Name
    variants: Mapping[Name, str]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attention:
    """A network that attends and the same one that does not: a row of `analysis.attention.table`."""

    says: str
    attends: Name
    control: Name
