"""The parameters of a notebook, read with the standard library from its cell tagged ``parameters``.

That cell holds literals only, one per line, each with a comment for its unit or source; so its defaults,
types and help can be told, and a wrong value refused, before anything is installed or run.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path

from ferkit.core.errors import InputError

TAG = "parameters"
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One ``NAME = literal  # help`` line of a parameters cell."""

    name: str
    default: object
    help: str

    @property
    def type(self) -> str:
        """The name of the default's type, which a new value must have: "int", "str", …"""
        return type(self.default).__name__

    def parse(self, text: str) -> object:
        """The value that `text` stands for, in the default's type; InputError naming the parameter."""
        try:
            return _parse(type(self.default), text)
        except (ValueError, SyntaxError, KeyError):
            raise InputError(f"parameter {self.name} is of type {self.type} (default {self.default!r}): "
                             f"{text!r} is not") from None


def read(notebook: Path) -> dict[str, Parameter]:
    """The parameters of the notebook file by name, in order; InputError where they cannot be read."""
    tagged = [cell for cell in cells(notebook) if TAG in cell["metadata"].get("tags", [])]
    if not tagged:
        return {}
    source = source_of(tagged[0])
    try:
        return {parameter.name: parameter for parameter in _assignments(source)}
    except (ValueError, SyntaxError) as error:
        raise InputError(f"{notebook.name}: the parameters cell holds more than literals ({error})") from None


def cells(notebook: Path) -> list[dict]:
    """The cells of a notebook file; InputError where there is none or it is not a notebook."""
    try:
        found = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [{"metadata": {}, **cell} for cell in found]
    except FileNotFoundError:
        raise InputError(f"notebook {notebook.name} is missing in {notebook.parent.name}/: "
                         "restore it with git checkout") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{notebook.name} is not a readable notebook ({type(error).__name__}): "
                         "restore it with git checkout") from None


def source_of(cell: dict) -> str:
    """A cell's source as one string, whichever of nbformat's two forms it has."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _parse(kind: type, text: str) -> object:
    if kind is str:
        return text
    if kind is bool:
        return _YES_NO[text.lower()]
    if kind in (int, float):
        return kind(text)
    value = ast.literal_eval(text)
    if kind is not type(None) and not isinstance(value, kind):
        raise ValueError(text)
    return value


def _assignments(source: str) -> list[Parameter]:
    found = []
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1
                and isinstance(statement.targets[0], ast.Name)):
            raise ValueError(f"line {statement.lineno}")
        comment = lines[statement.end_lineno - 1].encode()[statement.end_col_offset:].decode()
        found.append(Parameter(statement.targets[0].id, ast.literal_eval(statement.value),
                               comment.strip().removeprefix("#").strip()))
    return found
