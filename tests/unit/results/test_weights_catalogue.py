"""Published names are read from the files, each stands for one result, and hashes are checked."""

import json
import shutil

import pytest

from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.results import manifest, records, weights_catalogue


@pytest.fixture
def tree(tmp_path, monkeypatch, write_result):
    """A checkout with its own results: two recipes and two seeds of one system, an SVM without weights."""
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "runs"))
    root = tmp_path / "results" / "fer2013"

    def add(system, recipe, seed, share, content, keep=True, root=root, **changes):
        result = write_result(root, system, recipe, seed=seed, share=share, dataset="fer2013", **changes)
        (result.directory / "weights.safetensors").write_bytes(content)
        metrics = json.loads((result.directory / records.METRICS).read_text())
        metrics["weights_sha256"] = files.sha256(result.directory / "weights.safetensors")
        (result.directory / records.METRICS).write_text(json.dumps(metrics))
        if not keep:
            (result.directory / "weights.safetensors").unlink()
        return result.directory

    add("deep_emotion", "published", 0, 0.4, b"a")
    add("deep_emotion", "ours", 0, 0.6, b"b")
    add("deep_emotion", "ours", 1, 0.65, b"c")
    add("gap_cnn", "ours", 0, 0.6, b"d")
    add("gap_cnn_svm", "ours", 0, 0.9, b"e", keep=False, features_of="gap_cnn/ours/seed0",
        features_sha256=files.sha256(root / "03_gap_cnn_svm/gap_cnn/ours/seed0/weights.safetensors"))
    tree.add = add
    return root


def test_a_bare_name_is_the_recipe_and_seed_that_validation_puts_first(tree):
    assert weights_catalogue.find("deep-emotion").full_name == "deep-emotion/ours/seed1"
    assert weights_catalogue.find("deep_emotion/published").full_name == "deep-emotion/published/seed0"
    assert weights_catalogue.find("deep-emotion/ours/seed0").full_name == "deep-emotion/ours/seed0"


def test_the_default_is_the_best_with_weights(tree):
    assert weights_catalogue.best().full_name == "deep-emotion/ours/seed1"
    tree_of = weights_catalogue.entries()
    assert max(tree_of, key=lambda entry: entry.validation).full_name == "gap-cnn-svm/ours/seed0"


def test_another_data_set_is_named_at_the_end(tree):
    test_of = tree.parent / "ckplus"
    shutil.copytree(tree / "02_stn_attention", test_of / "02_stn_attention")
    assert weights_catalogue.find("deep-emotion@ckplus").dataset == "ckplus"
    assert weights_catalogue.find("deep-emotion").dataset == "fer2013"
    assert "deep-emotion/published@ckplus" in weights_catalogue.names()


@pytest.mark.parametrize("name", ["deep", "deep-emotion/theirs", "deep-emotion/ours/seed7", "deep-emotion@jaffe", ""])
def test_an_unknown_name_is_refused_with_those_that_can_be_loaded(tree, name):
    with pytest.raises(InputError, match=r"known are deep-emotion/ours, deep-emotion/published, gap-cnn/ours$"):
        weights_catalogue.find(name)


def test_the_likeliest_meant_is_offered(tree):
    with pytest.raises(InputError, match=r"did you mean gap-cnn/ours\?"):
        weights_catalogue.find("gap-cn")


def test_outside_a_checkout_the_packages_own_part_is_read(tree, monkeypatch):
    assert paths.published_root() == tree.parent
    monkeypatch.setattr(paths, "in_checkout", lambda: False)
    assert paths.published_root().parts[-2:] == ("ferkit", "published")


def test_a_compact_svm_stands_for_one_too_large_to_publish(tree):
    entry = weights_catalogue.find("gap-cnn-svm")
    (entry.directory / weights_catalogue.COMPACT).write_bytes(b"compact")
    assert weights_catalogue.locate("gap-cnn-svm") == (entry.directory / weights_catalogue.COMPACT,
                                                       "gap-cnn-svm/ours/seed0")


@pytest.mark.parametrize(("noted", "says"), [
    ({}, r"run_all\.sh --dataset fer2013 --data PATH --protocol official --profile standard --seed 0 --only 03"),
    ({"command": "python -m ferkit sweep more.toml --output DIR"}, r"sweep more\.toml --output DIR")])
def test_what_is_not_in_the_repository_tells_how_it_is_made(tree, noted, says):
    outputs = {"03_gap_cnn_svm/gap_cnn_svm/ours/seed0/metrics.json": "f" * 64}
    manifest.write(tree, {"schema": 1, "dataset": "fer2013", "protocol": "official", "profile": "standard", "seed": 0,
                          "notebooks": {"03_gap_cnn_svm": {"outputs": outputs, **noted}}})
    with pytest.raises(InputError, match=f"{says} and name its weights.safetensors$"):
        weights_catalogue.require(weights_catalogue.find("gap-cnn-svm"))


def test_the_very_file_from_a_run_of_ones_own_stands_in(tree, tmp_path):
    run = tmp_path / "runs" / "fer2013-standard-seed0"
    shutil.copytree(tree / "03_gap_cnn_svm", run / "03_gap_cnn_svm")
    own = run / "03_gap_cnn_svm" / "gap_cnn_svm" / "ours" / "seed0" / "weights.safetensors"
    own.write_bytes(b"another")
    assert weights_catalogue.find("gap-cnn-svm").weights is None
    own.write_bytes(b"e")
    entry = weights_catalogue.find("gap-cnn-svm")
    assert weights_catalogue.require(entry) == own and entry.base.parent.name == "seed0"
    assert weights_catalogue.best().full_name == "gap-cnn-svm/ours/seed0"


def test_changed_weights_are_refused(tree):
    entry = weights_catalogue.find("gap-cnn")
    entry.weights.write_bytes(b"changed")
    with pytest.raises(InputError, match=r"not the published weights.*git checkout"):
        weights_catalogue.require(entry)


def test_an_edited_accuracy_is_not_listed(tree):
    file = tree / "02_stn_attention/deep_emotion/ours/seed0/metrics.json"
    outputs = {file.relative_to(tree).as_posix(): files.sha256(file)}
    manifest.write(tree, {"schema": 1, "notebooks": {"02_stn_attention": {"outputs": outputs}}})
    assert len(weights_catalogue.table()) == 5
    file.write_text(file.read_text().replace('"accuracy": 0.6', '"accuracy": 0.9', 1))
    with pytest.raises(InputError, match=r"deep_emotion/ours/seed0/metrics\.json: changed since it was published"):
        weights_catalogue.table()


def test_without_any_weights_there_is_no_default(tree):
    shutil.rmtree(tree)
    with pytest.raises(InputError, match="no published weights here"):
        weights_catalogue.best()
    assert weights_catalogue.table() == []


def test_every_published_weight_is_what_its_metrics_say():
    """The repository's own: each file that is here has its published hash, and the default is one of them."""
    here = [entry for entry in weights_catalogue.entries() if entry.weights]
    for entry in here:
        assert weights_catalogue.require(entry) == entry.weights
    assert weights_catalogue.best() in here
    assert len(weights_catalogue.table()) == len(weights_catalogue.entries())
