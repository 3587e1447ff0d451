"""What readers are shown in place of identifiers: systems, papers, notebooks, recipes, verdicts."""

from __future__ import annotations

import re

from ferkit import papers
from ferkit.papers import replication, unstated_choices

# Verdict → sign and words, in the order of every tally. On synthetic faces a claim about people is shown or not shown.
VERDICTS = {
    "reproduced": ("✓", "reproduced"),
    "exceeded": ("▲", "exceeded"),
    "partly": ("◐", "partly"),
    "inconclusive": ("?", "inconclusive"),
    "contradicted": ("▼", "contradicted"),
    "not_reproduced": ("✕", "not reproduced"),
    "too_short": ("…", "too short"),
    "not_run": ("○", "not run"),
}
ON_SYNTHETIC = {"reproduced": "shown", "exceeded": "more than shown", "partly": "partly shown",
                "not_reproduced": "not shown"}
STATUSES = {
    "finished": "trained to the end",
    "diverged": "the loss stopped being a number; what was tested, if anything, is its last good epoch",
    "collapsed": "one class for every image",
    "failed": "stopped with an error",
}
DATASETS = {"synthetic": "synthetic faces", "fer2013": "FER2013", "ckplus": "CK+", "jaffe": "JAFFE", "ferg": "FERG",
            "gfe": "Grammatical Facial Expressions", "folder": "a folder of images"}
RUN_NAME = re.compile(r"\b([a-z]\w*)/([a-z]\w*(?:[.-]\w+)*)(?:/seed(\d+))?\b")  # system/recipe, system/recipe/seed0
RECIPES = {"published": "as published", "ours": "our recipe"}
LENGTHENED = re.compile(r"_epochs(\d+)$")


def system(name: str) -> str:
    """A system's display name; one that no paper declares with spaces."""
    return papers.display(name) if papers.of_system(name) else name.replace("_", " ")


def run(system_name: str, recipe_name: str) -> str:
    """A system under a recipe: "Deep-Emotion, our recipe"."""
    return f"{system(system_name)}, {recipe(recipe_name)}"


def result(system_id: str, recipe_id: str, seed: int = 0) -> str:
    """What one trained system is called: "Deep-Emotion · published, 500 epochs · seed 1"; seed 0 is not named."""
    return f"{system(system_id)} · {recipe_name(recipe_id)}" + (f" · seed {seed}" if seed else "")


def in_words(text: str) -> str:
    """A text with what its systems are called in place of ``system/recipe`` and ``system/recipe/seed1``."""
    return RUN_NAME.sub(lambda found: result(found[1], found[2], int(found[3] or 0)) if papers.of_system(found[1])
                        else found[0], text)


def replicated() -> list[tuple[str, str, str, str]]:
    """(display, all authors, title, reference) of each paper that has a notebook."""
    return [(paper.display, _authors(paper.reference), paper.title, paper.reference) for paper in papers.all()
            if paper.notebook]


def _authors(reference: str) -> str:
    """What stands before the journal: up to the first comma behind the last author, who follows "&"."""
    return reference[:reference.find(",", max(reference.find("&"), 0))]


def unstated() -> dict[str, str]:
    """Title of each group of unstated choices, papers first."""
    groups, known = papers.titles(), unstated_choices.groups()
    return {**{one: groups[one] for one in groups if one in known},
            **{one: f"The {one}" for one in known if one not in groups}}


def recipe(name: str) -> str:
    """A recipe in words; one without as it is called."""
    return RECIPES.get(name) or recipe_name(name)


def recipe_name(name: str) -> str:
    """What a recipe is called, as a table prints it: "published, 500 epochs"."""
    displayed = {own: found.display for (_, own), found in papers.recipes().items() if found.display}
    return displayed.get(name) or LENGTHENED.sub(r", \1 epochs", name).replace("_", " ")


def dataset(name: str | None) -> str:
    """A data set's name in print; what is not known as it is called."""
    return DATASETS.get(str(name), str(name))


def notebook(stem: str) -> tuple[str, str]:
    """A notebook's title for the navigation and for its section; from its name where none is declared."""
    words = stem[3:].replace("_", " ")
    return next(((one.short, one.title) for one in replication.notebooks() if one.stem == stem),
                (words, words.capitalize()))


def verdict(name: str, data: str | None = None) -> str:
    """A verdict in words; on synthetic faces those of `ON_SYNTHETIC`."""
    words = VERDICTS.get(name, ("?", str(name).replace("_", " ")))[1]
    return ON_SYNTHETIC.get(name, words) if data == "synthetic" else words
