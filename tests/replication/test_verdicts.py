"""The change log names every verdict on published results that differs from those of commit b4adeaf.

Run as a program (``python tests/replication/test_verdicts.py``) this file writes the table that it tests.
"""

import json
import re
from pathlib import Path

from ferkit import claims, papers
from ferkit.core import paths

BEFORE = json.loads(Path(__file__).with_name("verdicts_b4adeaf.json").read_text(encoding="utf-8"))
BLOCK = re.compile(r"(<!-- verdicts: made by [^>]*-->\n).*?(<!-- end verdicts -->)", re.DOTALL)
SEEDS = "seeds and images together, in place of McNemar on trained networks"
WHY = {  # by the beginning of the claim's id, the first that fits
    "deep_emotion.accuracy.fer2013.as_drawn": "is the headline claim now",
    "deep_emotion.accuracy.fer2013.larger": "a larger network is no longer the headline but counted beyond the paper",
    "deep_emotion.accuracy.fer2013": "the headline is the network as drawn, not one of 25 times the parameters",
    "deep_emotion.accuracy": "equivalence within 2 points over seeds and images; one seed reproduces nothing",
    "gap_svm.accuracy": "equivalence within 2 points over seeds and images; one seed reproduces nothing",
    "deep_emotion.weight_layers": "ten layers with the localisation path, six on the main path",
    "deep_emotion.rare_classes": "CK+ has no neutral image: an absent class no longer counts as recall 0",
    "deep_emotion.attention.plain": "ten seeds in place of three; " + SEEDS,
    "deep_emotion.attention": SEEDS,
    "gap_svm.svm_over_softmax.published": SEEDS + "; adjusted for the paper's declared pairs",
    "gap_svm.svm_over_softmax.ours": "equal test-time augmentation: one view each, in place of one against two",
    "gap_svm.gain_over_lenet5": "more than stated contradicts the paper's baseline; one view each",
    "gap_svm.ratio_to_lenet5": "equivalence within 0.05; more than stated contradicts the paper's baseline",
    "gap_svm.robustness": "GAP + SVM by mean corruption error, in place of the softmax network by relative loss; one "
                          "view each over the seeds whose weights are kept",
    "baselines.robust": "new: both from a single view, from the published weights",
    "gap_svm.gap_accuracy": "non-inferiority by the interval over seeds and images",
    "gap_svm.small_kernels_accuracy": "no worse is what the claim asks, by the interval over seeds and images",
    "gap_svm.gap_overfits_less": "the interval holds both nothing and a relevant effect",
    "notes.reverse_thinking": SEEDS,
    "baselines": "new: hand-crafted features are measured",
    "ferplus": "new: judged by ten taggers' labels",
    "deep_emotion": "one seed is about one network; the interval decides",
}


def rows() -> list[tuple[str, str, str, str, str]]:
    """(tree, claim, verdict before, verdict now, why) of every verdict on published results that changed."""
    found = []
    for tree, before in BEFORE.items():
        now = {row["id"]: row for row in claims.judge(paths.published_directory(tree), papers.claims())}
        for id in dict.fromkeys((*before, *(id for id, row in now.items() if row["verdict"] != "not_run"))):
            was = before.get(id, {}).get("verdict", "not judged")
            verdict = now[id]["verdict"] if id in now else "not judged"
            if was != verdict:
                why = next((why for start, why in WHY.items() if id.startswith(start)), "new: measured since")
                found.append((tree, id, was.replace("_", " "), verdict.replace("_", " "), why))
    return found


def text(changelog: str) -> str:
    """The change log with the table as it should be."""
    lines = ["| results | claim | was | is | why |", "| --- | --- | --- | --- | --- |",
             *(f"| {' | '.join(row)} |" for row in rows())]
    return BLOCK.sub(lambda match: match[1] + "\n".join(lines) + "\n" + match[2], changelog)


def test_the_change_log_names_each_changed_verdict():
    changelog = (paths.repository() / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text(changelog) == changelog, "run python tests/replication/test_verdicts.py"
    assert BLOCK.search(changelog) and len(rows()) > 10


if __name__ == "__main__":
    path = paths.repository() / "CHANGELOG.md"
    path.write_text(text(path.read_text(encoding="utf-8")), encoding="utf-8")
