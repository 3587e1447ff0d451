"""The seven expressions in their one canonical order, and how every source names them.

The order is FER2013's own coding 0…6 (Goodfellow et al. 2013, doi 10.1007/978-3-642-42051-1_16).
"""

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
CONTEMPT = "contempt"  # CK+'s eighth label, kept only on request

# Every spelling found in circulating copies; lower case, spaces and hyphens removed.
ALIASES = {
    "angry": ("angry", "anger", "an", "ang"),
    "disgust": ("disgust", "disgusted", "di", "dis"),
    "fear": ("fear", "fearful", "afraid", "scared", "fe", "fea"),
    "happy": ("happy", "happiness", "joy", "ha", "hap"),
    "sad": ("sad", "sadness", "sa"),
    "surprise": ("surprise", "surprised", "su", "sur"),
    "neutral": ("neutral", "ne", "neu"),
    CONTEMPT: ("contempt", "contemptuous"),
}
_BY_ALIAS = {alias: label for label, aliases in ALIASES.items() for alias in aliases}


def to_label(name: str) -> str | None:
    """The canonical label for a source's class name ("Happiness", "joy", "HA" → "happy"); None if unknown."""
    return _BY_ALIAS.get(name.strip().lower().replace(" ", "").replace("-", "").replace("_", ""))
