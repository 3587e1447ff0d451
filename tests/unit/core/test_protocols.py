"""A protocol's name says which images are used and where; runs are told apart by it."""

import pytest

from ferkit.core import paths, protocols
from ferkit.core.errors import InputError


@pytest.mark.parametrize(("dataset", "given", "name"), [
    ("ckplus", "", "by_subject"), ("fer2013", "", "official"), ("jaffe", "by_image", "by_image"),
    ("ckplus", "by_subject_10fold:0", "by_subject_10fold"), ("ckplus", "by_subject_10fold:3", "by_subject_10fold:3"),
    ("ckplus", "by_image+contempt", "by_image+contempt"), ("fer2013", "official+train7000", "official+train7000"),
    ("ckplus", "by_subject_10fold:3+contempt+train50", "by_subject_10fold:3+contempt+train50"),
    ("fer2013", "official+ferplus", "official+ferplus"), ("synthetic", "official+variation100", "official"),
    ("synthetic", "official+train70+variation0", "official+train70+variation0"),
    ("fer2013", "by_image+ferplus-soft+contempt+train70", "by_image+ferplus-soft+contempt+train70"),
])
def test_a_name_resolves_to_its_one_full_form(dataset, given, name):
    assert protocols.resolve(dataset, given) == name
    assert protocols.resolve(dataset, name) == name


def test_contempt_becomes_part_of_the_name():
    assert protocols.resolve("ckplus", "", contempt=True) == "by_subject+contempt"
    assert protocols.resolve("ckplus", "by_image+train50", contempt=True) == "by_image+contempt+train50"


def test_labels_become_part_of_the_name():
    assert protocols.resolve("fer2013", "", labels="ferplus") == "official+ferplus"
    assert protocols.resolve("fer2013", "official+ferplus", labels="ferplus") == "official+ferplus"
    assert protocols.resolve("fer2013", "official+train70", True, "ferplus-soft") == (
        "official+ferplus-soft+contempt+train70")
    assert paths.run_name("fer2013", "full", 0, "official+ferplus") == "fer2013-full-seed0-ferplus"
    assert paths.published_directory("fer2013", "official+ferplus+contempt").name == "fer2013-ferplus-contempt"


def test_a_name_is_taken_apart():
    assert protocols.parse("official+ferplus-soft+train9") == protocols.Protocol("official", labels="ferplus-soft",
                                                                                 train=9)
    assert protocols.parse("by_subject_10fold:3+contempt+train50") == protocols.Protocol(
        "by_subject_10fold", 3, contempt=True, train=50)
    assert protocols.parse("by_subject") == protocols.Protocol("by_subject")
    assert protocols.parse("by_subject_10fold:3+train50").proper == "by_subject_10fold:3"


@pytest.mark.parametrize(("dataset", "text", "contempt", "says"), [
    ("ckplus", "by_subject,at_will", False, "protocol 'at_will' is unknown; take one of official, by_subject"),
    ("ckplus", "by_subject,", False, "missing between the commas"),
    ("ckplus", "leave_one_subject_out:all", False, "known for jaffe and ferg only"),
    ("ckplus", "by_image:all", False, "is unknown"),
    ("ckplus", "by_image:2", False, "by_image has no folds"),
    ("ckplus", "by_subject_10fold:x", False, "is unknown"),
    ("ckplus", "by_image+disdain", False, "is unknown"),
    ("jaffe", "", True, "jaffe has no contempt"),
    ("jaffe", "by_image+ferplus", False, "jaffe has no FER+ labels"),
    ("fer2013", "official+contempt+ferplus", False, "is unknown"),
    ("fer2013", "official+contempt", False, "fer2013 has no contempt"),
    ("fer2013", "official+train", False, "is unknown"),
    ("fer2013", "official+train0", False, "is unknown"),
    ("fer2013", "official+variation50", False, "fer2013 is not drawn"),
    ("ckplus", "by_image+train50+contempt", False, "is unknown"),
    ("ckplus", "by_subject_10fold:all50", False, "is unknown"),
])
def test_what_is_no_protocol_is_refused_in_one_line(dataset, text, contempt, says):
    with pytest.raises(InputError) as refused:
        protocols.several(dataset, text, contempt)
    assert says in str(refused.value) and "\n" not in str(refused.value)


def test_a_list_is_resolved_in_order_each_name_once():
    assert protocols.several("ckplus", "by_image, by_subject,by_image") == ("by_image", "by_subject")
    assert protocols.several("ckplus", "") == ("by_subject",)


def test_all_folds_are_asked_for_at_once():
    assert protocols.several("ckplus", "by_subject_10fold:all") == (
        "by_subject_10fold", *(f"by_subject_10fold:{k}" for k in range(1, 10)))
    assert len(protocols.several("jaffe", "by_subject,leave_one_subject_out:all")) == 11
    assert protocols.several("ckplus", "by_image_10fold:all", contempt=True)[-1] == "by_image_10fold:9+contempt"
    assert protocols.without_fold("by_image_10fold:9+contempt") == "by_image_10fold+contempt"


def test_only_the_sets_own_protocol_keeps_the_contract_s_names():
    def run(dataset, protocol):
        return paths.run_name(dataset, "quick", 1, protocol)

    assert run("ckplus", "") == run("ckplus", "by_subject") == "ckplus-quick-seed1"
    assert run("ckplus", "by_image") == "ckplus-quick-seed1-by_image"
    assert run("jaffe", "leave_one_subject_out:4") == "jaffe-quick-seed1-leave_one_subject_out-fold4"
    assert {paths.published_directory("ckplus", name).name for name in ("", "by_subject")} == {"ckplus"}
    assert paths.published_directory("ckplus", "by_image").name == "ckplus-by_image"
    assert paths.published_directory("ckplus", "by_subject+contempt").name == "ckplus-contempt"
    assert paths.published_directory("fer2013", "official+train7000").name == "fer2013-train7000"
    assert run("ckplus", "by_image+train50") == "ckplus-quick-seed1-by_image-train50"


def test_no_two_protocols_share_a_name():
    names = [*protocols.PROTOCOLS, *(f"{name}:{k}" for name in protocols.FOLDED for k in (1, 2))]
    every = [name + extra for name in names for extra in ("", "+contempt", "+train50", "+contempt+train50")]
    assert len({protocols.suffix("ckplus", name) for name in every}) == len(every)
    every = [name + extra for name in names for extra in ("", "+ferplus", "+ferplus-soft", "+ferplus+contempt")]
    assert len({protocols.suffix("fer2013", name) for name in every}) == len(every)


def test_a_name_says_whose_labels():
    assert [protocols.label_set(name) for name in ("official", "official+ferplus+train7000", "x+ferplus-soft+contempt")
            ] == list(protocols.LABEL_SETS)


def test_the_leakiest_comes_first():
    assert protocols.leakiest_first(["by_subject", "by_sequence", "unheard_of", "by_image+contempt"]) == [
        "by_image+contempt", "by_sequence", "by_subject", "unheard_of"]


@pytest.mark.parametrize("name, divided_at_random", [
    ("a_to_b+train50", "by_image+train50"), ("by_subject_10fold:3+contempt", "by_image+contempt"),
    ("official+ferplus+train70", "by_image+ferplus+train70"), ("by_image", "by_image")])
def test_dividing_at_random_keeps_all_else_that_a_protocol_says(name, divided_at_random):
    assert protocols.at_random(name) == divided_at_random
