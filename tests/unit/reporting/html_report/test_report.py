import html
import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.papers import replication, unstated_choices
from ferkit.reporting import figures, html_report
from ferkit.reporting.html_report import experiments, run_files, run_page
from ferkit.reporting.html_report import page as shell
from ferkit.reporting.html_report.page import POLICY, bound, interval, percent, quantity

CLAIM = {"id": "deep_emotion.parameters", "paper": "deep_emotion", "statement": "It has 47,657 parameters",
         "expected": 47657, "relation": "=", "unit": "count",
         "measures": "parameters", "observed": 47657, "interval": None, "n_seeds": 1,
         "verdict": "reproduced", "rule": "exactly this number", "note": "", "command": "./run_all.sh",
         "source": "02_stn_attention/deep_emotion/ours/seed0/metrics.json"}
EVIL = "<script>alert('x')</script>&\"'"


@pytest.fixture
def run(tmp_path, write_result):
    root = tmp_path / "synthetic-smoke-seed0"
    write_result(root, "deep_emotion", "ours")
    write_result(root, "deep_emotion", "published_lr0.1", untested=True)
    write_result(root, "gap_cnn", "ours", status="collapsed")
    (root / "notebooks").mkdir()
    (root / "notebooks" / "02_stn_attention.ipynb").write_text("{}")
    figures.save(go.Figure(go.Scatter(y=np.arange(3))), root / "02_stn_attention" / "figures", "curves",
                 title="A title", caption="What to see")
    put(root / "claims.json", [CLAIM, CLAIM | {
        "id": "x", "verdict": "not_run", "observed": None, "source": None, "statement": "It reaches 70 %",
        "command": "./run_all.sh --profile full"}])
    put(root / "manifest.json", {"run": root.name, "dataset": "synthetic", "profile": "smoke", "seed": 0,
                                 "git_commit": "0123456789abcdef", "packages": {"torch": "2.11.0"}, "notebooks": [
                                     {"name": "02_stn_attention", "status": "finished", "seconds": 75.0,
                                      "peak_memory_mb": 2048, "outputs": {"claims.json": "f" * 64}}]})
    return root


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def page(root):
    """The report without plotly.js and the page's own script and style."""
    text = html_report.build(root).read_text(encoding="utf-8")
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    return re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)


def words(text):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_page_opens_with_the_verdicts_and_names_rule_source_and_command(run):
    text = page(run)
    assert text.index('id="verdicts"') < text.index('id="results"') < text.index('id="02_stn_attention"')
    assert "1 of 2 claims were judged" in words(text)
    assert "exactly this number" in text and 'href="02_stn_attention/deep_emotion/ours/seed0/metrics.json"' in text
    assert "./run_all.sh --profile full" in text and 'data-verdict="not_run"' in text


def test_a_run_without_claims_says_so_and_how_to_judge(run):
    (run / "claims.json").unlink()
    said = words(page(run))
    assert "No claim has been judged" in said and "python -m ferkit claims" in said


def test_diverged_and_collapsed_trained_systems_stand_in_the_protocol_as_that(run):
    text = page(run)
    assert '<span class="chip diverged"' in text and '<span class="chip collapsed"' in text
    assert words(text).count("published lr0.1") >= 2  # the table and its protocol card
    assert "the loss stopped being a number" in words(text)


def test_a_cards_accuracy_is_the_trained_systems_with_its_interval(run):
    said = words(page(run))
    assert "70.0 % 63.7 … 76.0 %" in said  # 147 of 210, drawn; 63.8 to 76.2 by the normal distribution


def test_figures_stand_in_their_notebooks_section_with_caption_and_data(run):
    text = page(run)
    section = text[text.index('id="02_stn_attention"'):text.index('id="03_gap_cnn_svm"')]
    assert "A title" in section and "What to see" in section and 'href="notebooks/02_stn_attention.ipynb"' in section
    block = re.search(r'<script type="application/json" id="figure-02_stn_attention-curves">(.*?)</script>', text)
    assert json.loads(block[1])["data"][0]["type"] == "scatter"
    assert "./run_all.sh --only 03" in text


