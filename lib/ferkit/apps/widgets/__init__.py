"""Try a network by hand: sliders that draw a face, or a photograph, and what the network makes of it, at once.

`views` computes and draws what is shown, `panels` are the widgets. Used by notebook 00.
"""

from ferkit.apps.widgets.panels import FacePanel, PhotoPanel, default_weights
from ferkit.apps.widgets.views import View, drawn_photo, view

__all__ = ["FacePanel", "PhotoPanel", "View", "default_weights", "drawn_photo", "view"]
