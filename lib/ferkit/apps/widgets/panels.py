"""The widgets: a face drawn by sliders, and a photograph; both show a `View` that follows every change."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from ferkit import papers
from ferkit.apps import overlay, photos, predictor
from ferkit.apps.predictor import Model
from ferkit.apps.published import loadable
from ferkit.apps.widgets import views
from ferkit.apps.widgets.views import SHOWN, View
from ferkit.core.errors import InputError
from ferkit.data.sources.synthetic import subject
from ferkit.data.synthetic.action_units import ACTION_UNITS, EXPRESSIONS, REGIONS
from ferkit.data.synthetic.render import Face, Light, Pose, draw_face
from ferkit.results import weights_catalogue

PEOPLE = 12  # drawn people to choose from
CAPTIONS = ("the face; blue: what the transformer reads", "what the transformer reads",
            "orange: covering here costs the answer most")


_WRAP = widgets.Layout(flex_flow="row wrap", align_items="flex-start")


@cache
def _model(name: str) -> Model:
    return predictor.load(name or None)


def default_weights() -> str:
    """The published network with a spatial transformer that validation puts first, the best of all without one."""
    here = loadable()
    attentive = [entry for entry in here if "attention" in papers.system(entry.key.system).analyses]
    return weights_catalogue.best(attentive or here).full_name


class _Panel:
    """A choice of weights and the pictures of one face, whichever way it comes."""

    def __init__(self, weights: str = "") -> None:
        names = [entry.full_name for entry in loadable()]
        chosen = weights_catalogue.find(weights).full_name if weights else default_weights()
        self.weights = widgets.Dropdown(options=names, value=chosen, description="weights")
        self.weights.observe(self._follow, "value")
        self._pictures = [widgets.Image(format="png", width=SHOWN, height=SHOWN) for _ in range(3)]
        self._bars, self._words = widgets.HTML(), widgets.HTML()
        self.view: View | None = None

    @property
    def model(self) -> Model:
        """The system that answers now."""
        return _model(self.weights.value)

    @property
    def says(self) -> str:
        """What is seen now, in one sentence."""
        return "" if self.view is None else views.says(self.view)

    def face(self) -> np.ndarray:
        """The face crop that is shown now, uint8 (48, 48)."""
        raise NotImplementedError

    def _follow(self, _: object = None) -> None:
        self.view = views.view(self.model, self.face())
        drawings = (views.face_png, views.sampled_png, views.cost_png)
        for picture, draw in zip(self._pictures, drawings, strict=True):
            picture.value = draw(self.view)
        self._bars.value = views.bars_html(self.view)
        note = "" if self.view.theta is not None else " This network has no transformer."
        self._words.value = f"<p style='max-width:1000px'>{self.says}.{note}</p>"

    def _shown(self) -> widgets.Widget:
        cells = [widgets.VBox([picture, widgets.HTML(f"<small>{caption}</small>")],
                              layout=widgets.Layout(width=f"{SHOWN + 12}px"))
                 for picture, caption in zip(self._pictures, CAPTIONS, strict=True)]
        row = widgets.HBox([*cells, self._bars], layout=_WRAP)
        return widgets.VBox([row, self._words], layout=widgets.Layout(max_width="560px"))


class FacePanel(_Panel):
    """Draw a face with a slider for each action unit.

    expression: what the sliders start at. person: who is drawn, 0…11. weights: a published name, "" for the best with
    a transformer. Display `widget`; `view` is what it shows.
    """

    def __init__(self, expression: str = "happy", person: int = 0, weights: str = "") -> None:
        super().__init__(weights)
        self.expression = widgets.Dropdown(options=list(EXPRESSIONS), value=expression, description="start from")
        self.person = widgets.IntSlider(person, 0, PEOPLE - 1, description="person")
        self.roll = widgets.FloatSlider(0, min=-30, max=30, step=1, description="tilt, °")
        self.light = widgets.FloatSlider(0.35, min=0, max=1, step=0.05, description="light")
        self.sliders = {number: widgets.FloatSlider(0.0, min=0, max=1, step=0.05, readout_format=".2f",
                                                    description=f"AU{number} {unit.name}",
                                                    style={"description_width": "168px"},
                                                    layout=widgets.Layout(width="395px", max_width="100%"))
                        for number, unit in ACTION_UNITS.items()}
        self._busy = True
        for slider in (*self.sliders.values(), self.person, self.roll, self.light):
            slider.observe(self._follow, "value")
        self.expression.observe(lambda change: self.set(EXPRESSIONS[change["new"]]), "value")
        self.widget = widgets.VBox([
            widgets.HBox([self.weights, self.expression], layout=_WRAP),
            widgets.HBox([self._shown(), self._units()], layout=_WRAP)])
        self.set(EXPRESSIONS[expression])

    def set(self, units: Mapping[int, float] | tuple[int, ...]) -> None:
        """Put these action units to their amounts (1 where only numbers are given), all others to 0."""
        amounts = units if isinstance(units, Mapping) else dict.fromkeys(units, 1.0)
        self._busy = True
        for number, slider in self.sliders.items():
            slider.value = float(amounts.get(number, 0.0))
        self._busy = False
        self._follow()

    def sweep(self, unit: int, amounts: Sequence[float]) -> list[dict[str, object]]:
        """What the network says with one action unit at each of `amounts` (0…1) and all others as they stand: rows for
        a table. The slider is put back afterwards."""
        slider, before, rows = self.sliders[unit], self.sliders[unit].value, []
        for amount in amounts:
            slider.value = float(amount)
            rows.append({f"AU {unit}": slider.value, "what the network says": self.says})
        slider.value = before
        return rows

    def face(self) -> np.ndarray:
        """The drawn face, uint8 (48, 48)."""
        units = {number: slider.value for number, slider in self.sliders.items() if slider.value}
        return draw_face(Face(identity=subject(0, self.person.value), units=units,
                              pose=Pose(scale=1.08, roll=self.roll.value), light=Light(strength=self.light.value)))

    def _follow(self, _: object = None) -> None:
        if not self._busy:  # many sliders move at once when an expression is chosen: look once
            super()._follow()

    def _units(self) -> widgets.Widget:
        """The sliders of one region at a time, in tabs that stand beside the pictures."""
        own = {region: [slider for number, slider in self.sliders.items() if ACTION_UNITS[number].region == region]
               for region in REGIONS}
        groups = {**{region: sliders for region, sliders in own.items() if sliders},
                  "pose": [self.person, self.roll, self.light]}
        return widgets.Tab([widgets.VBox(sliders) for sliders in groups.values()], titles=list(groups),
                           layout=widgets.Layout(width="430px", max_width="100%"))


class PhotoPanel(_Panel):
    """Look at the faces of a photograph: one from a file, an upload, or, without either, a drawn one.

    photo: a path, "" for drawn people. weights: as for `FacePanel`. Display `widget`; `view` is what it shows.
    """

    def __init__(self, photo: str = "", weights: str = "") -> None:
        super().__init__(weights)
        self.upload = widgets.FileUpload(accept="image/*", multiple=False, description="photo")
        self.number = widgets.Dropdown(options=[1], description="face")
        self._photo, self._error = widgets.Image(format="png"), widgets.HTML()
        self._photo.layout.max_width = "640px"
        self._name, self._content, self._crops = "", b"", []
        self.upload.observe(self._uploaded, "value")
        self.number.observe(self._follow, "value")
        self.widget = widgets.VBox([widgets.HBox([self.weights, self.upload, self.number]), self._error, self._photo,
                                    self._shown()])
        try:
            self.open(Path(photo).name or "drawn people", Path(photo).read_bytes() if photo else views.drawn_photo())
        except OSError as error:
            self.open("drawn people", views.drawn_photo())
            self._tell(f"{photo}: {error.strerror or error}")

    def open(self, name: str, content: bytes) -> None:
        """Look at another photograph; one that cannot be read is told, and the old one stays (at first, drawn people).
        """
        self._error.value = ""
        try:
            crops = photos.crops_of(photos.Photo(name, lambda: content))
        except InputError as error:
            self._tell(str(error))
            if self._crops:
                return
            name, content = "drawn people", views.drawn_photo()
            crops = photos.crops_of(photos.Photo(name, lambda: content))
        self._name, self._content, self._crops = name, content, crops
        before = self.number.value
        self.number.options = list(range(1, len(crops) + 1))  # sets the value to 1, which looks if it was another
        self.number.value = 1
        if before == 1:
            self._follow()

    def _tell(self, problem: str) -> None:
        self._error.value = f"<p style='color:#D55E00'>{escape(problem)}</p>"

    @property
    def rows(self) -> list[photos.Row]:
        """What the system says of every face of the photograph, the largest first."""
        return list(photos.predict(self.model, [photos.Photo(self._name, lambda: self._content)]))

    def face(self) -> np.ndarray:
        """The chosen face's crop, uint8 (48, 48)."""
        return self._crops[(self.number.value or 1) - 1].image

    def _uploaded(self, change: Mapping) -> None:
        for file in change["new"]:
            self.open(file["name"], bytes(file["content"]))

    def _follow(self, _: object = None) -> None:
        super()._follow()
        stream = io.BytesIO()
        overlay.draw(self._content, self.rows).save(stream, "PNG")
        self._photo.value = stream.getvalue()


