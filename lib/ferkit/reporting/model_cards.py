"""Model cards, one beside each published weights file, written from the published files alone.

Mitchell et al. 2019, Model cards for model reporting, doi 10.1145/3287560.3287596. A card says what a system is for
and not for, what it was trained on, how good it is by expression, how far its probabilities can be believed, and where
it errs. Every number in it is read from metrics.json and predictions.npz; a test fails when a card is stale.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from ferkit import papers
from ferkit.core import paths
from ferkit.core.units import percent
from ferkit.data.audit import PUBLISHED_FER2013
from ferkit.reporting import names
from ferkit.results import records, tree, weights_catalogue
from ferkit.results.weights_catalogue import Entry
from ferkit.stats import classification

CARD = "MODEL_CARD.md"
DATASHEETS = {**{name: f"datasheets/{name}.md" for name in ("fer2013", "ckplus", "jaffe", "ferg", "gfe")},
              "synthetic": "synthetic/DATASHEET.md"}
BLOCK = re.compile(r"(<!-- audit: made by [^>]*-->\n).*?(<!-- end audit -->)", re.DOTALL)
SURE = (0.5, 0.7, 0.9)  # confidences at which a reader is told how often the system is right
SHEETS = "datasheets"
UP = "../" * 5  # from a card, results/<tree>/<notebook>/<system>/<recipe>/seed<k>, to results


def wanted() -> dict[Path, bytes | None]:
    """Path and right content of the card of every published weights file and of the datasheets; None for a card of
    weights that are gone."""
    made = {path: text.encode() for path, text in (cards() | datasheets()).items()}
    there = paths.published_root().glob(f"*/[0-9][0-9]_*/*/*/seed*/{CARD}")
    return dict.fromkeys(sorted(set(there) - made.keys())) | made


def datasheets() -> dict[Path, str]:
    """Every data set's sheet with what its audits found between the marks."""
    folder = paths.repository() / "results" / SHEETS
    found = {}
    for path in sorted(folder.glob("*.md")):
        audits = sorted([*folder.glob(f"{path.stem}.audit.json"), *folder.glob(f"{path.stem}-*.audit.json")])
        parts = "".join(f"\n{_audited(json.loads(one.read_text(encoding='utf-8')))}\n" for one in audits)
        found[path] = BLOCK.sub(lambda match, parts=parts: match[1] + parts + match[2],
                                path.read_text(encoding="utf-8"))
    return found


def _audited(report: dict) -> str:
    """What one audit found, Markdown."""
    copies, splits = report["copies"], report["counts"]
    labels = [label for label in splits["train"] if any(splits[split][label] for split in splits)]
    lines = [f"Audited under protocol `{report['protocol']}` ({report['n']:,} images): **{report['verdict']}**.", "",
             f"| split | {' | '.join(labels)} | all |", "|---|" + "---|" * (len(labels) + 1)]
    lines += [f"| {split} | {' | '.join(f'{counts[label]:,}' for label in labels)} | {sum(counts.values()):,} |"
              for split, counts in splits.items()]
    groups, nearest = report["conflicting_groups"], percent(report["knn1_accuracy"])
    lines += ["", f"- {report['distinct']:,} distinct images; exact copies of training images: "
              f"{copies['val_in_train']} in validation, {copies['test_in_train']} in test; {groups} groups of "
              f"identical images with different labels; {report['blank']} blank images.",
              f"- 1-nearest-neighbour on raw pixels is right for {nearest} of the test images."]
    known = report.get("fingerprint")
    if known:
        counts = ", ".join(f"{known[name]:,} {says}" for name, says in (
            ("near", "processed"), ("missing", "missing"), ("foreign", "foreign"), ("surplus", "further versions"),
            ("relabelled", "relabelled"), ("moved", "in another split")))
        lines.append(f"- By fingerprint {known['exact']:,} of {known['images']:,} images are the original's pixel by "
                     f"pixel; {counts}.")
    return "\n".join([*lines, *(f"- {finding['id'].replace('_', ' ')}: {finding['says']}"
                                for finding in report["findings"])])


def cards(dataset: str = "") -> dict[Path, str]:
    """Where each card lies and what it says, for the weights that are in the published tree of this name, or in all."""
    return {entry.directory / CARD: card(entry) for entry in weights_catalogue.entries(dataset)
            if entry.weights == entry.directory / records.WEIGHTS}


def card(entry: Entry) -> str:
    """The model card of one published system, Markdown."""
    result = records.read_result(entry.directory)
    parts = [_head(entry), USE, _data(entry), _accuracy(result), _by_expression(result),
             _calibration(result), _limits(entry), _how(entry)]
    return "\n\n".join(parts) + "\n"


