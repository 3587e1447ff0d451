"""The headline numbers: a card per family of systems."""

from collections.abc import Sequence

import numpy as np

from ferkit.reporting.figures import system_name
from ferkit.reporting.html_report.format import link, status_chip
from ferkit.reporting.html_report.markup import Markup, join, percent, tag
from ferkit.reporting.html_report.run_files import Tree
from ferkit.results.records import CellResult
from ferkit.stats import classification, intervals

# Name, paper, and the systems that are a replication of it; ablations do not stand for their family.
FAMILIES = (("Deep-Emotion", "deep_emotion", ("deep_emotion", "deep_emotion_wide")),
            ("GAP CNN, softmax or SVM", "gap_svm", ("gap_cnn", "gap_cnn_svm")),
            ("LeNet-5, the baseline", "", ("lenet5",)))


def headlines(run: Tree) -> Markup:
    """One card per family of systems: the cell that validation chose, its test accuracy and interval."""
    cards = [_card(run, paper, name, [cell for cell in run.cells if cell.cell.system in systems])
             for name, paper, systems in FAMILIES]
    if not any(cards):
        return Markup()
    return join([tag("h2", "Results"),
                 tag("p", "Of each family the recipe with the best validation accuracy, the mean over its seeds; the "
                          "test split was read once for each network, afterwards. The line spans 0 to 100 % with the "
                          "95 % interval; dashed is the answer \"always the largest class\", red the paper's number "
                          "where it gives one for this data set."),
                 tag("div", cards, class_="cards")])


def _card(run: Tree, paper: str, family: str, cells: Sequence[CellResult]) -> Markup:
    """The card of a family, or of its failure where no cell could be tested; "" where it has no cell."""
    if not cells:
        return Markup()
    tested = [cell for cell in cells if cell.metrics.get("accuracy") is not None]
    if not tested:
        return tag("div", tag("p", family, class_="what"), status_chip(cells[0].metrics.get("status")),
                   tag("p", "no cell of this family reached a test", class_="more"), class_="card")
    groups: dict[tuple[str, str], list[CellResult]] = {}
    for cell in tested:
        groups.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell)
    best = max(groups.values(), key=lambda cells: np.mean([cell.metrics.get("val_accuracy") or 0 for cell in cells]))
    m = best[0].metrics
    spread = intervals.share_over_seeds([cell.metrics["accuracy"] for cell in best], m["n"])
    low, high = spread.interval
    without = [cell.metrics.get("accuracy_without_copies") for cell in best]
    copies = "" if None in without else f" · {percent(float(np.mean(without)))} without copies"
    status = [] if m["status"] == "finished" else [" ", status_chip(m["status"])]
    majority = classification.majority_share(np.asarray(m["confusion_matrix"]))
    files = [[link(run.base, cell.directory / "metrics.json", f"seed {cell.cell.seed}"), " "] for cell in best]
    return tag("div", tag("p", family, class_="what"), tag("p", percent(spread.mean), class_="number"),
               tag("p", f"{low * 100:.1f} … {percent(high)}{copies}", class_="more"),
               tag("p", f"{system_name(m['system'])} · {m['recipe']} · ", files, status, class_="more"),
               _bar(spread.mean, low, high, _paper_number(run, paper), majority), class_="card")


def _bar(value: float, low: float, high: float, paper: float | None, majority: float) -> Markup:
    """Accuracy on a line from 0 to 100 % with its interval, the majority class and the paper's number."""
    def at(share: float) -> str:
        return f"{share * 100:.2f}%"

    marks = [tag("rect", x="0", y="10", width="100%", height="6", rx="3", fill="var(--soft)"),
             tag("rect", x="0", y="10", width=at(value), height="6", rx="3", fill="var(--accent)",
                 opacity="0.5"),
             tag("rect", x=at(low), y="6", width=at(max(high - low, 0.004)), height="14", rx="3",
                 fill="var(--accent)"),
             tag("line", x1=at(majority), x2=at(majority), y1="4", y2="22", stroke="var(--quiet)",
                 stroke_width="1.5", stroke_dasharray="3 2")]
    says = (f"{percent(value)} of test images, interval {percent(low)} to {percent(high)}; dashed: always "
            f"the "
            f"largest class, {percent(majority)}")
    if paper is not None:
        marks.append(tag("line", x1=at(paper), x2=at(paper), y1="0", y2="26", stroke="var(--red)",
                         stroke_width="2.5"))
        says += f"; red: the paper, {percent(paper)}"
    return tag("svg", tag("title", says), marks, role="img")


def _paper_number(run: Tree, paper: str) -> float | None:
    """The accuracy that the paper gives for this run's data set, from the ledger's row in claims.json."""
    wanted = f"{paper}.accuracy.{run.fact('dataset')}"
    return next((claim["expected"] for claim in run.claims if claim.get("id") == wanted), None)
