"""Notebook parameters are read from their cell, and a wrong value is refused by name."""

import nbformat
import pytest

from ferkit.core.errors import InputError
from ferkit.pipeline import parameters

CELL = ('RUN = "synthetic-quick-seed0"  # name of the run\n'
        "SEED = 0  # first seed\n"
        "RATE = 1e-3  # learning rate, per step\n"
        "FLIP = True  # whether # to flip\n"
        "WIDTHS = [8, 16]\n"
        'MARK = "é#"  # not a comment before')


def _notebook(folder, cell=CELL, tags=("parameters",)):
    path = folder / "01_data_preparation.ipynb"
    cells = [nbformat.v4.new_markdown_cell("# title"),
             nbformat.v4.new_code_cell(cell, metadata={"tags": list(tags)})]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path


def test_names_defaults_types_and_help_are_those_of_the_cell(tmp_path):
    found = parameters.read(_notebook(tmp_path))
    assert [(p.name, p.default, p.type, p.help) for p in found.values()] == [
        ("RUN", "synthetic-quick-seed0", "str", "name of the run"), ("SEED", 0, "int", "first seed"),
        ("RATE", 1e-3, "float", "learning rate, per step"), ("FLIP", True, "bool", "whether # to flip"),
        ("WIDTHS", [8, 16], "list", ""), ("MARK", "é#", "str", "not a comment before")]


def test_papermill_reads_the_same_names_from_it(tmp_path):
    papermill = pytest.importorskip("papermill")
    path = _notebook(tmp_path, 'RUN = "x"  # the run\nSEED = 0  # first seed\nRATE = 1e-3  # rate')
    assert list(papermill.inspect_notebook(str(path))) == list(parameters.read(path))


@pytest.mark.parametrize(("name", "text", "value"), [
    ("SEED", "7", 7), ("RATE", "1e-4", 1e-4), ("RATE", "1", 1.0), ("FLIP", "false", False), ("FLIP", "Yes", True),
    ("WIDTHS", "[1, 2]", [1, 2]), ("RUN", "007", "007")])
def test_a_value_takes_the_type_of_the_default(tmp_path, name, text, value):
    parsed = parameters.read(_notebook(tmp_path))[name].parse(text)
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(("name", "text"), [("SEED", "1.5"), ("SEED", "one"), ("RATE", "fast"), ("FLIP", "2"),
                                            ("WIDTHS", "3"), ("WIDTHS", "[1,")])
def test_an_ill_typed_value_is_refused_by_name(tmp_path, name, text):
    with pytest.raises(InputError, match=f"parameter {name} is of type .* is not"):
        parameters.read(_notebook(tmp_path))[name].parse(text)


@pytest.mark.parametrize("cell", ["A = 1\nB = A + 1", "import os", "A, B = 1, 2", "A = f(1)"])
def test_a_cell_that_computes_is_refused(tmp_path, cell):
    with pytest.raises(InputError, match="more than literals"):
        parameters.read(_notebook(tmp_path, cell))


def test_a_notebook_without_the_cell_has_no_parameters(tmp_path):
    assert parameters.read(_notebook(tmp_path, tags=())) == {}


def test_a_missing_or_broken_notebook_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match=r"x\.ipynb is missing"):
        parameters.read(tmp_path / "x.ipynb")
    (tmp_path / "x.ipynb").write_text('{"cells": ')
    with pytest.raises(InputError, match=r"x\.ipynb is not a readable notebook"):
        parameters.read(tmp_path / "x.ipynb")
