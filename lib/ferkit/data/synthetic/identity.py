"""Who is drawn: proportions, tones, hair, beard, glasses.

Lengths in pixels of the 48×48 image, tones 0…255.
"""

from dataclasses import dataclass

import numpy as np

HAIR_STYLES = ("bald", "short", "receding", "parted", "fringe", "long", "long_fringe", "curly", "bun",
               "scarf")
BEARDS = ("none", "stubble", "moustache", "goatee", "full")
GLASSES = ("none", "thin", "thick", "dark")


@dataclass(frozen=True)
class Identity:
    """One drawn person; the default is the mean face. The origin lies between eyes and nose, y grows down."""

    half_width: float = 16.6      # at the cheekbones
    jaw: float = 0.78             # width at the jaw's angle, of half_width
    chin_width: float = 5.0
    chin_y: float = 21.0
    hairline_y: float = -16.5
    ears: float = 1.6
    eye_x: float = 8.1
    eye_y: float = -4.8
    eye_width: float = 3.6        # half
    eye_height: float = 1.5       # half
    eye_tilt: float = 0.2         # outer corner above inner one
    socket: float = 0.5           # how deep the eyes lie, 0…1
    brow_gap: float = 4.4         # brow above eye
    brow_thickness: float = 0.75  # half
    brow_slant: float = 0.0       # inner end lower than outer one
    brow_arch: float = 0.8
    nose_length: float = 10.2     # eye to base
    nose_width: float = 3.2       # half
    mouth_gap: float = 6.4        # nose base to mouth
    mouth_width: float = 5.6      # half
    mouth_curve: float = 0.0      # corners at rest, + hangs
    upper_lip: float = 1.05
    lower_lip: float = 1.4
    lip_tone: float = 0.72        # of skin
    skin: float = 170.0
    hair: float = 45.0
    iris: float = 55.0
    lashes: float = 0.3           # half thickness of the lash line
    age: float = 0.3              # 0…1, depth of folds
    hair_style: str = "short"
    hair_side: int = 1            # where the parting lies, -1 or 1
    beard: str = "none"
    glasses: str = "none"
    seed: int = 0                 # strands and other small irregularities

    @property
    def nose_y(self) -> float:
        """The base of the nose."""
        return self.eye_y + self.nose_length

    @property
    def mouth_y(self) -> float:
        """Where the closed lips meet."""
        return self.nose_y + self.mouth_gap


def random_identity(rng: np.random.Generator) -> Identity:
    """A person drawn at random: independent proportions, plausible combinations of tones, hair and beard."""
    def normal(mean: float, sd: float) -> float:
        return float(mean + sd * np.clip(rng.normal(), -2, 2))

    mannish = rng.random() < 0.5
    age = float(rng.beta(1.4, 2.2))
    skin = float(rng.uniform(95, 205))
    dark_hair = rng.uniform(15, 60)
    fair_hair = rng.uniform(80, 190)
    fair = (skin > 150 and rng.random() < 0.45) or (age > 0.7 and rng.random() < 0.6)
    if mannish:
        style = rng.choice(HAIR_STYLES, p=[.12, .34, .14, .2, .08, .03, .01, .08, 0, 0])
        beard = rng.choice(BEARDS, p=[.55, .17, .08, .08, .12])
    else:
        style = rng.choice(HAIR_STYLES, p=[0, .1, 0, .14, .1, .24, .16, .12, .1, .04])
        beard = "none"
    return Identity(
        half_width=normal(16.4, 0.9), jaw=normal(0.8 if mannish else 0.74, 0.05), chin_width=normal(5.2, 0.8),
        chin_y=normal(21.2, 1.0), hairline_y=normal(-16.2, 1.2), ears=normal(1.7, 0.4),
        eye_x=normal(8.1, 0.45), eye_y=normal(-4.8, 0.6), eye_width=normal(3.6, 0.25),
        eye_height=normal(1.5, 0.2), eye_tilt=normal(0.2, 0.3), socket=float(rng.uniform(0.1, 1)),
        brow_gap=normal(4.4, 0.5), brow_thickness=normal(0.85 if mannish else 0.62, 0.18),
        brow_slant=normal(0, 0.35), brow_arch=normal(0.8, 0.35), nose_length=normal(10.2, 0.7),
        nose_width=normal(3.2, 0.35), mouth_gap=normal(6.4, 0.5), mouth_width=normal(5.6, 0.45),
        mouth_curve=normal(0, 0.28), upper_lip=normal(1.0, 0.22), lower_lip=normal(1.4, 0.28),
        lip_tone=normal(0.72, 0.06), skin=skin, hair=float(fair_hair if fair else dark_hair),
        iris=float(rng.uniform(25, 100)), lashes=normal(0.24 if mannish else 0.36, 0.06), age=age,
        hair_style=str(style), hair_side=int(rng.choice((-1, 1))), beard=str(beard),
        glasses=str(rng.choice(GLASSES, p=[.83, .09, .06, .02])), seed=int(rng.integers(2**31)))
