"""Membership inference: found where it is there, not found where it is not."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training.measure import membership
from training.measure.membership import Scores


def scores(shift: float, n: int = 4000) -> Scores:
    """Members that are surer than others by so many standard deviations."""
    random = np.random.default_rng(0)
    normal = [random.normal(size=n).astype(np.float32) for _ in range(4)]
    return Scores(normal[0] - np.float32(shift), normal[1], normal[2] + np.float32(shift), normal[3])


def test_sureness_and_loss_by_hand() -> None:
    """Of logits log 8, log 1, log 1 and a truth of the first: p = 0.8, sureness log 4, loss -log 0.8."""
    logits = np.log([[8.0, 1, 1]])
    assert membership.sureness(logits, np.array([0])) == pytest.approx([np.log(4)])
    assert membership.losses(logits, np.array([0])) == pytest.approx([-np.log(0.8)])


def test_an_image_is_compared_with_models_that_have_not_seen_it() -> None:
    """Of three models two have not seen an image, and are sure of it by 1 and 3: 4 is two above, in deviations."""
    others = np.array([[1.0, 5.0], [3.0, 7.0], [99.0, 99.0]])
    chosen = np.array([[True, True], [True, True], [False, False]])
    # The deviation of all images together: each pair is 1 from its mean, n - 1 = 1 each, so the square root of 2.
    found = membership.ratios(np.array([4.0, 6.0]), others, chosen)
    assert found == pytest.approx([2 / np.sqrt(2), 0])


def test_members_are_found() -> None:
    """Members a deviation surer are told apart: AUROC as scikit-learn has it, and far more than 1 % at 1 % false."""
    given = scores(1.0)
    found = membership.membership(given, 16)
    truth = np.r_[np.ones(4000), np.zeros(4000)]
    assert found.likelihood_auroc.value == pytest.approx(
        roc_auc_score(truth, np.r_[given.train_ratios, given.test_ratios]), abs=1e-9
    )
    assert (found.likelihood_tpr.value or 0) > 0.05
    assert 0.65 < (found.loss_accuracy.value or 0) < 0.72  # Phi(0) and Phi(1), halved: 0.67
    assert "A second attack" in found.text
    assert "no more than guessing" not in found.text


def test_where_there_is_nothing_nothing_is_claimed() -> None:
    """Of images that all look alike the sentence says that no difference could be shown."""
    found = membership.membership(scores(0.0), 16)
    assert found.text.endswith("no difference could be shown.")
    assert "second" not in found.text


def test_an_attack_that_finds_nobody_for_sure_is_told_as_such() -> None:
    """Where the loss tells members apart on average, but few are found at 1 % false, the sentence says both."""
    random = np.random.default_rng(1)
    ratios = [random.normal(size=4000).astype(np.float32) for _ in range(2)]
    found = membership.membership(
        Scores(*(getattr(scores(1.0), n) for n in ("train_losses", "test_losses")), *ratios), 4
    )
    assert "no more than guessing would: of a single picture it can't tell for sure." in found.text
