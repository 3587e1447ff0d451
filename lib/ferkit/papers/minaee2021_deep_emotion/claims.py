"""What the Deep-Emotion paper states: claims with the rules that judge them, and further quoted numbers.

Minaee, Minaei & Abdolrashidi, Deep-Emotion: facial expression recognition using an attentional convolutional network,
Sensors 2021, 21(9), 3046, doi 10.3390/s21093046; arXiv 1902.01019.
"""

from ferkit.claims.claim import Claim, Rule, run_command
from ferkit.claims.rules.accuracy import AS_PUBLISHED, BEST_RECIPE, RARE_CLASSES
from ferkit.claims.rules.architecture import COUNTED_TWO_READINGS, FEWER_LAYERS
from ferkit.claims.rules.learning_rates import DIVERGES, TRAINS
from ferkit.claims.rules.occlusion import COVERING_HURTS, DIFFERENT_PARTS, INSENSITIVE
from ferkit.claims.rules.paired import BETTER, BETTER_AT_EQUAL_SIZE, LITTLE_BETTER
from ferkit.core.quotes import Quote
from ferkit.core.units import Unit
from ferkit.papers.minaee2021_deep_emotion.recipes import AT_LENGTH

FIGURE, TABLES, NOTES = "the paper's architecture figure", "the paper's results tables", "reading notes"
COMPARED = "the paper's comparison table, as remembered"

PUBLISHED, SGD, OURS = ("deep_emotion", "published"), ("deep_emotion", "published_sgd"), ("deep_emotion", "ours")
IDENTITY, PLAIN = ("deep_emotion_identity", "ours"), ("deep_emotion_plain", "ours")
SYSTEMS = ("deep_emotion", "deep_emotion_wide")
# Recipes that vary training for its own sake or start from another data set's weights, and stand for no system.
PROBES = ("published_lr*", "remedy_*", "fine_tuned")
RARE = ("disgust", "fear")
READINGS = {"as_drawn": 47657, "as_computed": 76777}  # parameters: 90→32 as drawn, 1000→32 as valid convolutions give
FITTED = ("the pooling of the localisation path, which the paper does not state, was chosen to give this sum: it shows "
          "that the figure can be read so, no more")
RATE, RATE_LIMIT, EPOCHS = 0.005, 0.01, 500
GAINED = "accuracy gained"


def _claim(name: str, statement: str, value: float, unit: Unit, mark: str, rule: Rule, source: str = NOTES,
           relation: str = ">", **other: object) -> Claim:
    """A claim of this paper; its comparisons share one Holm adjustment."""
    return Claim(f"deep_emotion.{name}", statement, value, unit, source, mark, split="test", rule=rule,
                 relation=relation, family="deep_emotion", **other)


def _accuracy(dataset: str, value: float, mark: str) -> tuple[Claim, Claim]:
    """The accuracy that the paper states for a data set: by the recipe best on validation, and by that as published."""
    says = f"Deep-Emotion, the network as drawn, recognises {value:.2%} of {dataset}'s test images"
    bound = {"dataset": dataset, "command": run_command(dataset), "kind": "accuracy"}
    return (
        _claim(f"accuracy.{dataset}", f"{says} (the recipe that is best on validation)", value, Unit.FRACTION, mark,
               BEST_RECIPE, TABLES, "=", parameters={"systems": ("deep_emotion",), "leave_out": PROBES}, **bound),
        _claim(f"accuracy.{dataset}.as_published", f"{says} (the recipe as published)", value, Unit.FRACTION, mark,
               AS_PUBLISHED, TABLES, "=", parameters={
                   "system": "deep_emotion", "recipe": "published", "epochs": EPOCHS,
                   "at_length": AT_LENGTH}, **bound))


