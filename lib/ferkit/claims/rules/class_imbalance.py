"""The rule about class-imbalance methods: what one of them gives the rare classes."""

import numpy as np

from ferkit.analysis.ablation import Ablation
from ferkit.analysis.comparison import pairing
from ferkit.analysis.comparison.class_imbalance import gain
from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import deciding_half_width, superiority
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.claims.finding import Finding, finding, not_every_seed, refuse_untrained, sources_of
from ferkit.core.names import Name
from ferkit.stats import intervals


def helps_rare_classes(evidence: Evidence, claim: Claim, ablation: Ablation, variant: Name, labels: tuple[str, ...]
                       ) -> Finding:
    """The mean recall of `labels` under one variant of an ablation minus that under its control, plain training.

    p is adjusted for all variants that the ablation declares.
    """
    plain = evidence.results(ablation.control)
    refuse_untrained([plain])
    found = pairing.compare(evidence.results(variant), plain)
    names = list(map(str, plain[0].predictions["label_names"]))
    rare = [names.index(label) for label in labels if label in names and np.any(found.labels == names.index(label))]
    if len(rare) < len(labels):
        raise NotRun(f"{' and '.join(labels)} are not both among the test split's classes")
    gained, p_values = gain(found, rare), []
    for other in ablation.variants:
        if other not in (ablation.control, variant):
            try:
                p_values.append(gain(pairing.compare(evidence.results(other), plain), rare).rare.p())
            except (NotRun, pairing.NotComparable):
                p_values.append(1.0)
    p_holm = intervals.holm([gained.rare.p(), *p_values])[0]
    verdict = superiority(gained.rare, p_holm) if beats_majority(found.first) else "not_reproduced"
    notes = [f"the other classes: {100 * gained.others.mean:+.1f} points of recall",
             f"p over seeds and images {gained.rare.p():.2g}, adjusted {p_holm:.2g}",
             f"McNemar of these networks on the images of {' and '.join(labels)} p {gained.mcnemar:.2g}"]
    verdict, notes = not_every_seed(verdict, found.first, [*notes, *found.notes], counted=True)
    return finding(verdict, gained.rare, sources_of(evidence, found.first + found.second), notes,
                   deciding_half_width(gained.rare))


HELPS_RARE_CLASSES = Rule(helps_rare_classes, (
    "Reproduced: the 95 % interval over seeds and images of the mean recall of {labels} gained over plain training "
    "lies above 0, and p, Holm-adjusted for all methods of the ablation, below 0.05. Partly: only the interval does. "
    "Contradicted: it lies below 0. Not reproduced: it holds 0 and ends below 1 point, or the network is no better "
    "than the majority class. Inconclusive: it holds 0 and 1 point."))
