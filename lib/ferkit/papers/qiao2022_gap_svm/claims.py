"""What the paper on small kernels, global average pooling and an SVM states: claims with their rules, and quotes.

Qiao, Hou & Liu, Facial expression recognition algorithm based on combination of improved convolutional neural network
and support vector machine, Journal of Computer Applications 2022, 42(4): 1253–1259,
doi 10.11772/j.issn.1001-9081.2021071270.
"""

from ferkit.claims.claim import Claim, Rule, run_command
from ferkit.claims.rules.accuracy import AS_PUBLISHED, BEST_RECIPE
from ferkit.claims.rules.architecture import COUNTED, FEWER_PARAMETERS, FEWER_PARAMETERS_AT_EQUAL_FIELD
from ferkit.claims.rules.paired import BETTER, GAIN, NO_WORSE, OVERFITS_LESS, RATIO, ROBUST
from ferkit.core.quotes import Quote
from ferkit.core.units import Unit

ABSTRACT, TABLE, NOTES = "the paper's abstract", "the accessible part of the paper's network table", "reading notes"
FULL = "./run_all.sh --profile full"

SVM, SOFTMAX, LENET = ("gap_cnn_svm", "ours"), ("gap_cnn", "ours"), ("lenet5", "ours")
SVM_PUBLISHED, SOFTMAX_PUBLISHED = ("gap_cnn_svm", "published"), ("gap_cnn", "published")
SMALL, LARGE, FC, THREE, SEVEN = ((f"gap_cnn_{variant}", "control")
                                  for variant in ("small", "large_kernels", "fc", "three_small", "seven"))
AGAINST_LENET = {"first": SVM, "second": LENET}
GAP_FC, KERNELS, SEVENS = ({"first": SMALL, "second": FC}, {"first": SMALL, "second": LARGE},
                           {"first": THREE, "second": SEVEN})
IMPLIED = 0.712  # LeNet-5's accuracy on FER2013, 73.4 minus 2.2 points
BLOCKS = 286432  # parameters of blocks 1 to 3
GAINED = "accuracy gained"


def _claim(name: str, statement: str, value: float, unit: Unit, mark: str, rule: Rule, source: str = NOTES,
           relation: str = ">", **other: object) -> Claim:
    """A claim of this paper; its comparisons share one Holm adjustment."""
    return Claim(f"gap_svm.{name}", statement, value, unit, source, mark, split="test", rule=rule, relation=relation,
                 family="gap_svm", **other)


def _accuracy(dataset: str, value: float) -> tuple[Claim, Claim]:
    """The accuracy that the paper states for a data set: by the recipe best on validation, and by that as published."""
    says = f"The small-kernel CNN with GAP and SVM recognises {value:.2%} of {dataset}'s test images"
    bound = {"dataset": dataset, "command": run_command(dataset), "kind": "accuracy"}
    return (
        _claim(f"accuracy.{dataset}", f"{says} (the recipe that is best on validation)", value, Unit.FRACTION, "V",
               BEST_RECIPE, ABSTRACT, "=", parameters={"systems": ("gap_cnn_svm",), "leave_out": ("fine_tuned",)},
               **bound),
        _claim(f"accuracy.{dataset}.as_published", f"{says} (the recipe as published)", value, Unit.FRACTION, "V",
               AS_PUBLISHED, ABSTRACT, "=", parameters={
                   "system": "gap_cnn_svm", "recipe": "published", "epochs": None}, **bound))


