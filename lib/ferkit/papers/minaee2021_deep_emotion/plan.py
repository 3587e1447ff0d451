"""What each profile trains of Deep-Emotion, and for how many epochs.

`quick` leaves the published recipe, and the learning rates beside it, to `standard`: on its 2,800 synthetic faces the
recipe still named one class for every image after 44 epochs (968 steps, measured), so that nothing would be decided.
"""

from ferkit.experiments.plan import Plan, PlanRow
from ferkit.papers.minaee2021_deep_emotion.recipes import PROBED_RATES


def _probes(epochs: int, seeds: int = 0) -> list[PlanRow]:
    """The published recipe at other learning rates, which shows divergence within a few epochs."""
    return [PlanRow("deep_emotion", f"published_lr{rate}", epochs, seeds) for rate in PROBED_RATES]


PLAN: Plan = {
    "smoke": (PlanRow("deep_emotion", "published", 6), PlanRow("deep_emotion", "ours", 6, corruptions=False)),
    "quick": tuple(PlanRow(system, "ours", 12) for system in (
        "deep_emotion", "deep_emotion_identity", "deep_emotion_plain")),
    "standard": (
        PlanRow("deep_emotion", "published", 24, seeds=3),
        PlanRow("deep_emotion", "ours", 30, seeds=3),
        PlanRow("deep_emotion_wide", "ours", 36),
        PlanRow("deep_emotion_identity", "ours", 30, seeds=3),
        PlanRow("deep_emotion_plain", "ours", 30, seeds=3),
        PlanRow("deep_emotion", "published_sgd", 24, seeds=3),
        *_probes(4, seeds=2),
    ),
    "full": (
        PlanRow("deep_emotion", "published", 120),
        PlanRow("deep_emotion", "ours", 120),
        PlanRow("deep_emotion_wide", "ours", 80),
        PlanRow("deep_emotion_identity", "ours", 120),
        PlanRow("deep_emotion_plain", "ours", 120),
        PlanRow("deep_emotion", "published_sgd", 120),
        *_probes(15),
    ),
}
