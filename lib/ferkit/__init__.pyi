from ferkit.apps.predictor import load
from ferkit.core.errors import InputError
from ferkit.results.weights_catalogue import names as published

__all__ = ["InputError", "__version__", "load", "published"]
__version__: str
