"""What each profile trains of the GAP CNN, its SVM, its variants, and LeNet-5 beside them."""

from ferkit.experiments.plan import Plan, PlanRow
from ferkit.papers.qiao2022_gap_svm.recipes import VARIANTS

CONTROLS = VARIANTS[:3]  # what the paper's two ideas are compared with: larger kernels, a fully connected head
QUICK = 8  # epochs of every network alike: a comparison of one that is still rising decides nothing


def _variants(epochs: int, which: tuple[str, ...], corruptions: bool | None = None) -> list[PlanRow]:
    """One thing changed at a time."""
    return [PlanRow(f"gap_cnn_{variant}", "control", epochs, corruptions=corruptions) for variant in which]


PLAN: Plan = {
    "smoke": (
        PlanRow("lenet5", "ours", 15),
        PlanRow("gap_cnn", "published", 2),
        PlanRow("gap_cnn_svm", "published"),
        PlanRow("gap_cnn", "ours", 2, corruptions=False),
        PlanRow("gap_cnn_svm", "ours", corruptions=False),
    ),
    "quick": (
        PlanRow("lenet5", "ours", QUICK),
        PlanRow("gap_cnn", "published", QUICK, corruptions=False),
        PlanRow("gap_cnn_svm", "published", corruptions=False),
        PlanRow("gap_cnn", "ours", QUICK),
        PlanRow("gap_cnn_svm", "ours"),
        *_variants(QUICK, CONTROLS, corruptions=False),
    ),
    "standard": (
        PlanRow("lenet5", "ours", 40, seeds=3),
        PlanRow("gap_cnn", "published", 24),
        PlanRow("gap_cnn_svm", "published"),
        PlanRow("gap_cnn", "ours", 36),
        PlanRow("gap_cnn_svm", "ours"),
    ),
    "full": (
        PlanRow("lenet5", "ours", 60),
        PlanRow("gap_cnn", "published", 60),
        PlanRow("gap_cnn_svm", "published"),
        PlanRow("gap_cnn", "ours", 80),
        PlanRow("gap_cnn_svm", "ours"),
        *_variants(30, VARIANTS),
    ),
}