CLAIMS: tuple[Claim, ...] = (
    *_accuracy("fer2013", 0.734), *_accuracy("ckplus", 0.9806),
    _claim("gain_over_lenet5", "It is 2.2 points better than LeNet-5 on fer2013", 0.022, Unit.POINTS, "V", GAIN,
           ABSTRACT, "=", measures=GAINED, dataset="fer2013", command=run_command("fer2013"),
           parameters={**AGAINST_LENET, "baseline": IMPLIED}),
    _claim("ratio_to_lenet5", "Its performance is 1.2 times that of LeNet-5", 1.2, Unit.RATIO, "N", RATIO,
           relation="=", measures="ratio of accuracies",
           parameters={**AGAINST_LENET, "ratio": True, "baseline": IMPLIED}),
    _claim("svm_over_softmax.published", "A non-linear SVM does better than softmax on the same features (recipe "
           "published)", 0.0, Unit.POINTS, "N", BETTER, measures=GAINED,
           parameters={"first": SVM_PUBLISHED, "second": SOFTMAX_PUBLISHED}),
    _claim("svm_over_softmax.ours", "A non-linear SVM does better than softmax on the same features (recipe ours)",
           0.0, Unit.POINTS, "N", BETTER, measures=GAINED, parameters={"first": SVM, "second": SOFTMAX}),
    _claim("gap_parameters", "Global average pooling needs fewer parameters than fully connected layers", 1.0,
           Unit.RATIO, "V", FEWER_PARAMETERS, ABSTRACT, "<", group="fact", measures="ratio of parameters",
           parameters=GAP_FC),
    _claim("gap_accuracy", "Global average pooling costs no accuracy against fully connected layers", -0.02,
           Unit.POINTS, "N", NO_WORSE, "implied by replacing them", "≥", measures=GAINED, parameters=GAP_FC),
    _claim("small_kernels_parameters",
           "Stacked 3×3 kernels need fewer parameters than 5×5 ones of equal receptive field", 1.0, Unit.RATIO, "V",
           FEWER_PARAMETERS_AT_EQUAL_FIELD, ABSTRACT, "<", group="fact", measures="ratio of parameters",
           parameters={**KERNELS, "equal_field": True}),
    _claim("small_kernels_accuracy", "Stacked 3×3 kernels learn as well as 5×5 ones, or better", -0.02, Unit.POINTS,
           "N", NO_WORSE, relation="≥", measures=GAINED, parameters=KERNELS),
    _claim("small_kernels_parameters.seven",
           "Three stacked 3×3 kernels need fewer parameters than a 7×7 one of equal receptive field", 1.0, Unit.RATIO,
           "V", FEWER_PARAMETERS_AT_EQUAL_FIELD, ABSTRACT, "<", group="fact", measures="ratio of parameters",
           command=FULL, parameters={**SEVENS, "equal_field": True}),
    _claim("small_kernels_accuracy.seven", "Three stacked 3×3 kernels learn as well as a 7×7 one, or better", -0.02,
           Unit.POINTS, "N", NO_WORSE, relation="≥", measures=GAINED, command=FULL, parameters=SEVENS),
    _claim("gap_overfits_less",
           "Global average pooling over-fits less: a smaller gap between training and test accuracy", 0.0,
           Unit.POINTS, "N", OVERFITS_LESS, measures="gap with fully connected layers minus gap with pooling",
           parameters=GAP_FC),
    _claim("blocks_parameters", "Blocks 1 to 3 hold 286,432 parameters", BLOCKS, Unit.COUNT, "V", COUNTED, TABLE, "=",
           group="fact", measures="parameters", parameters={"name": SOFTMAX_PUBLISHED, "part": "blocks_convolutions"}),
    _claim("robustness", "It has good robustness: it errs less often than LeNet-5 on corrupted images", 1.0, Unit.RATIO,
           "N", ROBUST, relation="<", measures="mean corruption error, LeNet-5 = 1",
           parameters={"first": SVM, "second": LENET}),
)

QUOTES: tuple[Quote, ...] = (
    Quote("gap_svm.blocks_parameters_table", "Parameters of blocks 1 to 3, with biases, no batch-norm", BLOCKS,
          Unit.COUNT, TABLE, "V"),
    Quote("gap_svm.lenet5_implied", "LeNet-5 as 73.4 minus 2.2 points would have it (implausible for the original)",
          IMPLIED, Unit.FRACTION, ABSTRACT, "V", dataset="fer2013", kind="accuracy"),
    *(Quote(f"gap_svm.says.{key}", text, None, Unit.TEXT, NOTES, "N") for key, text in {
        "expert_features": "Hand-made features need experts, whose interference is large, and lose information",
        "tangled_networks":
            "CNNs that read end-layer features are tangled, have too many parameters and recognise badly",
        "end_to_end": "A CNN takes raw data and extracts abstract features by itself, end to end",
        "more_activations": "Successive convolutions give more non-linear activations",
        "svm_generalises": "An SVM in place of softmax makes the model generalise better"}.items()),
)