def test_plotly_is_inlined_once_and_the_page_stays_below_eight_megabytes(run):
    path = html_report.build(run)
    text = path.read_text(encoding="utf-8")
    assert text.count("plotly.js v") == 1 and path.stat().st_size < 8_000_000
    assert not re.search(r"<(link|img|iframe|object)\b|<script[^>]+src=", text.replace(shell.plotly_script(), ""))
    assert POLICY in html.unescape(text) and "default-src 'none'" in POLICY


def test_a_page_without_figures_carries_no_plotly(run):
    (run / "02_stn_attention/figures/01_curves.json").unlink()
    assert html_report.build(run).stat().st_size < 200_000


def test_figures_that_do_not_fit_are_named_instead_the_largest_first(run, monkeypatch):
    whole = html_report.build(run).stat().st_size
    big = go.Figure(go.Heatmap(z=np.random.default_rng(0).random((60, 60)).tolist()))
    figures.save(big, run / "02_stn_attention" / "figures", "big", title="The big one", caption="c", order=2)
    monkeypatch.setattr(run_page, "LARGEST", whole + 110_000)  # 100,000 of it are kept free for the shell
    text = page(run)
    assert "Left out for size: The big one" in words(text)
    assert 'id="figure-02_stn_attention-curves"' in text and 'id="figure-02_stn_attention-big"' not in text


def test_whatever_is_read_is_escaped(run):
    put(run / "claims.json", [CLAIM | dict.fromkeys(("id", "statement", "rule", "note", "source", "unit"), EVIL),
                              CLAIM | {"verdict": EVIL}])
    manifest = json.loads((run / "manifest.json").read_text())
    put(run / "manifest.json", manifest | {"run": EVIL, "packages": {EVIL: EVIL}, "git_commit": EVIL})
    put(run / "01_data_preparation/dataset.json", {"counts": {EVIL: {EVIL: 3}}, EVIL: EVIL})
    put(run / "01_data_preparation/audit.json", {"verdict": EVIL, "findings": [{"id": EVIL, "says": EVIL}]})
    figures.save(go.Figure(layout={"title": {"text": EVIL}}), run / "04_occlusion_analysis" / "figures", "evil",
                 title=EVIL, caption=EVIL)
    text = page(run)
    assert "<script>alert" not in text and "alert(" in text
    assert text.count("<script") == text.count("</script")


@pytest.mark.parametrize("name", [
    "manifest.json", "claims.json", "01_data_preparation/dataset.json", "01_data_preparation/audit.json"])
@pytest.mark.parametrize("content", ["{", "[1, 2]", "{}", '"text"', "null"])
def test_a_damaged_file_is_told_on_the_page_and_stops_nothing(run, name, content):
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_text(content)
    text = words(page(run))
    if content in ("{", '"text"', "null"):
        assert "Cannot be used" in text and name.split("/")[-1] in text


def test_a_notebook_that_failed_is_told_with_its_partial_copy(run):
    (run / "notebooks/03_gap_cnn_svm.failed.ipynb").write_text("{}")
    text = page(run)
    section = text[text.index('id="03_gap_cnn_svm"'):text.index('id="04_occlusion_analysis"')]
    assert "failed" in section and 'href="notebooks/03_gap_cnn_svm.failed.ipynb"' in section
    assert f"1 of {len(replication.stems())}" in words(text)


def test_a_damaged_trained_system_is_told_and_the_others_stay(run):
    (run / "02_stn_attention/deep_emotion/ours/seed0/predictions.npz").write_bytes(b"PK")
    said = words(page(run))
    assert "Cannot be used" in said and "deep_emotion/ours/seed0" in said and "GAP CNN" in said


