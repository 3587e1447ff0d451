"""The reading notes behind the project: their statements about rare classes, which belong to no single paper."""

TITLES = {"notes": "Reading notes"}
