"""The shell of every page: head with the security policy and the style, navigation, body, figures, script."""

from collections.abc import Sequence
from functools import cache
from importlib import resources

from ferkit.reporting.html_report.markup import Markup, tag

# Nothing may be fetched from anywhere: no script, style, font, image or connection but what the page carries.
POLICY = ("default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
          "form-action 'none'; base-uri 'none'")


def whole(title: str, name: str, links: Sequence[tuple[str, str]], body: Markup, blocks: Markup | str = "", *,
          plots: bool) -> str:
    """A complete HTML document.

    links: (id, text) of the sections for the navigation. blocks: the figures' data. plots: whether
    plotly.js is needed at all.
    """
    head = tag("head", tag("meta", charset="utf-8"),
               tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
               tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
               tag("title", title),
               tag("style", _asset("page.css")))
    navigation = tag("nav", [tag("a", text, href=f"#{to}") for to, text in links], aria_label="Sections")
    bar = tag("div", tag("div", tag("strong", name), navigation,
                         tag("button", "◐", tag("span", "Light or dark", class_="hidden"), type="button",
                             class_="theme", title="Light or dark")), class_="bar")
    foot = tag("footer", "Made by ", tag("code", "python -m ferkit report"),
               ". Opened with no network; every number on "
               "this page names the file it was read from.")
    scripts = [blocks, tag("script", plotly_script()) if plots else "", tag("script", _asset("page.js"))]
    content = [tag("a", "To the content", href="#content", class_="skip"), bar,
               tag("main", body, id="content"), foot]
    return f"<!doctype html>\n{tag('html', head, tag('body', content, scripts), lang='en')}\n"


@cache
def plotly_script() -> Markup:
    """plotly.js, the copy that the installed plotly carries."""
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())


def _asset(name: str) -> Markup:
    return Markup(resources.files("ferkit.reporting.html_report").joinpath(name).read_text(encoding="utf-8"))


