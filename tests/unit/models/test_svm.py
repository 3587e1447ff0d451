"""The SVM head: our few lines against scikit-learn's, saved without pickle."""

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from sklearn.kernel_approximation import Nystroem
from sklearn.svm import SVC, LinearSVC

from ferkit.core.errors import InputError
from ferkit.models import svm


def blobs(n: int = 280, classes: int = 7, dims: int = 12, spread: float = 1.6, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    centres = np.random.default_rng(99).normal(size=(classes, dims))
    features = (centres[labels] + spread * rng.normal(size=(n, dims))) * np.linspace(0.01, 30, dims) + 5
    return features.astype(np.float32), labels


def rounded(head: svm.SvmHead, features: np.ndarray) -> np.ndarray:
    """Training points as the head saw them."""
    x = svm.standardise(features, head.mean, head.scale)
    return np.rint(x / head.step) * head.step if head.kernel == "rbf" else x.astype(np.float16).astype(np.float64)


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_decisions_scores_and_votes_are_scikit_learns(classes):
    features, labels = blobs(classes=classes)
    fresh, _ = blobs(500, classes, seed=1)
    head = svm.fit(features, labels, C=3.0, gamma=0.05, num_classes=classes)
    oracle = SVC(C=3.0, gamma=0.05, decision_function_shape="ovo").fit(rounded(head, features), labels)
    x = svm.standardise(fresh, head.mean, head.scale)
    expected = oracle.decision_function(x).reshape(len(x), -1) * (-1 if classes == 2 else 1)
    assert np.abs(head.decision(fresh) - expected).max() < 1e-9
    assert np.array_equal(head.votes(fresh), oracle.predict(x))
    if classes > 2:
        oracle.decision_function_shape = "ovr"
        assert np.abs(head.scores(fresh) - oracle.decision_function(x)).max() < 1e-5


def test_ties_go_to_the_lower_label_as_in_libsvm_even_where_the_scores_disagree():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(60, 2)), np.arange(60) % 3  # without structure duels contradict
    fresh = rng.uniform(-3, 3, size=(4000, 2))
    head = svm.fit(features, labels, C=10.0, gamma=2.0, num_classes=3)
    signs = head.decision(fresh) > 0
    circle = np.all(signs == [True, False, True], axis=1)  # 0 beats 1, 1 beats 2, 2 beats 0
    assert circle.sum() > 5
    assert np.all(head.votes(fresh)[circle] == 0)
    assert np.any(head.scores(fresh)[circle].argmax(1) != 0)
    oracle = SVC(C=10.0, gamma=2.0).fit(rounded(head, features), labels)
    assert np.array_equal(head.votes(fresh), oracle.predict(svm.standardise(fresh, head.mean, head.scale)))


def test_scoring_in_chunks_changes_nothing(monkeypatch):
    features, labels = blobs()
    head = svm.fit(features, labels)
    whole = head.decision(features)
    monkeypatch.setattr(svm, "KERNEL_ENTRIES", 3 * len(head.points))
    assert np.abs(head.decision(features) - whole).max() < 1e-12
    assert head.decision(features[:0]).shape == (0, 21)


@pytest.mark.parametrize("kernel", svm.KERNELS)
def test_a_saved_head_comes_back_bit_for_bit(tmp_path, kernel):
    features, labels = blobs()
    head = svm.fit(features, labels, 1.0, 0.05, kernel, components=40)
    head.save(tmp_path / "head.safetensors")
    back = svm.SvmHead.load(tmp_path / "head.safetensors")
    assert (back.kernel, back.num_classes, back.gamma) == (kernel, 7, head.gamma)
    assert np.array_equal(back.decision(features), head.decision(features))
    assert [p.name for p in tmp_path.iterdir()] == ["head.safetensors"]
    assert b"pickle" not in (tmp_path / "head.safetensors").read_bytes()


def test_a_head_takes_a_byte_a_feature_and_is_what_a_finer_one_is(tmp_path):
    features, labels = blobs(700, dims=64)
    fresh, _ = blobs(700, dims=64, seed=2)
    head = svm.fit(features, labels, 3.0, 0.02)
    head.save(tmp_path / "head.safetensors")
    assert head.points.dtype == np.int8
    assert (tmp_path / "head.safetensors").stat().st_size < len(head.points) * (64 + 6 * 8) + 8192
    exact = SVC(C=3.0, gamma=0.02).fit(svm.standardise(features, head.mean, head.scale), labels)
    same = head.votes(fresh) == exact.predict(svm.standardise(fresh, head.mean, head.scale))
    assert np.mean(same) > 0.97


