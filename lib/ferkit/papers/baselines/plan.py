"""What each profile fits of the hand-crafted features. Every fit is deterministic but for the seeds of principal
components, codebook and search rows, so a profile fits one seed; three on FER2013 lay two points apart."""

from ferkit.experiments.plan import Plan, PlanRow
from ferkit.papers.baselines.recipes import CRAFTED


def _rows(*systems: str) -> tuple[PlanRow, ...]:
    return tuple(PlanRow(system, "ours", seeds=1) for system in systems)


PLAN: Plan = {
    "smoke": _rows("pixels_1nn", "hog_svm", "lbp_svm"),
    "quick": _rows("pixels_1nn", "hog_linear_svm", "hog_svm", "lbp_svm", "hog_lbp_svm"),
    "standard": _rows(*CRAFTED),
    "full": _rows(*CRAFTED),
}
