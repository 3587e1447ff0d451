"""ferkit: replications of facial-expression-recognition papers that can be checked.

A file imports from its own floor or lower ones, never in a circle (tests/architecture holds the code to this map):

0  errors · files · fingerprint · gaps · labels · papers · parameters · paths · profiles · progress
1  augment · checkpoint · drawing · faces · layers · losses · metrics · receptive · seeding · splits · statistics
2  datasets · loader · models · recipes · results · robustness
3  attention · audit · occlusion · svm · training · weights
4  batched · bench_training · claims · comparison · evaluation · figures · timebox
5  experiments · sweep
6  commands · console · kernel · locking · manifest · options · pipeline · publishing · readme · report · verify
6  __main__

``metrics``, ``statistics``, ``results`` and ``claims`` need no torch. Whatever ``training`` and the data sources
reach imports only torch, torchvision, numpy, scikit-learn, Pillow, safetensors and the standard library.
"""

__version__ = "0.1.0"
