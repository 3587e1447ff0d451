"""A small-kernel CNN with global average pooling and a non-linear SVM (Qiao, Hou & Liu 2022).

``network`` builds it, ``recipes`` train it, ``plan`` says what each profile trains, ``claims`` what the paper states;
the SVM is `models.svm`.
"""

from ferkit.experiments.system import System
from ferkit.papers.paper import Notebook, Paper, RecipePath
from ferkit.papers.qiao2022_gap_svm.plan import PLAN
from ferkit.papers.qiao2022_gap_svm.recipes import RECIPES

_NETWORK = "ferkit.papers.qiao2022_gap_svm.network:GapCNN"


def _variant(name: str, display: str, **options: object) -> System:
    return System(f"gap_cnn_{name}", f"GAP CNN, {display}", _NETWORK, options, role="ablation")


PAPER = Paper(
    id="gap_svm",
    display="GAP CNN + SVM",
    title="Facial expression recognition algorithm based on combination of improved convolutional neural network and "
          "support vector machine",
    reference="Qiao, Hou & Liu, Journal of Computer Applications 2022, 42(4): 1253–1259, "
              "doi 10.11772/j.issn.1001-9081.2021071270",
    systems=(
        System("gap_cnn", "GAP CNN", _NETWORK, default_for=("bench training",)),
        System("gap_cnn_svm", "GAP CNN + SVM", base="gap_cnn", head="ferkit.models.heads:RBF_SVM",
               default_for=("occlusion",)),
        _variant("small", "small kernels", kernels="small"),
        _variant("large_kernels", "large kernels", kernels="large"),
        _variant("fc", "dense head", head="fc"),
        _variant("three_small", "three 3×3 a block", kernels="three_small"),
        _variant("seven", "7×7", kernels="seven"),
        _variant("average_pool", "average pooling", pool="average"),
        _variant("strided", "strided", pool="stride"),
        _variant("no_pool", "no pooling", pool="none"),
        _variant("skip", "skip connections", skip=True),
        _variant("wider", "wider", widths=(48, 96, 192)),
    ),
    recipes=RECIPES,
    notebook=Notebook("03_gap_cnn_svm", "GAP + SVM", "GAP CNN + SVM"),
    plan=PLAN,
    paths=(
        RecipePath("gap_path", ("gap_path",),
                   (("gap_cnn", "published", "as published, all {n_train:,} images, {epochs} epochs"),
                    ("gap_cnn_svm", "published", "its SVM")),
                   (("gap_cnn", "ours", "all of the above, all {n_train:,} images, {epochs} epochs, averaged over the "
                                        "mirror image"),
                    ("gap_cnn_svm", "ours", "its SVM, not averaged"))),
    ),
    requires=("baselines",),
)
