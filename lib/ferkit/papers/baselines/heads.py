"""Classifiers on hand-crafted features: exact RBF and linear SVMs, a bag of visual words, the nearest neighbour.

Everything is fitted on training images alone, the words and the principal components too. Csurka, Dance, Fan,
Willamowski & Bray: Visual categorization with bags of keypoints, ECCV workshop 2004.

Not stated in the paper; we use 128 principal components before the SVM because they bring an exact RBF kernel on
28,709 images to minutes on one core.
Not stated in the paper; we use a codebook of 400 words over a pyramid of two levels because larger ones did not fit the
time that one core has for a system.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, LinearSVC

from ferkit.models.heads import SklearnKind
from ferkit.models.svm import CACHE_MB
from ferkit.papers.baselines.features import SIFT_LENGTH

COMPONENTS = 128   # principal components that reach the kernel: 71 % of the variance of HOG on FER2013
WORDS = 400        # of the codebook
FITTED_ON = 60_000  # descriptors that the codebook is fitted on
ROWS = 512         # images whose descriptors are assigned to words at once


class BagOfWords(TransformerMixin, BaseEstimator):
    """Histograms of visual words over a spatial pyramid (whole face, quarters): descriptors (N, P·128) → (N, 5·W).

    P is a square number of points, row by row. Descriptors are brought to square roots of shares first (RootSIFT); a
    histogram is the square root of shares, so that Euclidean distance is Hellinger's. words: W. seed: of the draw of
    descriptors and of k-means.
    """

    def __init__(self, words: int = WORDS, seed: int = 0) -> None:
        self.words, self.seed = words, seed

    def fit(self, descriptors: np.ndarray, labels: np.ndarray | None = None) -> BagOfWords:
        """The codebook of k-means on a drawn part of all descriptors of the rows given."""
        rng = np.random.default_rng(self.seed)
        every = descriptors.reshape(-1, SIFT_LENGTH)
        drawn = every[np.sort(rng.permutation(len(every))[:FITTED_ON])]
        self.codebook_ = MiniBatchKMeans(min(self.words, len(drawn)), random_state=self.seed, n_init=1,
                                         batch_size=2048).fit(_root(drawn))
        return self

    @property
    def cluster_centers_(self) -> np.ndarray:
        """The codebook, float32 (W, 128)."""
        return self.codebook_.cluster_centers_

    def transform(self, descriptors: np.ndarray) -> np.ndarray:
        """The histograms, float32 (N, 5·W)."""
        points = descriptors.shape[1] // SIFT_LENGTH
        side, words = round(points**0.5), self.codebook_.n_clusters
        row, column = np.indices((side, side)).reshape(2, -1) * 2 // side
        found = np.zeros((len(descriptors), 5, words), np.float32)
        for start in range(0, len(descriptors), ROWS):
            part = descriptors[start:start + ROWS]
            named = self.codebook_.predict(_root(part.reshape(-1, SIFT_LENGTH))).reshape(len(part), points)
            for image, labels in enumerate(named, start):
                np.add.at(found[image], (1 + 2 * row + column, labels), 1)
        found[:, 0] = found[:, 1:].sum(axis=1)
        return np.sqrt(found / points).reshape(len(found), -1)


def _root(descriptors: np.ndarray) -> np.ndarray:
    """RootSIFT (Arandjelović & Zisserman, CVPR 2012): the square roots of each descriptor's shares, float32."""
    shares = descriptors.astype(np.float32)
    return np.sqrt(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1))


class Components(PCA):
    """Principal components, `most` of them, or as many as the images or features allow."""

    def __init__(self, most: int = COMPONENTS, seed: int = 0) -> None:
        self.most, self.seed = most, seed
        super().__init__(svd_solver="randomized", random_state=seed)

    def fit(self, features: np.ndarray, labels: np.ndarray | None = None) -> Components:
        """See `sklearn.decomposition.PCA`."""
        self.n_components = min(self.most, *features.shape)
        return super().fit(features)

    def fit_transform(self, features: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """See `sklearn.decomposition.PCA`."""
        return self.fit(features).transform(features)


def svm_on_components(seed: int, *, kernel: str = "rbf", words: int = 0) -> Pipeline:
    """Words if asked for, principal components, SVM: exact RBF (one-vs-one) or linear (one-vs-rest)."""
    machine = SVC(cache_size=CACHE_MB) if kernel == "rbf" else LinearSVC(dual=False, random_state=seed)
    before = [("words", BagOfWords(words, seed))] if words else []
    return Pipeline([*before, ("components", Components(seed=seed)), ("svm", machine)])


def nearest(seed: int) -> Pipeline:
    """The label of the nearest training image."""
    return Pipeline([("nearest", KNeighborsClassifier(1, algorithm="brute"))])


TRUSTED = tuple(f"{__name__}.{name}" for name in ("BagOfWords", "Components"))
C_GRID, GAMMA_GRID = (1.0, 3.0, 10.0), (0.2, 0.5, 1.0, 2.0, 4.0)
RBF_SVM = SklearnKind(svm_on_components, {"C": C_GRID, "gamma": GAMMA_GRID}, TRUSTED)
LINEAR_SVM = SklearnKind(partial(svm_on_components, kernel="linear"), {"C": (0.01, 0.1, 1.0, 10.0)}, TRUSTED)
WORDS_SVM = SklearnKind(partial(svm_on_components, words=WORDS), {"C": C_GRID, "gamma": GAMMA_GRID}, TRUSTED)
NEAREST = SklearnKind(nearest, saved=False)  # it would be a copy of the training images
