"""RAN's parts one by one, its layouts of crops, and what costs as much."""

from ferkit.analysis.ablation import Ablation, Attention

CONTROL = ("ran", "mean")
REGIONS = Ablation("region_attention", "Attention over regions of a face", CONTROL, {
    CONTROL: "control: mean over the same six regions",
    ("ran", "self_attention"): "self-attention alone",
    ("ran", "relation"): "relation attention alone",
    ("ran", "attention"): "both",
    ("ran", "biased"): "self-attention with the region-biased loss",
    ("ran", "ours"): "RAN: both, with the region-biased loss",
    ("ran", "ours_corners"): "RAN on four corners and the centre",
    ("ran", "ours_random"): "RAN on random crops",
    ("ran_single", "ours"): "one network of equal multiply-adds",
    ("ran_ensemble", "ours"): "three networks of equal multiply-adds together",
})

ABLATIONS = (REGIONS,)
ATTENTIONS = (
    Attention("weights of regions (RAN), against their mean", ("ran", "ours"), CONTROL),
    Attention("weights of regions (RAN), against one network of equal cost", ("ran", "ours"), ("ran_single", "ours")),
)
