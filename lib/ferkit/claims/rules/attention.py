"""The rule about where attention lies: a measure of `results.planted` against a bar, over seeds and images."""

from __future__ import annotations

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import superiority
from ferkit.claims.evidence import Evidence, NotRun
from ferkit.claims.finding import Finding, finding, name_of, not_every_seed, refuse_untrained, sources_of
from ferkit.core.names import Name
from ferkit.results import planted
from ferkit.stats import estimates


def above(evidence: Evidence, claim: Claim, name: Name, measure: str, relevant: float) -> Finding:
    """Whether a measure of a network's attention lies above the claim's value. relevant: the least that matters."""
    results = evidence.results(name)
    found = [((planted.read(result) or {}).get("attention") or {}).get(measure) for result in results]
    if None in found:
        raise NotRun(f"{name_of(results)}: no {measure} of its attention was measured (drawn faces alone have the "
                     "truth)")
    refuse_untrained([results])
    sd = float(np.sqrt(np.mean([one["sd"] ** 2 for one in found])))  # as if seeds shared their images
    seen = estimates.estimate([one["mean"] for one in found], estimates.normal(sd))
    verdict = superiority(estimates.above(seen, claim.value), seen.p(claim.value), relevant)
    notes = [f"{key.replace('_', ' ')} {np.mean([one[key] for one in found]):.3f}" for key in found[0]
             if key not in ("mean", "sd", "n", "weights")]
    verdict, notes = not_every_seed(verdict, results, [*notes, f"on {found[0]['n']} images"])
    distance = max(seen.mean - claim.value, relevant - seen.mean + claim.value)
    return finding(verdict, seen, sources_of(evidence, results), notes, distance)


ABOVE = Rule(above, (
    "Reproduced: the 95 % interval over seeds and images lies above the stated share, with p below 0.05. Contradicted: "
    "below it. Not reproduced: it holds that share and ends less than {relevant} above it. Inconclusive: it holds "
    "the share and reaches {relevant} above it. Refused where the network did not train; "
    "not run where the truth is not known."))
