"""FER+: ten people's votes on nearly every image of FER2013.

Barsoum, Zhang, Canton Ferrer & Zhang 2016, arXiv 1608.01041.

The votes and the rule that makes labels of them are `ferkit.data.ferplus`; nothing of this paper is trained as its own
system.
"""

TITLES = {"ferplus": "FER+ labels"}
