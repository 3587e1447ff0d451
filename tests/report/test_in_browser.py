"""The report in a real headless browser: it asks for nothing, complains of nothing, and can be used."""

import json

import numpy as np
import pytest

from ferkit.analysis.comparison import cost
from ferkit.core.labels import LABELS
from ferkit.reporting import figures, html_report

CLAIM = {"id": "a", "paper": "deep_emotion", "statement": "It has 47,657 parameters", "expected": 47657,
         "relation": "=", "unit": "count", "measures": "parameters", "observed": 47657, "interval": None, "n_seeds": 1,
         "verdict": "reproduced", "rule": "exactly this number " * 8, "note": "", "command": "./run_all.sh",
         "source": "02_stn_attention/deep_emotion/ours/seed0/metrics.json"}
MEASURE = "return document.documentElement.scrollWidth <= window.innerWidth"


@pytest.fixture(scope="module")
def page(tmp_path_factory, write_result):
    """A report with every kind of figure, verdicts of three kinds and a trained system that diverged."""
    root = tmp_path_factory.mktemp("runs") / "synthetic-smoke-seed0"
    results = [write_result(root, "deep_emotion"), write_result(root, "gap_cnn", share=0.8),
               write_result(root, "lenet5")]
    write_result(root, "deep_emotion", "published_lr0.1", untested=True)
    theta = np.tile([[0.8, 0, 0], [0, 0.8, 0.1]], (70, 1, 1))
    drawn = {
        "curves": figures.learning_curves(results), "matrices": figures.confusion_matrices(results),
        "maps": figures.occlusion_maps(np.random.default_rng(0).random((7, 11, 11)), LABELS, range(7)),
        "frames": figures.theta_frames(theta, np.arange(70) % 7),
        "rates": figures.learning_rate_probe([0.1, 0.005], [None, 0.5], ["diverged", "finished"], chance=0.2),
        "faces": figures.image_grid(np.zeros((7, 48, 48), np.uint8), LABELS, dataset="synthetic"),
        "size": figures.accuracy_against(cost.cost(results), "parameters"),
        "regions": figures.region_table(np.eye(7), LABELS, LABELS, significant=np.eye(7)),
    }
    for k, (name, fig) in enumerate(drawn.items()):
        figures.save(fig, root / "02_stn_attention" / "figures", name, title=name, caption="What to see.", order=k + 1)
    claims = [CLAIM, CLAIM | {"id": "b", "verdict": "not_reproduced"}, CLAIM | {"id": "c", "verdict": "not_run"}]
    (root / "claims.json").write_text(json.dumps(claims))
    return html_report.build(root)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_it_makes_no_request_logs_no_error_and_draws_every_figure(page, browser, width, dark):
    with browser(width, 900, phone=width < 600) as session:
        session.emulate(dark=dark)
        session.open(page)
        session.draw_everything()
        assert session.requests() == [page.as_uri()]
        assert session.errors() == []
        assert session.run("return document.querySelectorAll('.plot svg.main-svg').length") >= 8
        assert session.run(MEASURE), "the page is wider than the window"
        session.run("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert session.run(MEASURE), "an opened part is wider than the window"
        if width > 600:
            nav = "const nav = document.querySelector('nav'); for (let k = 0; k < 6; k++) nav.append(nav.lastChild."
            assert session.run(nav + "cloneNode(true)); return nav.scrollWidth <= nav.clientWidth"), "a link is cut off"
        else:
            cut = "[...document.querySelectorAll('.stack')].some(t => t.scrollWidth > t.clientWidth + 1)"
            assert not session.run(f"return {cut}"), "a table is cut off"
        widest = "return Math.max(...[...document.querySelectorAll('.plot')].map(p => p.scrollWidth - p.clientWidth))"
        assert session.run(widest) <= 0


def test_a_request_or_an_error_would_be_seen(page, browser, tmp_path):
    broken = page.read_text(encoding="utf-8").replace("</body>", "<img src='http://127.0.0.1:9/x.png'><script>nothing()"
                                                                 "</script></body>")
    (tmp_path / "broken.html").write_text(broken, encoding="utf-8")
    with browser() as session:
        session.open(tmp_path / "broken.html")
        messages = " ".join(session.errors())
        assert "nothing is not defined" in messages and "Content Security Policy" in messages
        free = broken.replace("Content-Security-Policy", "nothing")
        (tmp_path / "free.html").write_text(free, encoding="utf-8")
        session.open(tmp_path / "free.html")
        assert "http://127.0.0.1:9/x.png" in session.requests()


def test_figures_are_drawn_only_when_they_come_near(page, browser):
    with browser(1280, 400) as session:
        session.open(page)
        session.wait("window.Plotly")
        assert not session.run("return Boolean(document.querySelectorAll('.plot')[7].dataset.ready)")


def test_the_verdict_buttons_and_the_legend_work_from_the_keyboard(page, browser):
    press = "const b = document.querySelector(arguments[0]); b.focus(); b.click(); return document.activeElement === b"
    shown = ("return [...document.querySelectorAll('#claims tbody tr')].filter(r => !r.hidden)"
             ".map(r => r.dataset.verdict)")
    with browser() as session:
        session.open(page)
        assert session.run(press, ".tally [data-verdict=not_reproduced]")
        assert session.run(shown) == ["not_reproduced"]
        assert session.run(press, ".tally [data-verdict=not_run]") and session.run(shown) == ["not_run"]
        assert session.run("return document.querySelector('#claims > details').open")
        assert session.run(press, ".tally [data-verdict=not_run]")
        assert sorted(session.run(shown)) == ["not_reproduced", "not_run", "reproduced"]
        session.draw_everything()
        assert session.run(press, ".legend button")
        assert session.run("return document.querySelector('.plot').data[0].visible") is False
        assert session.run(press, ".legend button")
        assert session.run("return document.querySelector('.plot').data[0].visible") is True


def test_panels_stand_side_by_side_on_a_desk_and_below_each_other_on_a_phone(page, browser):
    domains = "const l = document.querySelectorAll('.plot')[1].layout; return [l.yaxis.domain, l.yaxis2.domain]"
    found = {}
    for width in (1280, 390):
        with browser(width, 900, phone=width < 600) as session:
            session.open(page)
            session.draw_everything()
            found[width] = session.run(domains)
    assert found[1280][0] == found[1280][1] and found[390][0][0] > found[390][1][1]


def test_light_and_dark_can_be_switched_figures_follow_and_paper_is_white(page, browser):
    colour = "return document.querySelectorAll('.plot')[1].layout.coloraxis.colorscale[0][1]"
    with browser() as session:
        session.emulate(dark=False)
        session.open(page)
        session.draw_everything()
        light = session.run(colour)
        session.run("document.querySelector('.theme').click()")
        session.wait(f"(() => {{ {colour} }})() !== '{light}'")
        assert session.run("return document.documentElement.dataset.theme") == "dark"
        assert session.run("return getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 26)"
        session.command("Emulation.setEmulatedMedia", {"media": "print"})
        assert session.run("return getComputedStyle(document.body).color") == "rgb(27, 35, 48)", "light text on paper"
        session.run("dispatchEvent(new Event('beforeprint'))")
        session.wait(f"(() => {{ {colour} }})() === '{light}'")
        session.run("dispatchEvent(new Event('afterprint'))")
        assert session.run("return document.documentElement.dataset.theme") == "dark"
        assert session.errors() == []
