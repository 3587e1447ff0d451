"""The file in which a trained system's early recognition is kept, beside its metrics.json."""

EARLY = "early_recognition.json"
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of a sequence's frames, from its first
