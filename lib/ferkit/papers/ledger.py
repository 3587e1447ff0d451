"""Every number and statement that the project quotes, once, with its source and how surely it is known.

`CLAIMS` are judged by ``ferkit.claims``; `QUOTED` are shown beside our results and judged by nobody.
Fractions lie in [0, 1]. Marks: V read in a public source, F read off the paper's own figure, N stated in the
reading notes the project began with, S second-hand, M remembered and never found in a source (a hypothesis).
"""

from dataclasses import dataclass

MARKS = {"V": "read in a public source", "F": "read off the paper's own figure",
         "N": "stated in the reading notes",
         "S": "second-hand", "M": "remembered, never found in a source"}


@dataclass(frozen=True)
class Paper:
    """Where a group of claims comes from."""

    title: str
    reference: str


PAPERS = {
    "deep_emotion": Paper(
        "Deep-Emotion: facial expression recognition using an attentional convolutional network",
        "Minaee, Minaei & Abdolrashidi, Sensors 2021, 21(9), 3046, doi 10.3390/s21093046; arXiv 1902.01019"),
    "gap_svm": Paper(
        "Facial expression recognition algorithm based on combination of improved convolutional neural network and "
        "support vector machine",
        "Qiao, Hou & Liu, Journal of Computer Applications 2022, 42(4): 1253–1259, "
        "doi 10.11772/j.issn.1001-9081.2021071270"),
    "notes": Paper("Reading notes", "the project's origin: what a reader wrote down about both papers"),
    "field": Paper("The field", "other work that both papers, or their readers, compare with"),
}


@dataclass(frozen=True)
class Quoted:
    """One quoted number or statement.

    value: in `unit`; None for a statement without a number. dataset: "any" where it is not bound to one.
    split: as the source says; "" where it does not. source: where it was read. mark: a key of `MARKS`.
    """

    id: str
    paper: str
    statement: str
    value: float | None
    unit: str
    dataset: str
    split: str
    source: str
    mark: str


@dataclass(frozen=True)
class Claim(Quoted):
    """A quoted statement that a run can confirm or refute.

    relation: how an observed number would have to stand to `value`: "=", "<", ">" or "≥". command: what runs
    it.
    """

    relation: str = "="
    command: str = "./run_all.sh --profile quick"


FIGURE_A, TEXT_A, NOTES = "the paper's architecture figure", "the paper's results tables", "reading notes"
ABSTRACT_B, TABLE_B = "the paper's abstract", "the accessible part of the paper's network table"


def run_command(dataset: str) -> str:
    """The command that runs everything on a real data set."""
    return f"./run_all.sh --dataset {dataset} --data PATH --profile full"


def _accuracies(paper: str, system: str, rows: dict[str, tuple[float, str]], source: str) -> list[Claim]:
    """The accuracy rows of a paper: our best recipe, and the recipe as published, per data set."""
    claims = []
    for dataset, (value, mark) in rows.items():
        for suffix, how in (("", "the best of our recipes"), (".as_published", "the recipe as published")):
            claims.append(Claim(f"{paper}.accuracy.{dataset}{suffix}", paper,
                                f"{system} recognises {value:.2%} of {dataset}'s test images ({how})", value,
                                "fraction", dataset, "test", source, mark, "=", run_command(dataset)))
    return claims


def _a(name: str, statement: str, value: float | None, unit: str, mark: str, source: str = NOTES,
       relation: str = ">", **other: str) -> Claim:
    return Claim(f"deep_emotion.{name}", "deep_emotion", statement, value, unit, other.pop("dataset", "any"),
                 "test", source, mark, relation, **other)


def _b(name: str, statement: str, value: float | None, unit: str, mark: str, source: str = NOTES,
       relation: str = ">", **other: str) -> Claim:
    return Claim(f"gap_svm.{name}", "gap_svm", statement, value, unit, other.pop("dataset", "any"),
                 "test", source, mark, relation, **other)


