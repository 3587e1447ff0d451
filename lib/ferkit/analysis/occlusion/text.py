"""An analysis in words and tables, for the notebook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from ferkit.analysis.occlusion.sensitivity import over_seeds
from ferkit.core.units import percent

ALPHA = 0.05


def table(summary: dict, quantity: str = "difference") -> np.ndarray:
    """One quantity of `recall_lost` ("drop", "control", "difference", "p_holm"), float64 (K, R); NaN where none."""
    cells = [[summary["recall_lost"][label][region][quantity] for region in summary["regions"]]
             for label in summary["labels"]]
    return np.array(cells, dtype=np.float64)


def significant(summary: dict) -> np.ndarray:
    """Where covering costs more than the same shape elsewhere after Holm's correction, bool (K, R)."""
    return (table(summary, "p_holm") < ALPHA) & (table(summary) > 0)


def contradictions(summary: dict) -> list[dict[str, object]]:
    """Where occlusion misleads: expression and part for which a baseline makes covering *help* beyond the same shape
    elsewhere, significantly, although the part is known to move or another baseline says that covering it hurts.

    Rows: expression, part, "part moves" (None where no truth is known) and under each baseline the difference as a
    fraction, positive where covering hurts; the most misleading first. The analysis's own baseline speaks for all
    images, the others for those of `other_choices`.
    """
    tables = summary["other_choices"]["recall_lost"] | {summary["baseline"]: summary["recall_lost"]}
    moves = summary["moves"]
    rows = []
    for label in summary["labels"]:
        for region in summary["regions"]:
            cells = {name: table[label][region] for name, table in tables.items()}
            if any(cell["p"] is None for cell in cells.values()):
                continue
            sure = {name: np.sign(cell["difference"]) * (cell["p_holm"] < ALPHA) for name, cell in cells.items()}
            moving = None if moves is None else region in moves[label]
            if min(sure.values()) < 0 and (moving or max(sure.values()) > 0):
                rows.append({"expression": label, "part": region, "part moves": moving,
                             **{name: cell["difference"] for name, cell in cells.items()}})
    return sorted(rows, key=lambda row: min(row[name] for name in tables))


def important_parts(summary: dict) -> dict[str, tuple[str, ...]]:
    """For each expression the parts that matter significantly, the costliest first."""
    costs, stars = table(summary), significant(summary)
    return {label: tuple(summary["regions"][r] for r in np.argsort(-costs[k]) if stars[k, r])
            for k, label in enumerate(summary["labels"])}


def sentences(summary: dict) -> list[str]:
    """What the tests say about the paper's four statements, one sentence each, numbers included, and how the first two
    fare under other baselines, where these were tried."""
    found = [_covering(summary, "happy", "mouth"), _covering(summary, "angry", "brows")]
    p = summary["interaction"]["p"]
    depends = "depend" if p < ALPHA else "are not shown to depend"
    found.append(f"Different expressions {depends} on different parts (interaction, p = {p:.2g}).")
    overall = summary["insensitive"]["overall"]
    rest, parts, before = (percent(overall[key], none="unknown") for key in ("rest", "parts", "before"))
    found.append(f"With everything but mouth, brows, eyes and nose covered the accuracy is {rest}, "
                 f"with exactly these covered {parts}, with nothing covered {before}.")
    return found + _under_baselines(summary)


def _under_baselines(summary: dict) -> list[str]:
    """The first two statements' differences under each baseline, as a sentence; [] where there are none."""
    other = summary.get("other_choices")
    cells = [(name, table.get("happy", {}).get("mouth"), table.get("angry", {}).get("brows"))
             for name, table in (other["recall_lost"] if other else {}).items()]
    known = [(name, mouth, brows) for name, mouth, brows in cells
             if mouth and brows and mouth["p"] is not None and brows["p"] is not None]
    if not known:
        return []
    said = "; ".join(f"{name} {_points(mouth['difference'])} and {_points(brows['difference'])}"
                     for name, mouth, brows in known)
    return ["Points of recall that the mouth costs happy and the brows cost angry, beyond the same shape elsewhere, by "
            f"baseline ({other['images']} images): {said}."]


def _covering(summary: dict, label: str, region: str) -> str:
    cell = summary["recall_lost"].get(label, {}).get(region)
    if cell is None or cell["p"] is None:
        return f"Nothing can be said about {label} and the {region}: no such images."
    low, high = cell["interval"]
    verdict = "hurts" if cell["difference"] > 0 and cell["p_holm"] < ALPHA else "is not shown to hurt"
    return (f"Covering the {region} {verdict} {label}: it costs {_points(cell['drop'])} points of recall, "
            f"the same shape elsewhere {_points(cell['control'])}; difference {_points(cell['difference'])} "
            f"({_points(low)} … {_points(high)}), adjusted p = {cell['p_holm']:.2g}.")


def pointing_rows(summary: dict) -> list[dict[str, object]]:
    """The pointing game by who points, as rows for a table; [] where no truth is known."""
    return [{"system": f"{summary['system']}/{summary['recipe']}", "who points": name,
             "images": game["overall"]["n"], "hits": game["overall"]["hits"],
             "map on the truth": game["overall"]["overlap"], "truth's share of the image": game["overall"]["share"]}
            for name, game in (summary["pointing_game"] or {}).items()]


def pointing_sentence(rows: Sequence[Mapping[str, object]]) -> str:
    """What a pointing game says, generated from its rows ({who points, hits} or {who, hits}): does the trained network
    point better than the controls beside it, and what it means if not; "" without rows."""
    hits = {str(row.get("who points") or row.get("who")): float(row["hits"]) for row in rows}
    if len(hits) < 2:
        return ""
    trained = next((name for name in hits if not name.startswith(("untrained", "edges"))), next(iter(hits)))
    others = {name: value for name, value in hits.items() if name != trained}
    best = max(others, key=others.get)
    beside = ", ".join(f"{name} {percent(value)}" for name, value in others.items())
    head = f"The map of {trained} points at a part that moves in {percent(hits[trained])} of the images; {beside}."
    if hits[trained] > others[best]:
        return f"{head} It points better than every control."
    return (f"{head} It does not point better than {best}: where it points says nothing yet about what the network has "
            "learned, for something that learned nothing points there as often.")


def agreement_rows(analyses: Sequence[object]) -> list[dict[str, object]]:
    """How far an expression's map keeps its order (rank correlation, 1 = wholly): for each system with its other
    windows and baselines, then over its seeds, or that there is only one.

    analyses: `Analysis` of any systems, recipes and seeds.
    """
    groups: dict[tuple[str, str], list] = defaultdict(list)
    for one in analyses:
        groups[one.summary["system"], one.summary["recipe"]].append(one)
    rows: list[dict[str, object]] = []
    for (system, recipe), members in groups.items():
        first, labels = members[0].summary, members[0].summary["labels"]
        for row in first["other_choices"]["agreement"]:
            what = f"windows of {row['patch_size']} at {row['stride']}, {row['baseline']}"
            rows.append({"system": f"{system}/{recipe}", "compared": what, "images": first["other_choices"]["images"],
                         **{label: row[label] for label in labels}})
        if len(members) > 1:
            found = over_seeds([one.maps["probability_drop"] for one in members], labels)
            rows.append({"system": f"{system}/{recipe}", "compared": f"{len(members)} seeds",
                         "images": first["n_images"], **found})
        else:
            rows.append({"system": f"{system}/{recipe}", "compared": "seeds: there is only one",
                         "images": first["n_images"], **dict.fromkeys(labels)})
    return rows


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
