

TITLES = {"notes": "Reading notes"}