CLAIMS: tuple[Claim, ...] = (
    *_accuracy("fer2013", 0.7002, "V"), *_accuracy("ckplus", 0.98, "V"),
    *_accuracy("ferg", 0.993, "M"), *_accuracy("jaffe", 0.928, "M"),
    _claim("accuracy.fer2013.larger", "A larger network of the same idea, 25 times the parameters, reaches the 70.02% "
           "of fer2013", 0.7002, Unit.FRACTION, "V", BEST_RECIPE, TABLES, "=", dataset="fer2013", group="extension",
           command=run_command("fer2013"), parameters={"systems": ("deep_emotion_wide",), "leave_out": PROBES,
                                                       "beside": ("gap_cnn", "ours")}),
    _claim("parameters", "The network as drawn, its localisation path pooled so that the sum fits, has 47,657 "
           "parameters", READINGS["as_drawn"], Unit.COUNT, "F", COUNTED_TWO_READINGS, FIGURE, "=", group="fact",
           measures="parameters",
           parameters={"name": OURS, "otherwise": READINGS["as_computed"], "caveat": FITTED}),
    _claim("weight_layers", "Fewer than ten layers are enough", 10, Unit.COUNT, "N", FEWER_LAYERS, relation="<",
           group="fact", measures="layers with weights", parameters={"name": OURS, "side_path": 4}),
    _claim("learning_rate_diverges", "Learning rates above 0.01 diverge", 1.0, Unit.FRACTION, "N", DIVERGES,
           relation="=", measures="fraction of runs that diverge or collapse",
           parameters={"system": "deep_emotion", "recipe": "published", "rate": RATE, "limit": RATE_LIMIT}),
    _claim("learning_rate_trains", "Adam at learning rate 0.005 trains the network", 0.10, Unit.POINTS, "N", TRAINS,
           measures="accuracy above the majority class", parameters={"name": PUBLISHED}),
    _claim("adam_over_sgd", "Adam is a little better than stochastic gradient descent", 0.0, Unit.POINTS, "N",
           LITTLE_BETTER, measures=GAINED, parameters={"first": PUBLISHED, "second": SGD, "most": 0.05}),
    _claim("rare_classes", "Most mistakes fall on the classes with few samples, disgust and fear", 0.0, Unit.POINTS,
           "N", RARE_CLASSES, relation="<", measures="recall of the two minus recall of the others",
           command=run_command("fer2013"),
           parameters={"systems": ("deep_emotion",), "leave_out": PROBES, "labels": RARE}),
    _claim("attention.identity", "Attention helps: the transformer beats the same network with a transformer frozen "
           "at the identity", 0.0, Unit.POINTS, "N", BETTER, measures=GAINED,
           parameters={"first": OURS, "second": IDENTITY}),
    _claim("attention.plain", "Attention helps: the transformer beats an equally large network without one", 0.0,
           Unit.POINTS, "N", BETTER_AT_EQUAL_SIZE, measures=GAINED,
           parameters={"first": OURS, "second": PLAIN, "equal_size": True}),
    _claim("mouth_happy", "Covering the mouth hurts the recognition of happiness", 0.0, Unit.POINTS, "N",
           COVERING_HURTS, measures="recall lost beyond an equal patch elsewhere",
           parameters={"systems": SYSTEMS, "label": "happy", "region": "mouth"}),
    _claim("brows_angry", "Covering the eyebrows hurts the recognition of anger", 0.0, Unit.POINTS, "N",
           COVERING_HURTS, measures="recall lost beyond an equal patch elsewhere",
           parameters={"systems": SYSTEMS, "label": "angry", "region": "brows"}),
    _claim("different_parts", "Different expressions depend on different parts of the face", 0.05, Unit.P_VALUE, "N",
           DIFFERENT_PARTS, relation="<", measures="p of no interaction of expression and region",
           parameters={"systems": SYSTEMS}),
    _claim("insensitive", "The network is insensitive to the unimportant regions", 0.02, Unit.POINTS, "N",
           INSENSITIVE, relation="<", measures="accuracy lost by covering them", parameters={"systems": SYSTEMS}),
)


def _quote(name: str, statement: str, value: float | None, unit: Unit, mark: str, source: str = NOTES,
           **other: str) -> Quote:
    return Quote(f"deep_emotion.{name}", statement, value, unit, source, mark, **other)


