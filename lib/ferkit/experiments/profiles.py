"""What each profile costs: how many drawn faces, which cells are trained for how long, how wide the analyses go.

A *cell* is one trained system under one recipe (and one seed). This table is the only place that says what a
profile trains, so that every notebook takes the same profiles. Published results use `full`. Epochs are meant for
as many training images as the profile draws, or more: `experiments.for_size` gives a smaller set more of them.
"""

from dataclasses import dataclass

NOTEBOOKS = ("01_data_preparation", "02_stn_attention", "03_gap_cnn_svm", "04_occlusion_analysis",
             "05_confusion_comparison")


START_HERE = "00_start_here"  # a tour by hand: no part of a run


@dataclass(frozen=True)
class CellPlan:
    """One system under one recipe for so many epochs; `epochs` 0 means nothing is trained by gradient (an SVM), `seeds`
    0 as many as the profile says."""

    system: str
    recipe: str
    epochs: int
    seeds: int = 0


@dataclass(frozen=True)
class Profile:
    """One cost level.

    drawn: images of the built-in set in (train, val, test).
    limit: at most so many training, validation and test images of a real data set (stratified, seeded); 0 = all.
    cells: by notebook, what is trained.
    seeds: how many seeds each cell is trained with, counted from the run's own seed.
    svm_rows, svm_search_rows: training rows of the final SVM and of the search for C and gamma; 0 = all.
    occlusion_images: test images analysed by occlusion (stratified); 0 = all.
    batch_size: in place of our recipes' own, for sets so small that theirs would leave few steps an epoch; 0 = theirs.
    Published recipes keep 128: on drawn faces Deep-Emotion's collapses onto one class with batches of 32 or 64.
    robustness: systems whose `ours` is also tested on damaged images, so many of them (stratified); 0 = all.
    """

    name: str
    says: str
    drawn: tuple[int, int, int]
    limit: int
    cells: dict[str, tuple[CellPlan, ...]]
    seeds: int = 1
    svm_rows: int = 0
    svm_search_rows: int = 2000
    occlusion_images: int = 0
    patch_size: int = 8
    stride: int = 4
    batch_size: int = 0
    robustness: tuple[str, ...] = ("deep_emotion", "gap_cnn", "gap_cnn_svm", "lenet5")
    robustness_images: int = 0


PROBED_RATES = ("0.0001", "0.001", "0.01", "0.02", "0.05", "0.1")  # beside the published 0.005
# Variants of the GAP CNN, each with one thing changed: what the two ideas of the paper are held against, and what the
# reading notes ask of pooling, depth, width and skip connections.
CONTROLS = ("small", "large_kernels", "fc")
VARIANTS = (*CONTROLS, "three_small", "seven", "average_pool", "strided", "no_pool", "skip", "wider")


def _cells(published: int, ours: int, gap_published: int, gap_ours: int, lenet: int, *, stn_seeds: int = 0,
           wide: int = 0, wide_seeds: int = 0, controls: bool = False, probe: int = 0, probe_seeds: int = 0,
           rates: tuple[str, ...] = PROBED_RATES, lenet_seeds: int = 0, variants: int = 0,
           which: tuple[str, ...] = CONTROLS) -> dict[str, tuple[CellPlan, ...]]:
    """The cells of a profile at these numbers of epochs (0 leaves a group out) and seeds (0: the profile's)."""
    stn = [CellPlan("deep_emotion", "published", published, stn_seeds),
           CellPlan("deep_emotion", "ours", ours, stn_seeds)]
    if wide:
        stn.append(CellPlan("deep_emotion_wide", "ours", wide, wide_seeds))
    if controls:
        stn += [CellPlan("deep_emotion_identity", "ours", ours, stn_seeds),
                CellPlan("deep_emotion_plain", "ours", ours, stn_seeds),
                CellPlan("deep_emotion", "published_sgd", published, stn_seeds)]
    if probe:
        stn += [CellPlan("deep_emotion", f"published_lr{rate}", probe, probe_seeds) for rate in rates]
    gap = [CellPlan("lenet5", "ours", lenet, lenet_seeds), CellPlan("gap_cnn", "published", gap_published),
           CellPlan("gap_cnn_svm", "published", 0), CellPlan("gap_cnn", "ours", gap_ours),
           CellPlan("gap_cnn_svm", "ours", 0)]
    if variants:
        gap += [CellPlan(f"gap_cnn_{variant}", "control", variants) for variant in which]
    return {"02_stn_attention": tuple(stn), "03_gap_cnn_svm": tuple(gap)}


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", "seconds per notebook: what the tests run", drawn=(420, 140, 140), limit=420,
                cells=_cells(12, 12, 3, 3, 15), svm_search_rows=210, occlusion_images=35, stride=8, batch_size=32,
                robustness=("lenet5",), robustness_images=35),
        Profile("quick", "minutes on two cores: the default", drawn=(2800, 700, 700), limit=2800,
                cells=_cells(20, 12, 3, 5, 12, controls=True, probe=8, rates=("0.0001", "0.001", "0.02", "0.1"),
                             variants=3), svm_search_rows=1400,
                occlusion_images=350, batch_size=64, robustness_images=140),
        Profile("standard", "about three hours on two cores with FER2013", drawn=(7000, 1400, 1400), limit=0,
                cells=_cells(24, 30, 24, 36, 40, stn_seeds=3, wide=36, controls=True, probe=4, probe_seeds=2,
                             lenet_seeds=3),
                svm_search_rows=4000, occlusion_images=700, robustness_images=700),
        Profile("full", "what published results use; a GPU is advisable", drawn=(14000, 2800, 2800), limit=0,
                cells=_cells(120, 120, 60, 80, 60, wide=80, controls=True, probe=15, variants=30,
                             which=VARIANTS), seeds=3,
                svm_search_rows=6000),
    )
}