_RANGES = {"width": (0.2, 1.6, 1.0), "height": (0.2, 1.6, 1.0), "right": (-1.0, 1.0, 0.0), "down": (-1.0, 1.0, 0.0),
           "turn, °": (-90.0, 90.0, 0.0)}  # of a panel's sliders: from, to, start


class ThetaPanel:
    """What a spatial transformer reads of one image, with a slider for each thing that θ does.

    image: uint8 (48, 48). Display it: sliders in JupyterLab, where nothing can move a picture of θ as it stands.
    """

    def __init__(self, image: np.ndarray, **start: float) -> None:
        self.image = image
        self.sliders = {name: widgets.FloatSlider(start.get(name, value), min=low, max=high, description=name,
                                                  step=1 if name.startswith("turn") else 0.05)
                        for name, (low, high, value) in _RANGES.items()}
        self._picture, self._words = widgets.Image(format="png"), widgets.HTML()
        for slider in self.sliders.values():
            slider.observe(self._follow, "value")
        self.widget = widgets.HBox([self._picture, widgets.VBox([*self.sliders.values(), self._words])], layout=_WRAP)
        self._follow()

    @property
    def theta(self) -> np.ndarray:
        """θ as the sliders have it, float64 (2, 3): the read area's size and turn, then its shift, in [-1, 1]."""
        width, height, right, down, turn = (slider.value for slider in self.sliders.values())
        sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
        return np.array([[width * cosine, -height * sine, right], [width * sine, height * cosine, down]])

    def _follow(self, _: object = None) -> None:
        self._picture.value = views.theta_png(self.image, self.theta)
        rows = "<br>".join(" ".join(f"{value:+.2f}" for value in row) for row in self.theta)
        self._words.value = f"<div style='line-height:1.4'>θ =<br><code>{rows}</code></div>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return self.widget._repr_mimebundle_() | {"image/png": base64.b64encode(self._picture.value).decode()}
