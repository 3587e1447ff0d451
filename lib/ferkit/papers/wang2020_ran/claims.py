"""What the paper on the Region Attention Network states, and what of it a small network can decide: claims and quotes.

Wang, Peng, Yang, Meng & Qiao, Region attention networks for pose and occlusion robust facial expression recognition,
IEEE TIP 2020, arXiv 1905.04075. Its accuracies belong to a ResNet-18 pretrained on faces and are quotes; its mechanisms
are claims.

Not stated in the paper; we use planted occluders and turns as occlusion and pose because the authors' lists of images
cannot be passed on, and all of them lie in FER2013's PrivateTest, from which the authors' code chose its epoch.
"""

from __future__ import annotations

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.rules.attention import ABOVE
from ferkit.claims.rules.paired import BETTER, BETTER_AT_EQUAL_COST, COSTS_AS_MUCH, ROBUST_AGAINST
from ferkit.core.quotes import Quote
from ferkit.core.units import Unit

ABSTRACT, METHOD, TABLE, README = ("the paper's abstract", "the paper, section 3", "the paper, section 4",
                                   "README of the public code")
STANDARD, QUICK = "./run_all.sh --profile standard --only 07", "./run_all.sh --dataset synthetic --only 07"
OURS, MEAN, ATTENTION = ("ran", "ours"), ("ran", "mean"), ("ran", "attention")
PARTS = {"self_attention": "Self-attention", "relation": "Relation attention"}


def _claim(name: str, statement: str, unit: Unit, rule: Rule, source: str = METHOD, value: float = 0.0,
           relation: str = ">", mark: str = "V", **other: object) -> Claim:
    return Claim(f"ran.{name}", statement, value, unit, source, mark, split="test", rule=rule, relation=relation,
                 family="ran", **{"command": STANDARD, **other})


def _robust(name: str, statement: str, kinds: tuple[str, ...], planted: bool = False, **other: object) -> Claim:
    """Against mean pooling over the same crops, unless `second` says otherwise."""
    second = other.pop("second", MEAN)
    return _claim(name, statement, Unit.RATIO, ROBUST_AGAINST, ABSTRACT, 1.0, "<",
                  measures="mean corruption error, the other's = 1",
                  parameters={"first": OURS, "second": second, "kinds": kinds, "planted": planted}, **other)


CLAIMS: tuple[Claim, ...] = (
    _claim("better", "RAN recognises better than the mean over the same crops", Unit.POINTS, BETTER, TABLE,
           measures="accuracy gained", parameters={"first": OURS, "second": MEAN}, command=QUICK),
    _claim("better_than_one", "RAN recognises better than one network of equal multiply-adds", Unit.POINTS,
           BETTER_AT_EQUAL_COST, "not in the paper", measures="accuracy gained", mark="N", group="extension",
           parameters={"first": OURS, "second": ("ran_single", "ours"), "equal_cost": True}),
    _claim("better_than_three", "RAN recognises better than three networks that cost as much together", Unit.POINTS,
           BETTER_AT_EQUAL_COST, "not in the paper", measures="accuracy gained", mark="N", group="extension",
           parameters={"first": OURS, "second": ("ran_ensemble", "ours"), "equal_cost": True}),
    _robust("occlusion.blocks", "RAN is more robust to planted black blocks than the mean over the same crops",
            ("block",), command=QUICK),
    _robust("occlusion.regions", "RAN is more robust to an occluder on mouth, brows, eyes or nose than the mean over "
            "the same crops", ("occluder",), True, command=QUICK, dataset="synthetic"),  # elsewhere: blocks anywhere
    _robust("pose.rotation", "RAN is more robust to turned images than the mean over the same crops", ("rotation",),
            command=QUICK),
    _robust("pose.roll", "RAN is more robust to drawn heads that roll or shift than the mean over the same crops",
            ("roll", "shift"), True, command=QUICK, dataset="synthetic"),
    _robust("occlusion.blocks.single", "RAN is more robust to planted black blocks than one network of equal "
            "multiply-adds", ("block",), second=("ran_single", "ours"), group="extension"),
    _robust("occlusion.blocks.ensemble", "RAN is more robust to planted black blocks than three networks that cost as "
            "much together", ("block",), second=("ran_ensemble", "ours"), group="extension"),
    _claim("attention.avoids", "Attention falls on what is not occluded: less of it on the occluder than equal weights "
           "would put there", Unit.POINTS, ABOVE, METHOD, measures="share of attention moved away",
           parameters={"name": OURS, "measure": "avoids", "relevant": 0.01}, command=QUICK),
    _claim("attention.parts", "Attention falls on the parts that make the expression more than equal weights would",
           Unit.POINTS, ABOVE, METHOD, measures="share of attention gained by them",
           parameters={"name": OURS, "measure": "on_parts", "relevant": 0.01}, command=QUICK, dataset="synthetic"),
    _claim("attention.uneven", "Attention is not the mean: more than 5 % of it would have to move to make the regions' "
           "weights equal", Unit.FRACTION, ABOVE, METHOD, 0.05, measures="share of attention to be moved",
           parameters={"name": OURS, "measure": "uneven", "relevant": 0.01}, command=QUICK),
    *(_claim(f"part.{part}", f"{says} by itself recognises better than the mean over the same crops", Unit.POINTS,
             BETTER, TABLE, measures="accuracy gained", parameters={"first": ("ran", part), "second": MEAN})
      for part, says in PARTS.items()),
    _claim("part.loss", "The region-biased loss helps: RAN recognises better with it than without", Unit.POINTS, BETTER,
           TABLE, measures="accuracy gained", parameters={"first": OURS, "second": ATTENTION}),
    _claim("cost", "Attention itself is nearly free: RAN costs at most 1 % more multiply-adds than the mean over the "
           "same crops", Unit.RATIO, COSTS_AS_MUCH, METHOD, 1.01, "<", measures="ratio of multiply-adds", group="fact",
           parameters={"first": OURS, "second": MEAN}, command=QUICK),
)


def _quote(name: str, statement: str, value: float, source: str = TABLE, mark: str = "V", dataset: str = "ferplus",
           unit: Unit = Unit.FRACTION) -> Quote:
    return Quote(f"ran.{name}", statement, value, unit, source, mark, dataset, "test",
                 "accuracy" if source == TABLE else "")


QUOTES: tuple[Quote, ...] = (
    _quote("rafdb", "RAN on RAF-DB", 0.8690, dataset="rafdb"),
    _quote("affectnet", "RAN on AffectNet", 0.595, dataset="affectnet"),
    _quote("sfew", "RAN on SFEW", 0.564, dataset="sfew"),
    _quote("occlusion.before", "Baseline on the authors' list of occluded FERPlus images", 0.745, README),
    _quote("occlusion.after", "RAN on the authors' list of occluded FERPlus images", 0.837, README),
    _quote("pose45.before", "Baseline on the authors' list of FERPlus faces turned by more than 45°", 0.756, README),
    _quote("pose45.after", "RAN on the authors' list of FERPlus faces turned by more than 45°", 0.805, README),
    _quote("margin.text", "Margin of the region-biased loss in the text, as remembered", 0.02, METHOD, "M", "any",
           Unit.NUMBER),
)
