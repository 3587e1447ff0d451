"""What is wrong with a copy of a data set, computed from its pixels: copies, leaks, blur, contradictions.

A re-encoded copy gets the verdict of the original and a tampered one does not. Of FER2013 it is also known, by
`ferkit.data.fingerprint`, which images a copy lacks, adds, relabels or repeats, and how they were processed.
The published defects of FER2013 are those measured on the lossless archive (34,034 distinct of 35,887 images).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special

from ferkit.core import protocols
from ferkit.core.errors import InputError
from ferkit.core.protocols import Protocol
from ferkit.data import datasets, splits
from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.image_statistics import is_blank, perceptual_hash, pixel_hash, qualities
from ferkit.data.sources import fer2013

VERDICTS = ("clean", "known_defects", "do_not_use")
SEVERITIES = ("note", "defect", "fatal")  # the worst finding makes the verdict, in the order of VERDICTS
PUBLISHED_FER2013 = {
    "distinct": 34034,
    "val_in_train": 280,
    "test_in_train": 288,
    "conflicting_groups": 57,
    "blank": 12,
}
ORIGINAL = sum(map(sum, fer2013.PUBLISHED.values()))  # images
FATAL_COPIES = 0.20  # of the test split: beyond it the score says little (FER2013: 0.080)
FATAL_KNN1 = 0.90  # a score on raw pixels near the papers' own
# Splits drawn from one source differ by chance alone: on FER2013 by 0.05 standard deviations at most. A blur of half
# a pixel in one split makes 0.6. Small splits scatter, hence the second bound.
FATAL_DIFFERENCE = 0.30
FATAL_Z = 6.0
NEAR_BITS = 8  # of 63 that two near copies' perceptual hashes may differ in
CHUNK = 256  # images whose near copies are looked for at once
NEAR_CORRELATION = 0.97  # of the pixels themselves, by which each candidate is confirmed
SAYS = {"sharpness": "sharpness (fine detail against contrast)", "contrast": "contrast", "brightness": "brightness",
        "resampling": "resampling (energy in the finest frequencies)", "evenness": "evenness of the grey histogram",
        "blocking": "compression blocks"}


def audit(faces: FaceSet) -> dict[str, object]:
    """The contract's report: verdict, counts, copies, contradictions, sharpness, 1-NN accuracy and findings.

    faces: every image in train, val or test. Fractions lie in [0, 1]; everything is JSON-able.
    """
    keys = pixel_hash(faces.images)
    copies = _copies(faces, keys)
    looks = qualities(faces.images)
    quality = {name: _by_split(values, faces) for name, values in looks.items()}
    differences = {name: largest_difference(values, faces.split, faces.subjects) for name, values in looks.items()}
    report: dict[str, object] = {
        "verdict": "clean",
        "dataset": str(faces.source.get("dataset", "")),
        "protocol": faces.source.get("protocol", ""),
        "n": len(faces),
        "counts": faces.counts(),
        "distinct": len(np.unique(keys)),
        "copies": copies,
        "near_copies": near_copies(faces, keys),
        "conflicting_groups": conflicting_groups(keys, faces.labels),
        "blank": int(np.sum(is_blank(faces.images))),
        **quality,
        "differences": differences,
        "shared_subjects": splits.shared_groups(faces.subjects, faces.split),
        "shared_sequences": splits.shared_groups(faces.sequences, faces.split),
        "knn1_accuracy": knn1_accuracy(faces),
        "fingerprint": faces.source.get("fingerprint"),
    }
    report["findings"] = findings(report, faces)
    report["verdict"] = verdict(report["findings"])
    return report


def describe(report: dict[str, object]) -> str:
    """The report for people: the verdict, the counts in a table, and one line per finding."""
    lines = [f"{report['dataset']} ({report['protocol']}): {report['verdict'].replace('_', ' ')}", ""]
    counts = report["counts"]
    labels = list(next(iter(counts.values())))
    lines.append("split".ljust(8) + "".join(label.rjust(10) for label in labels) + "all".rjust(10))
    for split, numbers in counts.items():
        cells = [*numbers.values(), sum(numbers.values())]
        lines.append(split.ljust(8) + "".join(str(n).rjust(10) for n in cells))
    lines += ["", f"{report['distinct']} distinct of {report['n']} images; 1-nearest-neighbour on raw pixels "
              f"{100 * report['knn1_accuracy']:.1f} %", ""]
    lines += [f"[{finding['severity']}] {finding['id']}: {finding['says']}" for finding in report["findings"]]
    return "\n".join(lines)


def conflicting_groups(keys: np.ndarray, labels: np.ndarray) -> int:
    """How many groups of identical images carry more than one label."""
    _, group = np.unique(keys, return_inverse=True)
    pairs = np.unique(np.stack([group, labels]), axis=1)
    return int(np.sum(np.bincount(pairs[0]) > 1))


def largest_difference(values: np.ndarray, split: np.ndarray, subjects: np.ndarray) -> dict[str, object]:
    """The two splits that differ most, of those that surely differ where there are any: {between, difference (of the
    means, in sd), z (how surely, in sd of a normal distribution: Welch's t test, as two people may differ much from two
    others)}.

    Where subjects are known the test counts subjects, not images: a split's few people look alike.
    """
    found: list[dict[str, object]] = [{"between": "", "difference": 0.0, "z": 0.0}]
    for first, second in (("train", "val"), ("train", "test"), ("val", "test")):
        a, b = (_finite(values, subjects, split == part) for part in (first, second))
        if len(a) < 2 or len(b) < 2:
            continue
        spread = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        gap = abs(float(a.mean() - b.mean()))
        if spread > 0:
            errors = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
            freedom = errors.sum() ** 2 / np.sum(errors**2 / (len(a) - 1, len(b) - 1))
            t = gap / np.sqrt(errors.sum())
            p = special.stdtr(freedom, -t)
            found.append({"between": f"{first}/{second}", "difference": float(gap / spread),
                          "z": float(-special.ndtri(p) if p > 0 else t)})
    return max(found, key=lambda one: (_differ(one), one["difference"]))


def _differ(one: dict[str, object]) -> bool:
    return one["difference"] > FATAL_DIFFERENCE and one["z"] > FATAL_Z


def knn1_accuracy(faces: FaceSet, chunk: int = 512) -> float:
    """Accuracy on the test split of copying the label of the nearest other image (train and val) in raw pixels.

    There is nothing to select, so the validation images are neighbours too. Of larger sets 50,000 images are asked for
    neighbours of 5,000 test images (seed 0).
    """
    draw = np.random.default_rng(0).permutation
    train, test = (rows if len(rows) <= most else np.sort(draw(rows)[:most]) for rows, most in
                   ((np.flatnonzero(faces.split != "test"), 50_000), (np.flatnonzero(faces.split == "test"), 5_000)))
    if not len(train) or not len(test):
        return 0.0
    known = faces.images[train].reshape(len(train), -1).astype(np.float32) / 255 - 0.5
    half = 0.5 * np.einsum("nd,nd->n", known, known)
    hits = 0
    for start in range(0, len(test), chunk):
        rows = test[start:start + chunk]
        asked = faces.images[rows].reshape(len(rows), -1).astype(np.float32) / 255 - 0.5
        nearest = np.argmin(half - asked @ known.T, axis=1)
        hits += int(np.sum(faces.labels[train[nearest]] == faces.labels[rows]))
    return hits / len(test)


def leaks(faces: FaceSet, seed: int = 0) -> list[dict[str, object]]:
    """What each protocol that the set allows lets through, one row each: 1-NN accuracy and groups in train and test.

    The same images are divided anew each time, so the difference between two rows is what a leak is worth.
    """
    given = protocols.parse(str(faces.source.get("protocol", "official"))).proper
    rows = [_leak_row(given, faces, faces.split)]
    for protocol in ("by_image", "by_sequence", "by_subject"):
        try:
            parts = splits.divide(Protocol(protocol), faces, seed, datasets.shares(str(faces.source["dataset"])))
        except InputError:
            continue  # the source names no such groups
        rows += [_leak_row(protocol, faces, splits.as_column(parts, len(faces)))] if protocol != given else []
    return rows


def _leak_row(protocol: str, faces: FaceSet, split: np.ndarray) -> dict[str, object]:
    return {"protocol": protocol, "knn1_accuracy": knn1_accuracy(replace(faces, split=split)),
            "shared_subjects": splits.shared_groups(faces.subjects, split)["train/test"],
            "shared_sequences": splits.shared_groups(faces.sequences, split)["train/test"]}


def near_copies(faces: FaceSet, keys: np.ndarray | None = None) -> dict[str, int]:
    """How many val and test images have a near, not exact, copy in training: lighter, darker, flatter or mirrored.

    Candidates differ in at most 8 of the 63 bits of the perceptual hash and are confirmed by pixel correlation.
    """
    keys = pixel_hash(faces.images) if keys is None else keys
    usable = ~is_blank(faces.images)
    train = np.flatnonzero((faces.split == "train") & usable)
    if not len(train):
        return {"val_in_train": 0, "test_in_train": 0}
    hashes, mirrored = perceptual_hash(faces.images), perceptual_hash(faces.images[:, :, ::-1])
    count = {}
    for part in ("val", "test"):
        rows = np.flatnonzero((faces.split == part) & usable & ~np.isin(keys, keys[train]))
        found = np.zeros(len(rows), bool)
        for turned, known in ((False, hashes[train]), (True, mirrored[train])):
            for start in range(0, len(rows), CHUNK):
                block = slice(start, start + CHUNK)
                close = np.bitwise_count(hashes[rows[block]][:, None] ^ known[None]) <= NEAR_BITS
                asked, answer = np.nonzero(close)
                sure = _alike(faces.images, rows[block][asked], train[answer], turned)
                found[start + np.unique(asked[sure])] = True
        count[f"{part}_in_train"] = int(found.sum())
    return count


def findings(report: dict[str, object], faces: FaceSet) -> list[dict[str, str]]:
    """Each thing wrong, with its severity ("note", "defect", "fatal") and its meaning in one sentence."""
    found = [*_count_findings(report, faces), *_copy_findings(report), *_group_findings(report)]
    found += [*_difference_findings(report), *_fingerprint_findings(report["fingerprint"])]
    if report["knn1_accuracy"] >= FATAL_KNN1:
        found.append(_finding("knn1", "fatal", "Copying the label of the most similar image of training or validation "
                              f"scores {100 * report['knn1_accuracy']:.1f} %: under protocol {report['protocol']} a "
                              "high score needs no learning; divide by subject."))
    return found


def verdict(found: list[dict[str, str]]) -> str:
    """The worst severity found, as a verdict."""
    return VERDICTS[max((SEVERITIES.index(finding["severity"]) for finding in found), default=0)]


def _finding(name: str, severity: str, says: str) -> dict[str, str]:
    return {"id": name, "severity": severity, "says": says}


def _count_findings(report: dict[str, object], faces: FaceSet) -> list[dict[str, str]]:
    found = []
    if report["dataset"] == "fer2013" and report["protocol"] == "official" and not faces.source.get("thinned"):
        off = fer2013.deviations(faces)
        if off:
            more = f" and {len(off) - 1} more" if len(off) > 1 else ""
            found.append(_finding("counts", "defect", f"{off[0]}{more}: figures are not comparable with the papers'."))
    if report["blank"]:
        found.append(_finding("blank", "defect", f"{report['blank']} images hold one single grey value "
                              f"{_published(report, 'blank')}: their labels cannot be seen."))
    if report["distinct"] < report["n"]:
        found.append(_finding("duplicates", "defect", f"{report['distinct']} of {report['n']} images are distinct "
                              f"{_published(report, 'distinct')}: repeated images weigh more than others."))
    return found


def _copy_findings(report: dict[str, object]) -> list[dict[str, str]]:
    found = []
    for part in ("val", "test"):
        copies = report["copies"][f"{part}_in_train"]
        total = sum(report["counts"].get(part, {}).values())
        if copies:
            severity = "fatal" if part == "test" and copies > FATAL_COPIES * total else "defect"
            found.append(_finding(f"{part}_in_train", severity, f"{copies} of {total} {part} images have an exact copy "
                                  f"in training {_published(report, f'{part}_in_train')}: what was learned by heart is "
                                  "scored there, so accuracy is also given without them."))
        near = report["near_copies"][f"{part}_in_train"]
        if near:
            severity = "fatal" if part == "test" and near > FATAL_COPIES * total else "note"
            found.append(_finding(f"{part}_near_train", severity, f"{near} more {part} images differ from a training "
                                  "image only by light, mirroring or compression: they are nearly as easy as copies."))
    if report["conflicting_groups"]:
        found.append(_finding("conflicting_labels", "defect", f"{report['conflicting_groups']} groups of identical "
                              f"images carry more than one label {_published(report, 'conflicting_groups')}: no system "
                              "can get all of them right."))
    return found


def _group_findings(report: dict[str, object]) -> list[dict[str, str]]:
    found = []
    for what, severity in (("sequences", "fatal"), ("subjects", "defect")):
        shared = report[f"shared_{what}"]["train/test"]
        if shared:
            meaning = {"sequences": "the test images' neighbouring frames are trained on, so the score measures memory",
                       "subjects": "the score holds for known people only"}[what]
            found.append(_finding(f"shared_{what}", severity, f"{shared} {what} lie in both training and test under "
                                  f"protocol {report['protocol']}: {meaning}."))
    return found


def _difference_findings(report: dict[str, object]) -> list[dict[str, str]]:
    found = []
    for name, worst in report["differences"].items():
        if _differ(worst):
            first, second = worst["between"].split("/")
            low, high = report[name][first], report[name][second]
            found.append(_finding(name, "fatal", f"{first} and {second} differ in {SAYS[name]} by "
                                  f"{worst['difference']:.1f} standard deviations ({low:.2f} against {high:.2f}): one "
                                  "of them was processed, so training and test no longer show the same kind of image; "
                                  "take another copy."))
    return found


def _fingerprint_findings(found: dict[str, object] | None) -> list[dict[str, str]]:
    """What a copy of FER2013 lacks, adds and changed against the original."""
    if not found:
        return []
    n, test = found["images"], sum(fer2013.PUBLISHED["test"])
    if found["exact"] + found["near"] + found["surplus"] < n / 2:
        return [_finding("unknown_images", "defect", f"{found['foreign']} of {n} images are none of FER2013's, or "
                         "changed beyond recognition: figures are not comparable with the papers'.")]
    says = []
    for name, severity, meaning in (
            ("missing", "defect", "images of the original are missing"),
            ("foreign", "defect", "images are none of the original's, or changed beyond recognition"),
            ("surplus", "defect", "images are further versions (repeated, mirrored, augmented) of others"),
            ("relabelled", "defect", "images carry another label than published"),
            ("moved", "note", "images lay in another split than published; they are put back" if found["restored"]
             else "images lie in another split than published"),
            ("ambiguous", "note", "images have equal ones in another split that the copy lacks; which of them it holds "
             "cannot be told")):
        if found[name]:
            first = f" (first: {found['first'][name]})" if name in found["first"] else ""
            says.append(_finding(name, severity, f"{found[name]} {meaning}{first}."))
    if found["treatment"]:
        ways = {tuple(words) for words in found["treatment"].values()}
        parts = "; ".join(f"{split or 'all'} images {', '.join(words)}" for split, words in found["treatment"].items())
        says.append(_finding("treatment", "note", f"{found['near']} images are not the original's pixels: {parts}"
                             f"{'' if len(ways) == 1 else '; not all splits alike'}."))
    if not found["restored"] and found["test_versions_in_train"] > FATAL_COPIES * test * n / ORIGINAL:
        says.append(_finding("augmented_before_split", "fatal", f"{found['test_versions_in_train']} test images are "
                             "versions of images that training shows too: the copy was augmented before it was "
                             "divided; take another copy."))
    return says


def _published(report: dict[str, object], key: str) -> str:
    """"(as published: 280)" where the original is known to have this defect too."""
    if report["dataset"] != "fer2013" or report["n"] != ORIGINAL:
        return "(counted here)"
    return f"(published: {PUBLISHED_FER2013[key]})"


def _copies(faces: FaceSet, keys: np.ndarray) -> dict[str, int]:
    """Exact copies across splits, by image of the first, and surplus images within each."""
    held = {part: keys[faces.split == part] for part in SPLITS}
    across = {f"{a}_in_{b}": int(np.isin(held[a], held[b]).sum()) for a, b in (("val", "train"), ("test", "train"),
                                                                               ("test", "val"))}
    return across | {f"within_{part}": len(held[part]) - len(np.unique(held[part])) for part in SPLITS}


def _by_split(values: np.ndarray, faces: FaceSet) -> dict[str, float | None]:
    """The mean of each split, None where it has no value."""
    means = {}
    for part in SPLITS:
        here = values[(faces.split == part) & np.isfinite(values)]
        means[part] = round(float(here.mean()), 4) if len(here) else None
    return means


def _finite(values: np.ndarray, subjects: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen values that exist, averaged by subject where every subject is known."""
    chosen = chosen & np.isfinite(values)
    if not np.any(chosen) or np.any(subjects[chosen] == ""):
        return values[chosen]
    _, group = np.unique(subjects[chosen], return_inverse=True)
    return np.bincount(group, weights=values[chosen]) / np.bincount(group)


def _alike(images: np.ndarray, first: np.ndarray, second: np.ndarray, mirrored: bool, chunk: int = 4096) -> np.ndarray:
    """Whether each pair of images correlates as near copies do; bool, (P,)."""
    sure = np.zeros(len(first), bool)
    for start in range(0, len(first), chunk):
        a = images[first[start:start + chunk]].astype(np.float32)
        b = images[second[start:start + chunk]].astype(np.float32)
        b = b[:, :, ::-1] if mirrored else b
        a, b = (x - x.mean(axis=(1, 2), keepdims=True) for x in (a, b))
        norm = np.sqrt((a**2).sum(axis=(1, 2)) * (b**2).sum(axis=(1, 2)))
        sure[start:start + chunk] = (a * b).sum(axis=(1, 2)) > NEAR_CORRELATION * norm
    return sure
