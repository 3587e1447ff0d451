"""A trained system as an ONNX file that answers as PyTorch does, checked before the file gets its name.

The graph holds everything from the normalised 48×48 picture to the answer: the centre crop, the mirror image where
the recipe averages over it, the spatial transformer (its grid computed from θ, read by GridSample), and an SVM's
kernel, decisions and votes. What is left to do before it stands in the file's metadata, as JSON.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import io
import json
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ferkit import __version__
from ferkit.apps.predictor import Model
from ferkit.core import files
from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.data.sources.synthetic import draw_set
from ferkit.models.heads import Head
from ferkit.models.one_vs_one import OneVsOne
from ferkit.models.preprocessing import MEAN, SD, centre_crop, to_input

OPSET = 20
TOLERANCE = 1e-4  # largest difference of a logit, probability or SVM score that passes
BATCHES = (1, 2, 61)  # sizes that the check sends through the file
NEEDS = ("onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Parity:
    """What the check found: images compared, the largest difference of an output, decisions that differ."""

    images: int
    max_abs_difference: float
    different_decisions: int


class _Graph(nn.Module):
    """Crop, views, network, and softmax or SVM, as one module."""

    def __init__(self, model: Model, pixels: bool) -> None:
        super().__init__()
        self.network = _fixed_pools(model.network)
        self.size, self.flip, self.pixels = self.network.input_size, model.tta == "flip", pixels
        head = model.predictor.head
        self.head = None if head is None else svm_graph(head)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """(logits, probabilities, labels), or (scores, labels) of an SVM."""
        x = (images[:, None].float() - MEAN) / SD if self.pixels else images
        x = centre_crop(x, self.size)
        if self.head is not None:
            scores, labels = self.head(self.network.forward_features(x))
            if self.flip:
                scores = (scores + self.head(self.network.forward_features(x.flip(3)))[0]) / 2
                labels = scores.argmax(1)
            return scores, labels
        logits = self.network(x)
        if self.flip:
            logits = (logits + self.network(x.flip(3))) / 2
        return logits, logits.softmax(1), logits.argmax(1)


def svm_graph(head: Head) -> nn.Module:
    """A fitted SVM as a module: features (N, D) → scores float32 (N, K), votes int64 (N,)."""
    return head if isinstance(head, OneVsOne) else OneVsOne.of(head.pipeline, head.num_classes)


def export(model: Model, path: Path, *, pixels: bool = False) -> Parity:
    """Write `model` as ONNX with a free batch size and hold it against PyTorch; what was compared.

    pixels: the graph takes uint8 pictures and normalises them itself, in place of float32 ones. InputError, with
    nothing written, where a package is missing, the folder takes no file, or the answers differ by more than 1e-4.
    """
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"export needs {', '.join(missing)}: pip install 'ferkit[export]'")
    if model.network is None:
        raise InputError(f"export: {model.name} reads hand-crafted features, which ONNX cannot compute; name a network")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path}: name a file in a folder that is there")
    with files.replacing(path) as aside:
        graph = _Graph(model, pixels).eval()
        _write(graph, aside, describe(model, pixels))
        parity = compare(model, aside, pixels)
        if parity.max_abs_difference > TOLERANCE or parity.different_decisions:
            raise InputError(f"{path}: not written, its answers differ from PyTorch's by "
                             f"{parity.max_abs_difference:.1e} and in {parity.different_decisions} of {parity.images} "
                             "decisions; please report this")
    return parity


def describe(model: Model, pixels: bool = False) -> dict[str, str]:
    """The file's metadata: every value is text, `preprocessing` and `labels` are JSON."""
    shape = ["N", SIZE, SIZE] if pixels else ["N", 1, SIZE, SIZE]
    preprocessing = {
        "input": "images", "shape": shape, "dtype": "uint8" if pixels else "float32", "colour": "grey (ITU-R 601 luma)",
        "face": "upright, filling the picture, as in FER2013", "size": SIZE,
        "mean": 0.0 if pixels else MEAN, "sd": 1.0 if pixels else SD,
        "formula": "pixels 0…255 as they are" if pixels else f"(pixel 0…255 - {MEAN}) / {SD}"}
    trained_on = model.trained_on or "data that are not named"
    terms = "" if trained_on.startswith("folder") else ": research use, see NOTICE"  # a folder is the user's own
    return {
        "producer": f"ferkit {__version__}", "name": model.name, "weights_sha256": model.weights_sha256,
        "labels": json.dumps(list(model.label_names)), "preprocessing": json.dumps(preprocessing, ensure_ascii=False),
        "averaged_views": model.tta, "licence": f"code MIT; weights trained on {trained_on}{terms}",
        "outputs": "scores, labels (an SVM's votes)" if model.predictor.head else "logits, probabilities, labels"}