def _head(entry: Entry) -> str:
    m, paper, kind = entry.metrics, papers.of_system(entry.key.system), papers.system(entry.key.system).kind
    views = {"none": "one view", "flip": "the mean of the image and its mirror image",
             "tencrop": "the mean of ten crops"}[m["tta"]]
    return "\n".join([
        f"# {names.system(entry.key.system)}, recipe `{entry.key.recipe}`, seed {entry.key.seed}", "",
        "Made by `python -m ferkit cards` from the files in this folder.", "",
        f"- **Name**: `{entry.full_name}`" + (f" (`ferkit.load({entry.name!r})`)" if kind.name == "image" else ""),
        f"- **What it is**: a network of {m['parameters']:,} parameters" + (
            f", {m['weight_layers']} layers with weights on its main path" if m["weight_layers"] else ""),
        f"- **After**: {paper.title}: {paper.reference}",
        f"- **In and out**: {POINTS if _of_points(entry) else kind.described}; one of {', '.join(m['label_names'])}; "
        f"scored with {views}",
        f"- **Trained**: {m['epochs']} epochs, the best by validation kept (epoch {m['best_epoch']}), "
        f"{m['minutes']:.0f} minutes on {m['device']}",
        f"- **sha256**: `{m['weights_sha256']}`"])


POINTS = "windows of frames, of each frame the normalised positions of points of a face"


def _of_points(entry: Entry) -> bool:
    return entry.metrics["dataset"] in paths.WITHOUT_IMAGES


USE = """## Intended use

Research and teaching: replicating the paper, comparing methods, studying what such networks look at, as a baseline.

## Not for

- Deciding anything about a person: hiring, schooling, insurance, policing, borders, health, advertising.
- Telling what somebody feels, means, hides or intends. The classes are annotators' opinions about single pictures;
  a face's movement does not tell an emotion reliably (Barrett et al. 2019, doi 10.1177/1529100619832930).
- Watching people who have not agreed to it. In the EU, inferring emotions at work or in education is prohibited, with
  narrow exceptions (Regulation (EU) 2024/1689, article 5 (1) f)."""


LABELS = {"own": "", "ferplus": ", labelled by the plurality of ten FER+ taggers",
          "ferplus-soft": ", trained on the votes of ten FER+ taggers and tested on their plurality"}


def _data(entry: Entry) -> str:
    m = entry.metrics
    counts = {label: n for label, n in (m["n_train_per_class"] or {}).items() if n}  # a data set may lack a class
    most, least = max(counts, key=counts.get, default=""), min(counts, key=counts.get, default="")
    skew = (f" The classes are uneven: {counts[most]:,} {most} to {counts[least]:,} {least} in training."
            if most and counts[most] > counts[least] else "")
    sheet = DATASHEETS.get(m["dataset"])
    link = f" ([datasheet]({UP}{sheet}))" if sheet else ""
    labels = LABELS[m.get("labels", "own")]
    kind = papers.system(entry.key.system).kind.name
    unit = "windows" if _of_points(entry) else f"{kind}s"
    start = (f"starting from the weights {m['initial']['name']}" if m.get("initial") else
             "no other data and no pretraining" + (" but that of the features" if unit == "sequences" else ""))
    return (f"## Data\n\n{m['dataset']}{link}, protocol `{m['protocol']}`{labels}: {m['n_train']:,} {unit} to train "
            f"on, {m['n']:,} to test on, {start}.{skew} The epoch was chosen on validation; "
            f"the test split was read {m['test_reads']} time{'s' * (m['test_reads'] != 1)}.")


def _accuracy(result: records.Result) -> str:
    m, groups = result.metrics, result.groups
    low, high = tree.accuracy([result]).interval
    frames = records.RECORDINGS.get(m["dataset"])
    over = "images" if groups is None else f"{len(np.unique(groups))} " + (
        f"blocks of {frames} neighbouring frames" if frames else "people")
    rows = [("accuracy", f"{percent(m['accuracy'])} (95 % over {over}: {percent(low)} … {percent(high)})"),
            ("accuracy on validation", percent(m["val_accuracy"])),
            ("accuracy on a training sample", percent(m.get("train_accuracy"))),
            ("accuracy without test-time augmentation", percent(m["accuracy_no_tta"])),
            ("deduplicated accuracy: test images without an exact copy in training",
             f"{percent(m['accuracy_without_copies'])} of {m['n_without_copies'] or 0:,}"),
            ("macro-F1", percent(m["macro_f1"])), ("mean recall (UAR)", percent(m["uar"]))]
    corrupted = m.get("robustness")
    if corrupted:
        clean = m["robustness_clean"]
        worst = min(corrupted, key=corrupted.get)
        rows.append((f"on {clean['n']:,} test images, as they are and under the worst of {len(corrupted)} corruptions",
                     f"{percent(clean['accuracy'])}, {percent(corrupted[worst])} ({worst.replace('_', ' ')})"))
    return "## How good\n\n| on the test split | |\n|---|---|\n" + "\n".join(f"| {a} | {b} |" for a, b in rows)


