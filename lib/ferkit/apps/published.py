"""What `ferkit.load` takes, by name. No torch is imported to list it."""

from __future__ import annotations

from ferkit import papers
from ferkit.results import weights_catalogue
from ferkit.results.weights_catalogue import Entry


def loadable() -> list[Entry]:
    """The published results on images whose weights are here, in the order of `weights_catalogue.entries`."""
    return [entry for entry in weights_catalogue.entries()
            if entry.weights is not None and papers.system(entry.key.system).of_images]


def published(everything: bool = False) -> list[str]:
    """The names that `ferkit.load` takes, without seeds ("deep-emotion/ours"); FER2013's first.

    The GAP CNN's SVM is among them once ``ferkit export --svm gap-cnn-svm --data PATH`` has fitted it again.

    everything: also results whose weights are not here, or that read sequences.
    """
    return weights_catalogue.names(weights_catalogue.entries() if everything else loadable())
