"""Symmetric label noise, planted: a stated share of labels moved to another class at random, the truth kept.

The noise of Wang et al. 2020 (arXiv 2002.10392, section 4.3: 10, 20 and 30 % of the training labels). A recipe asks for
it (`training.recipe.Recipe.label_noise`), so that it is part of a result's configuration while the data set and its
hash stay what they are; only training labels are ever moved.

Not stated in the paper; we use exactly so many labels, each moved to one of the other classes with equal probability,
because a label that a draw leaves where it was is no noise.
Not stated in the paper; we use other noise for each seed because differences over seeds then hold for the noise too;
all methods of one seed learn the same labels.
"""

from __future__ import annotations

import numpy as np

from ferkit.core.errors import InputError


def plant(labels: np.ndarray, share: float, seed: int, num_classes: int) -> np.ndarray:
    """`labels` with ``round(share · N)`` of them moved to another class, int64 (N,); a pure function of its arguments.

    labels: int64 0…num_classes-1, (N,). share: a fraction in [0, 1). Levels are nested: the labels moved at 10 % are
    moved to the same classes at 20 %. Raises InputError for a share outside [0, 1) or fewer than two classes.
    """
    if not 0 <= share < 1 or (share and num_classes < 2):
        raise InputError(f"label noise: a share of {share} of {num_classes} classes; give a fraction of 0 or more and "
                         "below 1, and two classes at least")
    rng = np.random.default_rng([seed, *b"label noise"])
    order, steps = rng.permutation(len(labels)), rng.integers(1, max(num_classes, 2), len(labels))
    noisy, moved = np.array(labels, dtype=np.int64), order[:round(share * len(labels))]
    noisy[moved] = (noisy[moved] + steps[moved]) % num_classes
    return noisy
