"""What the project's reading notes state of their own: one idea to be tested, and what they name for later work."""

from ferkit.claims.claim import Claim
from ferkit.claims.rules.class_imbalance import HELPS_RARE_CLASSES
from ferkit.core.quotes import Quote
from ferkit.core.units import Unit
from ferkit.papers.minaee2021_deep_emotion.ablations import CLASS_IMBALANCE

FACES = ", pretrained on faces (MS-Celeb-1M), 224 px"
NOTES, SCN, RAN = "reading notes", "SCN, arXiv 2002.10392", "RAN, arXiv 1905.04075"

CLAIMS: tuple[Claim, ...] = (
    Claim("notes.reverse_thinking",
          "Complementary-label learning (what a face is not) reduces errors in disgust and fear", 0.0, Unit.POINTS,
          NOTES, "N", split="test", rule=HELPS_RARE_CLASSES, relation=">",
          group="extension",
          measures="recall of the two gained over plain training",
          parameters={"ablation": CLASS_IMBALANCE, "variant": ("deep_emotion", "remedy_complementary"),
                      "labels": CLASS_IMBALANCE.labels},
          command="python -m ferkit sweep results/sweeps/remedies.toml --output DIR"),
)


def _accuracy(dataset: str, system: str, value: float, source: str, made: str = "") -> Quote:
    return Quote(f"notes.{dataset}.{system.lower()}", f"{system} on {dataset}{made}", value, Unit.FRACTION, source, "V",
                 dataset, "test", "accuracy")


QUOTES: tuple[Quote, ...] = (
    _accuracy("rafdb", "SCN", 0.8814, SCN), _accuracy("affectnet", "SCN", 0.6023, SCN),
    _accuracy("ferplus", "SCN", 0.8935, SCN, FACES), _accuracy("rafdb", "RAN", 0.8690, RAN),
    _accuracy("affectnet", "RAN", 0.595, RAN), _accuracy("ferplus", "RAN", 0.8916, RAN, FACES),
    _accuracy("sfew", "RAN", 0.564, RAN),
    *(Quote(f"notes.{key}", text, None, Unit.TEXT, NOTES, "N") for key, text in {
        "hand_crafted": "Hand-crafted features do badly where images vary more and the task is harder",
        "pooling": "Pooling saves parameters and time, widens the receptive field, prefers global features, tolerates "
                   "errors and restrains over-fitting",
        "improving": "A network gains by more layers or neurons, by better gradient flow and by better regularisation",
        "time_series": "Behaviour data could be trained on as time series",
        "says.scn_weights":
            "SCN weighs every training sample by self-attention over a small batch, with rank regularisation",
        "says.scn_relabels": "SCN changes the labels of the lowest-ranked samples of a batch",
        "says.ran_robust": "Region attention networks are robust to pose and occlusion in the wild",
        "says.man": "A multiple attention network for facial expression recognition exists (no text of it was found)",
    }.items()),
)
