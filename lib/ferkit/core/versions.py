"""Versions of the code that decides results: the cache key of finished work.

A finished result is taken up again when its configuration is the one asked for, and that includes these numbers. They
are raised by hand when a change of code changes results; renaming, moving, documenting or speeding up code leaves them.
Golden runs (tests/golden) fail where behaviour changes without a raise. Commit, library hash, packages and device
stand in every manifest as provenance, not as a key.

Results from before versions were declared name the sha256 of source files instead. `SOURCE_HASHES` lists every such
hash that was published; the sources behind each behave as version 1 does, so those results stay valid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

TRAINING = 1    # recipe, data and seed → weights
EVALUATION = 1  # weights and test images → predictions and metrics, corruptions included
OCCLUSION = 2   # weights and test images → occlusion maps and tests (1: 2,000 sign flips)
TRANSFORMER = 2  # of an occlusion analysis, what the transformer samples (1: Deep-Emotion's shifts a third too long)

SOURCE_HASHES = frozenset({
    "0271e11404d42069b7ae3c04f302a3ad580459f52520b1b4691b833f1ad514aa",
    "174f6c7275b6c9b53071f997ac7468c7c4d4aa196ab9b4145b041ec6eebb8024",
    "18169104f50b22c50838e12bc5ac5a426f2916f6fbc3eacee0714751600a1d7c",
    "1c2a15de50e7f7f0ac3c970dfa0faeb354ddf494fd81e8a54584b00647d812f1",
    "1e32ba5fe046f71c51608d3b8aac8cba2b9539f9543d2798abaef2efc3748cc1",
    "3c612b1dbfa79c162ade11266661bdff45ca8c93be5b6c3e4a62d8194aaa45d2",
    "57bf0b17978c19a7fc4bc60b0f56497c3960997621cc15c76c7b7d491aec03d0",
    "64a2ab94119c73ccdd6b2f8fafbfa7a7be6aa7cbda48499814dff9a5fd8947ca",
    "679d8d449efa8d3811faf7d8c07b9d37bb198db3a64c84baa3c3198278f96574",
    "74c6a1cb3bbcbe5412506a2e6eab7f9fdb5f07017e54095a4e98f1c1877a6d82",
    "762bc93eb98363acb784337af6e6a00264c3369725b430d22f4f9c0f2408cb81",
    "7b3ad1144931a3d2e6bd1295f34ad40a02913ae18a92ece615df1fec0459c8d7",
    "c0f3cd872eeb200f95f60d811f0c63030b39f29ece386989d9486fa3ed8018a9",
    "d79c95fa6d3a1c243c5d3760269790d1ad69170cb8b5f5891ca86a388c95a5dd",
    "d8255b5f0dbee8d5a81d5af7b99ae82cac587c2d99538ae3b2cfbe9622f3ec7c",
    "d97662dacb6b8f25d64eceb4fbd11658dc4578f30b77b7714ba283041016ae3d",
    "f05665b904fdf3712a61b748b67dbdc47fa49815ed630e9f29c483db4c0561b1",
    "fcd543ebec5e32498fc429805fd198d9bb581d920f3588f22e4846da3142af80",
    "cba3b5be1f53a3b8e4a09fcad9a1da2bf2ec4df05ae041964fe8cb3ce6193019",
})


def of_training(network: int = 1, head: int = 0) -> dict[str, int]:
    """The versions that a trained system depends on, by name. network: of its architecture; head: of the classifier on
    its features, 0 where there is none."""
    return {"training": TRAINING, "evaluation": EVALUATION, "network": network, **({"svm": head} if head else {})}


def same_configuration(stored: object, wanted: Mapping[str, object]) -> bool:
    """Whether a stored configuration (JSON) is the wanted one, a known source hash counting as version 1 of all."""
    wanted = json.loads(json.dumps(wanted))
    if not isinstance(stored, Mapping):
        return False
    stored = dict(stored)
    if stored.pop("code_sha256", None) in SOURCE_HASHES:
        stored["versions"] = dict.fromkeys(wanted["versions"], 1)
    return stored == wanted
