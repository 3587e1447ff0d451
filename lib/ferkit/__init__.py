"""ferkit: replications of facial-expression-recognition papers that can be checked.

Public: ``ferkit.read(photo)`` gives the faces of a photograph, a list of `Face`; ``ferkit.load(name)`` gives published
weights as a `Model`, whose ``predict(images)`` gives a `Prediction`; ``ferkit.published()`` lists the names;
``ferkit.InputError`` is what bad input raises; ``ferkit.__version__`` beside them. Everything below is for who works on
the project.

The packages, each importing only from those before it: `core`, `stats`, `data`, `models`, `training`, `results`,
`experiments`, `analysis`, `claims`, `papers`, `reporting`, `publishing`, `pipeline`, `apps`, `cli`.
"""

import importlib

__version__ = "0.1.0"
__all__ = ["Face", "InputError", "Model", "Prediction", "__version__", "load", "published", "read"]

# Public name → where it is. Imported when first asked for: `import ferkit` costs nothing. The module names stand in
# strings, so that whoever traces imports does not take the whole library for a part of every module.
_HOME = {"load": "apps.predictor", "Model": "apps.predictor", "Prediction": "apps.predictor", "read": "apps.photos",
         "Face": "apps.photos", "published": "apps.published", "InputError": "core.errors"}


def __getattr__(name: str) -> object:
    """A public name, on its first use; AttributeError for any other."""
    if name not in _HOME:
        raise AttributeError(f"module 'ferkit' has no attribute {name!r}")
    return getattr(importlib.import_module(f"ferkit.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