def compare(model: Model, path: Path, pixels: bool = False) -> Parity:
    """The ONNX file's answers against PyTorch's, on drawn faces and on noise, in batches of three sizes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    if not isinstance(session.get_inputs()[0].shape[0], str):  # len(x) of a batch is a number, x.shape[0] is not
        raise InputError(f"export: {model.name} fixes the number of images in its graph; its network has to write "
                         "x.shape[0] for len(x), or to reshape without either")
    drawn = draw_set(0, 0, sum(BATCHES) - 32, seed=7).images
    noise = np.random.default_rng(7).integers(0, 256, (32, SIZE, SIZE), dtype=np.uint8)
    images, start, worst, differ = np.concatenate([drawn, noise]), 0, 0.0, 0
    for size in BATCHES:
        batch = images[start:start + size]
        start += size
        fed = batch if pixels else to_input(batch).numpy()
        outputs = dict(zip((out.name for out in session.get_outputs()), session.run(None, {"images": fed}),
                           strict=True))
        answer = model.predict(batch)
        expected = {"logits": answer.scores, "scores": answer.scores, "probabilities": answer.probabilities}
        worst = max([worst, *(float(np.abs(outputs[name] - value).max()) for name, value in expected.items()
                              if name in outputs)])
        differ += int((outputs["labels"] != answer.labels).sum())
    return Parity(start, worst, differ)


def _write(graph: _Graph, path: Path, metadata: dict[str, str]) -> None:
    """The graph through torch's exporter, then its metadata."""
    import onnx

    example = torch.zeros((2, SIZE, SIZE), dtype=torch.uint8) if graph.pixels else torch.zeros(2, 1, SIZE, SIZE)
    names = ["scores", "labels"] if graph.head is not None else ["logits", "probabilities", "labels"]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(graph, (example,), dynamo=True, opset_version=OPSET, input_names=["images"],
                                    output_names=names, dynamic_shapes=({0: torch.export.Dim("N", min=1)},),
                                    verbose=False)
    proto = program.model_proto
    _strip(proto)
    onnx.helper.set_model_props(proto, metadata)
    onnx.checker.check_model(proto)
    onnx.save_model(proto, path)


def _strip(proto: object) -> None:
    """Take out the notes that the exporter leaves on every node: stack traces with paths of this machine."""
    graph = proto.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer, *graph.value_info,
                 *proto.functions):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")


def _fixed_pools(network: nn.Module) -> nn.Module:
    """A copy of the network in which adaptive pools, which ONNX lacks, are `_Slices`."""
    network = copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format).eval()
    for name, part in list(network.named_modules()):
        if isinstance(part, nn.AdaptiveMaxPool2d):
            network.set_submodule(name, _Slices(int(part.output_size)))
    return network


class _Slices(nn.Module):
    """`AdaptiveMaxPool2d(places)` of square maps by its definition, for a graph of a fixed size: the i-th place is the
    maximum from pixel ⌊i·size/places⌋ to ⌈(i+1)·size/places⌉, a pool of one step where that divides them."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, size, size) → (B, C, places, places)."""
        size, places = x.shape[-1], self.places
        if size % places == 0:
            return F.max_pool2d(x, size // places)
        slices = [slice(i * size // places, -(-(i + 1) * size // places)) for i in range(places)]
        x = torch.cat([x[:, :, own].amax(2, keepdim=True) for own in slices], 2)
        return torch.cat([x[:, :, :, own].amax(3, keepdim=True) for own in slices], 3)
