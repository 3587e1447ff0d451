"""The side-by-side table is made from the measured file, row by row."""

import json

from ferkit.core import paths
from ferkit.reporting.readme import side_by_side

SET = {"n": 10, "accuracy": 0.5, "interval": [0.4, 0.6], "macro_f1": 0.25, "recall": {}}
SPEED = {"faces_per_second": 1234.5, "faces_per_cpu_second": 617.4, "load": 1.5}


def test_each_measured_system_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    assert side_by_side.side_by_side_table() == "Nothing is measured yet."
    rows = [{"name": "ferkit a", "package": "ours", "version": "abc", "val": SET, "test": SET, "ckplus": SET} | SPEED,
            {"name": "fer", "package": "fer", "version": "25.10.3", "val": SET, "test": SET | {"accuracy": 0.75},
             "ckplus": SET} | SPEED | {"load": 3.0}]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / side_by_side.FILE).write_text(json.dumps({
        "images": {"val": 10, "test": 10, "ckplus": 10}, "classes": {"ckplus": ["angry", "happy"]},
        "machine": {"processor": "P", "cores": 2}, "systems": rows}))
    text = side_by_side.side_by_side_table()
    assert "| **ferkit a** | 50.0 % | **50.0 %** | 40.0 … 60.0 | 25.0 % | 50.0 % | 1,234 (1.5) | 617 |" in text
    assert "| fer 25.10.3 | 50.0 % | **75.0 %** |" in text and "CK+48, 2 classes" in text
    assert "(3.0)" in text and "at equal load only" in text


def test_the_published_file_holds_both_packages_and_our_best():
    from ferkit.results import weights_catalogue

    found = json.loads((paths.repository() / "results" / side_by_side.FILE).read_text(encoding="utf-8"))
    names = [row["name"] for row in found["systems"]]
    assert {"fer", "facex"} <= set(names)
    assert any(name.startswith("ferkit") for name in names)
    for row in found["systems"]:
        if row["package"] == "ours":  # what was measured is what is published: the same answers, the same accuracy
            entry = weights_catalogue.find(row["name"].removeprefix("ferkit "))
            if entry.metrics["weights_sha256"].startswith(row["version"]):
                assert abs(entry.metrics["accuracy"] - row["test"]["accuracy"]) < 0.0006  # one or two rounding ties
