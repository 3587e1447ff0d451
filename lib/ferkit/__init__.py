"""ferkit: replications of facial-expression-recognition papers that can be checked.

Three names are public: ``ferkit.load(name)`` gives published weights as an object with ``predict(images)``,
``ferkit.published()`` lists the names, ``ferkit.InputError`` is what bad input raises; ``ferkit.__version__`` beside
them. Everything below is for who works on the project.

A file imports from its own floor or lower ones, never in a circle (tests/architecture holds the code to this map):

0  errors · files · fingerprint · gaps · heap · labels · locking · papers · parameters · paths
0  profiles · progress · protocols
1  augment · checkpoint · drawing · faces · layers · losses · metrics · receptive · seeding · splits · statistics
2  catalogue · datasets · loader · models · recipes · results · robustness
3  attention · audit · invariance · occlusion · svm · training · weights
4  batched · bench_processes · bench_training · claims · comparison · evaluation · figures
4  leakage · optimism · timebox
5  analyses · experiments · recogniser · sweep · zero_shot
6  commands · console · exporting · kernel · manifest · options · overlay · photos · pipeline · cards · tryit
6  provenance · publishing · readme · report · verify · __main__

``metrics``, ``statistics``, ``results`` and ``claims`` need no torch. Whatever ``training`` and the data sources
reach imports only torch, torchvision, numpy, scikit-learn, Pillow, safetensors and the standard library.
"""

import importlib

__version__ = "0.1.0"
__all__ = ["InputError", "__version__", "load", "published"]

# Public name → where it is. Imported when first asked for: `import ferkit` costs nothing. The module names stand in
# strings, so that whoever traces imports does not take the whole library for a part of every module.
_HOME = {"load": ("recogniser", "load"), "published": ("catalogue", "names"), "InputError": ("errors", "InputError")}


def __getattr__(name: str) -> object:
    """A public name, on its first use; AttributeError for any other."""
    if name not in _HOME:
        raise AttributeError(f"module 'ferkit' has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(importlib.import_module(f"ferkit.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
