"""Replication articles: the title's mark by a rule, numbers from results, words that fit them, PDF and HTML."""

import re

import pytest
import yaml

from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.reporting import article
from ferkit.reporting.article import content, figures, title
from ferkit.reporting.article.content import Typst, Writer, escape, plain

ACCURACY, OTHER = "deep_emotion.accuracy.fer2013", "deep_emotion.attention.plain"


def rows(*verdicts, headline="reproduced", group="finding"):
    first = {"id": ACCURACY, "group": "finding", "verdict": headline}
    return [first, *({"id": OTHER, "group": group, "verdict": verdict} for verdict in verdicts)]


@pytest.mark.parametrize(("found", "sign"), [
    (rows(), "[Re]"), (rows("not_reproduced"), "[Re]"), (rows("not_reproduced", "contradicted"), "[¬Re]"),
    (rows("reproduced", "reproduced", headline="not_reproduced"), "[¬Re]"),
    (rows("reproduced", headline="inconclusive"), "[¬Re]"), (rows("reproduced", headline="too_short"), "[¬Re]"),
    (rows("partly", "not_reproduced", headline="partly"), "[Re]"),
    (rows("partly", "not_reproduced", "not_reproduced", headline="partly"), "[¬Re]"),
    (rows("not_reproduced", "not_reproduced", group="fact"), "[Re]")])
def test_the_title_is_earned_by_the_stated_accuracy_and_by_more_claims_than_are_refuted(found, sign):
    assert title.earned(found).sign == sign


def test_without_a_judged_accuracy_no_title_is_earned():
    with pytest.raises(InputError, match="no accuracy"):
        title.earned([{"id": OTHER, "group": "finding", "verdict": "reproduced"}])


def test_text_is_escaped_and_metadata_is_plain():
    assert escape("a_b #1 <x> [y] $ // -0.4 … ") == r"a\_b \#1 \<x\> \[y\] \$ /\/ −0.4 … "
    assert escape("48.2 % ± 1.55, +1 pts … 1.2 × 3") == "48.2\u00a0%\u00a0±\u00a01.55, +1\u00a0pts … 1.2\u00a0× 3"
    assert escape("73.7 … 93.1 %") == "73.7\u00a0…\u00a093.1\u00a0%"
    assert escape("+ init") == r"\+ init" and escape("x-1") == "x-1"
    assert plain(Typst(r"*bold* 5 \# a\_b @ref-x  end")) == "bold 5 # a_b end"


@pytest.fixture(scope="module")
def writer():
    return Writer(papers.get("deep_emotion"))


def test_a_number_nobody_has_and_a_verdict_that_changed_stop_the_article(writer):
    assert re.fullmatch(r"\d\d\.\d\d %", writer.claim(ACCURACY))
    with pytest.raises(InputError, match=r"no published result decides nobody\.claims"):
        writer.claim("nobody.claims")
    with pytest.raises(InputError, match=r"has accuracy of fer2013/nobody/ours"):
        writer.result("fer2013/nobody/ours")
    with pytest.raises(InputError, match=r"for deep_emotion\.accuracy\.fer2013 being exceeded, the results say"):
        writer.verdict(ACCURACY, "exceeded")
    with pytest.raises(InputError, match="has no 'nothing like it'"):
        writer.noted(ACCURACY, "nothing like it")


def test_folds_stand_beside_the_one_division_and_who_was_not_run_in_them_is_refused(writer):
    table = writer.folds_table("x", "ckplus", [("gap_cnn_svm", "ours"), ("gap_cnn", "published")], "Both")
    assert f"[{escape(writer.folds('ckplus/gap_cnn_svm/ours'))}]" in table
    assert "189 images of 23 people" in table and "927 images of 106 people" in table
    with pytest.raises(InputError, match="nobody"):
        writer.folds("ckplus/nobody/published")


@pytest.mark.parametrize("recipe", ["published", "published_epochs500"])
def test_epochs_of_any_number_have_ticks_that_can_be_read(recipe):
    """500 epochs once had 51 labels, one over the other."""
    drawn = figures.learning_curves("fer2013", [("deep_emotion", recipe)], {"stated": 0.7}).svg
    assert 5 <= len(re.findall(r'text-anchor="middle">\d+<', drawn)) <= 8


