"""What the metrics say of a model, beside what is counted: that it is served, and what its card leads to expect."""

from models.evidence import ENERGY_KEPT
from models.repository import Model
from service import metrics


def announce(model: Model, *, served: bool) -> None:
    """Say that a model is served, and what its card leads to expect of its answers; or that it has gone."""
    details, decision = model.card.model_details, model.card.metrics.decision
    key = details.name, str(details.version)
    metrics.MODEL.labels(*key, details.sha256).set(int(served))
    # What a card does not have stays away: nothing can be compared with it.
    if decision.test_coverage.value is not None:
        metrics.EXPECTED_CONFIDENT[key].set(decision.test_coverage.value)
    if model.card.quantitative_analyses.out_of_distribution.energy_threshold.value is not None:
        metrics.EXPECTED_OUT_OF_DISTRIBUTION[key].set(round(1 - ENERGY_KEPT, 6))
