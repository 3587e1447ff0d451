"""What each profile costs: how many images, how many seeds, how wide the analyses go.

Which systems a profile trains for how long stands in the papers' plans (``plan.py`` of each folder below
`ferkit.papers`). Published results on photographs use `standard`, or a sweep of their own; those on
synthetic faces say theirs.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """One cost level.

    drawn: images of the built-in set in (train, val, test). sequences: its sequences.
    limit: at most so many training, validation and test images of a real data set (stratified, seeded); 0 = all.
    seeds: how many seeds each system is trained with, counted from the run's own seed.
    head_search_rows: training rows that an SVM's C and gamma are searched with; 0 = all. It is fitted on all.
    occlusion_images: test images analysed by occlusion (stratified); 0 = all. beside_images: those of the system that
    only stands beside the one that claims are about, which may cost ten times as much; 0 = as many.
    patch_size, stride: of that analysis, in pixels.
    batch_size: in place of a recipe's own, for sets so small that its would leave few steps an epoch; 0 = the recipe's.
    corruption_images: how many stratified test images are also tested corrupted; 0 = all.
    """

    name: str
    says: str
    drawn: tuple[int, int, int]
    sequences: tuple[int, int, int]
    limit: int
    seeds: int = 1
    head_search_rows: int = 2000
    occlusion_images: int = 0
    beside_images: int = 0
    patch_size: int = 8
    stride: int = 4
    batch_size: int = 0
    corruption_images: int = 0


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", "seconds per notebook: what the tests run", drawn=(420, 140, 140), sequences=(42, 14, 28),
                limit=420, head_search_rows=210, occlusion_images=35, stride=8, batch_size=32, corruption_images=35),
        Profile("quick", "minutes on two cores: the default", drawn=(2800, 700, 700), sequences=(168, 56, 112),
                limit=2800, head_search_rows=1400, occlusion_images=350, beside_images=70, batch_size=64,
                corruption_images=140),
        Profile("standard", "about three hours on two cores with FER2013", drawn=(7000, 1400, 1400),
                sequences=(700, 140, 420), limit=0, head_search_rows=4000, occlusion_images=700, corruption_images=700),
        Profile("full", "longer schedules and three seeds of everything; a GPU is advisable",
                drawn=(14000, 2800, 2800), sequences=(1400, 280, 840), limit=0, seeds=3, head_search_rows=6000),
    )
}
