"""The Self-Cure Network: training on noisy labels (Wang, Peng, Yang, Lu & Qiao 2020).

``network`` is a small backbone with one more output, α; ``method`` what the paper does with it; ``recipes`` and
``plan`` what is trained beside it; ``claims`` what the paper states and what can be judged here.
"""

from ferkit.experiments.system import System
from ferkit.papers.paper import Notebook, Paper
from ferkit.papers.wang2020_scn.plan import PLAN
from ferkit.papers.wang2020_scn.recipes import RECIPES

_HERE = "ferkit.papers.wang2020_scn"

PAPER = Paper(
    id="scn",
    display="Self-Cure Network",
    title="Suppressing uncertainties for large-scale facial expression recognition",
    reference="Wang, Peng, Yang, Lu & Qiao, CVPR 2020: 6897–6906; arXiv 2002.10392",
    systems=(
        System("scn", "SCN", f"{_HERE}.network:SelfCureNetwork", methods={"scn": f"{_HERE}.method:SELF_CURE"},
               analyses=frozenset({"export"})),
    ),
    recipes=RECIPES,
    notebook=Notebook("06_noisy_labels", "Noisy labels", "Self-Cure Network: training on noisy labels"),
    plan=PLAN,
)
