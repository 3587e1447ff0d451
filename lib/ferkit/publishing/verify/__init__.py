"""``verify``: whether published results are what they say, recomputed from the files beside them.

Every metric is computed again from its predictions, predictions again from the weights where the data are at hand,
and every hash again from its file; every listed file must be there, every result must have been planned, and no file
may be there that no result has. Nothing is repaired and nothing is written.

`findings` collects what was checked, `tree` the files of one tree, `allowlist` what may lie in it, `run_checks` the
numbers, `tables` what follows from other files, `preregistration` whether plans came first, `recompute` predictions.
"""

from pathlib import Path

from ferkit.core.errors import InputError
from ferkit.publishing import checksums
from ferkit.publishing.verify.findings import Found
from ferkit.publishing.verify.tree import Tree, check_beside, is_tree

__all__ = ["Found", "verify"]


def verify(directory: Path, data: Path | None = None, sample: int = 256) -> list[Found]:
    """What was found in each tree of results below `directory`: the folder itself, or those in it.

    data: the real data set behind them, for predictions to be computed again; None takes its environment variable,
    and leaves them unchecked (a note says so) where that is not set. sample: so many test images of each system, spread
    over the split; 0 = all. Raises InputError for a folder that is missing or holds no results, and for data that
    are not those the results were measured on.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise InputError(f"{directory}: no such folder; name results/<dataset>, results/runs/<run> or results")
    roots = [directory] if is_tree(directory) else [path for path in sorted(directory.iterdir()) if is_tree(path)]
    if not roots:
        raise InputError(f"{directory}: no results in it; name results/<dataset> or results/runs/<run>")
    if data is not None and len(roots) > 1:
        raise InputError(f"{directory}: --data is one data set's; name one results/<dataset> with it")
    trees = [Tree(root) for root in roots]
    found = [tree.check(data, sample) for tree in trees]
    working = not (directory / checksums.NAME).is_file() and any(tree.is_working for tree in trees)
    return found if roots == [directory] or working else [*found, check_beside(directory, roots)]
