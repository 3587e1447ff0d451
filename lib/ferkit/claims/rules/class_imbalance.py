"""The rule about thinking in reverse: what learning "not this class" gives the rare classes."""

from ferkit.analysis import comparison
from ferkit.analysis.comparison.class_imbalance import RARE
from ferkit.claims.evidence import Evidence, Name, NotRun, beats_majority
from ferkit.claims.finding import ALPHA, COMMONEST, Finding, name_of, not_every_seed, sources_of
from ferkit.papers.ledger import Claim


def helps_the_rare(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """The mean recall of disgust and fear under the remedy `first` minus that under plain training, `second`.

    p is that of `comparison.remedy_changes`: exact McNemar on these classes' images, Holm-adjusted for all remedies.
    """
    tried, plain = evidence.cells(first), evidence.cells(second)
    if [cell.cell.seed for cell in tried] != [cell.cell.seed for cell in plain]:
        raise NotRun(f"refused: {name_of(tried)} and {name_of(plain)} were not trained with the same seeds")
    if not all(cell.predictions for cell in (*tried, *plain)):
        raise NotRun("refused: a seed diverged, so nothing was tested")
    if not set(RARE) <= set(map(str, plain[0].predictions["label_names"])):
        raise NotRun("disgust and fear are not among the classes")
    if not beats_majority(plain):
        raise NotRun(f"refused: {name_of(plain)} is {COMMONEST}, so beating it proves nothing")
    recipes = [cell for name in evidence.names(first[0]) if name[1].startswith("remedy_")
               for cell in evidence.cells(name)]
    row = next(row for row in comparison.remedy_changes(comparison.remedies(recipes, first[0]))
               if row["recipe"] == first[1])
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
