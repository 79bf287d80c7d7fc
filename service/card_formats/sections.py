"""What the card's document says, section by section: whom it may hurt, then the order of Mitchell et al. 2019."""

from pathlib import Path

from models.card import Card
from service.card_formats import data, details, ethics, quantities, service_facts
from service.card_formats.blocks import Section, measures_in


def sections(card: Card, figures: Path) -> list[Section]:
    """All of the card: the nine sections, of which the ethical considerations come first, then what else it holds.

    Args:
        card: the card.
        figures: the folder with its figures.
    """
    others = [
        Section("model-details", "Model details", details.model(card)),
        Section("intended-use", "Intended use", details.intended_use(card), columns=True),
        Section("factors", "Factors", details.factors(card)),
        Section("metrics", "Metrics", details.metrics(card)),
        Section("evaluation-data", "Evaluation data", data.dataset(card.evaluation_data)),
        Section("training-data", "Training data", data.dataset(card.training_data)),
        Section("quantitative-analyses", "Quantitative analyses", quantities.blocks(card, figures)),
        Section("caveats", "Caveats and recommendations", ethics.caveats(card), columns=True),
        Section("contract", "Contract: what goes in, what comes out", service_facts.contract(card)),
        Section("datasheet", "Datasheet of the data", data.datasheet(card)),
        Section("privacy", "Privacy and logging", service_facts.privacy(card), columns=True),
        Section(
            "regulation", "Regulation: a voluntary mapping, no claim of compliance", service_facts.regulation(card)
        ),
        Section("cost", "Cost", service_facts.cost(card)),
    ]
    # A number of the considerations stands somewhere else too, where it is clear what it is counted in.
    units = {each.number: each.unit for section in reversed(others) for each in measures_in(section.blocks)}
    concerns = ethics.concerns(card, units)
    title = "Whom it may hurt: ethical considerations"
    return [Section("ethical-considerations", title, concerns, "whom-it-may-hurt", columns=True), *others]
