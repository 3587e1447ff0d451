"""What a face is throughout: an upright grey crop of SIZE × SIZE pixels, as in FER2013."""

SIZE = 48
