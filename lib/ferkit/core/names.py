"""How a trained system is named throughout: by its system and its recipe."""

Name = tuple[str, str]  # (system, recipe)
