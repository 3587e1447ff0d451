"""What each profile trains over time. The random convolutions need an extra and half a minute to compile: not in quick.
"""

from ferkit.experiments.plan import Plan, PlanRow
from ferkit.papers.notes_time_series.recipes import READERS


def _rows(epochs: int, *more: PlanRow) -> tuple[PlanRow, ...]:
    """Every reader for so many epochs, and the GRU on shuffled frames beside them."""
    return (*(PlanRow(name, "ours", epochs) for name in READERS), PlanRow("gru", "shuffled", epochs), *more)


DATASETS = ("synthetic", "ckplus", "gfe")
PLAN: Plan = {
    "smoke": (PlanRow("frame_alone", "ours", 3), PlanRow("gru", "ours", 3), PlanRow("gru", "shuffled", 3)),
    "quick": _rows(6),
    "standard": _rows(10, PlanRow("gru", "nine_way", 10), PlanRow("frame_alone", "nine_way", 10),
                      PlanRow("minirocket", "ours")),
    "full": _rows(10, PlanRow("tcn", "shuffled", 10), PlanRow("gru", "nine_way", 10),
                  PlanRow("frame_alone", "nine_way", 10), PlanRow("minirocket", "ours"),
                  PlanRow("multirocket_hydra", "ours")),
}
