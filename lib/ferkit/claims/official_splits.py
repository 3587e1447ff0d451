"""The test split that a claim about a data set must be measured on.

Not stated in the paper; we use 150, 40 and 5,000 as the least numbers of test images of CK+, JAFFE and FERG because
the smallest honest split of the whole set has more (JAFFE by two subjects), a single fold or subsample fewer.
"""

import numpy as np

from ferkit.claims.evidence import NotRun
from ferkit.core.labels import LABELS
from ferkit.results.records import Result

# FER2013's PrivateTest by class. PublicTest has as many images, so that only the classes tell the two apart.
FER2013_TEST = dict(zip(LABELS, (491, 55, 528, 879, 594, 416, 626), strict=True))
LEAST_TEST = {"ckplus": 150, "jaffe": 40, "ferg": 5000}


def refuse_unofficial(result: Result, dataset: str) -> None:
    """Nothing, if the trained system was tested on the whole official test split of `dataset`; NotRun with the reason
    if not."""
    found, where = result.metrics, result.key.name
    if not result.predictions:
        return
    if dataset == "fer2013":
        names = [str(name) for name in result.predictions["label_names"]]
        counts = np.bincount(result.predictions["labels"], minlength=len(names))
        if found["n"] != sum(FER2013_TEST.values()):
            raise NotRun(f"refused: {where} was tested on {found['n']} images, PrivateTest has 3589")
        if dict(zip(names, map(int, counts), strict=True)) != FER2013_TEST:
            raise NotRun(f"refused: {where} was tested on 3589 images that are not PrivateTest (classes differ)")
        if found["protocol"] != "official":
            raise NotRun(f"refused: {where} follows protocol {found['protocol']}, not the official split")
    elif found["n"] < LEAST_TEST.get(dataset, 0):
        raise NotRun(f"refused: {where} was tested on {found['n']} images, a whole test split of {dataset} has at "
                     f"least {LEAST_TEST[dataset]}")
