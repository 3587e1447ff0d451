"""A replication article for each paper whose folder holds ``article.typ.jinja``, in the form of ReScience C.

``results/article/<paper>/`` holds article.typ (Typst's source), article.pdf, article.html, figures, bibliography.bib
and metadata.yaml as ReScience C's template has it (github.com/ReScience/template). Prose stands in the paper's folder;
every number in it is asked of the published results (`content`), and a test fails when an article is not what they make
of it.
"""

from __future__ import annotations

import base64
import datetime
import re
from collections.abc import Mapping
from pathlib import Path

from ferkit import papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.papers.paper import Paper
from ferkit.reporting.article import content

PROSE, SOURCE, PDF, HTML = "article.typ.jinja", "article.typ", "article.pdf", "article.html"


def written() -> list[Paper]:
    """The papers that have an article."""
    return [paper for paper in papers.all() if (papers.folder(paper) / PROSE).is_file()]


def folder(paper: Paper) -> Path:
    """Where a paper's article lies."""
    return paths.repository() / "results" / "article" / paper.id


def wanted() -> dict[Path, bytes | None]:
    """Path and right content of every file of the articles; None for one that should not be there. InputError where
    Typst is not installed, or where an article's words and the results differ."""
    made = {folder(paper) / name: data for paper in written() for name, data in rendered(paper).items()}
    there = files.finished_files(paths.repository() / "results" / "article")
    return dict(sorted((dict.fromkeys(there) | made).items()))


def rendered(paper: Paper) -> dict[str, bytes]:
    """Name and content of every file of a paper's article."""
    made = content.sources(paper, (papers.folder(paper) / PROSE).read_text(encoding="utf-8"))
    return {name: text.encode() for name, text in made.items()} | typeset(made)


def typeset(sources: Mapping[str, str]) -> dict[str, bytes]:
    """PDF and HTML of an article.typ with what it reads, by name. The bytes depend on the sources and Typst alone:
    fonts are Typst's own, and no date is written."""
    try:
        import typst
    except ImportError:
        raise InputError("articles are set by Typst, which is not installed: pip install typst (the extra \"article\")"
                         ) from None
    start = datetime.datetime.fromtimestamp(0, datetime.UTC)
    with files.scratch() as place:
        for name, text in sources.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text, encoding="utf-8")
        options = {"root": str(place), "ignore_system_fonts": True, "timestamp": start}
        try:
            # Without tags a PDF is half as large; who has a page read aloud takes the HTML.
            pdf = typst.compile(str(place / SOURCE), format="pdf", pdf_tags=False, **options)
            html = typst.compile(str(place / SOURCE), format="html", pretty=True, **options)
        except typst.TypstError as error:
            raise InputError(f"{SOURCE}: Typst refuses it: {error}") from None
    return {PDF: pdf, HTML: _styled(_linked(html.decode(), sources)).encode()}


def _linked(html: str, sources: Mapping[str, str]) -> str:
    """The HTML page with links to the figures beside it, which Typst writes into it whole."""
    for name, text in sources.items():
        html = html.replace(f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}", name)
    return html


def _styled(html: str) -> str:
    """The HTML page with its style sheet; equations get no line of their own in a paragraph."""
    css = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return re.sub(r"</head>", lambda _: f"<style>\n{css}</style>\n</head>", html, count=1)
