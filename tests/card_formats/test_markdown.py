"""The card as Markdown is read by Hugging Face's own library."""

import re

import httpx
import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results

from service.card_formats import markdown
from tests.support import cards
from tests.support.cards import MARKDOWN, MODELS

SECTIONS = {
    "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data",
    "Quantitative analyses", "Whom it may hurt: ethical considerations", "Caveats and recommendations",
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_the_hub_reads_the_cards_values(client: httpx.Client, model: str) -> None:
    """huggingface_hub loads the Markdown; its evaluation results are the card's numbers, to the last digit."""
    card = cards.card(model)
    read = ModelCard(client.get("/model-card", params={"model": model}, headers={"Accept": MARKDOWN}).text)
    data = read.data.to_dict()  # type: ignore[no-untyped-call] # the library has no types there
    assert (data["license"], data["datasets"]) == ("mit", ["cifar10"])
    assert (data["library_name"], data["pipeline_tag"]) == ("onnx", "image-classification")
    name, results = model_index_to_eval_results(data["model-index"])
    assert name == model
    found = {
        (result.dataset_split, result.metric_name): (result.metric_value, result.metric_args or {})
        for result in results
    }
    compared = 0
    for split, figures in card.quantitative_analyses.splits.items():
        for hub, number in (
            ("accuracy", figures.accuracy), ("top 2 accuracy", figures.top2_accuracy),
            ("nll", figures.nll), ("brier score", figures.brier),
        ):  # fmt: skip
            if number.value is not None:
                compared += 1
                value, arguments = found[split, hub]
                assert value == number.value
                assert arguments["n"] == number.n
                assert number.ci is None or arguments["lower"] == number.ci.lower
    for label, each in card.quantitative_analyses.per_class.items():
        for hub in ("precision", "recall", "f1"):
            number = getattr(each, hub)
            if number.value is not None:
                compared += 1
                assert found["test", f"{hub} of {label}"][0] == number.value
    assert compared > 20
    assert set(data["metrics"]) == {result.metric_type for result in results}
    assert {text.split(". ", 1)[1] for text in re.findall(r"^## (.+)$", read.text, re.MULTILINE)} >= SECTIONS


@pytest.mark.parametrize("value", [1e-06, 1.5e-7, 1e22, 0.5, 1.0, "1e-06", "yes", 'a "quoted": text'])
def test_numbers_stay_numbers_in_yaml(value: float | str) -> None:
    """A very small number is written so that YAML 1.1 reads a number, and a text that looks like one stays a text."""
    read = yaml.safe_load(markdown.quote(value))
    assert read == value
    assert isinstance(read, type(value))
