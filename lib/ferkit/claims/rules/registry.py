"""One rule per claim: what a run must show for which verdict. Fixed in advance, printed beside every verdict."""

from collections.abc import Sequence
from functools import partial

from ferkit.claims.finding import Rule
from ferkit.claims.rules.accuracy import accuracy, rare_classes
from ferkit.claims.rules.architecture import counted, fewer_layers, fewer_parameters
from ferkit.claims.rules.class_imbalance import helps_the_rare
from ferkit.claims.rules.learning_rates import learning_rates, trains
from ferkit.claims.rules.occlusion import covering_hurts, different_parts, insensitive
from ferkit.claims.rules.paired import LITTLE, better, gain, no_worse, overfits_less, robust
from ferkit.papers.ledger import quoted

# Which systems are compared; they share one Holm adjustment.
DEEP, GAP, LENET = ("deep_emotion", "published"), ("gap_cnn_svm", "ours"), ("lenet5", "ours")
SMALL, LARGE, FC, THREE, SEVEN = (("gap_cnn_" + which, "control")
                                  for which in ("small", "large_kernels", "fc", "three_small", "seven"))
ADAM_SGD = {"first": DEEP, "second": ("deep_emotion", "published_sgd")}
IDENTITY = {"first": ("deep_emotion", "ours"), "second": ("deep_emotion_identity", "ours")}
PLAIN = {"first": ("deep_emotion", "ours"), "second": ("deep_emotion_plain", "ours")}
AGAINST_LENET = {"first": GAP, "second": LENET}
ROBUSTNESS = {"first": ("gap_cnn", "ours"), "second": LENET}
SVM_PUBLISHED = {"first": ("gap_cnn_svm", "published"), "second": ("gap_cnn", "published")}
SVM_OURS = {"first": GAP, "second": ("gap_cnn", "ours")}
GAP_FC = {"first": SMALL, "second": FC}
KERNELS = {"first": SMALL, "second": LARGE}
SEVENS = {"first": THREE, "second": SEVEN}
PAIRS = tuple((pair["first"], pair["second"]) for pair in (
    ADAM_SGD, IDENTITY, PLAIN, AGAINST_LENET, ROBUSTNESS, SVM_PUBLISHED, SVM_OURS, GAP_FC, KERNELS, SEVENS))

DEEP_EMOTIONS = ("deep_emotion", "deep_emotion_wide")

ACCURACY = (
    "Measured on the whole test split of this data set. Exceeded: the Wilson 95 % interval of the mean accuracy "
    "(and, over seeds, the t interval) lies above the paper's number. Reproduced: the Wilson interval reaches it. "
    "Partly: the mean is at most 5 points below it, or a seed diverged or collapsed. Not reproduced: less, or no "
    "better than the commonest class.")
BEST = ACCURACY + " The recipe with the best validation accuracy counts."
BETTER = (
    "Reproduced: better in every seed, exact McNemar p (Holm-adjusted) below 0.05. Partly: better, but not beyond "
    "chance, or a seed diverged or collapsed. Not reproduced: no better, or no better than the commonest class. "
    "Refused where the other did not train.")
EQUAL_SIZE = " Refused too where the parameters differ by more than 2 %."
LITTLE_BETTER = (
    "Reproduced: better by at most 5 points, in every seed, exact McNemar p (Holm-adjusted) below 0.05. Partly: "
    "better by more, or not beyond chance. Not reproduced: no better, or no better than the commonest class.")
NO_WORSE = (
    "Exceeded: better in every seed, exact McNemar p (Holm-adjusted) below 0.05. Reproduced: the bootstrap 95 % "
    "interval of the difference lies above −2 points. Partly: only the mean does. Not reproduced: worse. Refused "
    "where the other did not train.")
SIZE = (
    "Exceeded: the bootstrap 95 % interval (and, over seeds, the t interval) lies above the stated gain. "
    "Reproduced: the bootstrap interval reaches it, and the gain is beyond chance (McNemar, Holm). Partly: better, "
    "but by less or not beyond chance. Not reproduced: no better. Refused where the other did not train.")
OVERFITS = (
    "Reproduced: the gap is smaller in every seed, and by more than 2 points in the mean. Partly: smaller in the mean. "
    "Not reproduced: it is not. Refused where either did not train.")
COVER = (
    "Reproduced: covering it loses recall of this expression, more than its shape moved elsewhere does, adjusted p "
    "below 0.05. Partly: it does, but not beyond chance. Not reproduced: it does not.")
EXACT = "Reproduced: exactly this number. Not reproduced: another."
FEWER = "Reproduced: fewer. Not reproduced: as many or more."
FEWER_LAYERS = "Reproduced: fewer convolutions and linear layers from image to logits. Not reproduced: as many."
EQUAL_FIELD = "Reproduced: fewer, at equal receptive field. Partly: fewer, but the fields differ. Not reproduced: not."
OTHER_READING = EXACT + " Partly: 76,777, the figure's other reading."
DIVERGES = (
    "Reproduced: every run above 0.01 diverges or collapses onto one class, and every run up to 0.01 trains (beats "
    "the commonest class). Partly: some do. Not reproduced: none above fails, or none below trains.")
TRAINS = (
    "Reproduced: every seed ends regularly and more than 10 points above the commonest class. Partly: some seeds "
    "beat the commonest class. Not reproduced: none does.")
