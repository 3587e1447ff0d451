"""jsonschema, imported without the seconds that one of its optional dependencies takes.

nbformat imports it, and so do papermill and each kernel that shows a plotly figure: whoever imports one of them calls
this first. The package itself stays installed: a lock without it is one that pip refuses.
"""

from __future__ import annotations

import sys
from types import ModuleType

SLOW = "rfc3987_syntax"  # builds 38 grammars when it is imported, to check a format (iri) that notebooks do not use


def jsonschema() -> ModuleType | None:
    """The module; None where it is not installed."""
    before = sys.modules.get(SLOW)
    sys.modules[SLOW] = before  # None: "not installed"
    try:
        import jsonschema
    except ImportError:
        return None
    finally:
        if before is None:
            del sys.modules[SLOW]
    return jsonschema
