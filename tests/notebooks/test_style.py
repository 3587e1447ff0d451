"""How a notebook is written: it defines nothing, its parameters are literals, it says what it decides."""

import ast
import json
import re

import pytest

from ferkit.papers import replication
from ferkit.pipeline import parameters
from ferkit.pipeline.options import OPTION_OF

COMMON = ("RUN", "DATASET", "PROTOCOL", "PROFILE", "SEED", "DEVICE")
CHECKED = "nbval-check-output"


OF_A_RUN = replication.stems()


@pytest.fixture(params=(*OF_A_RUN, replication.TOUR.stem))
def notebook(request):
    """The path of one of the notebooks: those of a run, and the tour."""
    return replication.file(request.param)


@pytest.fixture(params=OF_A_RUN)
def run_notebook(request):
    """The path of a notebook that is part of a run."""
    return replication.file(request.param)


def _code(notebook) -> list[dict]:
    return [cell for cell in parameters.cells(notebook) if cell["cell_type"] == "code"]


def _sources(notebook) -> list[str]:
    return [parameters.source_of(cell) for cell in _code(notebook)]


def _tags(cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_it_defines_no_function_and_no_class(notebook):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for source in _sources(notebook):
        assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)], source


def test_it_is_plain_python_that_any_kernel_called_python3_runs(notebook):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    for source in _sources(notebook):
        assert not re.search(r"^\s*[%!]", source, re.MULTILINE), "magics and shell lines are not Python"


def test_it_has_fifteen_to_twenty_five_cells_with_names_of_their_own(notebook):
    names = [cell["id"] for cell in parameters.cells(notebook)]
    assert 15 <= len(names) <= 25
    assert len(set(names)) == len(names)


def test_its_code_cells_are_short(notebook):
    lines = [sum(not line.startswith(("import ", "from ")) for line in source.splitlines())
             for cell, source in zip(_code(notebook), _sources(notebook), strict=True)
             if parameters.TAG not in _tags(cell)]  # imports are a list, however long
    assert max(lines) <= 10
    assert sum(lines) / len(lines) <= 5


def test_its_parameters_are_one_commented_literal_a_line(notebook):
    tagged = [cell for cell in _code(notebook) if parameters.TAG in _tags(cell)]
    assert len(tagged) == 1
    found = parameters.read(notebook)  # refuses what is not a literal
    lines = parameters.source_of(tagged[0]).splitlines()
    assert len(lines) == len(found)
    assert [name for name, parameter in found.items() if not parameter.help] == []
    assert all(name.isupper() for name in found)


def test_its_common_parameters_come_first_and_in_order(run_notebook):
    own = tuple(parameters.read(run_notebook))
    common = tuple(name for name in COMMON if name in own)
    assert own[: len(common)] == common
    assert set(COMMON) - set(common) <= {"DEVICE"}
    assert set(OPTION_OF) == set(COMMON)


def test_its_common_parameters_default_to_the_quick_run(run_notebook):
    found = {name: parameter.default for name, parameter in parameters.read(run_notebook).items() if name in COMMON}
    assert found == {name: value for name, value in {
        "RUN": "synthetic-quick-seed0", "DATASET": "synthetic", "PROTOCOL": "official", "PROFILE": "quick",
        "SEED": 0, "DEVICE": "auto"}.items() if name in found}


def test_it_opens_with_paper_claim_data_and_what_it_decides(notebook):
    first = parameters.cells(notebook)[0]
    assert first["cell_type"] == "markdown"
    text = parameters.source_of(first)
    assert text.startswith(f"# {notebook.stem[:2]}")
    for head in ("Paper", "Claim", "Data", "What this notebook decides"):
        assert f"**{head}**" in text


def test_its_sections_are_numbered_and_end_with_a_reading(notebook):
    text = "\n".join(parameters.source_of(cell) for cell in parameters.cells(notebook)
                     if cell["cell_type"] == "markdown")
    heads = re.findall(r"^## (\d) (.+)$", text, re.MULTILINE)
    assert [int(number) for number, _ in heads] == list(range(1, len(heads) + 1))
    assert heads[-1][1].startswith("Reading")
    assert "**References**" in text


def test_it_makes_three_to_six_promises_that_hold_on_any_machine(notebook):
    checked = [source for cell, source in zip(_code(notebook), _sources(notebook), strict=True)
               if CHECKED in _tags(cell)]
    assert 3 <= len(checked) <= 6
    for source in checked:
        assert "print(" in source


def test_it_names_no_path(notebook):
    for source in _sources(notebook):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.match(r"(/|~|\.\.?/|[A-Z]:\\)", node.value), node.value


def test_it_uses_only_names_that_the_library_has(notebook):
    """Every `module.name` of the library that a notebook calls is there: found without running it."""
    import importlib
    import inspect

    modules = {}
    for source in _sources(notebook):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ferkit":
                found = {alias.asname or alias.name: getattr(importlib.import_module(node.module), alias.name, None)
                         or importlib.import_module(f"{node.module}.{alias.name}") for alias in node.names}
                modules |= {name: one for name, one in found.items() if inspect.ismodule(one)}
    used = {(node.value.id, node.attr) for source in _sources(notebook) for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules}
    assert modules
    assert {f"{module}.{name}" for module, name in used if not hasattr(modules[module], name)} == set()


def test_the_pipeline_runs_every_notebook_there_is():
    assert sorted(path.stem for path in replication.file("x").parent.glob("*.ipynb")) == sorted(
        (*replication.stems(), replication.TOUR.stem))
