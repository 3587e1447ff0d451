"""The GAP CNN with one thing changed at a time, compared with the small-kernel control.

What the paper's two ideas bring (small kernels, the average for a fully connected layer), and what the reading notes
ask: how a block pools, more layers, more maps, skip connections, regularisation.
"""

from ferkit.analysis.ablation import Ablation

CONTROL = ("gap_cnn_small", "control")
ARCHITECTURE = Ablation("variants", "The GAP CNN with one thing changed", CONTROL, {
    CONTROL: "control: 3×3 pairs, max-pool, average",
    ("gap_cnn_large_kernels", "control"): "one 5×5 in place of two 3×3",
    ("gap_cnn_three_small", "control"): "more layers: three 3×3 a block",
    ("gap_cnn_seven", "control"): "one 7×7 in place of three 3×3",
    ("gap_cnn_fc", "control"): "fully connected in place of the average",
    ("gap_cnn_average_pool", "control"): "average-pool in place of max-pool",
    ("gap_cnn_strided", "control"): "strides in place of max-pool",
    ("gap_cnn_no_pool", "control"): "no pooling at all",
    ("gap_cnn_wider", "control"): "more maps: half as many again",
    ("gap_cnn_skip", "control"): "skip connections",
    ("gap_cnn_small", "control_dropout"): "dropout of 0.5 before the last layer",
    ("gap_cnn_small", "control_no_decay"): "no weight decay",
    ("gap_cnn_small", "control_crops_only"): "random crops the only augmentation",
})

ABLATIONS = (ARCHITECTURE,)