def test_a_head_saved_before_steps_were_kept_still_opens(tmp_path):
    features, labels = blobs()
    head = svm.fit(features, labels, kernel="nystroem", components=20)
    head.save(tmp_path / "new.safetensors")
    arrays = load_file(tmp_path / "new.safetensors")
    with safe_open(tmp_path / "new.safetensors", framework="numpy") as file:
        header = file.metadata()
    save_file({name: a for name, a in arrays.items() if name != "step"}, tmp_path / "old.safetensors", header)
    old = svm.SvmHead.load(tmp_path / "old.safetensors")
    assert np.array_equal(old.decision(features), head.decision(features))


def test_a_file_that_is_no_head_is_refused_in_one_line(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"not a tensor")
    for name in ("x.safetensors", "missing.safetensors"):
        with pytest.raises(InputError, match="no saved SVM head") as caught:
            svm.SvmHead.load(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_linear_and_nystroem_are_scikit_learns_one_vs_rest():
    features, labels = blobs()
    linear = svm.fit(features, labels, 0.5, kernel="linear")
    x = rounded(linear, features)
    oracle = LinearSVC(C=0.5, dual=False).fit(x, labels)
    plain = svm.standardise(features, linear.mean, linear.scale)
    assert np.allclose(linear.decision(features), oracle.decision_function(plain), atol=1e-9)
    assert np.array_equal(linear.votes(features), oracle.predict(plain))
    approximate = svm.fit(features, labels, 0.5, 0.05, "nystroem", components=50, seed=3)
    mapping = Nystroem(gamma=0.05, n_components=50, random_state=3).fit(x)
    machine = LinearSVC(C=0.5, dual=False, random_state=3).fit(mapping.transform(x), labels)
    expected = machine.decision_function(mapping.transform(plain))
    assert np.allclose(approximate.decision(features), expected, atol=1e-6)
    assert np.array_equal(approximate.scores(features).argmax(1), approximate.votes(features))


def test_standardisation_comes_from_the_training_rows_only():
    features, labels = blobs()
    head = svm.fit(features, labels)
    assert np.allclose(head.mean, features.astype(np.float64).mean(0))
    shifted = head.decision(features + 1000)
    assert not np.allclose(shifted, head.decision(features))  # test rows are not centred on themselves


def test_a_dead_feature_does_no_harm():
    features, labels = blobs()
    features[:, 3] = 0
    head = svm.fit(features, labels)
    assert np.isfinite(head.decision(features)).all()


def test_a_label_unseen_in_training_is_never_voted_and_scores_lowest():
    features, labels = blobs()
    seen = labels != 1
    head = svm.fit(features[seen], labels[seen])
    assert 1 not in head.votes(features)
    scores = head.scores(features)
    assert scores.shape == (280, 7)
    assert np.all(scores.argmin(1) == 1)


def test_the_score_of_an_unseen_label_does_not_depend_on_the_rows_beside_it():
    features, labels = blobs()
    head = svm.fit(features[labels != 1], labels[labels != 1])
    alone = np.concatenate([head.scores(row[None]) for row in features[:20]])
    assert np.allclose(alone, head.scores(features)[:20], atol=1e-6)


def test_the_search_takes_the_best_pair_of_its_table_and_never_sees_other_rows():
    features, labels = blobs(420)
    val, val_labels = blobs(140, seed=5)
    choice = svm.search(features, labels, val, val_labels, rows=140, seed=0)
    best = max(row["val_accuracy"] for row in choice.table)
    winners = [(row["C"], row["gamma"]) for row in choice.table if row["val_accuracy"] == best]
    assert (choice.C, choice.gamma) == min(winners)
    assert len(choice.table) == len(svm.C_GRID) * len(svm.GAMMA_GRID)
    assert {row["rows"] for row in choice.table} == {140}
    assert choice == svm.search(features, labels, val, val_labels, rows=140, seed=0)


def test_stratified_rows_keep_every_class_in_its_share():
    labels = np.repeat([0, 1, 2], [900, 90, 10])
    rows = svm.stratified_rows(labels, 100, seed=0)
    assert np.bincount(labels[rows]).tolist() == [90, 9, 1]
    assert len(set(rows)) == len(rows)
    assert np.array_equal(svm.stratified_rows(labels, 0, 0), np.arange(1000))


def test_a_fresh_draw_is_classified_above_chance():
    features, labels = blobs(700, spread=0.8)
    fresh, fresh_labels = blobs(350, spread=0.8, seed=8)
    assert np.mean(svm.fit(features, labels, 3.0).votes(fresh) == fresh_labels) > 0.6


def test_an_unknown_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel 'poly'"):
        svm.fit(*blobs(), kernel="poly")