def _by_expression(result: records.Result) -> str:
    per_class, matrix = result.metrics["per_class"], result.matrix
    lines = ["## By expression", "", "| expression | recall | precision | F1 | n | most often taken for |",
             "|---|---|---|---|---|---|"]
    for k, (name, row) in enumerate(per_class.items()):
        if not row["support"]:
            lines.append(f"| {name} | – | – | – | 0 | – |")
            continue
        wrong = matrix[k].copy()
        wrong[k] = 0
        taken = (f"{list(per_class)[int(wrong.argmax())]} ({percent(wrong.max() / max(row['support'], 1), 0)})"
                 if wrong.any() else "–")
        lines.append(f"| {name} | {percent(row['recall'])} | {percent(row['precision'])} | {percent(row['f1'])} "
                     f"| {row['support']} | {taken} |")
    return "\n".join(lines)


def _calibration(result: records.Result) -> str:
    arrays = result.predictions
    if "probabilities" not in arrays:
        return "## Calibration\n\nAn SVM's scores are not probabilities: none are given."
    sure, right = arrays["probabilities"].max(1), arrays["predicted"] == arrays["labels"]
    curve = classification.reliability_curve(arrays["labels"], arrays["probabilities"], predicted=arrays["predicted"])
    gap = float(np.nansum(curve["count"] * (curve["confidence"] - curve["accuracy"])) / curve["count"].sum())
    lines = ["## Calibration", "",
             f"Expected calibration error {percent(result.metrics['ece'])} (15 bins); on average it is "
             f"{percent(abs(gap))} too {'sure' if gap > 0 else 'unsure'} of itself. Measured on this test split; on "
             "photographs of another kind expect worse.", "",
             "| says at least | for this share of the images | and is right for |", "|---|---|---|"]
    for level in SURE:
        kept = sure >= level
        lines.append(f"| {percent(level, 0)} | {percent(kept.mean())} | "
                     f"{percent(right[kept].mean()) if kept.any() else '–'} |")
    return "\n".join(lines)


def _limits(entry: Entry) -> str:
    m = entry.metrics
    tested = {name: row for name, row in m["per_class"].items() if row["support"]}
    weak = sorted(tested, key=lambda name: tested[name]["recall"])[:2]
    own = (_fer2013_limits(m.get("labels", "own")) if m["dataset"] == "fer2013" else
           OF_PEOPLE.get(m["dataset"], "- The data set says little of its people; **how errors differ between groups "
                         "of people was not measured**; assume that they do."))
    return f"""## Known limits

- Weakest on {weak[0]} and {weak[1]} (table above): a rare prediction there is not a rare expression.
{own}{"" if _of_points(entry) else OF_PICTURES}
- Expressions are not feelings: see "Not for"."""


OF_PEOPLE = {
    "gfe": "- Two signers, one of whom trains and the other tests: **nothing follows for a third person**, another "
           "language or points that were found in another way.",
    "synthetic": "- Drawn faces show nobody: **how it does on people was not measured**."}
OF_PICTURES = """
- Grey, frontal, upright faces that fill the picture. Profiles, hands, masks, dark glasses, babies and drawings were not
  looked at. A picture without a face gets a prediction all the same."""


def _fer2013_limits(labels: str) -> str:
    groups, blank = PUBLISHED_FER2013["conflicting_groups"], PUBLISHED_FER2013["blank"]
    own = (f"""FER2013's labels are noisy: people agree with them in 65 ± 5 % of the images, {groups} groups of
  identical images carry different labels, and {blank} images are blank (see the datasheet).""" if labels == "own" else
           """Images on which ten taggers do not settle (ties, unknown, no face, contempt) neither train nor test: the
  accuracy is that of the clearer images, and no accuracy by FER2013's own labels.""")
    return f"""- {own}
- FER2013 was gathered by web search for emotion words and says nothing of the people's age, sex, skin or origin, so
  **how errors differ between groups of people was not and cannot be measured here**; assume that they do."""


TERMS = {
    "gfe": "UCI distributes without\na word on weights; take them for research only",
    "synthetic": "this\nrepository draws; the features that they read were trained on FER2013, which may be used for "
                 "research only, so take\nthem for research only too"}


def _how(entry: Entry) -> str:
    command, dataset = weights_catalogue.recipe(entry), entry.metrics["dataset"]
    terms = TERMS.get(dataset, "may be used for\nresearch only; nobody has settled what that means for weights, so "
                               "take them for research only too")
    return f"""## Licence, and how to make it again

The code is under the MIT licence. The weights were trained on {dataset}, which {terms}
([NOTICE]({UP}../NOTICE)).

```bash
{_use(entry)}
```

Trained by `{command}`; the whole recipe is in `metrics.json` under `config`."""


def _use(entry: Entry) -> str:
    """The commands that take these weights."""
    name, dataset = entry.full_name, entry.metrics["dataset"]
    if _of_points(entry):
        return (f"python -m ferkit evaluate --weights {name} --dataset {dataset} --protocol "
                f"{entry.metrics['protocol']} --data {dataset}.zip")
    if papers.system(entry.key.system).kind.name != "image":
        return f"python -m ferkit predict --sequence FOLDER --weights {name}"
    return (f"python -m ferkit predict PHOTO --weights {name}\n"
            f"python -m ferkit export --weights {name} --onnx model.onnx")
