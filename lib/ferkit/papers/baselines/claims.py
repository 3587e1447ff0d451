"""The premise of both papers as claims: hand-crafted features do badly where images vary more (reading notes).

What "badly" means is ours: worse than the papers' own networks on the same images. Rules were fixed before any result;
that CK+ is judged over ten folds in place of one division, before any result on the folds. The rules on cost were
written with minutes and parameters of published results in sight.
Not stated in the paper; we use HOG beside LBP with an exact RBF SVM as what stands for hand-crafted features because
a first untuned measurement found both together better than either.
Not stated in the paper; we use the network as published, as drawn under our recipe, and our best recipe of either
paper as three readings because the premise does not say which network it means.
Not stated in the paper; we use synthetic faces whose pose, light, noise and occluders vary 0, 0.5, 1 and 2 times as
much as usual for "harder data" because there the difficulty is known and all else stays equal.
"""

from ferkit.claims.claim import Claim, run_command
from ferkit.claims.rules.cost import COSTS_LESS
from ferkit.claims.rules.over_protocols import GAP_GROWS, NO_WORSE_IN_FOLDS
from ferkit.claims.rules.paired import BETTER, ROBUST
from ferkit.core.quotes import Quote
from ferkit.core.units import Unit

NOTES, ELSEWHERE = "reading notes", "papers on FER2013, other splits and protocols"
CRAFTED = ("hog_lbp_svm", "ours")
STEPS = {"official+variation0": 0.0, "official+variation50": 0.5, "official": 1.0, "official+variation200": 2.0}
NETWORKS = {
    "as_published": (("deep_emotion", "published"), "Deep-Emotion as published"),
    "as_drawn": (("deep_emotion", "ours"), "Deep-Emotion as drawn, under our recipe"),
    "gap_as_published": (("gap_cnn_svm", "published"), "the GAP CNN with its SVM, recipe as published"),
    "ours": (("gap_cnn_svm", "ours"), "the GAP CNN with its SVM under our recipe"),
}


def _on_fer2013(key: str, network: tuple[str, str], name: str) -> Claim:
    return Claim(f"baselines.worse.{key}", f"On FER2013 {name} recognises more than HOG and LBP with an SVM", 0.0,
                 Unit.POINTS, NOTES, "N", "fer2013", "test", rule=BETTER, relation=">", measures="accuracy gained",
                 family="baselines", command=run_command("fer2013"), parameters={"first": network, "second": CRAFTED})


def _on_par(key: str, network: tuple[str, str], name: str, sweep: str) -> Claim:
    return Claim(f"baselines.on_par.{key}", "On few posed images of people unseen in training (CK+, ten folds) HOG and "
                 f"LBP with an SVM are no worse than {name}", -0.02, Unit.POINTS, NOTES, "N", "ckplus", "test",
                 rule=NO_WORSE_IN_FOLDS, relation="≥", measures="accuracy gained", family="baselines",
                 group="extension", command=_sweep(sweep),
                 parameters={"first": CRAFTED, "second": network, "protocol": "by_subject_10fold"})


def _robust(key: str, network: tuple[str, str], name: str) -> Claim:
    return Claim(f"baselines.{key}", f"On corrupted images {name} errs less often than HOG and LBP with an SVM", 1.0,
                 Unit.RATIO, NOTES, "N", split="test", rule=ROBUST, relation="<", family="baselines",
                 group="extension", measures="mean corruption error, hand-crafted features = 1",
                 command="./run_all.sh --profile quick", parameters={"first": network, "second": CRAFTED})


def _harder(system: str, name: str, sweep: str) -> Claim:
    return Claim(f"baselines.harder.{system}", f"The harder the images (synthetic, in steps), the further {name} leads "
                 "HOG and LBP with an SVM", 0.0, Unit.POINTS, NOTES, "N", "synthetic", "test", rule=GAP_GROWS,
                 relation=">", measures="growth of the gap for each step of 1", family="baselines",
                 group="extension", command=_sweep(f"difficulty_{sweep}"),
                 parameters={"first": (system, "ours"), "second": CRAFTED, "steps": STEPS})


def _cheaper(key: str, network: tuple[str, str], says: str) -> Claim:
    return Claim(f"baselines.cost.{key}", f"HOG and LBP with an SVM {says}", 1.0, Unit.RATIO, NOTES, "N", "fer2013",
                 "test", rule=COSTS_LESS, relation="<", family="baselines", group="extension",
                 measures=f"{key.partition('.')[0]}, the network = 1", command=run_command("fer2013"),
                 parameters={"first": CRAFTED, "second": network, "what": key.partition(".")[0]})


def _sweep(name: str) -> str:
    return f"python -m ferkit sweep results/sweeps/{name}.toml --output DIR --predictions FILE"


CLAIMS: tuple[Claim, ...] = (
    *(_on_fer2013(key, *network) for key, network in NETWORKS.items()),
    *(_on_par(*one) for one in (
        ("ckplus", ("gap_cnn_svm", "ours"), "the GAP CNN with its SVM under our recipe", "gap_folds"),
        ("ckplus_as_published", ("gap_cnn_svm", "published"), "the GAP CNN with its SVM, recipe as published",
         "gap_published_folds"),
        ("ckplus_deep_emotion", ("deep_emotion", "published"), "Deep-Emotion as published", "deep_folds"))),
    *(_robust(*one) for one in (("robust", ("gap_cnn", "ours"), "the GAP CNN"),
                                ("robust.deep_emotion", ("deep_emotion", "ours"), "Deep-Emotion"))),
    *(_harder(*one) for one in (("gap_cnn", "the GAP CNN", "gap"), ("deep_emotion", "Deep-Emotion", "deep"))),
    *(_cheaper(*one) for one in (
        ("minutes", ("gap_cnn", "ours"), "take less computing time to fit than the GAP CNN under our recipe"),
        ("minutes.as_published", ("deep_emotion", "published"),
         "take less computing time to fit than Deep-Emotion as published"),
        ("parameters", ("gap_cnn", "ours"), "keep fewer learned numbers than the GAP CNN under our recipe"))),
)

QUOTES: tuple[Quote, ...] = tuple(
    Quote(f"baselines.fer2013.{key}", f"{name} on fer2013", value, Unit.FRACTION, ELSEWHERE, "S", "fer2013", "test",
          "accuracy")
    for key, (name, value) in {
        "sift_words": ("Dense SIFT bag of words with local learning, PrivateTest (Ionescu, Popescu & Grozea 2013)",
                       0.67484),
        "hog_low": ("HOG, lowest, split not known", 0.29), "hog_high": ("HOG, highest, split not known", 0.54),
        "lbp_low": ("LBP, lowest, split not known", 0.42), "lbp_high": ("LBP, highest, split not known", 0.43),
    }.items()
)
