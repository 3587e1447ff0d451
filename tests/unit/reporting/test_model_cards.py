"""Model cards and datasheets say what the published files say, and lead to files that are there."""

import re

import numpy as np
import pytest

from ferkit import __main__ as command_line
from ferkit.core import files, paths
from ferkit.reporting import model_cards
from ferkit.results import records, weights_catalogue

WITH_WEIGHTS = [entry for entry in weights_catalogue.entries() if entry.weights == entry.directory / records.WEIGHTS]


def test_every_published_weights_file_has_a_card_and_none_is_stale():
    assert files.refresh(model_cards.wanted(), check=True) == []
    assert {entry.directory / model_cards.CARD for entry in WITH_WEIGHTS} == set(model_cards.cards())


@pytest.mark.parametrize("entry", WITH_WEIGHTS, ids=lambda entry: entry.full_name)
def test_a_card_has_what_a_card_needs(entry):
    text = model_cards.card(entry)
    for head in ("Intended use", "Not for", "Data", "How good", "By expression", "Calibration", "Known limits",
                 "Licence"):
        assert re.search(rf"^## {head}", text, re.M), head
    result = records.read_result(entry.directory)
    units = {"gfe": "blocks of 50 neighbouring frames"}.get(result.metrics["dataset"], "people")
    over = "images" if result.groups is None else f"{len(np.unique(result.groups))} {units}"
    assert f"95 % over {over}:" in text
    assert entry.metrics["weights_sha256"] in text and f"{100 * entry.metrics['accuracy']:.1f} %" in text
    for label, row in entry.metrics["per_class"].items():
        recall = f"{100 * row['recall']:.1f} %" if row["support"] else "–"  # nothing is known of a class without images
        assert f"| {label} | {recall} |" in text


@pytest.mark.parametrize("path", [*model_cards.cards(), *model_cards.datasheets()],
                         ids=lambda path: "/".join(path.parts[-4:]))
def test_links_lead_to_files_that_are_there(path):
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).resolve().is_file(), link


def test_confidence_is_read_off_the_predictions(write_result, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    result = write_result(tmp_path / "results" / "fer2013", "lenet5", share=0.8)
    text = model_cards._calibration(result)
    right = np.mean(result.predictions["predicted"] == result.predictions["labels"])
    assert f"| 70 % | 100.0 % | {100 * right:.1f} % |" in text and "| 90 % | 0.0 % | – |" in text
    assert f"{100 * abs(0.7 - right):.1f} % too unsure" in text


def test_a_change_of_the_files_makes_a_card_stale(write_result, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "runs"))
    directory = write_result(tmp_path / "results" / "fer2013", "lenet5", weights_sha256="ab" * 32, n_train=420,
                           train_accuracy=0.9, weight_layers=5).directory
    (directory / records.WEIGHTS).write_bytes(b"x")
    metrics = (directory / records.METRICS).read_text()
    metrics = metrics.replace('"weights_sha256": null', f'"weights_sha256": "{"ab" * 32}"')
    (directory / records.METRICS).write_text(metrics)
    assert command_line.main(["cards", "--check"]) == 1
    assert command_line.main(["cards"]) == 0
    assert command_line.main(["cards", "--check"]) == 0
    (directory / records.METRICS).write_text(metrics.replace('"minutes": 0.1', '"minutes": 77.0'))
    assert command_line.main(["cards", "--check"]) == 1
    assert "MODEL_CARD.md: stale" in capsys.readouterr().out
    (directory / records.WEIGHTS).unlink()  # nothing is left to be described
    assert command_line.main(["cards", "--check"]) == 1 and command_line.main(["cards"]) == 0
    assert "MODEL_CARD.md: removed" in capsys.readouterr().out and not (directory / model_cards.CARD).exists()


def test_a_datasheet_tells_what_was_measured():
    text = (paths.repository() / "results" / "datasheets" / "fer2013.md").read_text(encoding="utf-8")
    assert "34,034 distinct images" in text and "| train | 3,995 | 436 |" in text


def test_the_citation_names_both_papers_with_their_identifiers():
    text = (paths.repository() / "CITATION.cff").read_text(encoding="utf-8")
    for doi in ("10.3390/s21093046", "10.11772/j.issn.1001-9081.2021071270"):
        assert f"doi: {doi}" in text
    assert text.count("family-names:") == 6


def test_a_class_without_images_is_neither_weak_nor_rare():
    """CK+ has no neutral image: nothing is known of it."""
    entry = next(one for one in weights_catalogue.entries() if one.dataset == "ckplus" and one.weights)
    assert not entry.metrics["per_class"]["neutral"]["support"]
    text = model_cards.card(entry)
    assert "to 0 neutral" not in text and "neutral and" not in text and "and neutral (table" not in text


@pytest.mark.parametrize(("labels", "says"), [
    ("own", "people agree with them in 65"), ("ferplus", "labelled by the plurality of ten FER+ taggers"),
    ("ferplus-soft", "trained on the votes of ten FER+ taggers and tested on their plurality")])
def test_a_card_says_whose_labels(labels, says, write_result, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    protocol = "official" if labels == "own" else f"official+{labels}"
    tree = paths.published_directory("fer2013", protocol)
    directory = write_result(tree, "lenet5", weights_sha256="ab" * 32, n_train=420, train_accuracy=0.9, weight_layers=5,
                           labels=labels, protocol=protocol, dataset="fer2013").directory
    (directory / records.METRICS).write_text((directory / records.METRICS).read_text().replace(
        '"weights_sha256": null', f'"weights_sha256": "{"ab" * 32}"'))
    (entry,) = weights_catalogue.entries()
    text = model_cards.card(entry)
    assert says in text and ("people agree with them" in text) == (labels == "own")
    assert entry.full_name.endswith("lenet5/ours/seed0" + ("" if labels == "own" else f"@fer2013-{labels}"))
    assert ("no accuracy by FER2013's own labels" in text) == (labels != "own")


@pytest.mark.parametrize(("dataset", "has", "not_of_photographs"), [
    ("gfe-b_to_a", ("windows to train on", "positions of points", "ferkit evaluate --weights", "--protocol b_to_a",
                    "datasheets/gfe.md"), True),
    ("synthetic", ("sequences to train on", "predict --sequence FOLDER", "Drawn faces show nobody"), False)])
def test_a_card_of_sequences_says_what_they_are_and_which_command_takes_them(dataset, has, not_of_photographs):
    """Such cards told of photographs, of None layers, and of commands that refuse these weights."""
    text = model_cards.card(next(one for one in WITH_WEIGHTS if (one.dataset, one.key.seed) == (dataset, 0)))
    for words in has:
        assert words in text
    assert "None" not in text and "PHOTO" not in text and "ferkit.load" not in text and "24 angry to 24" not in text
    assert ("Profiles, hands, masks" not in text) == not_of_photographs