def _others(dataset: str, **rows: tuple[str, float]) -> list[Quote]:
    """Accuracies of other systems in the paper's comparison table of a data set."""
    return [_quote(f"{dataset}.{key}", f"{name} on {dataset}", value, Unit.FRACTION, "M", COMPARED, dataset=dataset,
                   split="test", kind="accuracy") for key, (name, value) in rows.items()]


def _split(dataset: str, unit: Unit, **parts: tuple[str, float]) -> list[Quote]:
    """How the paper splits a data set, as remembered."""
    what = "images" if unit is Unit.COUNT else "share"
    return [_quote(f"{what}.{dataset}.{part}", says, value, unit, "M", "as remembered", dataset=dataset)
            for part, (says, value) in parts.items()]


QUOTES: tuple[Quote, ...] = (
    _quote("parameters_as_drawn", "Parameters of the figure with 90→32 in the localisation path",
           READINGS["as_drawn"], Unit.COUNT, "F", FIGURE),
    _quote("parameters_as_computed", "Parameters with the 1000→32 that valid convolutions and 2×2 pools give",
           READINGS["as_computed"], Unit.COUNT, "F", FIGURE),
    _quote("learning_rate", "Learning rate of Adam", RATE, Unit.NUMBER, "N"),
    _quote("learning_rate_limit", "Learning rate above which training diverges", RATE_LIMIT, Unit.NUMBER, "N"),
    _quote("weight_decay", "Weight decay of the L2 regularisation", 0.001, Unit.NUMBER, "N"),
    _quote("init_std", "Standard deviation of the Gaussian weights at the start (mean 0)", 0.05, Unit.NUMBER, "N"),
    _quote("epochs", "Length of training", EPOCHS, Unit.COUNT, "S", "other people's accounts"),
    _quote("loss", "The loss is the classification loss plus a weighted L2 norm of fully connected weights, the weight "
           "tuned on validation", None, Unit.TEXT, "N"),
    *_split("fer2013", Unit.COUNT, train=("Training images", 28709), val=("Validation images", 3589),
            test=("Test images", 3589)),
    *_split("ferg", Unit.COUNT, train=("Training images, about", 34000), val=("Validation images, about", 14000),
            test=("Test images, about", 7000)),
    *_split("jaffe", Unit.COUNT, train=("Training images", 120), val=("Validation images", 23),
            test=("Test images, ten a class", 70)),
    *_split("ckplus", Unit.FRACTION, train=("Training share, by image", 0.7), val=("Validation share, by image", 0.1),
            test=("Test share, by image", 0.2)),
    *_others("fer2013", bag_of_words=("Bag of words", 0.674), vgg_svm=("VGG + SVM", 0.6631),
             googlenet=("GoogLeNet", 0.652), mollahosseini=("Mollahosseini et al.", 0.664)),
    *_others("ferg", deepexpr=("DeepExpr", 0.8902), ensemble=("Ensemble of multi-features", 0.97),
             adversarial=("Adversarial NN", 0.982)),
    *_others("jaffe", fisherface=("Fisherface", 0.892), salient_patch=("Salient facial patch", 0.918),
             cnn_svm=("CNN + SVM", 0.9531)),
    *_others("ckplus", msr=("MSR", 0.914), dcnn_dap=("3DCNN-DAP", 0.924), inception=("Inception", 0.932),
             ib_cnn=("IB-CNN", 0.951), iacnn=("IACNN", 0.9537), dtagn=("DTAGN", 0.972), st_rnn=("ST-RNN", 0.972),
             ppdn=("PPDN", 0.973)),
    *(_quote(f"says.{key}", text, None, Unit.TEXT, "N") for key, text in {
        "end_to_end": "One framework, trained end to end, classifies the emotion that underlies a face",
        "transformer": "Attention enters the framework through a spatial transformer network",
        "important_parts": "A learner should look at the important parts of a face and be insensitive to the others",
        "occlusion": "From the top left corner on, an N×N window is zeroed and the image predicted again; where the "
                     "prediction turns wrong, the place was important",
        "special_regions": "Detecting and recognising special regions matters (attention)"}.items()),
)
