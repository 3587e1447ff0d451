"""Multiple attention, RECONSTRUCTED FROM MEMORY: no text of Gan, Chen, Yang & Xu 2020 could be found.

``network`` is our reading of the remembered idea (masks of the critical regions, then several heads of channel and
spatial attention), ``method`` its training, ``claims`` the questions about the idea. No number of the paper is claimed.
Its rows are planned by the paper whose notebook trains them (07_region_attention).
"""

from ferkit.experiments.system import ANALYSES, System
from ferkit.papers.gan2020_multiple_attention.recipes import RECIPES
from ferkit.papers.paper import Paper

_HERE = "ferkit.papers.gan2020_multiple_attention"

PAPER = Paper(
    id="multiple_attention",
    display="Multiple attention (reconstructed from memory)",
    title="Multiple attention network for facial expression recognition (a reconstruction of the idea from memory)",
    reference="Gan, Chen, Yang & Xu, IEEE Access 2020, 8; its text was not found, nothing of it is quoted",
    systems=(
        System("multiple_attention", "Multiple attention (reconstructed)", f"{_HERE}.network:MultipleAttentionNetwork",
               methods={"masks": f"{_HERE}.method:MASKS"}, analyses=ANALYSES | {"planted"}),
    ),
    recipes=RECIPES,
)
