from ferkit.apps.photos import Face, read
from ferkit.apps.predictor import Model, Prediction, load
from ferkit.apps.published import published
from ferkit.core.errors import InputError

__all__ = ["Face", "InputError", "Model", "Prediction", "__version__", "load", "published", "read"]
__version__: str
