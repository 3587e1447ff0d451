"""Claims over the published trees."""

from ferkit import papers
from ferkit.core import paths
from ferkit.reporting import judged, names
from ferkit.reporting.readme import tables


def test_a_claim_that_no_tree_judges_stands_once_and_the_folders_named_are_those_that_the_tally_counts():
    rows = judged.of_papers()
    waiting = [row["id"] for _, row in rows if row["verdict"] == "not_run"]
    decided = {row["id"] for _, row in rows if row["verdict"] != "not_run"}
    assert len(set(waiting)) == len(waiting) and not decided & set(waiting)
    folders = judged.first_folders()
    assert folders and all((paths.repository() / folder).is_dir() for folder in folders)
    assert all(folder in (paths.repository() / "README.md").read_text(encoding="utf-8") for folder in folders)


def test_the_tally_counts_each_papers_claims():
    said = tables.tally()
    total, of_each = int(said.split()[1]), said.partition("(")[2].partition(")")[0].split(", ")
    assert sum(int(one.split()[0]) for one in of_each) == total


def test_a_summary_shows_the_training_of_the_papers_length_in_place_of_the_shorter_one(tmp_path, write_result):
    made = [write_result(tmp_path, "deep_emotion", recipe, share=share)
            for recipe, share in (("published", 0.5), ("published_epochs500", 0.6), ("ours", 0.7))]
    assert [one.name for one in judged.summarised(made)] == ["deep_emotion/published_epochs500", "deep_emotion/ours"]
    assert [one.name for one in judged.summarised([made[2], made[0]])] == [
        "deep_emotion/published", "deep_emotion/ours"]
    assert names.run("deep_emotion", "published_epochs500") == "Deep-Emotion, published, 500 epochs"


def test_a_summary_shows_a_recipe_with_a_name_for_display_under_that_name(tmp_path, write_result):
    (system, recipe), named = next(item for item in papers.recipes().items() if item[1].display)
    made = [write_result(tmp_path, system, one) for one in ("ours", recipe, "remedy_focal")]
    assert [one.name for one in judged.summarised(made)] == [f"{system}/ours", f"{system}/{recipe}"]
    assert names.run(system, recipe).endswith(f", {named.display}") and recipe.endswith(f"epochs{named.recipe.epochs}")
