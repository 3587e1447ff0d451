"""The replication articles are what the published results make of them, byte by byte."""

from ferkit.core import files
from ferkit.reporting import article


def test_the_articles_are_up_to_date():
    assert len(article.written()) == 2
    assert files.refresh(article.wanted(), check=True) == [], "run python -m ferkit article"
