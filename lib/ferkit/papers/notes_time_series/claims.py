"""What the reading notes' idea of behaviour as time series comes to, as claims; and what GFE's authors state.

The notes say only that behaviour could be trained on as time series. Its sharper forms are ours: that a sequence beats
its best frame, that order matters, that the start suffices. GFE's authors state that windows of frames beat single ones
(Freitas, Peres, Lima & Barbosa, FLAIRS 2014). Rules were fixed before any result.
"""

from ferkit.claims.claim import Claim
from ferkit.core.units import Unit
from ferkit.papers.notes_time_series.plan import DATASETS
from ferkit.papers.notes_time_series.rules import BETTER, EARLY_ENOUGH

NOTES, GFE = "reading notes (train on behaviour data as time series)", "Freitas et al., FLAIRS 2014"
GRU, SHUFFLED, FRAME, MEAN = ("gru", "ours"), ("gru", "shuffled"), ("frame_alone", "ours"), ("frames_mean", "ours")
QUICK = "./run_all.sh --dataset synthetic --profile quick --only 08"
ON_GFE = "./run_all.sh --dataset gfe --data PATH --profile standard"


def _compared(name: str, statement: str, first: tuple[str, str], second: tuple[str, str], **other: object) -> Claim:
    parameters = {"first": first, "second": second, "measure": "accuracy"}
    return Claim(f"time_series.{name}", statement, 0.0, Unit.POINTS, **{
        "source": NOTES, "mark": "N", "split": "test", "rule": BETTER, "parameters": parameters, "relation": ">",
        "measures": "accuracy gained", "command": QUICK, "runs_on": DATASETS, **other})


def _on_gfe(name: str, statement: str, first: tuple[str, str], second: tuple[str, str], **other: object) -> Claim:
    return _compared(f"gfe.{name}", statement, first, second, dataset="gfe", measures="F-measure gained",
                     command=ON_GFE, parameters={"first": first, "second": second, "measure": "f_measure"}, **other)


CLAIMS: tuple[Claim, ...] = (
    _compared("sequence_over_frame", "A sequence tells more than its apex frame: a GRU over all frames beats a "
              "classifier of equal width on the key frame alone", GRU, FRAME),
    _compared("sequence_over_mean", "Time adds more than repeated looks: a GRU beats the mean over the frames", GRU,
              MEAN),
    _compared("order", "Order matters: a GRU beats the same network trained and tested on shuffled frames", GRU,
              SHUFFLED),
    Claim("time_series.early", "Half a sequence is enough for nine tenths of the accuracy that all of it gives", 0.9,
          Unit.FRACTION, NOTES, "N", dataset="synthetic", split="test", rule=EARLY_ENOUGH, relation="≥",
          measures="accuracy after half of the frames, as a fraction of that after all", command=QUICK,
          parameters={"name": GRU, "share": 0.5}),
    _on_gfe("windows_over_frames", "Temporal windows beat single frames on grammatical expressions of a signer who did "
            "not train: a GRU over 13 frames against the middle one", GRU, FRAME, source=GFE, mark="S"),
    _on_gfe("order", "Order matters on grammatical expressions: a GRU beats the same network on shuffled frames", GRU,
            SHUFFLED),
)