def test_an_empty_folder_makes_a_page_that_says_nothing_was_run(tmp_path):
    said = words(page(tmp_path))
    assert f"0 of {len(replication.stems())}" in said
    assert "No claim has been judged" in said and "no manifest.json" in said


def test_the_audits_verdict_and_findings_stand_with_the_data(run):
    put(run / "01_data_preparation/audit.json", {"verdict": "known_defects", "findings": [
        {"id": "copies", "severity": "warning", "says": "8.0 % of the test images lie in training."}]})
    said = words(page(run))
    assert "Audit: known defects." in said and "8.0 % of the test images lie in training." in said


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such run"):
        html_report.build(tmp_path / "nowhere")


def test_every_gap_of_both_papers_stands_on_the_page(run):
    said = words(page(run))
    found = [gap for paper in ("deep_emotion", "gap_svm") for gap in unstated_choices.of(paper)]
    assert found and all(" ".join(gap["choice"].split()) in said for gap in found)


RECIPE = {"optimizer": "adamw", "lr": 0.004, "schedule": "onecycle", "batch_size": 128, "weight_decay": 0.001,
          "augmentation": {"flip": 0.5, "rotation": 10, "shift": 0.08}, "loss": "focal"}


def test_a_protocol_card_tells_split_selection_augmentation_and_cost(run, write_result):
    for seed in (1, 2):
        write_result(run, "lenet5", seed=seed, tta="flip", accuracy_no_tta=0.6, n_train=28709, minutes=12.5,
                   config={"recipe": RECIPE, "code_sha256": "e" * 64})
    text = page(run)
    card = text[text.index("<h3>LeNet-5"):]
    said = words(card[:card.index("The whole recipe")])
    for fact in ("official: 28,709 training, 210 test images", "validation accuracy: epoch 2, 2 of 3",
                 "pretraining none",
                 "AdamW 0.004, one cycle, batch 128, weight decay 0.001, focal", "mirror 50 %, ±10°, shift ±8 %",
                 "flip (without: 60.0 %)", "parameters 1,000", "minutes a seed 12.5", "hardware cpu", "seeds 2",
                 "test split evaluated 1 × a seed"):
        assert fact in said, (fact, said)


@pytest.mark.parametrize(("system", "facts", "said", "card"), [
    ("lenet5", {}, "network, nothing is pretrained.", "none"),
    ("lenet5", {"initial": {"name": "lenet5/ours/seed0", "sha256": "a" * 64}},
     "what is fine-tuned starts from lenet5/ours/seed0, nothing else is pretrained.", "lenet5/ours/seed0"),
    ("gru", {}, "networks over time read the features of a published one, nothing else", "that of the features"),
    ("gru", {"dataset": "gfe"}, "network, nothing is pretrained.", "none")])
def test_what_was_pretrained_is_told_above_the_experiments_and_on_the_card(run, write_result, system, facts, said,
                                                                           card):
    write_result(run, system, **facts)
    text = words(page(run))
    assert said in text and f"pretraining {card} " in text


def test_a_card_does_not_tell_what_was_not_recorded(tmp_path, write_result):
    """As of all folds together, which files of several protocols hold."""
    write_result(tmp_path, "lenet5", initial={"name": "lenet5/ours/fer2013", "sha256": "a" * 64})
    read = run_files.read(tmp_path)
    (one := read.results[0]).metrics.update(test_reads=None, config=None)
    facts = dict(experiments.experiment(read, [one])["facts"])
    assert facts["pretraining"] == "lenet5/ours/fer2013"
    assert facts["augmentation"] is facts["test split evaluated"] is None


def test_every_number_of_an_experiment_names_file_commit_and_command(run):
    name = "02_stn_attention/deep_emotion/ours/seed0/metrics.json"
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["schema"], manifest["notebooks"][0] = 1, manifest["notebooks"][0] | {
        "git_commit": "fedcba9876543210", "outputs": {name: "f" * 64}}
    put(run / "manifest.json", manifest)
    text = page(run)
    assert text.count("fedcba987654") >= 2  # the verdict's source and the protocol card
    assert "./run_all.sh --dataset synthetic --profile smoke --seed 0 --only 02" in text
    assert f'href="{name}"' in text and "python -m ferkit verify" in text


