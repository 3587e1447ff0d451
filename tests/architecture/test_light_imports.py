"""What must be light is light: results without torch, training on a bare node, an import that costs nothing."""

import ast
import os
import subprocess
import sys

import pytest

from ferkit.core import source_hashes

LIBRARY = source_hashes.LIBRARY
TORCHLESS = ("stats.classification", "stats.intervals", "results.records", "claims")
SOURCES = sorted(path.stem for path in (LIBRARY / "data/sources").glob("[a-z]*.py"))
BARE_NODE = {"torch", "torchvision", "numpy", "sklearn", "PIL", "safetensors"}
BLOCK = """
import sys
class Block:
    def find_spec(self, name, *rest):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(name + " is blocked here")
sys.meta_path.insert(0, Block())
"""


def _third_parties(*modules: str) -> set[str]:
    """The top-level packages that `modules`, and all they import from the library, import as they load."""
    found = set()
    for source in source_hashes.reachable(*modules):
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
    _loads(f"import ferkit.{module}")


def test_the_pages_maker_loads_without_torch():
    _loads("import ferkit.reporting.readme")  # a network is asked only where a result does not say its cost


def _loads(text: str) -> None:
    text = BLOCK.format(blocked=("torch", "torchvision", "pandas")) + text
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_training_reaches_imports_only_what_a_bare_node_has():
    sources = [f"ferkit.data.sources.{name}" for name in SOURCES]
    found = _third_parties("ferkit.training.trainer", "ferkit.sweep.run", "ferkit.data.datasets", *sources)
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
