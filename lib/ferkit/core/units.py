"""Units of measured and quoted values, the one way each is printed, and how text stands in columns.

A value is stored as a plain number: shares as fractions in [0, 1], differences of shares as fractions in [-1, 1]. Only
here does it become text, so that terminal, notebooks, report, README and model cards say the same number alike.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from enum import StrEnum

NONE = "–"  # what stands where there is no value


def aligned(rows: Sequence[Sequence[str]], numbers: Container[int] = ()) -> list[str]:
    """Rows of text as lines for a terminal, column under column; numbers: columns set flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.rjust(width) if k in numbers else text.ljust(width)
                      for k, (text, width) in enumerate(zip(row, widths, strict=True))).rstrip() for row in rows]


class Unit(StrEnum):
    """What a number is; the value of a member is what JSON files say."""

    FRACTION = "fraction"  # share of images, runs, …, printed in percent
    POINTS = "points"      # difference of two fractions, printed in signed percentage points
    RATIO = "ratio"        # quotient of two quantities of one kind
    P_VALUE = "p"          # of a significance test
    COUNT = "count"        # parameters, layers, images, epochs
    NUMBER = "number"      # a setting: learning rate, standard deviation
    TEXT = "text"          # a statement without a number

    def format(self, value: float | None, digits: int | None = None) -> str:
        """The value with its unit: "70.02 %", "+1.5 pts", "1.36 ×", "0.042", "47,657"; "–" for None.

        digits: decimals of percent, points, ratios and p values (else 2, 1, 2 and 3; points that would round to 0.0
        have two, so that their side of zero is seen).
        """
        if value is None:
            return NONE
        match self:
            case Unit.FRACTION:
                return f"{100 * value:.{2 if digits is None else digits}f} %"
            case Unit.POINTS:
                digits = (1 if abs(100 * value) >= 0.05 else 2) if digits is None else digits
                return f"{100 * value:+.{digits}f} pts" if value else "0 pts"
            case Unit.RATIO:
                return f"{value:.{2 if digits is None else digits}f} ×"
            case Unit.P_VALUE:
                least = 10 ** -(3 if digits is None else digits)
                return f"< {least:g}" if 0 <= value < least else f"{value:.{3 if digits is None else digits}f}"
            case Unit.COUNT:
                return f"{value:,.0f}"
            case _:
                return f"{value:.4g}"

    def interval(self, bounds: Sequence[float | None] | None, digits: int | None = None) -> str:
        """Lower and upper bound, the unit said once: "68.44 … 71.17 %"; "–" where there is none."""
        if bounds is None or len(bounds) != 2 or None in bounds:
            return NONE
        low, high = (self.format(bound, digits) for bound in bounds)
        suffix = high.partition(" ")[2]
        return f"{low.removesuffix(f' {suffix}') if suffix else low} … {high}"

    def deviation(self, sd: float | None) -> str:
        """A standard deviation without sign and unit, to stand behind its mean: " ± 0.11"; "" for None."""
        return "" if sd is None else f" ± {self.format(sd).split()[0].removeprefix('+')}"

    def bound(self, value: float | None, relation: str = "=") -> str:
        """What a claim asks for: "70.02 %" for equality, else with the relation: "> 10.0 pts", "< 10", "< 0.05"."""
        said = f"{value:g}" if self is Unit.P_VALUE and value is not None else self.format(value)
        return said if relation == "=" or value is None else f"{relation} {said.removeprefix('+')}"


def percent(value: float | None, digits: int = 1, none: str = NONE) -> str:
    """A fraction in percent: "70.0 %"; `none` for None."""
    return none if value is None else Unit.FRACTION.format(value, digits)
