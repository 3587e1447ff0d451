"""A trained system as an ONNX file that answers as PyTorch does, checked before the file gets its name.

The graph holds everything from the normalised 48×48 picture to the answer: the centre crop, the mirror image where
the recipe averages over it, the spatial transformer (its grid computed from θ, read by GridSample), and an SVM's
kernel, duels and votes. What is left to do before it stands in the file's metadata, as JSON.
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
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from sklearn.svm import SVC
from torch import Tensor, nn

from ferkit import __version__
from ferkit.apps.predictor import SIZE, Recogniser
from ferkit.core import files
from ferkit.core.errors import InputError
from ferkit.data.sources.synthetic import draw_set
from ferkit.models import inference
from ferkit.models.heads import SklearnHead
from ferkit.models.preprocessing import MEAN, SD

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

    def __init__(self, model: Recogniser, pixels: bool) -> None:
        super().__init__()
        self.network = _fixed_pools(model.network)
        self.size, self.flip, self.pixels = self.network.input_size, model.tta == "flip", pixels
        head = model.predictor.head
        self.head = None if head is None else _Votes(head)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """(logits, probabilities, labels), or (scores, labels) of an SVM."""
        x = (images[:, None].float() - MEAN) / SD if self.pixels else images
        edge = (SIZE - self.size) // 2
        x = x[:, :, edge:edge + self.size, edge:edge + self.size]
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


class _Votes(nn.Module):
    """An RBF or linear SVM on standardised features, as scikit-learn's pipeline computes it."""

    def __init__(self, head: SklearnHead) -> None:
        super().__init__()
        standardise, machine = head.pipeline[0], head.pipeline[-1]
        self.rbf, self.num_classes = isinstance(machine, SVC), head.num_classes
        k = len(head.classes)
        if self.rbf:
            self.gamma, sign = float(machine._gamma), -1.0 if k == 2 else 1.0  # for two classes scikit-learn's turns
            weights, intercepts = sign * _by_pair(machine), sign * machine.intercept_
            self.register_buffer("points", torch.from_numpy(machine.support_vectors_.astype(np.float32)))
        else:
            weights, intercepts = machine.coef_.T, machine.intercept_
        for name, array in (("mean", standardise.mean_), ("scale", standardise.scale_), ("weights", weights),
                            ("intercepts", intercepts)):
            self.register_buffer(name, torch.from_numpy(np.array(array, dtype=np.float64)))
        self.register_buffer("classes", torch.from_numpy(np.array(head.classes, dtype=np.int64)))
        sides = np.zeros((2, k * (k - 1) // 2, k))
        for number, (i, j) in enumerate(combinations(range(k), 2)):
            sides[0, number, i] = sides[1, number, j] = 1
        self.register_buffer("first", torch.from_numpy(sides[0]))
        self.register_buffer("second", torch.from_numpy(sides[1]))
        spread = np.zeros((k, head.num_classes))
        spread[np.arange(k), head.classes] = 1
        self.register_buffer("spread", torch.from_numpy(spread))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Scores float32 (N, K) and votes int64 (N,)."""
        x = ((features.double() - self.mean) / self.scale).float().double()  # rounded as scikit-learn does
        if self.rbf:
            points = self.points.double()
            squares = (x * x).sum(1, keepdim=True) + (points * points).sum(1) - 2 * (x @ points.T)
            x = torch.exp(-self.gamma * squares.clamp(min=0))
        decision = x @ self.weights + self.intercepts
        if len(self.classes) == 2:  # one decision, of an SVC here for the first, of a LinearSVC for the second
            first = decision if self.rbf else -decision
            return self._all(torch.cat([first, -first], 1)), self.classes[(first[:, 0] <= 0).long()]
        if not self.rbf:
            return self._all(decision), self.classes[decision.argmax(1)]
        won = (decision > 0).double() @ self.first + (decision <= 0).double() @ self.second
        sure = decision @ (self.first - self.second)
        seen = (decision >= 0).double() @ self.first + (decision < 0).double() @ self.second
        return self._all(seen + sure / (3 * (sure.abs() + 1))), self.classes[won.argmax(1)]

    def _all(self, seen: Tensor) -> Tensor:
        """Scores of the classes seen in training, the lowest for any other."""
        if len(self.classes) == self.num_classes:
            return seen.float()
        lowest = seen.min(1, keepdim=True).values.clamp(max=0.0) - 1
        return (seen @ self.spread + lowest * (1 - self.spread.sum(0))).float()


def _by_pair(machine: SVC) -> np.ndarray:
    """The dual coefficients of a one-vs-one SVC by pair, float64 (P, K(K-1)/2): what kernel values are multiplied
    with. scikit-learn lays them out as (K-1, P), the class of a support vector left out."""
    ends = np.cumsum(machine.n_support_)
    rows = [slice(end - n, end) for end, n in zip(ends, machine.n_support_, strict=True)]
    pairs = list(combinations(range(len(rows)), 2))
    weights = np.zeros((len(machine.support_vectors_), len(pairs)))
    for number, (i, j) in enumerate(pairs):
        weights[rows[i], number] = machine.dual_coef_[j - 1, rows[i]]
        weights[rows[j], number] = machine.dual_coef_[i, rows[j]]
    return weights


def export(model: Recogniser, path: Path, *, pixels: bool = False) -> Parity:
    """Write `model` as ONNX with a free batch size and hold it against PyTorch; what was compared.

    pixels: the graph takes uint8 pictures and normalises them itself, in place of float32 ones. InputError, with
    nothing written, where a package is missing, the folder takes no file, or the answers differ by more than 1e-4.
    """
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"export needs {', '.join(missing)}: pip install onnx onnxruntime onnxscript")
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


def describe(model: Recogniser, pixels: bool = False) -> dict[str, str]:
    """The file's metadata: every value is text, `preprocessing` and `labels` are JSON."""
    shape = ["N", SIZE, SIZE] if pixels else ["N", 1, SIZE, SIZE]
    preprocessing = {
        "input": "images", "shape": shape, "dtype": "uint8" if pixels else "float32", "colour": "grey (ITU-R 601 luma)",
        "face": "upright, filling the picture, as in FER2013", "size": SIZE,
        "mean": 0.0 if pixels else MEAN, "sd": 1.0 if pixels else SD,
        "formula": "pixels 0…255 as they are" if pixels else f"(pixel 0…255 - {MEAN}) / {SD}"}
    return {
        "producer": f"ferkit {__version__}", "name": model.name, "weights_sha256": model.weights_sha256,
        "labels": json.dumps(list(model.label_names)), "preprocessing": json.dumps(preprocessing, ensure_ascii=False),
        "averaged_views": model.tta, "licence": "code MIT; weights trained on FER2013: research use, see NOTICE",
        "outputs": "scores, labels (an SVM's votes)" if model.predictor.head else "logits, probabilities, labels"}


def compare(model: Recogniser, path: Path, pixels: bool = False) -> Parity:
    """The ONNX file's answers against PyTorch's, on drawn faces and on noise, in batches of three sizes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    drawn = draw_set(0, 0, sum(BATCHES) - 32, seed=7).images
    noise = np.random.default_rng(7).integers(0, 256, (32, SIZE, SIZE), dtype=np.uint8)
    images, start, worst, differ = np.concatenate([drawn, noise]), 0, 0.0, 0
    for size in BATCHES:
        batch = images[start:start + size]
        start += size
        fed = batch if pixels else ((batch[:, None].astype(np.float32) - MEAN) / SD).astype(np.float32)
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
    """A copy of the network in which adaptive pools, which ONNX lacks, are the fixed ones that they amount to at this
    input size; InputError where there is none."""
    network = copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format).eval()
    sizes: dict[str, int] = {}
    adaptive = {name: part for name, part in network.named_modules() if isinstance(part, nn.AdaptiveMaxPool2d)}
    hooks = [part.register_forward_hook(lambda _, given, __, name=name: sizes.__setitem__(name, given[0].shape[-1]))
             for name, part in adaptive.items()]
    inference.infer_logits(network, np.zeros((1, SIZE, SIZE), np.uint8))
    for hook in hooks:
        hook.remove()
    for name, part in adaptive.items():
        if name not in sizes:  # a part that is not asked, as a frozen transformer's localisation: not in the graph
            continue
        step, rest = divmod(sizes[name], int(part.output_size))
        if rest:
            raise InputError(f"export: {name} pools {sizes[name]} pixels to {part.output_size}, which ONNX cannot say")
        network.set_submodule(name, nn.MaxPool2d(step))
    return network
