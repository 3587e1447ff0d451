"""Try a network by hand: sliders that draw a face, or a photograph, and what the network makes of it, at once.

`views` computes and draws what is shown, `panels` are the widgets. Used by notebooks 00 and 02.
"""

from ferkit.apps.widgets.panels import FacePanel, PhotoPanel, ThetaPanel, default_weights
from ferkit.apps.widgets.views import View, drawn_photo, view

__all__ = ["FacePanel", "PhotoPanel", "ThetaPanel", "View", "default_weights", "drawn_photo", "view"]
