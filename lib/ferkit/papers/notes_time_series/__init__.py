"""Behaviour as time series: the reading notes' idea, on drawn sequences, CK+ and Grammatical Facial Expressions.

``network`` reads sequences in five ways, ``rockets`` are random convolutions, ``frames`` turns frames into features,
``early`` measures how soon an answer is right, ``rules`` and ``claims`` say what it comes to.
"""

from ferkit.experiments.system import System
from ferkit.papers.notes_time_series.plan import DATASETS, PLAN
from ferkit.papers.notes_time_series.recipes import RECIPES
from ferkit.papers.paper import Notebook, Paper

_HERE = "ferkit.papers.notes_time_series"


def _reader(name: str, display: str, reader: str, default_for: tuple[str, ...] = ()) -> System:
    return System(name, display, f"{_HERE}.network:SequenceNetwork", {"reader": reader}, role="baseline",
                  input=f"{_HERE}.inputs:SEQUENCE", analyses=frozenset(), default_for=default_for)


def _rocket(name: str, display: str) -> System:
    return System(name, display, features=f"{_HERE}.rockets:sequences", head=f"{_HERE}.rockets:{name.upper()}",
                  role="baseline", input=f"{_HERE}.inputs:SEQUENCE", analyses=frozenset())


PAPER = Paper(
    id="time_series",
    display="Behaviour as time series",
    title="Behaviour as time series (an idea of the reading notes)",
    reference="The project's reading notes; Freitas, Peres, Lima & Barbosa, Grammatical Facial Expressions Recognition "
              "with Machine Learning, FLAIRS 2014",
    systems=(
        _reader("gru", "GRU", "gru", ("predict sequence",)),
        _reader("tcn", "TCN", "tcn"),
        _reader("frame_alone", "Key frame alone", "frame"),
        _reader("frames_mean", "Mean of the frames", "mean"),
        _reader("frame_change", "Key frame minus first", "change"),
        _rocket("minirocket", "MiniRocket"),
        _rocket("multirocket_hydra", "MultiRocket and Hydra"),
    ),
    recipes=RECIPES,
    notebook=Notebook("08_time_series", "Time series", "Behaviour as time series",
                      datasets=DATASETS, over_time=True),
    plan=PLAN,
    requires=("deep_emotion",),
)
