"""What is done for classes with few training images, against plain training of the same network."""

from ferkit.analysis.ablation import Ablation, Attention

CLASS_IMBALANCE = Ablation("class_imbalance", "Class-imbalance methods", ("deep_emotion", "remedy_plain"), {
    ("deep_emotion", f"remedy_{name}"): says for name, says in {
        "plain": "plain training", "weights": "class weights", "balanced": "balanced sampling", "focal": "focal loss",
        "adjusted": "logit adjustment", "complementary": "complementary (“not this class”)"}.items()},
    labels=("disgust", "fear"))

ABLATIONS = (CLASS_IMBALANCE,)
ATTENTIONS = (
    Attention("spatial transformer (Deep-Emotion)", ("deep_emotion", "ours"), ("deep_emotion_plain", "ours")),)
