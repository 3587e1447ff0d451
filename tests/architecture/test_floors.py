"""The house stands: a file imports only from its own floor or lower ones, and what must be light is light."""

import ast
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import ferkit
from ferkit import fingerprint

LIBRARY = fingerprint.LIBRARY
FLOORS = {name: int(floor) for floor, names in re.findall(r"^(\d)  (.+)$", ferkit.__doc__, re.MULTILINE)
          for name in names.split(" · ")}
FILES = sorted(path for path in LIBRARY.rglob("*.py") if path != LIBRARY / "__init__.py")
TORCHLESS = ("metrics", "statistics", "results", "claims")
BARE_NODE = {"torch", "torchvision", "numpy", "sklearn", "PIL", "safetensors"}
BLOCK = """
import sys
class Block:
    def find_spec(self, name, *rest):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(name + " is blocked here")
sys.meta_path.insert(0, Block())
"""


def unit_of(path: Path) -> str:
    """The name on the map that a source file belongs to: its module or package directly below ferkit."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imported_units(path: Path) -> set[str]:
    """The library's modules and packages that a file imports, its own left out."""
    names = {module.split(".")[1] for module in fingerprint.imports(path) if re.match(r"ferkit\.\w", module)}
    return (names & set(FLOORS)) - {unit_of(path)}


def test_every_module_is_on_the_map_once_and_the_map_names_nothing_else():
    there = {unit_of(path) for path in FILES}
    listed = re.findall(r"\w+", " ".join(re.findall(r"^\d  (.+)$", ferkit.__doc__, re.MULTILINE)))
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_a_file_imports_nothing_from_a_higher_floor(path):
    own = FLOORS.get(unit_of(path), max(FLOORS.values()))  # one that is not on the map fails above
    assert {name for name in imported_units(path) if FLOORS[name] > own} == set()


def test_no_import_goes_round_in_a_circle():
    graph: dict[str, set[str]] = {}
    for path in FILES:
        graph.setdefault(unit_of(path), set()).update(imported_units(path))
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError at a circle
    assert set(order) >= {unit_of(path) for path in FILES}


def _third_parties(*modules: str) -> set[str]:
    """The top-level packages that `modules`, and all they import from the library, import as they load."""
    found = set()
    for source in fingerprint.reachable(*modules):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        found |= {name.split(".")[0] for name in _loaded(tree)}
    return found - sys.stdlib_module_names - {"ferkit"}


def _loaded(tree: ast.AST) -> set[str]:
    """Module names imported while the module loads: not those inside functions or under TYPE_CHECKING."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
        names |= _loaded(node)
    return names


@pytest.mark.parametrize("module", TORCHLESS)
def test_numbers_and_verdicts_need_no_torch_and_no_pandas(module):
    found = _third_parties(f"ferkit.{module}")
    assert found & {"torch", "torchvision", "pandas"} == set()
    text = BLOCK.format(blocked=("torch", "torchvision", "pandas")) + f"import ferkit.{module}"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_bare_gpu_node_can_train_from_every_source_that_needs_no_more():
    """With jupyter, pandas, plotly and OpenCV out of the way, training and the data sources still load."""
    blocked = ("jupyterlab", "papermill", "IPython", "ipykernel", "nbformat", "pandas", "plotly", "cv2",
               "ipywidgets", "matplotlib", "onnx", "psutil")
    sources = [path.stem for path in (LIBRARY / "datasets").glob("*.py") if path.stem != "__init__"]
    text = "\n".join([BLOCK.format(blocked=blocked), "import ferkit.training, ferkit.datasets, ferkit.models",
                      *(f"import ferkit.datasets.{source}" for source in sources)])
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_training_reaches_imports_only_what_a_bare_node_has():
    sources = [f"ferkit.datasets.{path.stem}" for path in (LIBRARY / "datasets").glob("*.py")
               if path.stem != "__init__"]
    found = _third_parties("ferkit.training", "ferkit.models", "ferkit.datasets", *sources)
    assert found <= BARE_NODE, found - BARE_NODE


def test_importing_the_package_costs_nothing():
    text = "import sys, ferkit\nprint([name for name in ('torch', 'numpy', 'papermill') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [["train", "--dataset", "synthetic", "--profile", "smoke", "--model", "lenet5",
                                    "--set", "epochs=1", "--output", "out"],
                                   ["sweep", "sweep.json", "--output", "out"]], ids=["train", "sweep"])
def test_a_bare_gpu_node_trains_from_the_command_line(words, tmp_path):
    """No installation, no git, nothing but what such a node has; scipy comes with scikit-learn and is not needed."""
    absent = ("jupyterlab", "papermill", "IPython", "ipykernel", "nbformat", "pandas", "plotly", "cv2", "scipy",
              "ipywidgets", "matplotlib", "onnx", "psutil", "captum")
    (tmp_path / "sweep.json").write_text('{"models": ["lenet5"], "profile": "smoke", "epochs": 1}')
    # None in sys.modules is "not installed" also to torch, which looks for some of them
    text = (f"import sys\nsys.modules.update(dict.fromkeys({absent!r}))\n"
            f"from ferkit.__main__ import main\nsys.exit(main({words!r}))")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, cwd=tmp_path,
                          env=os.environ | {"PYTHONPATH": str(LIBRARY.parent), "PATH": ""})
    assert done.returncode == 0, done.stderr[-2000:]
    assert list((tmp_path / "out").rglob("weights.safetensors"))
