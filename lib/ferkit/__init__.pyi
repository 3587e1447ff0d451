from ferkit.catalogue import names as published
from ferkit.errors import InputError
from ferkit.recogniser import load

__all__ = ["InputError", "__version__", "load", "published"]
__version__: str
