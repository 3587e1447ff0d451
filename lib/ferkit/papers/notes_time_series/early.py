"""Early recognition: how accurate a trained system is when it has seen only the first part of every test sequence."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from ferkit.core import files
from ferkit.data.sequences.sequence_set import SequenceSet
from ferkit.papers import training
from ferkit.results.records import Result
from ferkit.stats.intervals import wilson

EARLY = "early_recognition.json"  # beside a trained system's metrics.json
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of a sequence's frames, from its first


def recognise_early(results: Sequence[Result], sequences: SequenceSet) -> list[dict[str, object]]:
    """One row for each system and share: accuracy and its 95 % interval, also written beside each metrics.json.

    The system is as it was trained, on whole sequences; the test sequences are those of its one test, broken off. A
    result that was measured before is read back.
    """
    test, rows = sequences.part("test"), []
    for result in results:
        path, sha256 = result.directory / EARLY, result.metrics["weights_sha256"]
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if known.get("weights_sha256") != sha256 or known.get("shares") != list(SHARES):
            predictor = training.load_predictor(result)
            accuracies = [float(np.mean(predictor.votes(test.first(share).images) == test.labels)) for share in SHARES]
            known = {"system": result.key.system, "recipe": result.key.recipe, "seed": result.key.seed,
                     "weights_sha256": sha256, "shares": list(SHARES), "accuracies": accuracies, "n": len(test)}
            files.write_json(path, known)
        for share, accuracy in zip(SHARES, known["accuracies"], strict=True):
            low, high = wilson(accuracy * len(test), len(test))
            rows.append({"system": result.key.system, "recipe": result.key.recipe, "seed": result.key.seed,
                         "share": share, "accuracy": accuracy, "from": low, "to": high})
    return rows