FULL = "./run_all.sh --profile full"
GAIN = "fraction gained"  # an accuracy difference, first system minus second

CLAIMS: tuple[Claim, ...] = (
    *_accuracies("deep_emotion", "Deep-Emotion", {"fer2013": (0.7002, "V"), "ckplus": (0.98, "V"),
                                                  "ferg": (0.993, "M"), "jaffe": (0.928, "M")}, TEXT_A),
    _a("accuracy.fer2013.as_drawn",
       "The network as its figure draws it reaches 70.02% on fer2013 with any recipe of ours",
       0.7002, "fraction", "V", TEXT_A, "=", dataset="fer2013", command=run_command("fer2013")),
    _a("parameters", "The network as drawn has 47,657 parameters", 47657, "parameters", "F", FIGURE_A, "="),
    _a("weight_layers", "Fewer than ten layers are enough", 10, "layers with weights", "N", relation="<"),
    _a("learning_rate_diverges", "Learning rates above 0.01 diverge", 1.0,
       "fraction of runs that diverge or collapse",
       "N", relation="="),
    _a("learning_rate_trains", "Adam at learning rate 0.005 trains the network", 0.10,
       "fraction above the majority class", "N"),
    _a("adam_over_sgd", "Adam is a little better than stochastic gradient descent", 0.0, GAIN, "N"),
    _a("rare_classes", "Most mistakes fall on the classes with few samples, disgust and fear", 0.0,
       "recall of the two minus recall of the others", "N", relation="<", command=run_command("fer2013")),
    _a("attention.identity",
       "Attention helps: the transformer beats the same network with a transformer frozen at the "
       "identity", 0.0, GAIN, "N"),
    _a("attention.plain", "Attention helps: the transformer beats an equally large network without one", 0.0,
       GAIN, "N"),
    _a("mouth_happy", "Covering the mouth hurts the recognition of happiness", 0.0,
       "recall lost beyond an equal patch elsewhere", "N"),
    _a("brows_angry", "Covering the eyebrows hurts the recognition of anger", 0.0,
       "recall lost beyond an equal patch elsewhere", "N"),
    _a("different_parts", "Different expressions depend on different parts of the face", 0.05,
       "p of no interaction of expression and region", "N", relation="<"),
    _a("insensitive", "The network is insensitive to the unimportant regions", 0.02,
       "recall lost by covering them", "N", relation="<"),
    *_accuracies("gap_svm", "The small-kernel CNN with GAP and SVM",
                 {"fer2013": (0.734, "V"), "ckplus": (0.9806, "V")},
                 ABSTRACT_B),
    _b("gain_over_lenet5", "It is 2.2 points better than LeNet-5 on fer2013", 0.022, GAIN, "V", ABSTRACT_B,
       "=",
       dataset="fer2013", command=run_command("fer2013")),
    _b("ratio_to_lenet5", "Its performance is 1.2 times that of LeNet-5", 1.2, "ratio of accuracies", "N",
       relation="="),
    _b("svm_over_softmax.published",
       "A non-linear SVM does better than softmax on the same features (recipe published)",
       0.0, GAIN, "N"),
    _b("svm_over_softmax.ours",
       "A non-linear SVM does better than softmax on the same features (recipe ours)",
       0.0, GAIN, "N"),
    _b("gap_parameters", "Global average pooling needs fewer parameters than fully connected layers", 1.0,
       "ratio of parameters", "V", ABSTRACT_B, "<"),
    _b("gap_accuracy", "Global average pooling costs no accuracy against fully connected layers", -0.02, GAIN,
       "N",
       "implied by replacing them", "≥"),
    _b("small_kernels_parameters",
       "Stacked 3×3 kernels need fewer parameters than 5×5 ones of equal receptive field", 1.0,
       "ratio of parameters", "V", ABSTRACT_B, "<"),
    _b("small_kernels_accuracy", "Stacked 3×3 kernels learn as well as 5×5 ones, or better", -0.02, GAIN, "N",
       relation="≥"),
    _b("small_kernels_parameters.seven",
       "Three stacked 3×3 kernels need fewer parameters than a 7×7 one of equal receptive field", 1.0,
       "ratio of parameters", "V", ABSTRACT_B, "<", command=FULL),
    _b("small_kernels_accuracy.seven", "Three stacked 3×3 kernels learn as well as a 7×7 one, or better", -0.02, GAIN,
       "N", relation="≥", command=FULL),
    _b("gap_overfits_less", "Global average pooling over-fits less: a smaller gap between training and test accuracy",
       0.0, "fraction gained: gap with fully connected layers minus gap with pooling", "N"),
    _b("blocks_parameters", "Blocks 1 to 3 hold 286,432 parameters", 286432, "parameters", "V", TABLE_B, "="),
    _b("robustness", "It has good robustness: disturbed images cost it less than they cost LeNet-5", 0.0,
       "relative accuracy lost, less than LeNet-5's", "N"),
    Claim("notes.reverse_thinking", "notes",
          "Thinking in reverse (learning what a face is not) meets the mistakes in disgust and fear", 0.0,
          "recall of the two gained over plain training", "any", "test", NOTES, "N", ">",
          "python -m ferkit sweep results/sweeps/remedies.toml --output DIR"),
)