def test_prose_without_its_blocks_or_with_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="no block 'abstract'"):
        content.sources(papers.get("deep_emotion"), "<% block body %>x<% endblock %>")


# What has digits and is no result: names, sizes of the network as the paper states them, Typst's own widths.
NAMES = (r"FER2013|LeNet-5|\d+×\d+(×\d+)?|95 %|\"\d+%\"|train7000|RR\^\(2 times 3\)|1 / \(\|C\|\)|norm\(x - y\)\^2|"
         r", 1\)|_2\b|of 4 px")


@pytest.mark.parametrize("paper", article.written(), ids=lambda paper: paper.id)
def test_no_number_is_typed_into_the_prose(paper):
    prose = (papers.folder(paper) / article.PROSE).read_text(encoding="utf-8")
    prose = re.sub(r"<<.*?>>", lambda match: re.sub(r'"[\w./+-]+"|\bselect\b', "", match[0]), prose, flags=re.DOTALL)
    left = re.sub(NAMES, "", re.sub(r"@[\w-]+|<%.*?%>", "", prose, flags=re.DOTALL))
    assert not re.findall(r"[^\n]{0,40}\d[^\n]{0,20}", left)


@pytest.mark.parametrize("paper", article.written(), ids=lambda paper: paper.id)
def test_an_article_is_whole_small_and_has_rescience_metadata(paper):
    place = article.folder(paper)
    metadata = yaml.safe_load((place / "metadata.yaml").read_text(encoding="utf-8"))
    assert metadata["title"].startswith(("[Re] ", "[¬Re] ")) and metadata["type"] == "Replication"
    assert {"authors", "keywords", "abstract", "bibliography", "domain", "language", "code", "data", "replication",
            "review", "contributors", "dates", "article", "journal", "affiliations"} <= set(metadata)
    source = (place / article.SOURCE).read_text(encoding="utf-8")
    for heading in ("Abstract", "= Introduction", "= Methods", "= Results", "= Discussion", "== What was easy",
                    "== What was hard", "== What the authors would have to tell us"):
        assert heading in source
    assert (place / article.PDF).stat().st_size < 300_000 and (place / article.PDF).read_bytes().startswith(b"%PDF")
    html = (place / article.HTML).read_text(encoding="utf-8")
    assert html.count("<figure") == source.count("#figure(") > 8 and "http-equiv" not in html and "<script" not in html
    figures = re.findall(r'<img[^>]* src="([^"]+)"', html)
    assert figures and all((place / name).is_file() for name in figures)  # linked, as they lie beside the page


def test_typst_that_is_missing_or_refuses_is_told_in_one_line(monkeypatch):
    with pytest.raises(InputError, match=r"article\.typ: Typst refuses it: unknown variable: nothing"):
        article.typeset({article.SOURCE: "#nothing"})
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    with pytest.raises(InputError, match="not installed: pip install typst"):
        article.typeset({article.SOURCE: "x"})


def test_every_paper_with_an_article_says_what_was_easy_hard_and_to_be_asked():
    said = {one.paper: one for one in papers.experiences()}
    for paper in article.written():
        assert min(map(len, (said[paper.id].easy, said[paper.id].hard, said[paper.id].ask))) >= 3


def test_the_command_checks_and_names_what_is_stale(tmp_path, monkeypatch, capsys):
    (tmp_path / "results" / "article" / "gone").mkdir(parents=True)
    (tmp_path / "results" / "article" / "gone" / "article.pdf").write_bytes(b"old")
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.setattr(article, "rendered", lambda paper: {"article.typ": paper.id.encode()})
    assert command_line.main(["article", "--check"]) == 1
    said = capsys.readouterr().out
    assert "results/article/gone/article.pdf: stale" in said and "deep_emotion/article.typ: stale" in said
    assert len(files.refresh(article.wanted())) == 1 + len(article.written())
    assert files.refresh(article.wanted()) == []
    assert not (tmp_path / "results/article/gone/article.pdf").exists()
