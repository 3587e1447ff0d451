"""Random convolutions as heads. What needs aeon (an extra) is skipped without it; MultiRocket and Hydra compile for
minutes and are left to the full profile."""

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.data.sequences.sequence_set import WIDTH
from ferkit.papers.notes_time_series import rockets


def packed(n=24, seed=0, asked=((1, 1, 0), (1, 0, 1))):
    """Sequences that rise or not; half may be answered by labels 0 and 1, half by 0 and 2."""
    rng = np.random.default_rng(seed)
    lengths, labels = rng.integers(5, 12, n), np.arange(n) // 2 % 2
    x = np.zeros((n, 11, WIDTH + 5), np.float32)
    for row, length in enumerate(lengths):
        x[row, :length, :3] = rng.normal(0, 0.1, (length, 3)) + labels[row] * np.linspace(0, 2, length)[:, None]
        x[row, :length, WIDTH] = 1
    questions = np.array(asked)[np.arange(n) % len(asked)]
    x[..., WIDTH + 2:] = questions[:, None]
    return x, np.where(labels == 1, questions.argsort(1)[:, -1], 0)


def test_stretching_keeps_both_ends_and_runs_straight_between_them():
    x, _ = packed(4)
    x[0] = 0
    x[0, :3, 0], x[0, :3, WIDTH] = (0, 1, 2), 1
    long = rockets._stretched(x, 9)
    np.testing.assert_allclose(long[0, 0], np.linspace(0, 2, 9), atol=1e-6)
    for row in range(1, 4):
        length = int(x[row, :, WIDTH].sum())
        np.testing.assert_allclose(long[row, :3, [0, -1]], x[row, [0, length - 1], :3], atol=1e-6)


def test_one_decomposition_gives_the_ridges_that_scikit_learn_gives():
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(20, 40)), rng.integers(0, 3, 20)
    for alpha, coefficients, intercepts in rockets._ridges(x, labels, np.ones(3, bool)):
        theirs = Ridge(alpha=alpha).fit(x, np.eye(3)[labels])
        np.testing.assert_allclose(coefficients, theirs.coef_, atol=1e-8)
        np.testing.assert_allclose(intercepts, theirs.intercept_, atol=1e-8)


def test_without_aeon_one_line_says_how_to_get_it(monkeypatch):
    import builtins

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest, **more: (_ for _ in ()).throw(ImportError(name))
                        if name.startswith("aeon") else real(name, *rest, **more))
    x, labels = packed()
    with pytest.raises(InputError, match=r"ferkit\[sequences\]"):
        rockets.MINIROCKET.fit((x, labels), (x, labels), search_rows=0, seed=0, num_classes=3, name="")


@pytest.mark.slow
def test_a_rocket_learns_answers_within_the_question_and_is_read_back_equal(tmp_path, monkeypatch):
    pytest.importorskip("aeon")
    # Compiling takes a minute in a new environment and pays from some hundred sequences on.
    monkeypatch.setattr(pytest.importorskip("numba").config, "DISABLE_JIT", 1)
    x, labels = packed()
    head, facts = rockets.MINIROCKET.fit((x, labels), packed(seed=1), search_rows=0, seed=0, num_classes=3, name="")
    test, truth = packed(60, seed=2)
    scores, predicted = head.predict([test])
    assert np.mean(predicted == truth) > 0.9
    assert (test[np.arange(60), 0, WIDTH + 2 + predicted] == 1).all()
    assert facts["features"] > 9000 and len(facts["alpha"]) == 2
    head.save(tmp_path / "weights.safetensors")
    again = rockets.MINIROCKET.load(tmp_path / "weights.safetensors").scores(test)
    np.testing.assert_array_equal(again, scores)
    with pytest.raises(InputError, match="never had to choose"):
        head.predict([packed(2, asked=((0, 1, 1),))[0]])


def test_what_is_no_rocket_is_refused_in_one_line(tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no saved rocket"):
        rockets.MINIROCKET.load(tmp_path / "weights.safetensors")


def test_a_save_that_fails_leaves_the_earlier_head_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"earlier")
    nothing = np.zeros((1, 1), np.float32)
    head = rockets.RocketHead("minirocket", (1, 9), {}, nothing, nothing, nothing, nothing, nothing)
    monkeypatch.setattr(rockets, "save_file", lambda tensors, aside, header: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        head.save(path)
    assert [(left.name, left.read_bytes()) for left in tmp_path.iterdir()] == [(path.name, b"earlier")]
