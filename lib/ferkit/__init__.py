"""ferkit: replications of facial-expression-recognition papers that can be checked.

Three names are public: ``ferkit.load(name)`` gives published weights as an object with ``predict(images)``,
``ferkit.published()`` lists the names, ``ferkit.InputError`` is what bad input raises; ``ferkit.__version__`` beside
them. Everything below is for who works on the project.

The packages, each importing only from those before it: `core`, `stats`, `data`, `models`, `training`, `results`,
`experiments`, `analysis`, `claims`, `papers`, `reporting`, `publishing`, `pipeline`, `apps`, `cli`.
"""

import importlib

__version__ = "0.1.0"
__all__ = ["InputError", "__version__", "load", "published"]

# Public name → where it is. Imported when first asked for: `import ferkit` costs nothing. The module names stand in
# strings, so that whoever traces imports does not take the whole library for a part of every module.
_HOME = {"load": ("apps.predictor", "load"), "published": ("results.weights_catalogue", "names"),
         "InputError": ("core.errors", "InputError")}


def __getattr__(name: str) -> object:
    """A public name, on its first use; AttributeError for any other."""
    if name not in _HOME:
        raise AttributeError(f"module 'ferkit' has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(importlib.import_module(f"ferkit.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
