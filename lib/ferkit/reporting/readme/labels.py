"""Blocks of the page on FER2013's labels: ten taggers beside them, systems where they agree or not, FER+ trained on."""

from __future__ import annotations

from ferkit import papers
from ferkit.analysis import label_agreement
from ferkit.core import protocols
from ferkit.reporting import judged, names
from ferkit.reporting.tables import markdown
from ferkit.results.records import Result
from ferkit.results.tree import Tree, by_system, over_seeds, published
from ferkit.stats import estimates

SHOWN = ("disgust", "fear")  # whose recall stands under either label set


def by_label_block() -> str:
    """One row for each of FER2013's labels: how ten taggers answer to it; below, what accuracies follow from that."""
    shares = ("agreement", "majority", "single", "never_named")
    rows = [[row["label"], row["n"], *(_percent(row[key]) for key in shares),
             f"{row['instead']} {_percent(row['instead_share'])}"] for row in label_agreement.by_label()]
    top = label_agreement.ceiling()
    heads = ("FER2013's label", "images", "plurality agrees, %", "where more than five agree, %",
             "one tagger agrees, %", "never named, %", "most often instead, %")
    return (
        f"{markdown(heads, rows, range(1, 6))}\n\nWhoever answers as one tagger does is right by FER2013's labels for "
        f"{_percent(top['one_person'])} % of the {top['n']:,} images, as the plurality of ten for "
        f"{_percent(top['ten_people'])} %, and whoever always picks the label where at least one of ten sees it for "
        f"**{_percent(top['any_of_ten'])} %**. What a network gets right beyond that, and on every image whose "
        "label nobody named, it did not learn from expressions that people see.")


def by_system_block() -> str:
    """One row for each replicated system and recipe on FER2013: accuracy where the votes confirm, contradict or never
    name the label, agreement with the taggers, and the recall of two labels under either label set."""
    results = _first()
    if not results:
        return "Nothing is published yet."
    recalls = {(row["system"], row["recipe"]): row for row in label_agreement.both_recalls(results, SHOWN)}
    rows = []
    for row in label_agreement.by_system(results):
        shares = [f"{_percent(row[key])} ({_percent(low)} … {_percent(high)})"
                  for key, (low, high) in ((key, row[f"{key}_interval"])
                                           for key in ("confirmed", "contradicted", "never_named"))]
        found = recalls[row["system"], row["recipe"]]
        both = [f"{found[f'{label}_own']} → {found[f'{label}_ferplus']}" for label in SHOWN]
        rows.append([names.system(row["system"]), row["recipe"], row["seeds"], _percent(row["accuracy"]), *shares,
                     _percent(row["crowd"]), *both])
    heads = ("system", "recipe", "seeds", "accuracy, %", "label confirmed", "contradicted", "never named",
             "agrees with the taggers, %", *(f"recall of {label}, own → FER+ labels" for label in SHOWN))
    return markdown(heads, rows, (2, 3))


def trained_block() -> str:
    """Accuracies published on FER+ labels, with what they were pretrained on, and ours below them."""
    rows = [[quote.statement, quote.source, f"{100 * quote.value:.2f}", "", ""]
            for quote in sorted(papers.accuracy_quotes("ferplus"), key=lambda quote: -quote.value)]
    trees = [tree for tree in published() if tree.dataset == judged.FIRST
             and any(protocols.label_set(result.metrics["protocol"]) != "own" for result in tree.results)]
    for tree in trees:
        for (system, recipe), results in by_system(tree.results).items():
            it, start = over_seeds(results), results[0].metrics.get("initial")
            begun = f"from {start['name']}" if start else "no pretraining"
            rows.append([f"ours: the {names.system(system)} network, recipe {recipe}, {begun}, 7 classes",
                         f"{tree.name}, {it['seeds']} seed{'s' * (it['seeds'] > 1)}, "
                         f"{results[0].metrics['n_train']:,} training images", f"**{_percent(it['accuracy'], 2)}**",
                         f"{_percent(it['low'])} … {_percent(it['high'])}", f"{it['n']:,}"])
    heads = ("system", "source", "accuracy on FER+ labels, %", "95 %", "test images")
    return "\n\n".join([markdown(heads, rows, (2, 4)), *_shares(trees)])


def _shares(trees: list[Tree]) -> list[str]:
    """What learning the shares of the votes brings over learning their plurality: a sentence for each system and recipe
    trained on both, alike otherwise."""
    own = {(result.metrics["protocol"], *result.key.name.split("/")): result
           for tree in trees for result in tree.results if result.predictions}
    said = []
    for (protocol, *name), soft in own.items():
        hard = own.get((protocol.replace("+ferplus-soft", "+ferplus"), *name))
        if protocols.label_set(protocol) == "ferplus-soft" and hard is not None:
            labels = hard.predictions["labels"]
            right = [(result.predictions["predicted"] == labels)[None] for result in (soft, hard)]
            found = estimates.difference(*right, labels)
            low, high = found.interval
            said.append(f"{names.system(soft.key.system)}, {soft.key.recipe}, seed {soft.key.seed}: trained on the "
                        f"shares of the votes {100 * found.mean:+.1f} points against training on their plurality "
                        f"({100 * low:+.1f} … {100 * high:+.1f} over the {len(labels):,} test images).")
    return said


def _first() -> list[Result]:
    """The replicated systems' results on FER2013's own labels, in the order of every table."""
    return label_agreement.replicated(judged.first_results(), papers.main_systems())


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"
