"""Accuracies of other systems and of people on FER2013 that both papers, or their readers, compare with."""

from ferkit.core.quotes import Quote
from ferkit.core.units import Unit

PUBLIC, REIMPLEMENTED = "public code and papers of that system", "public re-implementations of Deep-Emotion"
AUTHORS = "the data set's authors"


def _rows(source: str, split: str = "test", **rows: tuple[str, float]) -> list[Quote]:
    return [Quote(f"field.fer2013.{key}", f"{name} on fer2013", value, Unit.FRACTION, source, "V", "fer2013", split,
                  "accuracy") for key, (name, value) in rows.items()]


QUOTES: tuple[Quote, ...] = (
    *_rows(REIMPLEMENTED, reimplementers_low=("Deep-Emotion re-implemented, lowest", 0.47),
           reimplementers_high=("Deep-Emotion re-implemented, highest", 0.58),
           majority_train=("A re-implementation stuck on happy, training", 0.25131),
           majority_val=("A re-implementation stuck on happy, validation", 0.24937)),
    *_rows(PUBLIC, vgg19=("VGG19, ten-crop, chosen on the test split", 0.7311),
           winner_2013=("CNN + linear SVM loss, winner of 2013", 0.7116),
           resnet18_tricks=("ResNet18 with tricks, chosen on the test split", 0.7370),
           residual_masking=("Residual Masking, pretrained", 0.7414),
           residual_masking_ensemble=("Residual Masking, ensemble of seven", 0.7682),
           pramerdorfer_kampel=("Pramerdorfer & Kampel, ensemble", 0.752),
           emonext=("EmoNeXt, pretrained on ImageNet-22k", 0.7612),
           resemotenet=("ResEmoteNet (disputed: augmented before splitting)", 0.7979)),
    *_rows(PUBLIC, "val", vggnet_publictest=("VGGNet, a PublicTest number", 0.7328)),
    Quote("field.fer2013.human", "Human accuracy", 0.65, Unit.FRACTION, AUTHORS, "V", "fer2013", kind="human"),
    Quote("field.fer2013.human_uncertainty", "Uncertainty of the human accuracy, to each side", 0.05, Unit.FRACTION,
          AUTHORS, "V", "fer2013", kind="human_uncertainty"),
)
