"""Membership inference: found where it is there, not found where it is not."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training import experiments
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
    assert found.text.endswith("of the training images, no more than guessing could.")


def test_models_that_differ_make_no_members() -> None:
    """Where nobody has learnt from anything, models of which every second is surer do not tell the images apart.

    The same models asked about all test images would: that is why one of each pair is drawn for each.
    """
    random, n = np.random.default_rng(2), 4000
    surer = np.tile([0.0, 2.0], 8)[:, None]
    target, others = random.normal(size=(2, n)), random.normal(size=(2, 16, n)) + surer
    halves = np.stack([experiments.members(half, n) for half in range(16)])
    inside = membership.ratios(target[0], others[0], ~halves)
    same = np.zeros((16, n), bool)
    same[::2] = True
    found = [
        roc_auc_score(np.r_[np.ones(n), np.zeros(n)], np.r_[inside, membership.ratios(target[1], others[1], asked)])
        for asked in (membership.one_of_each_pair(16, n), same)
    ]
    assert found[0] == pytest.approx(0.5, abs=0.02)
    assert abs(found[1] - 0.5) > 0.1


def test_as_many_are_asked_about_each_image() -> None:
    """About each image one of each pair is asked, and each model about half of the images."""
    asked = membership.one_of_each_pair(16, 4000)
    assert (asked[::2] != asked[1::2]).all()
    assert asked.mean(axis=1) == pytest.approx(np.full(16, 0.5), abs=0.05)
