"""A support vector machine as the network's last stage: scikit-learn's, on standardised features.

Qiao, Hou & Liu 2022 (Journal of Computer Applications 42(4): 1253–1259,
doi 10.11772/j.issn.1001-9081.2021071270) put a non-linear SVM in place of softmax on the features
that global average pooling leaves.

Differs from the paper:
- Not stated in the paper; we use an RBF kernel, one-vs-one as in scikit-learn's SVC, because it is the
  usual reading of "non-linear SVM".
- Not stated in the paper; we use frozen features, standardised by the training rows' mean and deviation,
  because one gamma must serve every dimension.
- Not stated in the paper; we use C and gamma chosen on the validation split from a stratified part of the
  training rows and refit on all of them, because a grid over everything takes hours.

Versions 1 and 2 (results before 2026-11-26) rounded the training features to 255 steps before the fit.
"""

from __future__ import annotations

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

C_GRID = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # validation chose 0.1 on FER2013 when that was the lower end
GAMMA_GRID = (0.1, 0.3, 1.0, 3.0)  # times scikit-learn's "scale", which is 1/D for standardised features
CACHE_MB = 500  # kernel values that libsvm keeps while fitting


def rbf(seed: int = 0) -> Pipeline:
    """Standardised features, RBF kernel, one-vs-one, exact."""
    return Pipeline([("standardise", StandardScaler()), ("svm", SVC(cache_size=CACHE_MB))])
