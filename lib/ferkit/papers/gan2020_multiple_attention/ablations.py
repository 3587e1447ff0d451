"""Heads and masks of the reconstructed multiple attention, one by one, at equal size."""

from ferkit.analysis.ablation import Ablation, Attention

CONTROL = ("multiple_attention", "plain")
MULTIPLE = Ablation("multiple_attention", "Multiple attention, reconstructed from memory", CONTROL, {
    CONTROL: "control: neither masks nor heads",
    ("multiple_attention", "no_masks"): "four heads alone",
    ("multiple_attention", "no_heads"): "masks alone",
    ("multiple_attention", "one_head"): "masks and one head",
    ("multiple_attention", "ours"): "masks and four heads",
})

ABLATIONS = (MULTIPLE,)
PARTS = {"no_heads": "masks alone", "no_masks": "four heads alone", "ours": "masks and four heads"}
NAMED = "(multiple attention, reconstructed from memory)"
ATTENTIONS = (
    *(Attention(f"{says} {NAMED}", (CONTROL[0], arm), CONTROL) for arm, says in PARTS.items()),
    Attention(f"four heads beside masks {NAMED}", (CONTROL[0], "ours"), (CONTROL[0], "no_heads")))
