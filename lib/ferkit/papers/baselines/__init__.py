"""Baselines that belong to no paper of ours: LeNet-5, and the hand-crafted features that both papers start from.

``features`` computes them, ``heads`` classify, ``plan`` says what each profile fits, ``claims`` what is said of them.
"""

from ferkit.experiments.system import System
from ferkit.papers.baselines.plan import PLAN
from ferkit.papers.baselines.recipes import RECIPES
from ferkit.papers.paper import Notebook, Paper

_FEATURES, _HEADS = "ferkit.papers.baselines.features", "ferkit.papers.baselines.heads"


def _crafted(name: str, display: str, features: str, head: str = "RBF_SVM") -> System:
    return System(name, display, features=f"{_FEATURES}:{features}", head=f"{_HEADS}:{head}", role="baseline",
                  analyses=frozenset({"corruptions"}))


PAPER = Paper(
    id="baselines",
    display="Baselines",
    title="LeNet-5 and hand-crafted features",
    reference="LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 1998, 86(11): 2278–2324, doi 10.1109/5.726791; "
              "Dalal & Triggs, CVPR 2005, doi 10.1109/CVPR.2005.177; Ahonen, Hadid & Pietikäinen, IEEE TPAMI 2006, "
              "28(12): 2037–2041, doi 10.1109/TPAMI.2006.244",
    systems=(
        System("lenet5", "LeNet-5", "ferkit.papers.baselines.lenet5:LeNet5", role="baseline",
               default_for=("bench training", "sanity check")),
        _crafted("pixels_1nn", "Pixels + 1-NN", "pixels", "NEAREST"),
        _crafted("hog_linear_svm", "HOG + linear SVM", "hog", "LINEAR_SVM"),
        _crafted("hog_svm", "HOG + SVM", "hog"),
        _crafted("lbp_svm", "LBP + SVM", "lbp"),
        _crafted("hog_lbp_svm", "HOG + LBP + SVM", "hog_lbp"),
        _crafted("gabor_svm", "Gabor + SVM", "gabor"),
        _crafted("sift_bow_svm", "Dense SIFT words + SVM", "dense_sift", "WORDS_SVM"),
    ),
    recipes=RECIPES,
    notebook=Notebook("09_hand_crafted", "Hand-crafted", "The premise tested: hand-crafted features"),
    plan=PLAN,
)