def test_links_lead_to_folders_of_any_name(tmp_path):
    file = tmp_path / "ours#2 50%?" / "metrics.json"
    assert shell.href(tmp_path, file) is None
    put(file, {})
    assert shell.href(tmp_path, file) == "ours%232%2050%25%3F/metrics.json"


def test_the_command_that_checks_the_run_finds_it_from_the_checkout(run, monkeypatch):
    assert f"<code>python -m ferkit verify {run.name}</code>" in page(run)  # elsewhere: no path of this machine
    monkeypatch.setattr(paths, "repository", lambda: run.parents[1])
    assert run_page._check(run) == f"python -m ferkit verify {run.parent.name}/{run.name}"


def test_a_sweep_in_the_manifest_gives_commit_and_command_but_is_no_notebook(run):
    manifest = json.loads((run / "manifest.json").read_text())
    name = "02_stn_attention/deep_emotion/ours/seed0/metrics.json"
    sweep = {"name": "sweep more", "git_commit": "0123456789abcdef", "outputs": {name: "a" * 64},
             "command": "python -m ferkit sweep more.toml --output DIR"}
    put(run / "manifest.json", manifest | {"schema": 1, "notebooks": [sweep]})
    found = run_files.read(run)
    assert "sweep more" not in [entry["name"] for entry in found.notebooks()] and found.entries() == [sweep]
    said = words(page(run))
    assert sweep["command"] in said and "1 outputs and their hashes" in said


@pytest.fixture
def published(tmp_path, write_result, monkeypatch):
    """A published tree in a checkout of its own: trained systems alone, three seeds of one system, six losses."""
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "results" / "runs"))
    root = tmp_path / "results" / "fer2013"
    for seed in range(3):
        write_result(root, "deep_emotion", "ours", share=0.6 + 0.02 * seed, seed=seed, dataset="fer2013")
    for name in ("published_lr0.1", "remedy_plain", "remedy_focal"):
        write_result(root, "deep_emotion", name, share=0.3, dataset="fer2013", config={"recipe": {"lr": 0.1}})
    write_result(root, "gap_cnn_svm", share=0.8, dataset="fer2013")
    return root


def test_the_page_of_a_published_tree_judges_and_draws_from_its_trained_systems_and_lies_among_the_runs(published):
    path = html_report.build(published)
    assert path == published.parent / "runs" / "fer2013-published.html"
    assert sorted(entry.name for entry in published.iterdir()) == ["02_stn_attention", "03_gap_cnn_svm"]
    text = path.read_text(encoding="utf-8")
    said = words(re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.DOTALL))
    assert "claims were judged on this run" in said and "no claim" not in said.lower()
    for title in ("Learning curves", "Which learning rates train", "Accuracy beside the papers", "Calibration",
                  "Confusion matrices side by side", "Class-imbalance methods", "Agreement between systems"):
        assert title in said, title
    assert "61.9 % ± 1.9" in said and 'href="../fer2013/02_stn_attention/deep_emotion/ours/seed2/metrics.json"' in text


def test_every_figure_drawn_for_a_published_tree_says_what_to_see(published):
    entries = [entry for own in run_files.read(published).figures.values() for entry in own]
    assert len(entries) >= 10 and all(len(entry["caption"]) > 40 for entry in entries)


def test_building_again_leaves_one_whole_file(run):
    first = html_report.build(run).read_bytes()
    assert html_report.build(run).read_bytes() == first
    assert not [path for path in run.iterdir() if path.name.startswith(".")]


