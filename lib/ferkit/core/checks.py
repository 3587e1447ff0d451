"""Strict checks of values that come from outside: options, JSON and TOML files, headers of weights.

A value has to be of its kind: no text is taken for a number or for true, no fraction for a count, and infinity and NaN
are no numbers. Each function returns the value, or raises InputError with one sentence that names it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ferkit.core.errors import InputError, unknown


@dataclass(frozen=True)
class Number:
    """What a number has to be: from `least` to `most` (below it where `open`), whole or not."""

    least: float = 0.0
    most: float = 1e6
    whole: bool = False
    open: bool = False

    def check(self, name: str, value: object) -> int | float:
        """The value; InputError unless it is such a number."""
        kinds = int if self.whole else int | float
        right = isinstance(value, kinds) and not isinstance(value, bool) and (  # NaN and infinity are outside
            self.least <= value < self.most if self.open else self.least <= value <= self.most)
        if not right:
            raise InputError(f"{name} is a {'whole ' * self.whole}number from {self.least:g} to "
                             f"{'below ' * self.open}{self.most:g}, got {short(value)}")
        return value


def flag(name: str, value: object) -> bool:
    """True or false; InputError for anything that only means one of them."""
    if not isinstance(value, bool):
        raise InputError(f"{name} is true or false, got {short(value)}")
    return value


def choice(name: str, value: object, choices: Collection[str]) -> str:
    """One of some words."""
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"{name} is one of {', '.join(choices)}, got {short(value)}")
    return value


def table(name: str, value: object, keys: Sequence[str] | None = None) -> Mapping[str, object]:
    """A table with text for keys, each among `keys` where those are given."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError(f"{name} is a table of keys and values, got {short(value)}")
    for key in value:
        if keys is not None and key not in keys:
            raise unknown("key", key, keys, where=name)
    return value


def option(name: str, value: object) -> object:
    """A value that a network's option can have: text, a number, true or false, or a list of these."""
    if isinstance(value, list | tuple):
        return tuple(option(name, one) for one in value)
    if value is not None and not isinstance(value, str | bool | int | float):
        raise InputError(f"{name} is text, a number, true, false or a list of these, got {short(value)}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        Number(-1e9, 1e9).check(name, value)
    return value


def short(value: object) -> str:
    """A value as it was written, of at most 60 characters; an infinite or enormous number by its name."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python refuses to print integers of thousands of digits
        text = f"a {type(value).__name__} too long to print"
    return text if len(text) <= 60 else f"{text[:57]}…"
