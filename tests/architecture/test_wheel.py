"""The wheel, unpacked away from the checkout, with what `pip install ferkit` brings and no more."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferkit.core import paths
from ferkit.core.labels import LABELS

ROOT = paths.repository()
# What extras install and no dependency of the others does, by the name it is imported under.
ABSENT = ("jupyterlab", "ipywidgets", "IPython", "ipykernel", "papermill", "nbformat", "psutil", "plotly", "pandas",
          "jsonschema", "fastjsonschema", "skimage", "skops", "torchvision", "onnx", "aeon", "distributed", "submitit",
          "pyarrow")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of an unpacked wheel that was built from a copy of the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in ("lib", "results/fer2013", "results/synthetic"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, source / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = source.glob("*.whl")
    assert wheel.stat().st_size < 20e6
    zipfile.ZipFile(wheel).extractall(target)
    return target


def _python(installed: Path, folder: Path, text: str) -> subprocess.CompletedProcess:
    text = f"import sys\nsys.modules.update(dict.fromkeys({ABSENT!r}))\n{text}"  # None is "not installed"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "FERKIT"))}
    return subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True,
                          env=environment | {"PYTHONPATH": str(installed)})


def test_everything_that_is_listed_reads_a_photograph(installed, tmp_path):
    Image.fromarray(np.tile(np.arange(90, dtype=np.uint8), (60, 1))).save(tmp_path / "photo.png")
    done = _python(installed, tmp_path, """
import ferkit, json
names = ferkit.published()
found = {name: [face.expression for face in ferkit.read("photo.png", name)] for name in names}
try: ferkit.load("deep-emotoin")
except ferkit.InputError as error: said = str(error)
print(json.dumps([ferkit.__file__, found, said]))""")
    assert done.returncode == 0, done.stderr[-2000:]
    place, found, said = json.loads(done.stdout)
    assert Path(place).is_relative_to(installed)
    assert {"deep-emotion/ours", "deep-emotion-wide/ours", "gap-cnn/ours", "lenet5/ours"} <= set(found)
    assert all(len(expressions) == 1 and expressions[0] in LABELS for expressions in found.values())
    assert "did you mean deep-emotion" in said


@pytest.mark.parametrize(("words", "status", "says"), [
    (["predict", "photo.png", "--csv"], 0, "photo.png"), (["predict", "--sequence", ".", "--crops"], 0, "photo.png"),
    (["run", "--profile", "smoke"], 2, "needs a checkout"), (["report", "."], 2, "pip install 'ferkit[notebooks]'"),
    (["export", "--onnx", "a.onnx"], 2, "pip install 'ferkit[export]'")], ids=lambda value: str(value)[:24])
def test_commands_work_or_say_what_is_missing(installed, tmp_path, words, status, says):
    Image.new("L", (48, 48), 90).save(tmp_path / "photo.png")
    done = _python(installed, tmp_path, f"from ferkit.__main__ import main\nsys.exit(main({words!r}))")
    assert done.returncode == status, done.stdout + done.stderr[-2000:]
    assert says in done.stdout + done.stderr and done.stderr.count("\n") <= 1


def test_the_dependencies_are_those_of_prediction_and_training():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w.-]+", item)[0] for item in project["dependencies"]}
    assert names == {"torch", "numpy", "scikit-learn", "pillow", "opencv-python-headless", "safetensors"}
    assert {"jupyterlab", "papermill", "pandas", "plotly"} <= {
        re.match(r"[\w.-]+", item)[0] for item in project["optional-dependencies"]["notebooks"]}