def _rows(paper: str, dataset: str, source: str, mark: str, split: str = "test",
          **values: tuple[str, float]) -> list[Quoted]:
    """Accuracies of other systems, as a comparison table lists them."""
    return [Quoted(f"{paper}.{dataset}.{key}", paper, f"{name} on {dataset}", value, "fraction", dataset,
                   split,
                   source, mark) for key, (name, value) in values.items()]


def _value(name: str, statement: str, value: float | None, unit: str, mark: str, source: str,
           paper: str = "deep_emotion", dataset: str = "any") -> Quoted:
    return Quoted(f"{paper}.{name}", paper, statement, value, unit, dataset, "", source, mark)


def _statements(paper: str, **says: str) -> list[Quoted]:
    """Statements of the reading notes without a number."""
    return [Quoted(f"{paper}.says.{key}", paper, text, None, "", "any", "", NOTES, "N") for key, text in says.items()]


COMPARED = "the paper's comparison table, as remembered"
PUBLIC = "public code and papers of that system"

QUOTED: tuple[Quoted, ...] = (
    # A: the network and its recipe.
    _value("parameters_as_drawn", "Parameters of the figure with 90→32 in the localisation path", 47657,
           "parameters",
           "F", FIGURE_A),
    _value("parameters_as_computed", "Parameters with the 1000→32 that valid convolutions and 2×2 pools give",
           76777,
           "parameters", "F", FIGURE_A),
    _value("learning_rate", "Learning rate of Adam", 0.005, "per step", "N", NOTES),
    _value("learning_rate_limit", "Learning rate above which training diverges", 0.01, "per step", "N",
           NOTES),
    _value("weight_decay", "Weight decay of the L2 regularisation", 0.001, "per step", "N", NOTES),
    _value("init_std", "Standard deviation of the Gaussian weights at the start (mean 0)", 0.05, "weight",
           "N", NOTES),
    _value("epochs", "Length of training", 500, "epochs", "S", "other people's accounts"),
    _value("loss",
           "The loss is the classification loss plus a weighted L2 norm of fully connected weights, the weight "
           "tuned on validation", None, "", "N", NOTES),
    _value("images.fer2013.train", "Training images", 28709, "images", "M", "as remembered",
           dataset="fer2013"),
    _value("images.fer2013.val", "Validation images", 3589, "images", "M", "as remembered",
           dataset="fer2013"),
    _value("images.fer2013.test", "Test images", 3589, "images", "M", "as remembered", dataset="fer2013"),
    _value("images.ferg.train", "Training images, about", 34000, "images", "M", "as remembered",
           dataset="ferg"),
    _value("images.ferg.val", "Validation images, about", 14000, "images", "M", "as remembered",
           dataset="ferg"),
    _value("images.ferg.test", "Test images, about", 7000, "images", "M", "as remembered", dataset="ferg"),
    _value("images.jaffe.train", "Training images", 120, "images", "M", "as remembered", dataset="jaffe"),
    _value("images.jaffe.val", "Validation images", 23, "images", "M", "as remembered", dataset="jaffe"),
    _value("images.jaffe.test", "Test images, ten a class", 70, "images", "M", "as remembered",
           dataset="jaffe"),
    _value("share.ckplus.train", "Training share, by image", 0.7, "fraction", "M", "as remembered",
           dataset="ckplus"),
    _value("share.ckplus.val", "Validation share, by image", 0.1, "fraction", "M", "as remembered",
           dataset="ckplus"),
    _value("share.ckplus.test", "Test share, by image", 0.2, "fraction", "M", "as remembered",
           dataset="ckplus"),
    *_rows("deep_emotion", "fer2013", COMPARED, "M", bag_of_words=("Bag of words", 0.674),
           vgg_svm=("VGG + SVM", 0.6631), googlenet=("GoogLeNet", 0.652),
           mollahosseini=("Mollahosseini et al.", 0.664)),
    *_rows("deep_emotion", "ferg", COMPARED, "M", deepexpr=("DeepExpr", 0.8902),
           ensemble=("Ensemble of multi-features", 0.97), adversarial=("Adversarial NN", 0.982)),
    *_rows("deep_emotion", "jaffe", COMPARED, "M", fisherface=("Fisherface", 0.892),
           salient_patch=("Salient facial patch", 0.918), cnn_svm=("CNN + SVM", 0.9531)),
    *_rows("deep_emotion", "ckplus", COMPARED, "M", msr=("MSR", 0.914), dcnn_dap=("3DCNN-DAP", 0.924),
           inception=("Inception", 0.932), ib_cnn=("IB-CNN", 0.951), iacnn=("IACNN", 0.9537),
           dtagn=("DTAGN", 0.972),
           st_rnn=("ST-RNN", 0.972), ppdn=("PPDN", 0.973)),
    *_rows("field", "fer2013", "public re-implementations of Deep-Emotion", "V",
           reimplementers_low=("Deep-Emotion re-implemented, lowest", 0.47),
           reimplementers_high=("Deep-Emotion re-implemented, highest", 0.58),
           majority_train=("A re-implementation stuck on happy, training", 0.25131),
           majority_val=("A re-implementation stuck on happy, validation", 0.24937)),
    # B: the network, its rivals, and what it implies.
    _value("blocks_parameters_table", "Parameters of blocks 1 to 3, with biases, no batch-norm", 286432,
           "parameters",
           "V", TABLE_B, "gap_svm"),
    _value("lenet5_implied", "LeNet-5 as 73.4 minus 2.2 points would have it (implausible for the original)",
           0.712,
           "fraction", "V", ABSTRACT_B, "gap_svm", "fer2013"),
    *_rows("field", "fer2013", PUBLIC, "V", vgg19=("VGG19, ten-crop, chosen on the test split", 0.7311),
           winner_2013=("CNN + linear SVM loss, winner of 2013", 0.7116),
           resnet18_tricks=("ResNet18 with tricks, chosen on the test split", 0.7370),
           residual_masking=("Residual Masking, pretrained", 0.7414),
           residual_masking_ensemble=("Residual Masking, ensemble of seven", 0.7682),
           pramerdorfer_kampel=("Pramerdorfer & Kampel, ensemble", 0.752),
           emonext=("EmoNeXt, pretrained on ImageNet-22k", 0.7612),
           resemotenet=("ResEmoteNet (disputed: augmented before splitting)", 0.7979)),
    *_rows("field", "fer2013", PUBLIC, "V", "val", vggnet_publictest=("VGGNet, a PublicTest number", 0.7328)),
    _value("fer2013.human", "Human accuracy", 0.65, "fraction", "V", "the data set's authors", "field",
           "fer2013"),
    _value("fer2013.human_uncertainty", "Uncertainty of the human accuracy, to each side", 0.05, "fraction",
           "V",
           "the data set's authors", "field", "fer2013"),
    # C: named in the notes for later work.
    *_rows("notes", "rafdb", "SCN, arXiv 2002.10392", "V", scn=("SCN", 0.8814)),
    *_rows("notes", "affectnet", "SCN, arXiv 2002.10392", "V", scn=("SCN", 0.6023)),
    *_rows("notes", "ferplus", "SCN, arXiv 2002.10392", "V", scn=("SCN", 0.8935)),
    *_rows("notes", "rafdb", "RAN, arXiv 1905.04075", "V", ran=("RAN", 0.8690)),
    *_rows("notes", "affectnet", "RAN, arXiv 1905.04075", "V", ran=("RAN", 0.595)),
    *_rows("notes", "ferplus", "RAN, arXiv 1905.04075", "V", ran=("RAN", 0.8916)),
    *_rows("notes", "sfew", "RAN, arXiv 1905.04075", "V", ran=("RAN", 0.564)),
    _value("hand_crafted", "Hand-crafted features do badly where images vary more and the task is harder",
           None, "", "N",
           NOTES, "notes"),
    _value("pooling",
           "Pooling saves parameters and time, widens the receptive field, prefers global features, tolerates "
           "errors and restrains over-fitting", None, "", "N", NOTES, "notes"),
    _value("improving",
           "A network gains by more layers or neurons, by better gradient flow and by better regularisation",
           None, "", "N", NOTES, "notes"),
    _value("time_series", "Behaviour data could be trained on as time series", None, "", "N", NOTES, "notes"),
    # What the notes say of the papers and their neighbours without a number; what can be tested stands in CLAIMS too.
    *_statements(
        "deep_emotion",
        end_to_end="One framework, trained end to end, classifies the emotion that underlies a face",
        transformer="Attention enters the framework through a spatial transformer network",
        important_parts="A learner should look at the important parts of a face and be insensitive to the others",
        occlusion="From the top left corner on, an N×N window is zeroed and the image predicted again; where the "
                  "prediction turns wrong, the place was important",
        special_regions="Detecting and recognising special regions matters (attention)"),
    *_statements(
        "gap_svm",
        expert_features="Hand-made features need experts, whose interference is large, and lose information",
        tangled_networks="CNNs that read end-layer features are tangled, have too many parameters and recognise badly",
        end_to_end="A CNN takes raw data and extracts abstract features by itself, end to end",
        more_activations="Successive convolutions give more non-linear activations",
        svm_generalises="An SVM in place of softmax makes the model generalise better"),
    *_statements(
        "notes",
        scn_weights="SCN weighs every training sample by self-attention over a small batch, with rank regularisation",
        scn_relabels="SCN changes the labels of the lowest-ranked samples of a batch",
        ran_robust="Region attention networks are robust to pose and occlusion in the wild",
        man="A multiple attention network for facial expression recognition exists (no text of it was found)"),
)


def claim(id: str) -> Claim:
    """The claim of this id; KeyError when there is none."""
    return next((row for row in CLAIMS if row.id == id), None) or _unknown(id)


def quoted(id: str) -> Quoted:
    """The quoted row (claim or not) of this id; KeyError when there is none."""
    return next((row for row in (*QUOTED, *CLAIMS) if row.id == id), None) or _unknown(id)


def _unknown(id: str) -> Quoted:
    raise KeyError(f"{id}: no such row in ferkit.papers.ledger")
