"""The notebooks of a replication: the engine's own, and one of each paper, in the order in which they run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ferkit import papers
from ferkit.core import paths
from ferkit.papers.paper import Notebook

TOUR = Notebook("00_start_here", "Start here", "A tour by hand, no part of a run", "tour")
DATA = Notebook("01_data_preparation", "Data", "The data, and what may be concluded from them", "data")
STAGES = ("data", "paper", "analysis")


@cache
def notebooks() -> tuple[Notebook, ...]:
    """Every notebook of a run: the data, the papers', then the analyses, each by number."""
    trained = tuple(notebook.stem for notebook in papers.notebooks())
    own = (DATA,
           Notebook("04_occlusion_analysis", "Occlusion", "What the networks look at", "analysis", trained),
           Notebook("05_confusion_comparison", "Comparison", "Confusion matrices and paired comparisons", "analysis",
                    (*trained, "04_occlusion_analysis")))
    return tuple(sorted((*own, *papers.notebooks()), key=lambda one: (STAGES.index(one.stage), one.stem)))


def file(stem: str) -> Path:
    """Where a notebook's source lies: the checkout's ``notebooks``, or beside the code of a paper outside it."""
    own = paths.repository() / "notebooks" / f"{stem}.ipynb"
    outside = [papers.folder(paper) / own.name for paper in papers.all()
               if paper.notebook and paper.notebook.stem == stem and not own.is_file()]
    return outside[0] if outside else own


def stems(dataset: str = "", protocol: str = "") -> tuple[str, ...]:
    """Their file names without the ending, in the order in which they run; of a data set (and protocol) those that suit
    it."""
    return tuple(notebook.stem for notebook in notebooks() if not dataset or notebook.suits(dataset, protocol))


def reads(stem: str) -> tuple[str, ...]:
    """The notebooks whose results a notebook reads; () for one that reads none."""
    return next((notebook.reads for notebook in notebooks() if notebook.stem == stem), ())
