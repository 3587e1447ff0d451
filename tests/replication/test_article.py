"""The replication articles are what the published results make of them, byte by byte."""

from ferkit.reporting import article


def test_the_articles_are_up_to_date():
    assert len(article.written()) == 2
    assert article.stale() == [], "run python -m ferkit article"
