"""What readers are shown in place of identifiers: systems, papers, notebooks, recipes, verdicts."""

from __future__ import annotations

from dataclasses import dataclass

# Verdict → sign and words, in the order of every tally. On synthetic faces a claim about people is shown or not shown.
VERDICTS = {
    "reproduced": ("✓", "reproduced"),
    "exceeded": ("▲", "exceeded"),
    "partly": ("◐", "partly"),
    "inconclusive": ("?", "inconclusive"),
    "contradicted": ("▼", "contradicted"),
    "not_reproduced": ("✕", "not reproduced"),
    "too_short": ("…", "trained too briefly"),
    "not_run": ("○", "not run"),
}
ON_SYNTHETIC = {"reproduced": "shown", "exceeded": "more than shown", "partly": "partly shown",
                "not_reproduced": "not shown"}
UNJUDGED = ("too_short", "not_run")
STATUSES = {
    "finished": "trained to the end",
    "diverged": "the loss stopped being a number; what was tested, if anything, is its last good epoch",
    "collapsed": "one class for every image",
    "failed": "stopped with an error",
}
DATASETS = {"synthetic": "synthetic faces", "fer2013": "FER2013", "ckplus": "CK+", "jaffe": "JAFFE", "ferg": "FERG",
            "gfe": "Grammatical Facial Expressions", "folder": "a folder of images"}
RECIPES = {"published": "as published", "ours": "our recipe"}


@dataclass(frozen=True)
class Family:
    """Systems that stand for one paper, for a summary: its name, the paper's id, the systems."""

    display: str
    paper: str
    systems: tuple[str, ...]


SYSTEMS = {
    "deep_emotion": "Deep-Emotion",
    "deep_emotion_wide": "Deep-Emotion, wide",
    "deep_emotion_identity": "Deep-Emotion, frozen at identity",
    "deep_emotion_plain": "Deep-Emotion, no transformer",
    "gap_cnn": "GAP CNN",
    "gap_cnn_svm": "GAP CNN + SVM",
    "gap_cnn_small": "GAP CNN, small kernels",
    "gap_cnn_large_kernels": "GAP CNN, large kernels",
    "gap_cnn_fc": "GAP CNN, dense head",
    "gap_cnn_three_small": "GAP CNN, three 3×3 a block",
    "gap_cnn_seven": "GAP CNN, 7×7",
    "gap_cnn_average_pool": "GAP CNN, average pooling",
    "gap_cnn_strided": "GAP CNN, strided",
    "gap_cnn_no_pool": "GAP CNN, no pooling",
    "gap_cnn_skip": "GAP CNN, skip connections",
    "gap_cnn_wider": "GAP CNN, wider",
    "lenet5": "LeNet-5",
}
FAMILIES = (Family("Deep-Emotion", "deep_emotion", ("deep_emotion", "deep_emotion_wide")),
            Family("GAP CNN, softmax or SVM", "gap_svm", ("gap_cnn", "gap_cnn_svm")),
            Family("LeNet-5, the baseline", "", ("lenet5",)))
NOTEBOOKS = {  # short for navigation, title for the section
    "01_data_preparation": ("Data", "The data: what is in the set and what is wrong with it"),
    "02_stn_attention": ("Attention", "Deep-Emotion: attention by a spatial transformer"),
    "03_gap_cnn_svm": ("GAP + SVM", "Small kernels, global average pooling and an SVM"),
    "04_occlusion_analysis": ("Occlusion", "Occlusion: which region of a face carries an expression"),
    "05_confusion_comparison": ("Comparison", "Systems side by side: which expressions are confused"),
}
PAPERS = (  # id, title, reference with all authors
    ("deep_emotion", "Deep-Emotion: facial expression recognition using an attentional convolutional network",
     "Minaee, Minaei & Abdolrashidi, Sensors 2021, 21(9), 3046, doi 10.3390/s21093046; arXiv 1902.01019"),
    ("gap_svm", "Facial expression recognition algorithm based on combination of improved convolutional neural network "
                "and support vector machine",
     "Qiao, Hou & Liu, Journal of Computer Applications 2022, 42(4): 1253–1259, "
     "doi 10.11772/j.issn.1001-9081.2021071270"))
UNSTATED = {"deep_emotion": "Deep-Emotion", "gap_svm": "GAP CNN and SVM", "data": "The data",
            "verdicts": "The verdicts"}


def system(name: str) -> str:
    """A system's display name; an unknown one with spaces."""
    return SYSTEMS.get(name, name.replace("_", " "))


def recipe(name: str) -> str:
    """A recipe in words; one without as it is called."""
    return RECIPES.get(name, name.replace("_", " "))


def dataset(name: str | None) -> str:
    """A data set's name in print; what is not known as it is called."""
    return DATASETS.get(str(name), str(name))


def notebook(stem: str) -> tuple[str, str]:
    """A notebook's title for the navigation and for its section; from its name where none is declared."""
    words = stem[3:].replace("_", " ")
    return NOTEBOOKS.get(stem, (words, words.capitalize()))


def verdict(name: str, data: str | None = None) -> str:
    """A verdict in words; on synthetic faces those of `ON_SYNTHETIC`."""
    words = VERDICTS.get(name, ("?", str(name).replace("_", " ")))[1]
    return ON_SYNTHETIC.get(name, words) if data == "synthetic" else words
