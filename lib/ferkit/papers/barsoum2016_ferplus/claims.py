"""What ten taggers' votes make of the papers' statements about FER2013, and accuracies published on their labels.

Barsoum, Zhang, Canton Ferrer & Zhang 2016, Training deep networks for facial expression recognition with crowd-sourced
label distribution, ICMI, doi 10.1145/2993148.2993165; arXiv 1608.01041.
"""

from __future__ import annotations

import numpy as np

from ferkit.claims.claim import Claim, run_command
from ferkit.claims.rules.accuracy import RARE_CLASSES_RELABELLED
from ferkit.core.quotes import Quote
from ferkit.core.units import Unit
from ferkit.papers.minaee2021_deep_emotion.claims import PROBES, RARE

ABSTRACT, SECOND_HAND = "FER+, abstract of arXiv 1608.01041", "FER+, as later papers quote it"


def plurality(index: np.ndarray) -> np.ndarray:
    """What most of ten taggers see in images of FER2013, int64 (N,), 0…6, -1 where they settle on none of the seven.

    index: int64 (N,), rows of the data set.
    """
    from ferkit.data import ferplus

    return ferplus.plurality(ferplus.votes()[index])[0]


CLAIMS: tuple[Claim, ...] = tuple(
    Claim(f"ferplus.rare_classes.{system}", f"Most mistakes of {name} still fall on disgust and fear where the "
          "plurality of ten FER+ taggers is the test images' label", 0.0, Unit.POINTS, "not in a paper", "N", "fer2013",
          "test", rule=RARE_CLASSES_RELABELLED, relation="<", group="extension",
          measures="recall of the two minus recall of the others", command=run_command("fer2013"),
          parameters={"systems": (system,), "leave_out": PROBES, "labels": RARE, "truth": plurality})
    for system, name in (("deep_emotion", "Deep-Emotion"), ("gap_cnn", "the GAP CNN")))

QUOTES: tuple[Quote, ...] = (
    Quote("ferplus.vgg13", "VGG13 of FER+'s own paper, from scratch, on FERPlus (8 classes)", 0.851, Unit.FRACTION,
          SECOND_HAND, "S", "ferplus", "test", "accuracy"),
    Quote("ferplus.says.majority", "Majority voting does not perform as well as the two ways of training that use the "
          "whole distribution of labels", None, Unit.TEXT, ABSTRACT, "V"),
)
