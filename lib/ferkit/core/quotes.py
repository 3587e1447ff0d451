"""Quoted numbers and statements: value, unit, source, and how surely each is known. Fractions lie in [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

from ferkit.core.units import Unit

MARKS = {"V": "read in a public source", "F": "read off the paper's own figure", "N": "stated in the reading notes",
         "S": "second-hand", "M": "quoted from memory, never found in a source"}


@dataclass(frozen=True)
class Quote:
    """One quoted number or statement.

    id: ``<paper>.<rest>``. value: in `unit`; None for a statement without a number (Unit.TEXT). source: where it was
    read. mark: a key of `MARKS`. dataset: "any" where it is not bound to one. split: as the source says; "" where it
    does not. kind: "accuracy" for a system's accuracy on a data set, "human" and "human_uncertainty", else "".
    """

    id: str
    statement: str
    value: float | None
    unit: Unit
    source: str
    mark: str
    dataset: str = "any"
    split: str = ""
    kind: str = ""

    @property
    def paper(self) -> str:
        """The short name of the paper, the first part of the id."""
        return self.id.partition(".")[0]
