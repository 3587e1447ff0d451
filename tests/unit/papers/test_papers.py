"""The registry: found by looking, light, and clear about what does not fit."""

import subprocess
import sys
from dataclasses import replace

import pytest

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.papers import replication


def test_listing_the_papers_imports_nothing_that_has_to_be_installed():
    program = ("import sys; from ferkit import papers; from ferkit.papers import replication, training; "
               "papers.systems(), papers.recipes(), replication.stems(), training.rows('quick', '02_stn_attention'); "
               "print(sorted({'torch', 'numpy', 'scipy', 'pandas'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_near_miss_is_told_what_was_meant():
    with pytest.raises(InputError, match="did you mean lenet5"):
        papers.system("lenet")
    with pytest.raises(InputError, match="deep_emotion: unknown recipe 'our'; did you mean ours"):
        papers.recipe("deep_emotion", "our")
    with pytest.raises(InputError, match="unknown paper 'x'"):
        papers.get("x")


def test_two_of_one_name_and_a_missing_requirement_are_refused():
    first, second = papers.get("deep_emotion"), papers.get("gap_svm")
    with pytest.raises(InputError, match="two papers are called deep_emotion"):
        papers._check((first, first))
    with pytest.raises(InputError, match="paper gap_svm: it needs lenet5"):
        papers._check((second,))
    with pytest.raises(InputError, match="two systems are called"):
        papers._check((first, replace(first, id="other")))


def test_a_head_has_the_recipes_of_the_network_under_it():
    assert papers.named("gap_cnn_svm", "ours") == papers.named("gap_cnn", "ours")


def test_notebooks_run_data_first_and_analyses_last():
    assert replication.stems() == ("01_data_preparation", "02_stn_attention", "03_gap_cnn_svm", "06_noisy_labels",
                                   "07_region_attention", "08_time_series", "09_hand_crafted", "04_occlusion_analysis",
                                   "05_confusion_comparison")
    assert replication.reads("04_occlusion_analysis") == (
        "02_stn_attention", "03_gap_cnn_svm", "06_noisy_labels", "07_region_attention", "08_time_series",
        "09_hand_crafted")


def test_systems_over_time_are_not_compared_with_systems_of_images():
    over_time = {one.name for paper in papers.all() if paper.notebook and paper.notebook.over_time
                 for one in paper.systems}
    assert "lenet5" in papers.main_systems() and over_time and not over_time & set(papers.main_systems())


def test_a_data_set_without_images_has_the_notebooks_that_need_none():
    assert replication.stems("gfe") == ("08_time_series",)
    assert "08_time_series" not in replication.stems("fer2013") and len(replication.stems("fer2013")) > 4


@pytest.mark.parametrize("system", papers.systems(), ids=lambda one: one.name)
def test_every_reference_resolves(system):
    assert system.kind.views and papers.display(system.name) == system.display and papers.of_system(system.name)
    assert system.head_kind.version if system.head else callable(system.build)
