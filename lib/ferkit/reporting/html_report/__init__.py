"""``report.html``: one page that opens anywhere, with no network, and says what a run found.

`build` makes the page of one run, whole or not; `compare` sets several runs side by side. plotly.js is
inlined once, figures are drawn when they come into view, and a content security policy forbids every
request.
"""

from ferkit.reporting.html_report.comparison_page import compare
from ferkit.reporting.html_report.run_page import build

__all__ = ["build", "compare"]
