"""The rule about class-imbalance methods: what one of them gives the rare classes."""

from ferkit.analysis import comparison
from ferkit.analysis.ablation import Ablation
from ferkit.claims.claim import Claim, Name, Rule
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.claims.finding import ALPHA, COMMONEST, Finding, name_of, not_every_seed, sources_of


def helps_rare_classes(evidence: Evidence, claim: Claim, ablation: Ablation, variant: Name, labels: tuple[str, ...]
                       ) -> Finding:
    """The mean recall of `labels` under one variant of an ablation minus that under its control, plain training.

    p is that of `comparison.remedy_changes`: exact McNemar on these classes' images, Holm-adjusted for all variants.
    """
    tried, plain = evidence.cells(variant), evidence.cells(ablation.control)
    if [cell.cell.seed for cell in tried] != [cell.cell.seed for cell in plain]:
        raise NotRun(f"refused: {name_of(tried)} and {name_of(plain)} were not trained with the same seeds")
    if not all(cell.predictions for cell in (*tried, *plain)):
        raise NotRun("refused: a seed diverged, so nothing was tested")
    if not set(labels) <= set(map(str, plain[0].predictions["label_names"])):
        raise NotRun(f"{' and '.join(labels)} are not among the classes")
    if not beats_majority(plain):
        raise NotRun(f"refused: {name_of(plain)} is {COMMONEST}, so beating it proves nothing")
    cells = [cell for system in dict.fromkeys(name[0] for name in ablation.variants) for name in evidence.names(system)
             if name in ablation.variants for cell in evidence.cells(name)]
    row = next(row for row in comparison.remedy_changes(cells, ablation) if row["recipe"] == variant[1])
    gains = row["rare_changes"]
    if not row["rare_change"] > 0 or not beats_majority(tried):
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if min(gains) > 0 and row["p_holm"] < ALPHA else "partly"
    note = (f"the other classes: {100 * row['others_change']:+.1f} points of recall; McNemar on the two classes' "
            f"images p {row['p']:.2g}, adjusted {row['p_holm']:.2g}")
    verdict, notes = not_every_seed(verdict, tried, [note])
    return Finding(verdict, row["rare_change"], (row["rare_low"], row["rare_high"]), len(gains),
                   sources_of(evidence, tried + plain), "; ".join(notes), row["rare_sd"])


HELPS_RARE_CLASSES = Rule(helps_rare_classes, (
    "Reproduced: the mean recall of {labels} gains over plain training in every seed, exact McNemar p on their images "
    "(Holm-adjusted for all methods of the ablation) below 0.05. Partly: it gains in the mean. Not reproduced: it does "
    "not, or the network is no better than the commonest class."))
