"""The Region Attention Network: attention over crops of a face (Wang, Peng, Yang, Meng & Qiao 2020).

``network`` weights regions of a face, beside two controls that cost as much; ``method`` is its region-biased loss;
``recipes`` and ``plan`` what is trained; ``claims`` what the paper states and what can be judged here.
"""

from ferkit.experiments.system import ANALYSES, System
from ferkit.papers.paper import Notebook, Paper
from ferkit.papers.wang2020_ran.plan import PLAN
from ferkit.papers.wang2020_ran.recipes import RECIPES

_HERE = "ferkit.papers.wang2020_ran"
_PLANTED = ANALYSES | {"planted"}


def _control(name: str, display: str, **options: object) -> System:
    return System(name, display, f"{_HERE}.network:Ensemble", options, methods={"members": f"{_HERE}.method:MEMBERS"},
                  role="ablation", analyses=_PLANTED)


PAPER = Paper(
    id="ran",
    display="Region Attention Network",
    title="Region attention networks for pose and occlusion robust facial expression recognition",
    reference="Wang, Peng, Yang, Meng & Qiao, IEEE Transactions on Image Processing 2020, 29; arXiv 1905.04075",
    systems=(
        System("ran", "RAN", f"{_HERE}.network:RegionAttentionNetwork",
               methods={"region_biased": f"{_HERE}.method:REGION_BIASED"}, analyses=_PLANTED),
        _control("ran_single", "One network of RAN's cost", members=1, widths=(22, 44, 84), view=44),
        _control("ran_ensemble", "Three networks of RAN's cost", members=3, widths=(16, 34, 66), view=34),
    ),
    recipes=RECIPES,
    notebook=Notebook("07_region_attention", "Regions", "Attention over regions of a face"),
    plan=PLAN,
    requires=("multiple_attention",),
)
