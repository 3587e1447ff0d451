"""SCN's parts one by one, and what it is compared with, all under 20 % planted label noise."""

from ferkit.analysis.ablation import Ablation, Attention

CONTROL = ("scn", "cross_entropy_noise20")
SELF_CURE = Ablation("self_cure", "SCN's parts with 20 % of the training labels wrong", CONTROL, {
    CONTROL: "control: cross-entropy",
    ("scn", "label_smoothing_noise20"): "label smoothing",
    ("scn", "mixup_noise20"): "mixup",
    ("scn", "weighting_noise20"): "importance weighting alone",
    ("scn", "rank_noise20"): "rank regularisation alone",
    ("scn", "relabelling_noise20"): "relabelling alone (every image)",
    ("scn", "ours_noise20"): "SCN: all three, relabelling in the low group",
    ("scn", "relabel_all_noise20"): "SCN, relabelling every image (the public code)",
})

ABLATIONS = (SELF_CURE,)
ATTENTIONS = (
    Attention("weights α of images, not of places (SCN)", ("scn", "weighting"), ("scn", "cross_entropy")),
    Attention("SCN whole: α, ranks and new labels", ("scn", "ours"), ("scn", "cross_entropy")),
)
