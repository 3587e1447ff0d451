"""Deep-Emotion: a small attentional CNN with a spatial transformer (Minaee, Minaei & Abdolrashidi 2021).

``network`` builds it, ``recipes`` train it, ``plan`` says what each profile trains, ``claims`` what the paper states.
"""

from ferkit.experiments.system import ANALYSES, System
from ferkit.papers.minaee2021_deep_emotion.plan import PLAN
from ferkit.papers.minaee2021_deep_emotion.recipes import AT_BEST, AT_LENGTH, RECIPES
from ferkit.papers.paper import Notebook, Paper, RecipePath

_HERE = "ferkit.papers.minaee2021_deep_emotion.network"
_ATTENTIVE = ANALYSES | {"attention", "invariance"}

PAPER = Paper(
    id="deep_emotion",
    display="Deep-Emotion",
    title="Deep-Emotion: facial expression recognition using an attentional convolutional network",
    reference="Minaee, Minaei & Abdolrashidi, Sensors 2021, 21(9), 3046, doi 10.3390/s21093046; arXiv 1902.01019",
    systems=(
        System("deep_emotion", "Deep-Emotion", f"{_HERE}:DeepEmotion", analyses=_ATTENTIVE,
               default_for=("optimism", "bench training", "bench occlusion", "occlusion")),
        System("deep_emotion_wide", "Deep-Emotion, wide", f"{_HERE}:DeepEmotionWide", analyses=_ATTENTIVE,
               default_for=("bench training",)),
        System("deep_emotion_identity", "Deep-Emotion, frozen at identity", f"{_HERE}:DeepEmotion",
               {"sampler": "identity"}, role="ablation"),
        System("deep_emotion_plain", "Deep-Emotion, no transformer", f"{_HERE}:DeepEmotion", {"sampler": "none"},
               role="ablation"),
    ),
    recipes=RECIPES,
    notebook=Notebook("02_stn_attention", "Deep-Emotion", "Deep-Emotion: attention by a spatial transformer"),
    plan=PLAN,
    paths=(
        RecipePath("path", ("deep_emotion_path",), (("deep_emotion", "published", "as published, {epochs} epochs"),),
                   (("deep_emotion", "ours", "all of the above, {epochs} epochs, averaged over the mirror image"),
                    ("deep_emotion_wide", "ours", "wider: {parameters:,} parameters, 40×40 crops, SGD, {epochs} "
                                                  "epochs"))),
        RecipePath("readings", tuple(f"deep_emotion_readings_60{part}" for part in ("", "_batches", "_combined")),
                   after=(("deep_emotion", AT_LENGTH, "as published, {epochs} epochs"),
                          ("deep_emotion", "published_drop_rate0_optimizer-adamw_batch_size256_epochs500",
                           "batch_size 128 → 256, optimizer adam → adamw, drop_rate 0.5 → 0.0, {epochs} epochs")),
                   around="published"),
        RecipePath("best", ("deep_emotion_best_pilots",),
                   (("deep_emotion", "ours", "our recipe, {epochs} epochs, averaged over the mirror image"),),
                   (("deep_emotion", AT_BEST, "with SGD, {epochs} epochs, averaged over the mirror image"),),
                   around="ours"),
    ),
)
