"""A protocol card per experiment: a system under a recipe, all its seeds, with how it was trained, chosen and tested,
and for every number the file it stands in, the commit and the command."""

from collections.abc import Sequence

from ferkit.reporting.figures import system_name
from ferkit.reporting.html_report.format import STATUS_SAYS, link, nested, short_hash, status_chip
from ferkit.reporting.html_report.markup import Markup, details, facts, join, percent, table, tag
from ferkit.reporting.html_report.run_files import Tree
from ferkit.results import provenance
from ferkit.results.records import METRICS, CellResult
from ferkit.stats import intervals

HEADS = ("system · recipe", "ended", "val", "test", "95 %", "no copies", "macro-F1", "averaging", "parameters", "min")
FILES = (METRICS, "predictions.npz", "history.csv", "weights.safetensors", "MODEL_CARD.md")
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
SCHEDULES = {"constant": "constant rate", "cosine": "cosine schedule", "onecycle": "one cycle", "step": "steps"}


def section(run: Tree) -> Markup:
    """Every experiment in one table a notebook, then its card."""
    if not run.cells:
        return Markup()
    parts = [tag("h2", "Protocol"),
             tag("p", "Every experiment, with all its seeds. The epoch is chosen on validation, the test split is read "
                      "once for each network, nothing is pretrained. An SVM sits on the frozen features of the network "
                      "trained under the same recipe. Intervals: over seeds (t) where there are several, else over "
                      "images (Wilson).")]
    for name in sorted({cell.cell.notebook for cell in run.cells}):
        groups = experiments([cell for cell in run.cells if cell.cell.notebook == name])
        parts.append(table(HEADS, [_row(run, group) for group in groups], numbers=range(2, 10), class_="stack",
                           caption=f"{name}: means over seeds on validation and test, on test images without an exact "
                                   "copy in training, and what it cost"))
        parts.append(details(f"{len(groups)} protocol cards of {name}: split, selection, augmentation, cost, files, "
                             "commits and commands", [_card(run, group) for group in groups]))
    return join(parts)


def experiments(cells: Sequence[CellResult]) -> list[list[CellResult]]:
    """The cells by system and recipe, in order of appearance, seeds ascending."""
    groups: dict[tuple[str, str], list[CellResult]] = {}
    for cell in sorted(cells, key=lambda cell: cell.cell.seed):
        groups.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell)
    return list(groups.values())


def _row(run: Tree, cells: Sequence[CellResult]) -> list[object]:
    m, tested = cells[0].metrics, [cell for cell in cells if cell.metrics.get("accuracy") is not None]
    bounds = "–"
    if tested:
        low, high = intervals.share_over_seeds([cell.metrics["accuracy"] for cell in tested], m["n"]).interval
        bounds = f"{low * 100:.1f} … {high * 100:.1f}"
    seeds = [[link(run.base, cell.directory / METRICS, f"seed {cell.cell.seed}"), " "] for cell in cells]
    name = join([system_name(m["system"]), tag("small", m["recipe"], " · ", seeds)])
    ends = join([[status_chip(status), " "] for status in dict.fromkeys(cell.metrics.get("status") for cell in cells)])
    return [name, ends, _mean(cells, "val_accuracy"), _mean(tested, "accuracy", sd=True), bounds,
            _mean(tested, "accuracy_without_copies"), _mean(tested, "macro_f1"), m.get("tta"),
            f"{m.get('parameters') or 0:,}", f"{_average(cells, 'minutes') or 0:.1f}"]


def _card(run: Tree, cells: Sequence[CellResult]) -> Markup:
    """What was recorded of an experiment: the protocol in words, then each seed's files."""
    m = cells[0].metrics
    config = m.get("config") if isinstance(m.get("config"), dict) else {}
    recipe = config.get("recipe") if isinstance(config.get("recipe"), dict) else {}
    ends = dict.fromkeys(cell.metrics.get("status") for cell in cells)
    shown = [("data", m.get("dataset")), ("split", _split(m)), ("selected by", _selection(cells)),
             ("training", _training(recipe)), ("augmentation", augmentation(recipe.get("augmentation"))),
             ("pretraining", "none"), ("test-time averaging", _averaging(cells)), ("seeds", len(cells)),
             ("test reads", f"{m.get('test_reads')} a seed"),
             ("parameters", f"{m['parameters']:,}" if m.get("parameters") else None),
             ("layers with weights", m.get("weight_layers")),
             ("hardware", " · ".join(dict.fromkeys(filter(None, (m.get("device"), _machine(run)))))),
             ("minutes a seed", f"{_average(cells, 'minutes') or 0:.1f}"),
             ("mean recall", _mean(cells, "uar")), ("calibration error", _mean(cells, "ece")),
             ("what happened", "; ".join(STATUS_SAYS.get(end, str(end)) for end in ends)),
             ("data sha256", short_hash(m.get("data_sha256"))),
             ("code versions", ", ".join(f"{name} {k}" for name, k in config.get("versions", {}).items()))]
    name = f"{system_name(m['system'])} · {m['recipe']}"
    parts = [tag("h3", name), facts(shown), _seeds(run, cells)]
    rest = {key: value for key, value in recipe.items() if key not in ("augmentation",)}
    return tag("div", parts, details("The whole recipe", nested(rest)) if rest else "", class_="experiment")