def test_compare_sets_runs_side_by_side_and_marks_a_changed_verdict(run, tmp_path, monkeypatch):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path))
    other = tmp_path / "synthetic-quick-seed0"
    put(other / "claims.json", [CLAIM | {"verdict": "not_reproduced", "observed": 76777}])
    path = html_report.compare([run, other])
    text = path.read_text(encoding="utf-8")
    assert path == tmp_path / "comparison.html" and "verdicts differ" in text
    assert "47,657" in text and "76,777" in text and "70.0 %" in words(text) and "plotly.js v" not in text


def test_compare_takes_the_mean_over_seeds(run, write_result, tmp_path, monkeypatch):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path))
    for seed, share in enumerate((0.5, 0.6, 0.7)):
        write_result(run, "lenet5", share=share, seed=seed)
    said = words(html_report.compare([run, run]).read_text(encoding="utf-8"))
    assert said.count("60.0 % 34.3 … 84.9 % · 3 seeds, ± 10.0") == 2 and "validation 60.0 %" in said


def test_no_report_is_written_into_a_folder_of_something_else(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="no run in it"):
        html_report.build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_compare_wants_two(run):
    with pytest.raises(InputError):
        html_report.compare([run])


@pytest.mark.parametrize(("value", "unit", "said"), [
    (0.7002, "fraction", "70.02 %"), (47657, "count", "47,657"), (0.022, "points", "+2.2 pts"),
    (1.2, "ratio", "1.20 ×"), (0.0001, "p", "< 0.001"), (None, "fraction", "–"), (1.0, "count", "1"),
    ("<b>", None, "<b>"), (0.5, "furlongs", "0.5"), (True, None, "True")])
def test_numbers_are_told_in_their_unit(value, unit, said):
    assert quantity(value, unit) == said


def test_an_interval_names_its_unit_once():
    assert interval([0.1, 0.2], "fraction") == "10.00 … 20.00 %" and interval([0.1, 0.2], digits=1) == "10.0 … 20.0 %"
    assert interval(None) == interval([None, 1]) == "–" and percent(None) == percent(True) == "–"


def test_what_a_claim_asks_for_is_told_as_in_a_terminal():
    assert bound(0.05, "<", "p") == "< 0.05" and bound(0.7002, "=", "fraction") == "70.02 %"
    assert bound(0.1, ">", "points") == "> 10.0 pts" and bound(None, ">") == "–" and bound("none", ">") == "none"


def test_the_title_is_a_sentence_and_all_authors_are_named(run):
    text = page(run)
    assert "<h1>1 claim of the papers judged on synthetic faces: 1 shown</h1>" in text
    assert "Minaee, Minaei &amp; Abdolrashidi" in text and "Qiao, Hou &amp; Liu" in text


def test_facts_about_networks_are_counted_apart_and_folded(run):
    put(run / "claims.json", [CLAIM, CLAIM | {"id": "size", "statement": "It is small", "group": "fact"}])
    text = page(run)
    assert "<h1>1 claim of the papers judged" in text and "(1 claims, 1 facts about the networks)" in text
    fold = text.index("<summary>1 facts about the networks: judged alike, counted apart")
    assert text.index("It has 47,657 parameters") < fold < text.index("It is small")


def test_on_synthetic_faces_the_published_verdict_stands_beside(run):
    text = page(run)
    row = text[text.index('<tr data-verdict="reproduced">'):]
    assert "✓ shown" in row and 'data-label="on FER2013"><span class="chip' in row
    manifest = json.loads((run / "manifest.json").read_text())
    put(run / "manifest.json", manifest | {"dataset": "fer2013"})
    assert "on FER2013</th>" not in page(run)


def test_parts_are_folded_so_that_the_page_is_short(run):
    figures.save(go.Figure(), run / "02_stn_attention" / "figures", "second", title="Second", caption="c", order=2)
    text = page(run)
    assert text.index("<details class=\"fold\"><summary>Second") < text.index('id="figure-02_stn_attention-second"')
    assert '<details class="why">' in text and "<summary>Second" in text and "<summary>A title" not in text
