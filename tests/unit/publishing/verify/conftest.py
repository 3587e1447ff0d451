"""A small published tree, whole and honest: two systems, plan, headline, occlusion maps, manifest with hashes."""

import json

import numpy as np
import pytest

from ferkit.core import files
from ferkit.core.labels import LABELS
from ferkit.publishing import checksums
from ferkit.results import predictions, records

NOTEBOOK = "02_stn_attention"


def note(root):
    """The manifest of a tree with the hashes of all there is, and the list of checksums."""
    made = {path.relative_to(root).as_posix(): files.sha256(path) for path in files.finished_files(root)
            if path.name not in ("manifest.json", checksums.NAME)}
    files.write_json(root / "manifest.json", {
        "schema": 1, "run": "r", "dataset": "fer2013", "protocol": "official", "profile": "smoke",
        "data_sha256": "ab" * 32, "notebooks": [{"name": NOTEBOOK, "status": "finished", "outputs": made}]})
    checksums.write(root)


@pytest.fixture
def seal():
    """:func:`note`, to be called."""
    return note


class Published:
    """The tree, and the few lines that let a test change a file and note its hash again as a forger would."""

    def __init__(self, root):
        self.root = root
        self.key = root / NOTEBOOK / "deep_emotion/ours/seed0"

    def read(self, name):
        """A JSON file of the tree."""
        return json.loads((self.root / name).read_text(encoding="utf-8"))

    def put(self, name, content):
        """Writes a JSON file of the tree."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(json.dumps(content), encoding="utf-8")

    def change(self, **changes):
        """Changes the metrics of the first trained system, and notes the new hash."""
        name = (self.key / records.METRICS).relative_to(self.root).as_posix()
        self.put(name, self.read(name) | changes)
        self.note()

    def note(self):
        """Writes the manifest with the hashes of all there is now, and the list of checksums."""
        note(self.root)

    def maps(self, **arrays):
        """Writes the maps of an occlusion analysis, two of them made with windows of 8 pixels every 4."""
        place = self.root / "04_occlusion_analysis/deep_emotion/ours/seed0"
        place.mkdir(parents=True, exist_ok=True)
        coarse = np.random.default_rng(0).random((7, 12, 12), np.float32).repeat(4, 1).repeat(4, 2)
        known = {"label_names": np.array(LABELS), "rows": np.arange(0, 41, 4), "columns": np.arange(0, 41, 4),
                 "turned_wrong": coarse, "region_masks": (coarse[:6] > 0.5).astype(np.float32)}
        predictions.write_arrays(place / "maps.npz", known | arrays)
        self.put("04_occlusion_analysis/deep_emotion/ours/seed0/occlusion.json", {
            "system": "deep_emotion", "recipe": "ours", "seed": 0, "maps_sha256": files.sha256(place / "maps.npz"),
            "n_images": 210, "patch_size": 8, "stride": 4, "baseline": "zero", "regions": [], "labels": [],
            "counts": [], "correct_counts": [], "recall_lost": {}, "interaction": {"statistic": 0.0, "p": 1.0},
            "insensitive": {"overall": {}},
            "settings": {"weights_sha256": None, "data_sha256": "ab" * 32}})
        self.note()


@pytest.fixture
def published(tmp_path, write_result):
    """The tree, of a data set of real faces."""
    tree = Published(tmp_path / "fer2013")
    for system, share in (("deep_emotion", 0.7), ("deep_emotion_wide", 0.8)):
        write_result(tree.root, system, share=share, dataset="fer2013")
    rows = [{"system": system, "recipe": "ours", "seed": 0, "config": {"lr": 0.001}}
            for system in ("deep_emotion", "deep_emotion_wide")]
    tree.put(f"{NOTEBOOK}/plan.json", rows)
    tree.put(f"{NOTEBOOK}/headline.json", {"system": "deep_emotion_wide", "recipe": "ours", "seeds": [0],
                                           "chosen_by": "val"})
    tree.maps()
    return tree
