"""Systems side by side on the same test images, from saved predictions alone: who errs where, and is it chance?

Everything here reads arrays and counts; nothing is predicted, so no torch. A system is one network or SVM under one
recipe with all its seeds (`System`); only systems tested on the same images, in the same order, are compared. A
difference of two systems has an interval and a p over seeds and images together, Holm-adjusted; one seed is those two
networks. Exact McNemar, seed by seed and combined, stands beside them as a statement about the trained networks.
"""

from ferkit.analysis.comparison.ablations import variant_changes, variants
from ferkit.analysis.comparison.accuracy import (
           accuracy_table,
           beside_others,
           beside_paper,
           paired_tests,
)
from ferkit.analysis.comparison.agreement import agreement, hardest, majority_vote, reliability
from ferkit.analysis.comparison.class_imbalance import class_imbalance_changes
from ferkit.analysis.comparison.confusion import (
           class_sizes,
           class_table,
           confused_pairs,
           recalls,
           significant_cells,
)
from ferkit.analysis.comparison.systems import (
           RECIPES,
           Source,
           System,
           best_of_each,
           find,
           same_images,
           systems,
)

__all__ = [
    "RECIPES", "Source", "System", "accuracy_table", "agreement", "beside_others", "beside_paper", "best_of_each",
    "class_imbalance_changes", "class_sizes", "class_table", "confused_pairs", "find", "hardest", "majority_vote",
    "paired_tests", "recalls", "reliability", "same_images", "significant_cells", "systems",
    "variant_changes", "variants",
]
