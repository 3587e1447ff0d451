"""The rule about thinking in reverse: what learning "not this class" gives the rare classes."""

import numpy as np

from ferkit import comparison
from ferkit.claims.evidence import Evidence, Name, NotRun, beats_majority
from ferkit.claims.finding import ALPHA, COMMONEST, Finding, name_of, not_every_seed, sources_of
from ferkit.comparison.remedies import RARE
from ferkit.metrics import per_class
from ferkit.papers import Claim
from ferkit.statistics import over_seeds


def helps_the_rare(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """The mean recall of disgust and fear under the remedy `first` minus that under plain training, `second`.

    p is that of `comparison.remedy_changes`: exact McNemar on these classes' images, Holm-adjusted for all remedies.
    """
    tried, plain = evidence.cells(first), evidence.cells(second)
    if [cell.cell.seed for cell in tried] != [cell.cell.seed for cell in plain]:
        raise NotRun(f"refused: {name_of(tried)} and {name_of(plain)} were not trained with the same seeds")
    if not all(cell.predictions for cell in (*tried, *plain)):
        raise NotRun("refused: a seed diverged, so nothing was tested")
    names = [str(name) for name in plain[0].predictions["label_names"]]
    if not set(RARE) <= set(names):
        raise NotRun("disgust and fear are not among the classes")
    if not beats_majority(plain):
        raise NotRun(f"refused: {name_of(plain)} is {COMMONEST}, so beating it proves nothing")
    recalls = [np.array([per_class(cell.matrix)["recall"] for cell in cells]) for cells in (tried, plain)]
    rare = [names.index(label) for label in RARE]
    gains = recalls[0][:, rare].mean(1) - recalls[1][:, rare].mean(1)
    paid = np.delete(recalls[0] - recalls[1], rare, axis=1).mean()
    recipes = [cell for name in evidence.names(first[0]) if name[1].startswith("remedy_")
               for cell in evidence.cells(name)]
    row = next(row for row in comparison.remedy_changes(comparison.remedies(recipes, first[0]))
               if row["recipe"] == first[1])
    if not gains.mean() > 0 or not beats_majority(tried):
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if gains.min() > 0 and row["p_holm"] < ALPHA else "partly"
    note = (f"the other classes: {100 * paid:+.1f} points of recall; McNemar on the two classes' images p "
            f"{row['p']:.2g}, adjusted {row['p_holm']:.2g}")
    verdict, notes = not_every_seed(verdict, tried, [note])
    spread = over_seeds(gains.tolist())
    images = (row["rare_low"], row["rare_high"])
    return Finding(verdict, spread.mean, spread.interval or images, len(gains), sources_of(evidence, tried + plain),
                   "; ".join(notes), spread.sd)
