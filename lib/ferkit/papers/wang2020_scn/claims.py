"""What the paper on the Self-Cure Network states, and what can be judged of it on a small network: claims and quotes.

Wang, Peng, Yang, Lu & Qiao, Suppressing uncertainties for large-scale facial expression recognition, CVPR 2020,
arXiv 2002.10392. Its accuracies belong to a ResNet-18 pretrained on faces and are quotes; its mechanisms are claims.

Not stated in the paper; we use the plurality of ten FER+ taggers as the truth about FER2013's own labels because no
other label of the same images was made by people.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.rules.label_noise import (
    COSTS,
    FINDS_WRONG_LABELS,
    GAIN_GROWS,
    LOSES_LESS,
    RELABELS_BETTER,
    RELABELS_RIGHTLY,
    planted,
)
from ferkit.claims.rules.paired import BETTER
from ferkit.core.quotes import Quote
from ferkit.core.units import Unit
from ferkit.papers.wang2020_scn.recipes import LEVELS, noisy

ABSTRACT, METHOD, TABLE = "the paper's abstract", "the paper, section 3", "the paper, section 4"
THREADS, NOTES = "issue threads of the public code", "reading notes"
STANDARD = "./run_all.sh --profile standard --only 06"
PLAIN, PLAIN_NOISY = ("scn", "cross_entropy"), ("scn", noisy("cross_entropy", 20))
OURS, OURS_NOISY = ("scn", "ours"), ("scn", noisy("ours", 20))
EVERY_NOISY = ("scn", noisy("relabel_all", 20))
PARTS = {"weighting": "Importance weighting", "rank": "Rank regularisation", "relabelling": "Relabelling"}


def contradicted_by_ferplus(labels: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(whether the plurality of FER+ is another class than the label, whether there is a plurality), bool (N,) each.

    labels: the arrays of training_labels.npz of a training on FER2013, whose `index` is the row of the data set.
    """
    from ferkit.data import ferplus

    seen = ferplus.plurality(ferplus.votes()[labels["index"]])[0]
    return (seen >= 0) & (seen != labels["given"]), seen >= 0


def _claim(name: str, statement: str, unit: Unit, rule: Rule, source: str = METHOD, value: float = 0.0,
           relation: str = ">", mark: str = "V", **other: object) -> Claim:
    return Claim(f"scn.{name}", statement, value, unit, source, mark, split="test", rule=rule, relation=relation,
                 family="scn", **{"command": STANDARD, **other})


CLAIMS: tuple[Claim, ...] = (
    _claim("noise.loses_less", "With 20 % of the training labels wrong, SCN loses less accuracy than cross-entropy",
           Unit.POINTS, LOSES_LESS, TABLE, measures="points that noise costs less",
           parameters={"first": (OURS, OURS_NOISY), "second": (PLAIN, PLAIN_NOISY)},
           command="./run_all.sh --only 06"),
    _claim("noise.better", "With 20 % of the training labels wrong, SCN recognises better than cross-entropy",
           Unit.POINTS, BETTER, TABLE, measures="accuracy gained", command="./run_all.sh --only 06",
           parameters={"first": OURS_NOISY, "second": PLAIN_NOISY}),
    _claim("noise.gain_grows", "The more labels are wrong, the more SCN gains over cross-entropy", Unit.POINTS,
           GAIN_GROWS, TABLE, measures="gain for each 10 % of noise",
           parameters={"levels": tuple(level / 100 for level in LEVELS),
                       "first": tuple(("scn", noisy("ours", level)) for level in LEVELS),
                       "second": tuple(("scn", noisy("cross_entropy", level)) for level in LEVELS)}),
    _claim("noise.better_than_smoothing", "With 20 % of the training labels wrong, SCN recognises better than label "
           "smoothing", Unit.POINTS, BETTER, "not in the paper", measures="accuracy gained", mark="N",
           group="extension",
           parameters={"first": OURS_NOISY, "second": ("scn", noisy("label_smoothing", 20))}),
    _claim("noise.better_than_mixup", "With 20 % of the training labels wrong, SCN recognises better than mixup",
           Unit.POINTS, BETTER, "not in the paper", measures="accuracy gained", mark="N",
           group="extension",
           parameters={"first": OURS_NOISY, "second": ("scn", noisy("mixup", 20))}),
    _claim("clean", "SCN recognises better than cross-entropy with the labels as they are", Unit.POINTS, BETTER, TABLE,
           measures="accuracy gained", command="./run_all.sh --only 06", parameters={"first": OURS, "second": PLAIN}),
    _claim("alpha.planted", "α is low for wrong labels: it tells planted from clean ones", Unit.FRACTION,
           FINDS_WRONG_LABELS, METHOD, 0.5, measures="AUROC", command="./run_all.sh --only 06",
           parameters={"name": OURS_NOISY, "wrong": planted}),
    _claim("alpha.ferplus", "α is low for the images of FER2013 whose label ten FER+ taggers contradict",
           Unit.FRACTION, FINDS_WRONG_LABELS, METHOD, 0.5, measures="AUROC", dataset="fer2013",
           command="./run_all.sh --dataset fer2013 --data PATH --profile standard --only 06",
           parameters={"name": OURS, "wrong": contradicted_by_ferplus}),
    _claim("relabelling.right", "The new labels are mostly right (relabelling in the low group, as the paper says)",
           Unit.FRACTION, RELABELS_RIGHTLY, METHOD, 0.5, measures="precision", command="./run_all.sh --only 06",
           parameters={"name": OURS_NOISY}),
    _claim("relabelling.right.all", "The new labels are mostly right (every image may be relabelled, as in the public "
           "code)", Unit.FRACTION, RELABELS_RIGHTLY, "the public code", 0.5, measures="precision",
           parameters={"name": EVERY_NOISY}),
    _claim("relabelling.low_group", "New labels are right more often in the low group than where every image may be "
           "relabelled", Unit.POINTS, RELABELS_BETTER, THREADS, measures="precision gained",
           parameters={"first": OURS_NOISY, "second": EVERY_NOISY}),
    *(_claim(f"part.{part}", f"{says} by itself helps against 20 % of wrong labels", Unit.POINTS, BETTER, TABLE,
             measures="accuracy gained",
             parameters={"first": ("scn", noisy(part, 20)), "second": PLAIN_NOISY}) for part, says in PARTS.items()),
    _claim("baseline", "10 % of wrong labels cost plain training 8 points, as in the paper's table (others' plain "
           "training loses 2)", Unit.POINTS, COSTS, THREADS, 0.08, "=", measures="accuracy lost",
           parameters={"clean": PLAIN, "noisy": ("scn", noisy("cross_entropy", 10))}),
)

QUOTES: tuple[Quote, ...] = (
    Quote("scn.ferplus.resnet18", "SCN on FERPlus with a ResNet-18 pretrained on faces", 0.8801, Unit.FRACTION, TABLE,
          "V", "ferplus", "test", "accuracy"),
    Quote("scn.plain.others", "A plain ResNet-18 on RAF-DB, trained by others, where the paper's table says 78 %", 0.84,
          Unit.FRACTION, THREADS, "V", "rafdb", "test", "accuracy"),
    Quote("scn.plain.others_noise10", "The same with 10 % of wrong labels, where the paper's table says 70 %", 0.82,
          Unit.FRACTION, THREADS, "V", "rafdb", "test", "accuracy"),
)