RARE_CLASSES = (
    "Reproduced: disgust and fear are both among the three lowest recalls, and the bootstrap 95 % interval of their "
    "mean recall minus that of the others lies below 0. Partly: the mean does. Not reproduced: it does not. Judged "
    "where the largest training class is at least twice the smallest.")
HELPS_THE_RARE = (
    "Reproduced: the mean recall of disgust and fear gains over plain training in every seed, exact McNemar p on their "
    "images (Holm-adjusted for all remedies) below 0.05. Partly: it gains in the mean. Not reproduced: it does not, or "
    "the network is no better than the commonest class.")
PARTS = (
    "Reproduced: p of no interaction between expression and part is below 0.05. Partly: in some seeds. Not "
    "reproduced: in none.")
INSENSITIVE = (
    "Reproduced: covering everything but mouth, brows, eyes and nose loses less than 2 points of accuracy. Partly: "
    "less than half of what covering these four does. Not reproduced: more.")
ROBUST = (
    "Reproduced: the mean relative loss under disturbances is smaller than LeNet-5's, in every seed and in three "
    "quarters of the conditions. Partly: in the mean. Not reproduced: it is not.")


def _accuracy_rules(paper: str, datasets: Sequence[str], systems: tuple[str, ...], drawn: str) -> dict[str, Rule]:
    """Two rules per data set: the best recipe of `systems`, and `drawn` with the recipe as published."""
    best = Rule(BEST, partial(accuracy, systems=systems))
    as_published = Rule(ACCURACY, partial(accuracy, systems=(drawn,), recipe="published"))
    return {f"{paper}.accuracy.{dataset}{suffix}": rule for dataset in datasets
            for suffix, rule in (("", best), (".as_published", as_published))}


RULES: dict[str, Rule] = {
    **_accuracy_rules("deep_emotion", ("fer2013", "ckplus", "ferg", "jaffe"), DEEP_EMOTIONS, "deep_emotion"),
    "deep_emotion.accuracy.fer2013.as_drawn": Rule(BEST, partial(accuracy, systems=("deep_emotion",))),
    "deep_emotion.parameters": Rule(OTHER_READING, partial(
        counted, name=DEEP, otherwise=quoted("deep_emotion.parameters_as_computed").value)),
    "deep_emotion.weight_layers": Rule(FEWER_LAYERS, partial(fewer_layers, name=DEEP)),
    "deep_emotion.learning_rate_diverges": Rule(DIVERGES, learning_rates),
    "deep_emotion.learning_rate_trains": Rule(TRAINS, partial(trains, name=DEEP)),
    "deep_emotion.adam_over_sgd": Rule(LITTLE_BETTER, partial(better, **ADAM_SGD, most=LITTLE)),
    "deep_emotion.rare_classes": Rule(RARE_CLASSES, partial(rare_classes, systems=DEEP_EMOTIONS)),
    "deep_emotion.attention.identity": Rule(BETTER, partial(better, **IDENTITY)),
    "deep_emotion.attention.plain": Rule(BETTER + EQUAL_SIZE, partial(better, **PLAIN, equal_size=True)),
    "deep_emotion.mouth_happy": Rule(COVER, partial(covering_hurts, label="happy", region="mouth")),
    "deep_emotion.brows_angry": Rule(COVER, partial(covering_hurts, label="angry", region="brows")),
    "deep_emotion.different_parts": Rule(PARTS, different_parts),
    "deep_emotion.insensitive": Rule(INSENSITIVE, insensitive),
    **_accuracy_rules("gap_svm", ("fer2013", "ckplus"), ("gap_cnn_svm",), "gap_cnn_svm"),
    "gap_svm.gain_over_lenet5": Rule(SIZE, partial(gain, **AGAINST_LENET)),
    "gap_svm.ratio_to_lenet5": Rule(SIZE, partial(gain, **AGAINST_LENET, ratio=True)),
    "gap_svm.svm_over_softmax.published": Rule(BETTER, partial(better, **SVM_PUBLISHED)),
    "gap_svm.svm_over_softmax.ours": Rule(BETTER, partial(better, **SVM_OURS)),
    "gap_svm.gap_parameters": Rule(FEWER, partial(fewer_parameters, **GAP_FC)),
    "gap_svm.gap_accuracy": Rule(NO_WORSE, partial(no_worse, **GAP_FC)),
    "gap_svm.small_kernels_parameters": Rule(EQUAL_FIELD, partial(fewer_parameters, **KERNELS, equal_field=True)),
    "gap_svm.small_kernels_accuracy": Rule(NO_WORSE, partial(no_worse, **KERNELS)),
    "gap_svm.small_kernels_parameters.seven": Rule(EQUAL_FIELD, partial(
        fewer_parameters, **SEVENS, equal_field=True)),
    "gap_svm.small_kernels_accuracy.seven": Rule(NO_WORSE, partial(no_worse, **SEVENS)),
    "gap_svm.gap_overfits_less": Rule(OVERFITS, partial(overfits_less, **GAP_FC)),
    "gap_svm.blocks_parameters": Rule(EXACT, partial(
        counted, name=("gap_cnn", "published"), part="blocks_convolutions")),
    "gap_svm.robustness": Rule(ROBUST, partial(robust, **ROBUSTNESS)),
    "notes.reverse_thinking": Rule(HELPS_THE_RARE, partial(
        helps_the_rare, first=("deep_emotion", "remedy_complementary"), second=("deep_emotion", "remedy_plain"))),
}