def _seeds(run: Tree, cells: Sequence[CellResult]) -> Markup:
    """Each seed's numbers with the files, commit and command that they come from."""
    rows = []
    for cell in cells:
        name = provenance.name_of(run.directory, cell)
        files = [[link(run.base, cell.directory / file, file), " "] for file in FILES
                 if (cell.directory / file).is_file()]
        again = provenance.evaluate_command(run.directory, cell)
        command = join([tag("code", run.made.command(name)), tag("small", "from the weights: ", tag("code", again))
                        if again else ""])
        m = cell.metrics
        rows.append([f"seed {m['seed']}", percent(m.get("val_accuracy"), 2), percent(m.get("accuracy"), 2),
                     join(files), tag("code", run.made.commit(name)), command,
                     tag("code", short_hash(m.get("predictions_sha256")) or "–")])
    return table(("seed", "val", "test", "files", "commit", "made by", "predictions sha256"), rows, class_="stack",
                 numbers=(1, 2), caption="Where each number comes from")


def _split(m: dict) -> str:
    train = f"{m['n_train']:,} training, " if m.get("n_train") else ""
    return f"{m.get('protocol')}: {train}{m.get('n') or 0:,} test images"


def _selection(cells: Sequence[CellResult]) -> str:
    m, best = cells[0].metrics, [cell.metrics.get("best_epoch") for cell in cells]
    chosen = ", ".join(str(epoch) for epoch in best if epoch) or "–"
    machine = "; C and γ on validation" if m.get("svm") else ""
    return f"validation accuracy: epoch {chosen} of {m.get('epochs') or '–'}{machine}"


def _training(recipe: dict) -> str | None:
    """A recipe's optimiser in a line."""
    if not recipe:
        return None
    extras = [f"weight decay {recipe['weight_decay']:g}" if recipe.get("weight_decay") else "",
              f"λ {recipe['penalty']:g}" if recipe.get("penalty") else "",
              f"smoothing {recipe['label_smoothing']:g}" if recipe.get("label_smoothing") else "",
              f"EMA {recipe['ema']:g}" if recipe.get("ema") else "",
              recipe["loss"].replace("_", " ") if recipe.get("loss", "cross_entropy") != "cross_entropy" else "",
              "class weights" if recipe.get("class_weights", "none") != "none" else "",
              "balanced sampling" if recipe.get("sampling", "shuffle") != "shuffle" else "",
              recipe.get("precision", "")]
    words = [f"{OPTIMIZERS.get(recipe.get('optimizer'), recipe.get('optimizer'))} {recipe.get('lr', 0):g}",
             SCHEDULES.get(recipe.get("schedule"), str(recipe.get("schedule"))), f"batch {recipe.get('batch_size')}",
             *extras]
    return ", ".join(word for word in words if word)


def augmentation(values: object) -> str:
    """How images are varied in training, in a line; "none" where they are not."""
    if not isinstance(values, dict):
        return "none"
    words = {"flip": lambda v: f"mirror {100 * v:.0f} %", "rotation": lambda v: f"±{v:g}°",
             "scale": lambda v: f"scale ±{100 * v:g} %", "shift": lambda v: f"shift ±{100 * v:g} %",
             "crop": lambda v: f"crop {v:g} pixels", "brightness": lambda v: f"brightness ±{100 * v:g} %",
             "contrast": lambda v: f"contrast ±{100 * v:g} %", "erase": lambda v: f"erase {100 * v:.0f} %",
             "mixup": lambda v: f"mixup {v:g}"}
    return ", ".join(say(values[key]) for key, say in words.items() if values.get(key)) or "none"


def _averaging(cells: Sequence[CellResult]) -> str:
    m = cells[0].metrics
    without = _mean(cells, "accuracy_no_tta")
    return str(m.get("tta")) + (f" (without: {without})" if m.get("tta") not in (None, "none") else "")


def _machine(run: Tree) -> str | None:
    return run.manifest.get("gpu") or run.manifest.get("cpu")


def _average(cells: Sequence[CellResult], key: str) -> float | None:
    values = [cell.metrics.get(key) for cell in cells]
    known = [value for value in values if isinstance(value, int | float)]
    return sum(known) / len(known) if known else None


def _mean(cells: Sequence[CellResult], key: str, sd: bool = False) -> object:
    """The mean over seeds in percent, its sd below it where asked for."""
    value = _average(cells, key)
    values = [cell.metrics[key] for cell in cells if isinstance(cell.metrics.get(key), int | float)]
    if not sd or len(values) < 2:
        return percent(value)
    return join([percent(value), tag("small", f"± {100 * intervals.over_seeds(values).sd:.1f}")])
