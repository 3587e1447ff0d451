"""Trained cells on the page: a card per family, and the protocol of every cell, failures included."""

from collections.abc import Sequence

import numpy as np

from ferkit import metrics, statistics
from ferkit.figures import system_name
from ferkit.report.html import Markup, details, facts, join, percent, table, tag
from ferkit.report.tree import Tree
from ferkit.report.words import STATUS_SAYS, link, nested, short_hash, status_chip
from ferkit.results import CellResult

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
                 tag("p", "Of each family the cell with the best validation accuracy; its test split was "
                          "read once, "
                     "afterwards. The line spans 0 to 100 % with the 95 % interval; dashed is the answer "
                     "\"always "
                     "the largest class\", red the paper's number where it gives one for this data set."),
                 tag("div", cards, class_="cards")])


def protocol(run: Tree) -> Markup:
    """A protocol card per experiment: every cell with how it was trained, chosen and tested."""
    if not run.cells:
        return Markup()
    parts = [tag("h2", "Protocol"),
             tag("p", "Every trained cell. Selection: best epoch on validation. Test split: read once. "
                      "Pretraining: "
                 "none. An SVM sits on the frozen features of the network trained under the same recipe.")]
    heads = ("system · recipe", "status", "val", "test", "95 %", "no copies", "macro-F1", "TTA", "parameters",
             "min")
    for name in sorted({cell.cell.notebook for cell in run.cells}):
        own = [cell for cell in run.cells if cell.cell.notebook == name]
        parts.append(table(heads, [_row(cell) for cell in own], numbers=range(2, 10), class_="stack",
                           caption=f"{name}: accuracy on validation and test, on test images without an "
                                   f"exact copy "
                           "in training, and what it cost"))
        parts.append(details(f"Protocol cards of {name}: configuration and files of each cell",
                             [_protocol_card(run, cell) for cell in own]))
    return join(parts)


def _card(run: Tree, paper: str, family: str, cells: Sequence[CellResult]) -> Markup:
    """The card of a family, or of its failure where no cell could be tested; "" where it has no cell."""
    if not cells:
        return Markup()
    tested = [cell for cell in cells if cell.metrics.get("accuracy") is not None]
    if not tested:
        return tag("div", tag("p", family, class_="what"), status_chip(cells[0].metrics.get("status")),
                   tag("p", "no cell of this family reached a test", class_="more"), class_="card")
    m = max(tested, key=lambda cell: cell.metrics.get("val_accuracy") or 0).metrics
    low, high = statistics.wilson(m["accuracy"] * m["n"], m["n"])
    unseen = m.get("accuracy_without_copies")
    copies = "" if unseen is None else f" · {percent(unseen)} without copies"
    status = [] if m["status"] == "finished" else [" ", status_chip(m["status"])]
    majority = metrics.majority_share(np.asarray(m["confusion_matrix"]))
    return tag("div", tag("p", family, class_="what"), tag("p", percent(m["accuracy"]), class_="number"),
               tag("p", f"{low * 100:.1f} … {percent(high)}{copies}", class_="more"),
               tag("p", f"{system_name(m['system'])} · {m['recipe']} · seed {m['seed']}", status,
                   class_="more"),
               _bar(m["accuracy"], low, high, _paper_number(run, paper), majority), class_="card")


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


def _row(cell: CellResult) -> list[object]:
    m = cell.metrics
    bounds = "–"
    if m.get("accuracy") is not None:
        low, high = statistics.wilson(m["accuracy"] * m["n"], m["n"])
        bounds = f"{low * 100:.1f} … {high * 100:.1f}"
    name = join([system_name(m["system"]), tag("small", f"{m['recipe']} · seed {m['seed']}")])
    return [name, status_chip(m.get("status")), percent(m.get("val_accuracy")), percent(m.get("accuracy")),
            bounds,
            percent(m.get("accuracy_without_copies")), percent(m.get("macro_f1")), m.get("tta"),
            f"{m.get('parameters') or 0:,}", f"{m.get('minutes') or 0:.1f}"]


def _protocol_card(run: Tree, cell: CellResult) -> Markup:
    """Everything recorded of a cell's protocol, with links to its files."""
    m = cell.metrics
    config = m.get("config") if isinstance(m.get("config"), dict) else {}
    names = ("metrics.json", "predictions.npz", "history.csv", "weights.safetensors")
    links = [[link(run.directory, cell.directory / name, name), " "] for name in names
             if (cell.directory / name).is_file()]
    best, epochs = m.get("best_epoch"), m.get("epochs")
    shown = [("files", join(links)), ("what happened", STATUS_SAYS.get(m.get("status"))),
             ("training images", m.get("n_train")), ("test images", m.get("n")),
             ("test reads", m.get("test_reads")),
             ("selected epoch", None if best is None else f"{best} of {epochs}" if epochs else best),
             ("selected by", "validation accuracy"), ("pretraining", "none"),
             ("test-time averaging", m.get("tta")),
             ("accuracy without it", percent(m.get("accuracy_no_tta"))),
             ("mean recall", percent(m.get("uar"))),
             ("device", m.get("device")), ("weights", short_hash(m.get("weights_sha256"))),
             ("configuration", short_hash(m.get("config_sha256")))]
    name = f"{system_name(m['system'])} · {m['recipe']} · seed {m['seed']}"
    return join([tag("h3", name), facts(shown), nested(config) if config else ""])
