"""The READMEs' blocks and pictures, made of fabricated published results in a checkout of its own."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from ferkit import papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.publishing import publish as publishing
from ferkit.reporting import judged, readme
from ferkit.reporting.readme import labels, pictures, svg, tables, values
from ferkit.results import over_protocols, provenance, schema
from ferkit.results.tree import published

IMBALANCE, VARIANTS = papers.ablation("class_imbalance"), papers.ablation("variants")
MARKS = "a\n<!-- {0}: made by python -m ferkit readme -->\nold\n<!-- end {0} -->\nb\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch, write_result):
    """A checkout with two READMEs and two published trees, one with three seeds of a system."""
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    sizes = dict(zip(LABELS, (400, 43, 409, 721, 483, 317, 496), strict=True))
    root = tmp_path / "results" / "synthetic"
    for seed in range(3):
        write_result(root, "deep_emotion", "ours", share=0.6 + 0.02 * seed, seed=seed, n_train_per_class=sizes)
    write_result(root, "deep_emotion", "published", untested=True)
    write_result(root, "deep_emotion", "published_lr0.1", share=0.2)
    write_result(root, "gap_cnn_svm", "ours", share=0.8, accuracy_without_copies=0.78, n_without_copies=200,
               n_train_per_class=sizes)
    write_result(tmp_path / "results" / "ckplus-by_image", "gap_cnn_svm", "ours", dataset="ckplus", protocol="by_image")
    (tmp_path / "README.md").write_text(MARKS.format("results") + MARKS.format("picture"))
    (tmp_path / "results" / "README.md").write_text(MARKS.format("runs"))
    return tmp_path


def changed(check=False):
    """The files that are rewritten (check: that are not as they should be), relative to the checkout."""
    return [path.relative_to(paths.repository()).as_posix() for path in files.refresh(readme.wanted(), check)]


def test_blocks_and_pictures_are_rewritten_once_and_then_up_to_date(checkout):
    assert changed() == ["README.md", "results/README.md", "results/figures/verdicts-narrow.svg",
                         "results/figures/verdicts.svg"]
    assert changed() == []
    text = (checkout / "README.md").read_text()
    assert text.startswith("a\n<!--") and text.endswith("-->\nb\n") and "old" not in text
    assert 'src="results/figures/verdicts.svg"' in text and 'alt="' in text


@pytest.mark.parametrize(("facts", "said"), [
    ({}, "no pretraining"), ({"initial": {"name": "a/b/seed0"}}, "from a/b/seed0")])
def test_what_ferplus_was_trained_from_stands_beside_its_accuracy(checkout, write_result, facts, said):
    write_result(checkout / "results" / "fer2013-ferplus", "gap_cnn", dataset="fer2013", protocol="official+ferplus",
                 n_train=9, **facts)
    assert f"ours: the GAP CNN network, recipe ours, {said}, 7 classes" in labels.trained_block()


def test_a_changed_table_or_picture_is_stale_and_one_that_nobody_makes_goes(checkout):
    changed()
    (checkout / "README.md").write_text((checkout / "README.md").read_text().replace("61.90", "71.90"))
    (checkout / "results/figures/verdicts.svg").write_text("<svg/>")
    (checkout / "results/figures/other.svg").write_text("<svg/>")
    assert changed(check=True) == ["README.md", "results/figures/other.svg", "results/figures/verdicts.svg"]
    changed()
    assert not (checkout / "results/figures/other.svg").exists() and changed(check=True) == []


def test_a_block_that_nobody_makes_is_refused(checkout):
    with pytest.raises(InputError, match="nobody makes a block called 'news'"):
        readme.rendered(MARKS.format("news"))


def test_several_seeds_stand_in_one_row_with_mean_sd_and_intervals(checkout):
    (row,) = [line for line in tables.results_table().splitlines() if "| Deep-Emotion | ours" in line]
    assert "| 3 |" in row and "**61.90** ± 1.90" in row and "53.7\u00a0… 69.7" in row
    text = tables.results_table()
    assert "published_lr0.1" not in text and "1 more (controls" in text
    assert "### synthetic\n" in text and "| Deep-Emotion | published | 1 | – | diverged |" in text


def test_trees_of_other_protocols_are_found_and_only_claims_about_their_data_count(checkout):
    assert [tree.name for tree in published()] == ["synthetic", "ckplus-by_image"]
    lines = tables.claims_table().splitlines()
    own = [line for line in lines if line.endswith("| ckplus, by_image |")]
    assert len(own) == 1 and "98.06%" in own[0] and any(line.endswith("| synthetic |") for line in lines)


def test_points_that_are_not_of_accuracy_say_of_what():
    row = {"statement": "Order matters", "unit": "points", "measures": "F-measure gained"}
    assert tables._statement(row) == "Order matters (F-measure gained)"
    assert tables._statement(row | {"measures": "accuracy gained"}) == "Order matters"


def test_files_of_seeds_stand_behind_their_system_and_those_of_several_protocols_by_name(checkout):
    (tree, _) = published()
    said = tables._files(tree, ["02_a/lenet5/ours/seed0/metrics.json", "02_a/lenet5/ours/seed1/metrics.json",
                                "09_b/protocols_steps.json"])
    assert said == ("[LeNet-5 · ours](synthetic/02_a/lenet5/ours) 0 1; "
                    "[protocols_steps.json](synthetic/09_b/protocols_steps.json)")


def test_sweeps_under_the_same_protocols_share_a_table(checkout, write_result):
    root = checkout / "results" / "synthetic"
    for system, share in (("gap_cnn", 0.8), ("lenet5", 0.5)):
        runs = {one: [write_result(root, system, share=share)] for one in ("easy", "hard")}
        over_protocols.write(root / f"09_b/protocols_{system}.json", runs,
                             {"sweep": f"results/sweeps/{system}.toml", "git_commit": "", "profile": "quick"})
    table = tables.protocols_table().splitlines()
    assert "synthetic, 2 protocols (`gap_cnn`, `lenet5`):" in table
    assert [line.split(" | ")[3:] for line in table[-2:]] == [["50.00 %", "50.00 % |"], ["80.00 %", "80.00 % |"]]


def test_folds_stand_together_with_an_interval_over_people_and_in_sentences(checkout, write_result):
    root = checkout / "results" / "synthetic"
    runs = {}
    for protocol, share in (("by_subject_10fold", 0.8), ("by_subject_10fold:1", 0.6)):
        result = write_result(root, "gap_cnn", share=share)
        single = np.zeros(210, int)  # flip-averaged answers are not compared with single views
        runs[protocol] = [replace(result, predictions=result.predictions | {"groups": np.arange(210) // 35,
                                                                       "predicted_no_tta": single})]
    over_protocols.write(root / "09_b/protocols_x.json", runs,
                         {"sweep": "x.toml", "git_commit": "", "profile": "quick"})
    assert tables.protocols_table().splitlines()[-1].startswith("| GAP CNN | ours | 1 | 14.29 % | 13.82 … 14.75 % |")
    said = values.filled(" ".join(VALUE.format(f"folds synthetic/gap_cnn/ours {field}") for field in (
        "accuracy", "interval", "images", "people")), "README.md")
    assert all(f"-->{value}<!--" in said for value in ("14.29 %", "13.82 … 14.75 %", "420", "12"))
    with pytest.raises(InputError, match="no published result has accuracy"):
        values.filled(VALUE.format("folds synthetic/lenet5/ours accuracy"), "README.md")


def test_two_protocols_of_a_data_set_say_what_the_leak_is_worth(checkout, write_result):
    assert "under two protocols yet" in tables.leaks_table()
    write_result(checkout / "results" / "ckplus", "gap_cnn_svm", share=0.5, dataset="ckplus", protocol="by_subject")
    (row,) = [line for line in tables.leaks_table().splitlines() if line.startswith("| ckplus |")]
    assert "| 70.00 % (by_image, n 210) | 50.00 % (by_subject, n 210) | **+20.0** |" in row
    assert "### ckplus, by_subject\n" in tables.results_table()


def test_class_imbalance_methods_stand_beside_plain_training(checkout, write_result):
    assert tables.ablation_table(IMBALANCE) == tables.NOTHING
    for name, share in (("plain", 0.5), ("weights", 0.6)):
        write_result(checkout / "results" / "synthetic", "deep_emotion", f"remedy_{name}", share=share)
    lines = tables.ablation_table(IMBALANCE).splitlines()
    plain, weighted = [line for line in lines if line.startswith("| synthetic |")]
    assert "| plain training | 1 | " in plain and "(" not in plain.partition("| 1 |")[2]
    assert "| disgust " in weighted and "| class weights | 1 | " in weighted and "60.00 % (+10.0: " in weighted


def test_variants_stand_beside_their_control_and_decide_claims_that_the_whole_set_does_not(checkout, write_result):
    assert tables.ablation_table(VARIANTS) == tables.NOTHING
    for system, share in (("small", 0.6), ("fc", 0.5)):
        write_result(checkout / "results" / "synthetic-train50", f"gap_cnn_{system}", "control", share=share,
                   protocol="official+train50", train_accuracy=share + 0.1, receptive_field=36)
    lines = tables.ablation_table(VARIANTS).splitlines()
    control, fc = [line for line in lines if line.startswith("| synthetic-train50 |")]
    assert "| 60.00 % |  |  | 10.0 |  | 1,000 | 36 | 0.1 |" in control and "| 50.00 % | -10.0 (" in fc
    lines = [line for line in tables.claims_table().splitlines() if line.endswith("| synthetic, official+train50 |")]
    assert any("fully connected" in line for line in lines)


def test_every_run_names_its_file_its_commit_and_how_to_check_it(checkout):
    name = "02_stn_attention/deep_emotion/ours/seed1/metrics.json"
    made = {"schema": 1, "dataset": "synthetic", "profile": "quick", "seed": 0, "git_dirty": False, "notebooks": [
        {"name": "02_stn_attention", "git_commit": "0123456789abcdef", "outputs": {name: "f" * 64}}]}
    (checkout / "results/synthetic/manifest.json").write_text(__import__("json").dumps(made))
    text = tables.runs_table()
    assert f"[1](synthetic/{name}) | " in text and "`0123456789ab`" in text and "`unknown`" in text
    assert "`./run_all.sh --dataset synthetic --profile quick --seed 0 --only 02`" in text
    assert "`python -m ferkit verify results/synthetic`" in text
    assert provenance.of(checkout / "results/synthetic").intact(name) is False


def test_the_files_that_decided_a_claim_are_named(checkout):
    text = tables.verdicts_table()
    assert "<summary>ckplus-by_image: " in text and "| gap_svm.accuracy.ckplus" in text
    assert "(ckplus-by_image/03_gap_cnn_svm/gap_cnn_svm/ours) 0 " in text


@pytest.mark.parametrize("name", ["verdicts", "verdicts-narrow"])
def test_the_picture_is_whole_named_and_follows_the_readers_colours(checkout, name):
    drawn = pictures.drawn()[name]
    root = ET.fromstring(drawn.svg)
    assert root.find("{http://www.w3.org/2000/svg}title").text == drawn.says and len(drawn.says) > 40
    assert "prefers-color-scheme: dark" in drawn.svg and len(drawn.svg) < 60_000
    assert not {"image", "script", "foreignObject"} & {element.tag.rpartition("}")[2] for element in root.iter()}
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(element.get("y")) <= height
        room = 6.6 * len(element.text) * {"start": 1, "middle": 0.5, "end": 0}[element.get("text-anchor")]
        assert 0 <= float(element.get("x")) <= width - room, element.text


def test_the_pictures_say_what_the_files_say(checkout):
    drawn = pictures.drawn()
    assert ">61.9 %<" in drawn["verdicts"].svg and "GAP CNN + SVM, our recipe 80.0 %" in drawn["verdicts"].says


def test_nothing_published_makes_no_picture_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    (tmp_path / "results").mkdir()
    assert pictures.drawn() == {} and pictures.block() == tables.results_table() == tables.runs_table()


def test_text_is_escaped_and_marks_differ_by_shape():
    assert "&lt;b&gt;" in svg.text(0, 0, "<b>") and "<b>" not in svg.picture(1, 1, "<b>", [])
    drawn = {svg.mark(5, 5, shape, "blue") for shape in ("dot", "ring", "diamond")}
    assert len(drawn) == 3


VALUE = "It is <!-- = {} -->old<!-- = --> here."


@pytest.mark.parametrize(("mark", "says"), [
    ("result synthetic/deep_emotion/ours accuracy", "61.90 %"),
    ("result synthetic/deep_emotion/ours parameters", "1,000"),
    ("result synthetic/deep_emotion/ours seeds", "3"), ("result synthetic/deep_emotion/ours minutes", "0")])
def test_a_marked_value_is_that_of_the_files(checkout, mark, says):
    assert readme.rendered(VALUE.format(mark)) == VALUE.format(mark).replace("old", says)


@pytest.mark.parametrize("mark", ["result synthetic/deep_emotion/ours happiness", "claim nobody.said.this observed",
                                  "result nowhere/deep_emotion/ours accuracy"])
def test_a_value_that_nobody_has_is_refused(checkout, mark):
    with pytest.raises(InputError, match="no published result has"):
        values.filled(VALUE.format(mark), "README.md")


def test_a_claims_number_interval_and_verdict_stand_in_a_sentence(checkout, write_result):
    counts = dict(zip(LABELS, (491, 55, 528, 879, 594, 416, 626), strict=True))
    root = checkout / "results" / "fer2013"
    write_result(root, "deep_emotion", "ours", dataset="fer2013", parameters=47657, n_train_per_class=counts)
    text = " ".join(f"is <!-- = claim deep_emotion.parameters {field} --><!-- = -->" for field in (
        "expected", "observed", "verdict"))
    said = values.filled(text, "README.md")
    assert ">47,657<" in said and said.endswith("-->reproduced<!-- = -->")


def test_a_value_that_begins_a_line_is_refused_as_markdown_would_break_there(checkout):
    with pytest.raises(InputError, match="begins a line"):
        values.filled("text\n  <!-- = claim a observed --><!-- = -->", "README.md")


def test_the_readme_is_short_and_begins_with_what_to_run():
    text = (paths.repository() / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1500
    assert text.index("./run_all.sh") < text.index("verdicts.svg") < text.index("<!-- systems:") < 4000
    table = text.partition("<!-- systems:")[2].partition("<!-- end systems")[0]
    assert table.count("\n| ") == 2 + 6
    code = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    assert max(len(line) for block in code for line in block.splitlines()) <= 84  # what GitHub shows unscrolled


def test_every_key_of_the_schemas_stands_in_the_format_page():
    text = (paths.repository() / "results" / "README.md").read_text(encoding="utf-8")
    for kind in schema.KINDS:
        assert all(f"| `{key}` |" in text for key in schema.properties(kind)), kind
    assert "theta" not in text


def test_the_command_checks_and_rewrites(checkout, capsys):
    from ferkit.__main__ import main

    assert main(["readme", "--check"]) == 1 and "README.md: stale" in capsys.readouterr().out
    assert main(["readme"]) == 0 and "README.md: rewritten" in capsys.readouterr().out
    assert main(["readme", "--check"]) == 0


def test_a_summary_shows_the_papers_systems_and_the_best_baseline_of_each_kind(checkout, write_result):
    root = checkout / "results" / "fer2013"
    for name, value in (("lenet5", 0.5), ("hog_svm", 0.6), ("lbp_svm", 0.7), ("gap_cnn", 0.8)):
        write_result(root, name, "ours", dataset="fer2013", val_accuracy=value)
    write_result(root, "deep_emotion", "control", dataset="fer2013")
    (results,) = [tree.results for tree in published() if tree.name == "fer2013"]
    assert judged.headline(results) == ("gap_cnn", "lenet5", "lbp_svm")
    assert [line.split(" | ")[0] for line in tables.systems_table().splitlines()[2:]] == [
        "| GAP CNN", "| LeNet-5", "| LBP + SVM"]


def test_a_tree_of_folds_alone_is_published_listed_and_compared(checkout, write_result):
    root = checkout / "results" / "ckplus-by_image"
    folds = {f"by_subject_10fold{k}": [write_result(checkout / f"away{k}", "lenet5", share=share, dataset="ckplus")]
             for k, share in (("", 0.6), (":1", 0.8))}
    over_protocols.write(checkout / "results/ckplus/09_b/protocols_folds.json", folds, {
        "sweep": "results/sweeps/folds.toml", "git_commit": "a" * 40, "profile": "quick"})
    write_result(root, "lenet5", share=0.9, dataset="ckplus", protocol="by_image")
    assert "| LeNet-5 | ours | 1 | 70.00 | **70.00** |" in tables.results_table()
    assert "| **+20.0** |" in next(line for line in tables.leaks_table().splitlines() if "by_subject_10fold" in line)
    assert "/protocols_folds.json) | 70.00 % | 70.00 % | `aaaaaaaaaaaa` | finished |" in tables.runs_table()
    assert "+ ckplus/09_b/protocols_folds.json" in publishing.write_lists()


def test_networks_on_a_set_that_they_never_saw_have_a_row(checkout):
    assert tables.zero_shot_table() == tables.NOTHING
    row = {"dataset": "jaffe", "name": "net/ours/seed0", "trained_on": "fer2013", "n": 213, "accuracy": 0.5,
           "interval": [0.4, 0.6], "macro_f1": 0.45, "answers": ["sad"]}
    (checkout / "results/jaffe").mkdir()
    (checkout / "results/jaffe/zero_shot.json").write_text(json.dumps([row]))
    assert tables.zero_shot_table().splitlines()[-1] == (
        "| jaffe | `net/ours/seed0` | fer2013 | 213 | 50.00 % | 40.00 … 60.00 % | 45.00 % | 1 |")
