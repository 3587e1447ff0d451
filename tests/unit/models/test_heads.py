"""Heads are scikit-learn's pipelines: searched on validation, saved without pickle, refused where a file is none."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ferkit.core.errors import InputError
from ferkit.models import svm
from ferkit.models.heads import RBF_SVM, SklearnHead
from ferkit.papers.baselines.heads import LINEAR_SVM


def blobs(n: int = 280, classes: int = 7, dims: int = 12, spread: float = 1.6, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    centres = np.random.default_rng(99).normal(size=(classes, dims))
    features = (centres[labels] + spread * rng.normal(size=(n, dims))) * np.linspace(0.01, 30, dims) + 5
    return features.astype(np.float32), labels


def fitted(features, labels, kind=RBF_SVM, classes=7, C=3.0, gamma=0.05):
    return kind.refit(features, labels, {"C": C, "gamma": gamma}, classes)


@pytest.mark.parametrize("classes", [7, 2])
def test_an_svm_is_scikit_learns_on_standardised_features_and_votes_as_it_does(classes):
    (features, labels), (fresh, _) = blobs(classes=classes), blobs(5000, classes, spread=9, seed=1)
    head = fitted(features, labels, classes=classes)
    oracle = make_pipeline(StandardScaler(), SVC(C=3.0, gamma=0.05)).fit(features, labels)
    assert np.array_equal(head.predict([fresh])[1], oracle.predict(fresh))
    decided = oracle.decision_function(fresh)
    assert np.allclose(head.scores(fresh), decided if classes > 2 else np.stack([-decided, decided], 1), atol=1e-5)
    if classes == 2:
        return
    tied = np.sort(np.rint(decided), axis=1)
    assert np.sum(tied[:, -1] == tied[:, -2]) > 5  # a tie goes to the lower label, not to the higher score
    assert head.size == 2 * 12 + oracle[-1].support_vectors_.size + oracle[-1].dual_coef_.size + 21


@pytest.mark.parametrize("kind", [RBF_SVM, LINEAR_SVM])
def test_a_saved_head_decides_as_before_and_holds_no_pickle(tmp_path, kind):
    features, labels = blobs()
    head = fitted(features, labels, kind)
    head.save(tmp_path / "weights.safetensors")
    back = kind.load(tmp_path / "weights.safetensors")
    assert np.array_equal(back.scores(features), head.scores(features)) and back.num_classes == 7
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]
    assert b"pickle" not in (tmp_path / "weights.safetensors").read_bytes()


class Unknown(StandardScaler):
    """A step that nobody declared."""


def test_equal_heads_are_equal_files(tmp_path):
    features, labels = blobs()
    for number in range(20):
        pipeline = make_pipeline(StandardScaler(), SVC(C=3.0)).fit(features, labels)
        SklearnHead(pipeline, 7).save(tmp_path / str(number))
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    again = SklearnHead.load(tmp_path / "0")
    assert np.array_equal(again.scores(features), SklearnHead(pipeline, 7).scores(features))


def test_what_is_no_head_holds_an_undeclared_type_or_is_of_an_earlier_version_is_refused_in_one_line(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"not a tensor")
    save_file({"skops": np.frombuffer(b"not a zip", np.uint8)}, tmp_path / "y.safetensors", {"num_classes": "7"})
    features, labels = blobs()
    broken = fitted(features, labels)
    broken.pipeline[0].mean_[0] = np.nan
    broken.save(tmp_path / "nan.safetensors")
    SklearnHead(make_pipeline(Unknown(), SVC()).fit(features, labels), 7).save(tmp_path / "z.safetensors")
    save_file({"points": load_file(tmp_path / "nan.safetensors")["skops"]}, tmp_path / "old.safetensors", {"svm": "{}"})
    for name in ("x", "y", "z", "nan", "old", "missing"):
        with pytest.raises(InputError, match=r"no saved SVM head .*: fit it again") as caught:
            RBF_SVM.load(tmp_path / f"{name}.safetensors")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [RBF_SVM, LINEAR_SVM])
def test_a_label_unseen_in_training_is_never_voted_and_scores_lowest_whatever_lies_beside_it(kind):
    features, labels = blobs()
    seen = labels != 1
    head = fitted(features[seen], labels[seen], kind)
    assert 1 not in head.predict([features])[1] and head.classes.tolist() == [0, 2, 3, 4, 5, 6]
    scores = head.scores(features)
    assert scores.shape == (280, 7) and np.all(scores.argmin(1) == 1)
    alone = np.concatenate([head.scores(row[None]) for row in features[:20]])
    assert np.allclose(alone, scores[:20], atol=1e-6)


def test_several_views_are_averaged_and_one_view_keeps_its_votes():
    features, labels = blobs()
    head = fitted(features, labels)
    scores, votes = head.predict([features])
    assert np.array_equal(votes, head.predict([features])[1])
    both, mean_votes = head.predict([features, features[::-1]])
    assert np.allclose(both, (scores + scores[::-1]) / 2) and np.array_equal(mean_votes, both.argmax(1))


def test_the_search_takes_the_best_pair_of_its_table_and_says_what_it_tried():
    train, val = blobs(420), blobs(140, seed=5)
    head, facts = RBF_SVM.fit(train, val, search_rows=140, seed=0, num_classes=7, name="x")
    table = facts["search"]
    best = max(row["val_accuracy"] for row in table)
    assert (facts["C"], facts["gamma"]) == min((row["C"], row["gamma"]) for row in table
                                               if row["val_accuracy"] == best)
    assert len(table) == len(svm.C_GRID) * len(svm.GAMMA_GRID) and {row["rows"] for row in table} == {140}
    assert facts["kernel"] == "rbf" and facts["support_vectors"] == len(head.pipeline[-1].support_)
    again = RBF_SVM.refit(*train, facts, 7)
    assert np.array_equal(again.scores(val[0]), head.scores(val[0]))


def test_features_without_any_difference_are_refused_in_one_line():
    with pytest.raises(InputError, match="features of all training images are equal"):
        RBF_SVM.fit((np.ones((14, 3), np.float32), np.arange(14) % 7), (np.ones((7, 3), np.float32), np.arange(7)),
                    search_rows=0, seed=0, num_classes=7, name="flat")


def test_gammas_of_the_grid_are_multiples_of_scikit_learns_scale():
    (x, y), val = blobs(140), blobs(140, seed=5)
    _, table = RBF_SVM.search((x, y), val, 0, 0)
    scale = 1 / (x.shape[1] * float(StandardScaler().fit_transform(x).var()))
    assert {round(row["gamma"] / scale, 3) for row in table} == set(svm.GAMMA_GRID)
