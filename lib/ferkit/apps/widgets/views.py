"""What a network makes of one face: its answer, where its transformer looks, and what covering costs; as pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image, ImageDraw

from ferkit.analysis.occlusion.maps import occlusion_maps
from ferkit.analysis.occlusion.predictors import predictor
from ferkit.analysis.stn_attention import read_by
from ferkit.apps.predictor import Model, Prediction
from ferkit.data.sources.synthetic import subject
from ferkit.data.synthetic.action_units import units_of
from ferkit.data.synthetic.render import Face, Pose, draw_face
from ferkit.models.inference import infer_theta
from ferkit.reporting import figures
from ferkit.reporting.figures.maps import frame
from ferkit.results.predictions import softmax

SHOWN = 240  # pixels along a side of every picture
MARGIN = 24  # around the framed face
PATCH, STRIDE = 8, 4  # of the occlusion map, pixels, as notebook 04 has it
FRAME, HOT = (0, 114, 178), np.array([225, 87, 0], np.float32)  # Okabe & Ito's blue; a strong orange


@dataclass(frozen=True)
class View:
    """One face as a network sees it.

    image: uint8 (48, 48). answer: for this one image. theta: float32 (2, 3) in the image's frame, None without a
    transformer. sampled: the image read at the transformer's points, uint8 (48, 48), None without one.
    cost: float32 (48, 48), what covering around a pixel takes from the probability of the expression that was answered
    (negative where it adds), of one view alone, as in notebook 04.
    """

    image: np.ndarray
    answer: Prediction
    theta: np.ndarray | None
    sampled: np.ndarray | None
    cost: np.ndarray


def view(model: Model, image: np.ndarray) -> View:
    """Everything that the panels show of one face crop, uint8 (48, 48)."""
    answer = model.predict(image[None])
    score = predictor(model.network, model.predictor.head)
    maps = occlusion_maps(score, image[None], answer.labels, patch_size=PATCH, stride=STRIDE)
    theta = _theta(model, image)
    return View(image, answer, theta, None if theta is None else read_by(image, theta[None])[0],
                maps.windows.to_pixels(maps.probability_drop[0]))


def _theta(model: Model, image: np.ndarray) -> np.ndarray | None:
    if getattr(model.network, "sampler", "features") == "none" or not hasattr(model.network, "theta"):
        return None
    return infer_theta(model.network, image[None])[0]


def chances(shown: View) -> np.ndarray:
    """The probability of each expression, float64 (K,); of an SVM the softmax of its uncalibrated scores."""
    known = shown.answer.probabilities
    return (softmax(shown.answer.scores) if known is None else known)[0].astype(np.float64)


def face_png(shown: View) -> bytes:
    """The face, with the frame of what the transformer reads (which may reach beyond the image), as PNG."""
    return _png(_framed(shown.image, shown.theta))


def theta_png(image: np.ndarray, theta: np.ndarray) -> bytes:
    """An image, uint8 (48, 48), with the frame that θ reads, float (2, 3), and beside it what it reads there, as PNG.
    """
    both = Image.new("RGB", (2 * SHOWN + 12, SHOWN), (255, 255, 255))
    both.paste(_framed(image, theta), (0, 0))
    both.paste(_enlarged(read_by(image, theta[None])[0]), (SHOWN + 12, 0))
    return _png(both.quantize(32, dither=Image.Dither.NONE))  # a quarter of the bytes


def _framed(face: np.ndarray, theta: np.ndarray | None) -> Image.Image:
    side = SHOWN - 2 * MARGIN
    image = Image.new("RGB", (SHOWN, SHOWN), (128, 128, 128))
    image.paste(_enlarged(face, side), (MARGIN, MARGIN))
    if theta is not None:
        points = frame(theta, side) + MARGIN
        ImageDraw.Draw(image).line([tuple(point) for point in points.tolist()], fill=FRAME, width=3)
    return image


def sampled_png(shown: View) -> bytes:
    """What the transformer reads, as PNG; a grey square without a transformer."""
    return _png(_enlarged(np.full_like(shown.image, 128) if shown.sampled is None else shown.sampled))


def cost_png(shown: View) -> bytes:
    """The face under the occlusion map, as PNG: the stronger the orange, the more the answer rests on that place."""
    face = np.asarray(_enlarged(shown.image).convert("RGB"), np.float32)
    cost = np.maximum(np.nan_to_num(shown.cost), 0)
    strength = cost / cost.max() if cost.max() > 0 else cost
    smooth = Image.fromarray(strength.astype(np.float32)).resize((SHOWN, SHOWN), Image.Resampling.BILINEAR)
    alpha = 0.85 * np.asarray(smooth)[..., None]
    return _png(Image.fromarray(((1 - alpha) * face + alpha * HOT).astype(np.uint8)))


def bars_html(shown: View) -> str:
    """The probability of each expression as bars, HTML that takes the page's own text colour."""
    values, answered = chances(shown), int(shown.answer.labels[0])
    rows = []
    for k, (name, value) in enumerate(zip(shown.answer.label_names, values, strict=True)):
        colour = figures.colours(1)[0] if k == answered else "rgba(128,128,128,.55)"
        rows.append(
            f"<div style='display:flex;align-items:center;height:26px;font-weight:{600 if k == answered else 400}'>"
            f"<span style='width:74px'>{escape(name)}</span>"
            f"<span style='flex:1'><span style='display:block;height:14px;border-radius:2px;background:{colour};"
            f"width:{max(100 * value, 0.5):.1f}%'></span></span>"
            f"<span style='width:50px;text-align:right'>{100 * value:.0f} %</span></div>")
    return f"<div style='width:300px;line-height:1.2'>{''.join(rows)}</div>"


def says(shown: View) -> str:
    """The view in one sentence: the answer, what the transformer does, what covering can cost at most."""
    values, answered = chances(shown), int(shown.answer.labels[0])
    text = f"{shown.answer.expressions[0]} ({100 * values[answered]:.0f} %)"
    if shown.theta is not None:
        size = float(np.sqrt(abs(np.linalg.det(shown.theta[:, :2]))))
        right, down = (shown.theta[:, 2] * 24).tolist()
        text += f"; the transformer reads {size:.2f} × the face, moved by ({right:+.1f}, {down:+.1f}) pixels"
    worst = float(np.nanmax(shown.cost))
    where = np.unravel_index(np.nanargmax(shown.cost), shown.cost.shape)
    return (f"{text}; covering 8×8 pixels costs up to {100 * max(worst, 0):.0f} points, most around "
            f"({where[1]}, {where[0]})")


def drawn_photo() -> bytes:
    """A PNG photograph of three drawn people of different size on a plain wall: the default in place of an upload."""
    wall = Image.new("L", (640, 360), 96)
    for number, (expression, place, side) in enumerate((("happy", (40, 110), 150), ("surprise", (230, 60), 220),
                                                        ("angry", (490, 150), 120))):
        face = draw_face(Face(identity=subject(0, 3 * number + 4), units=units_of(expression, 1.0),
                              pose=Pose(scale=0.95)))
        wall.paste(Image.fromarray(face).resize((side, side), Image.Resampling.BICUBIC), place)
    return _png(wall)


def _enlarged(image: np.ndarray, side: int = SHOWN) -> Image.Image:
    return Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
