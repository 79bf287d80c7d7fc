"""The four forms of the model card say what the card says, and are served as HTTP wants it."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results
from jsonschema import Draft7Validator, ValidationError
from playwright.sync_api import Browser, Page

from models.card import Card
from models.repository import FOLDER
from service.accept import best_type, takes_gzip
from service.card import html, markdown, toolkit
from service.card.form import Sibling, Source
from tests.serving import Service

MODELS = sorted(path.parent.parent.name for path in FOLDER.glob("*/1/card.json"))
JSON, HTML, MARKDOWN = "application/json", "text/html", "text/markdown"
FORMS = {"json": JSON, "html": HTML, "markdown": MARKDOWN, "mct": JSON}
OFFERED = [JSON, HTML, MARKDOWN]
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "rect"}

# What a page could fetch something with.
FETCHING = {"script", "img", "iframe", "object", "embed", "audio", "video", "source", "base", "form"}


class _Parsed(HTMLParser):
    """A page taken to pieces; complains where a tag is closed that is not the one that was opened last."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.values: list[float] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return plain(" ".join(self.texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.texts.append(data)

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "xlink:href", "src"}:
                self.links.append(value or "")
            if tag == "data" and name == "value":
                self.values.append(float(value or "nan"))


def plain(text: str) -> str:
    """Text as it reads, whatever the spaces and the size of its letters."""
    return " ".join(text.split()).casefold()


def source(name: str, card: Card | None = None) -> Source:
    folder = FOLDER / name / "1"
    return Source(card or Card.read(folder / "card.json"), folder / "figures", [Sibling(each, 1) for each in MODELS])


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything that a card holds, with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    elif value is not None:
        yield path, value


def numbers(value: Any) -> Iterator[dict[str, Any]]:
    """Every number record in a card's JSON."""
    if isinstance(value, dict):
        if {"value", "status", "method"} <= set(value):
            yield value
        else:
            for inner in value.values():
                yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)


@pytest.mark.parametrize(("accept", "expected"), [
    ("", JSON),
    ("*/*", JSON),
    (CHROMIUM, HTML),
    ("text/html", HTML),
    ("text/markdown", MARKDOWN),
    ("TEXT/Markdown ; Q=0.5", MARKDOWN),
    ("text/markdown, text/html;q=0.9", MARKDOWN),
    ("text/html;q=0.8, application/json;q=0.9", JSON),
    ("text/html, application/json", JSON),
    ("text/*", HTML),
    ("text/*, text/html;q=0.1", MARKDOWN),
    ("*/*, application/json;q=0", HTML),
    ("text/html;level=1, */*;q=0.1", HTML),
    ("text/html;q=nonsense, text/markdown;q=0.1", MARKDOWN),
    ("image/png", JSON),
    (",;,", JSON),
])  # fmt: skip
def test_the_form_is_the_one_that_the_client_would_rather_have(
    client: httpx.Client, accept: str, expected: str
) -> None:
    """Accept is read with its q-values and the most specific range; JSON comes where all or none is welcome."""
    assert best_type(accept, OFFERED) == expected
    response = client.get("/model-card", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == expected
    assert response.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(("accept_encoding", "expected"), [
    ("", False), ("gzip", True), ("gzip, deflate, br", True), ("br", False), ("gzip;q=0", False), ("*", True),
    ("*;q=0", False), ("identity, gzip;q=0.5", False), ("x-gzip", True), ("identity;q=0.5, gzip", True),
])  # fmt: skip
def test_gzip_goes_to_who_takes_it(client: httpx.Client, accept_encoding: str, expected: bool) -> None:
    """Accept-Encoding is read with its q-values; the same document comes either way."""
    assert takes_gzip(accept_encoding) == expected
    response = client.get("/model-card", headers={"Accept-Encoding": accept_encoding})
    assert (response.headers.get("content-encoding") == "gzip") == expected
    assert response.json()["model_details"]["name"] == "seminar-cnn"


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_sent_once(client: httpx.Client, name: str) -> None:
    """`format` overrules Accept; plain and compressed have ETags of their own, and who sends one back gets 304."""
    tags = set()
    for encoding in ("identity", "gzip"):
        request = {"url": "/model-card", "params": {"format": name}}
        headers = {"Accept": "text/x-nothing", "Accept-Encoding": encoding}
        first = client.get(**request, headers=headers)
        assert first.headers["content-type"].partition(";")[0] == FORMS[name]
        tags.add(first.headers["etag"])
        for sent in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
            again = client.get(**request, headers=headers | {"If-None-Match": sent})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
            assert again.headers["vary"] == "Accept, Accept-Encoding"
            assert "content-encoding" not in again.headers
        other = client.get(**request, headers=headers | {"If-None-Match": '"other"'})
        assert other.status_code == 200
        assert int(other.headers["content-length"]) > 1000
    assert len(tags) == 2


def test_no_two_documents_share_an_etag(client: httpx.Client) -> None:
    """Every form of every model's card has an ETag of its own."""
    tags = [
        client.get("/model-card", params={"model": model, "format": name}).headers["etag"]
        for model in MODELS
        for name in FORMS
    ]
    assert len(set(tags)) == len(MODELS) * len(FORMS)


def test_compressed_is_much_smaller(service: Service) -> None:
    """The card's JSON and page take less than a quarter of their bytes when compressed, and unpack to the same."""
    for name in ("json", "html"):
        sent = {}
        for encoding in ("identity", "gzip"):
            with service.client.stream(
                "GET", "/model-card", params={"format": name}, headers={"Accept-Encoding": encoding}
            ) as response:
                sent[encoding] = b"".join(response.iter_raw())
        assert len(sent["gzip"]) < len(sent["identity"]) / 4
        assert gzip.decompress(sent["gzip"]) == sent["identity"]


def test_a_form_that_does_not_exist_is_told(client: httpx.Client) -> None:
    """`?format=xml` is 422 and names the forms there are."""
    response = client.get("/model-card", params={"format": "xml"})
    assert response.status_code == 422
    assert response.json()["type"] == "/problems/invalid-parameter"
    assert all(name in response.json()["detail"] for name in FORMS)


def test_the_documentation_names_every_form(client: httpx.Client) -> None:
    """/openapi.json has the parameter `format` and all media types, the toolkit's fields among the JSON."""
    document = client.get("/openapi.json").json()
    described = document["paths"]["/model-card"]["get"]
    (parameter,) = (each for each in described["parameters"] if each["name"] == "format")
    assert parameter["schema"]["anyOf"][0]["enum"] == list(FORMS)
    content = described["responses"]["200"]["content"]
    assert set(content) == set(FORMS.values())
    schema = {**content[JSON]["schema"], "components": document["components"]}
    for name in ("json", "mct"):
        Draft7Validator(schema).validate(client.get("/model-card", params={"format": name}).json())


def test_the_page_lets_nothing_in(client: httpx.Client) -> None:
    """The page's policy allows styles in the page and nothing else, from nowhere."""
    policy = client.get("/model-card", headers={"Accept": CHROMIUM}).headers.get_list("content-security-policy")
    assert policy == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ]


@pytest.mark.parametrize("model", MODELS)
def test_the_page_is_sound(client: httpx.Client, model: str) -> None:
    """The page is well-formed, its ids are unique, it has no script, and every link leads somewhere in the service."""
    page = _Parsed(client.get("/model-card", params={"model": model, "format": "html"}).text)
    assert len(page.ids) == len(set(page.ids))
    assert FETCHING.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    for link in set(page.links):
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        elif not link.startswith("data:"):
            assert link.startswith("/")
            if not link.startswith("/images/"):
                assert client.get(link, follow_redirects=True).status_code == 200, link
    assert not [value for _, value in page.attributes if "url(" in value and "url(#" not in value]
    assert page.tags["svg"] == page.tags["figure"] == len(Card.read(FOLDER / model / "1/card.json")
                                                          .quantitative_analyses.figures)  # fmt: skip
    assert page.attributes.count(("role", "img")) == page.tags["svg"]


@pytest.mark.parametrize("model", MODELS)
def test_no_number_is_left_out(model: str) -> None:
    """Each number of the card is in the page to its last digit as often as it is in the card, with interval and n."""
    card = source(model).card.model_dump()
    page = _Parsed(html.render(source(model)))
    shown = Counter(page.values)
    for number in numbers(card):
        if number["value"] is None:
            assert plain(f"not measured: {number['reason']}") in page.text
        else:
            shown[number["value"]] -= 1
        if number["ci"]:
            shown[number["ci"]["lower"]] -= 1
            shown[number["ci"]["upper"]] -= 1
            assert f"{number['ci']['level'] * 100:g} % interval by {number['ci']['method']}".casefold() in page.text
        if number["n"] is not None:
            assert f"n = {number['n']:,}" in page.text
    assert min(shown.values()) >= 0


@pytest.mark.parametrize("model", MODELS)
def test_no_field_is_left_out(model: str) -> None:
    """Everything that the card says, be it text, count or value, is in the page."""
    page = _Parsed(html.render(source(model)))
    missing = [(path, leaf) for path, leaf in leaves(source(model).card.model_dump())
               if not said(page, path, leaf)]  # fmt: skip
    assert missing == []


def said(page: _Parsed, path: str, leaf: Any) -> bool:
    """Whether a page says a leaf of the card."""
    if isinstance(leaf, bool):
        return True  # in words: "repaired", "Called confident: yes"
    if isinstance(leaf, str):
        # "class = dog" is not repeated in the row "dog".
        text = plain(leaf.replace("not_measured", "not measured"))
        return text in page.text or (path.endswith(".slice") and text.rpartition("= ")[2] in page.text)
    return leaf in page.values or f"{leaf:,}" in page.text or str(leaf) in page.text or path.endswith(".level")


def test_a_changed_card_changes_every_form() -> None:
    """One number changed in the card is another number in the page, in the Markdown and in the toolkit's JSON."""
    card = source("seminar-cnn").card.model_dump()
    card["quantitative_analyses"]["splits"]["test"]["accuracy"]["value"] = 0.123456
    card["quantitative_analyses"]["per_class"]["cat"]["recall"] |= {
        "value": None, "ci": None, "n": None, "status": "not_measured", "reason": "The cat was away.",
    }  # fmt: skip
    changed = source("seminar-cnn", Card.model_validate(card))
    page, text = _Parsed(html.render(changed)), markdown.render(changed)
    assert 0.123456 in page.values
    assert "12.3 %" in page.text
    assert plain("not measured: The cat was away.") in page.text
    assert "not measured: The cat was away." in text
    assert "value: 0.123456" in text
    metrics = {
        each.type: each.value for each in toolkit.translate(changed.card).quantitative_analysis.performance_metrics
    }
    assert metrics["quantitative_analyses.splits.test.accuracy"] == "0.123456"
    assert metrics["quantitative_analyses.per_class.cat.recall"] == "not measured: The cat was away."


def test_what_a_card_says_is_no_markup() -> None:
    """Text in a card that looks like HTML or Markdown is shown, not obeyed."""
    card = source("seminar-cnn").card.model_dump()
    card["privacy"] = "<script>alert(1)</script> *bold* | `code`"
    changed = source("seminar-cnn", Card.model_validate(card))
    page = _Parsed(html.render(changed))
    assert page.tags["script"] == 0
    assert card["privacy"] in page.text
    assert "\\<script>alert(1)\\</script> \\*bold\\* \\| \\`code\\`" in markdown.render(changed)


def test_a_figure_without_its_file_is_told(tmp_path: Path) -> None:
    """A card whose figure files are missing is shown with their descriptions, their data, and what is missing."""
    page = _Parsed(html.render(Source(source("seminar-cnn").card, tmp_path, [])))
    assert page.tags["svg"] == 0
    assert "its file recall.svg is missing." in page.text


@pytest.mark.parametrize("model", MODELS)
def test_the_hub_reads_the_cards_values(client: httpx.Client, model: str) -> None:
    """huggingface_hub loads the Markdown; its evaluation results are the card's numbers, to the last digit."""
    card = Card.read(FOLDER / model / "1" / "card.json")
    read = ModelCard(client.get("/model-card", params={"model": model}, headers={"Accept": MARKDOWN}).text)
    data = read.data.to_dict()
    assert (data["license"], data["datasets"]) == ("mit", ["cifar10"])
    assert (data["library_name"], data["pipeline_tag"]) == ("onnx", "image-classification")
    name, results = model_index_to_eval_results(data["model-index"])
    assert name == model
    found = {(result.dataset_split, result.metric_name): result for result in results}
    for split, figures in card.quantitative_analyses.splits.items():
        for hub, number in (("accuracy", figures.accuracy), ("top 2 accuracy", figures.top2_accuracy),
                            ("nll", figures.nll), ("brier score", figures.brier)):  # fmt: skip
            if number.value is not None:
                assert found[split, hub].metric_value == number.value
                assert found[split, hub].metric_args["n"] == number.n
                assert number.ci is None or found[split, hub].metric_args["lower"] == number.ci.lower
    for label, each in card.quantitative_analyses.per_class.items():
        for hub in ("precision", "recall", "f1"):
            value = getattr(each, hub).value
            assert value is None or found["test", f"{hub} of {label}"].metric_value == value
    assert set(data["metrics"]) == {result.metric_type for result in results}
    assert {text.split(". ", 1)[1] for text in re.findall(r"^## (.+)$", read.text, re.MULTILINE)} >= {
        "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data",
        "Quantitative analyses", "Ethical considerations", "Caveats and recommendations",
    }  # fmt: skip


def test_numbers_stay_numbers_in_yaml() -> None:
    """A very small number is written so that YAML 1.1 reads a number, and a text that looks like one stays a text."""
    import yaml  # noqa: PLC0415

    for value in (1e-06, 1.5e-7, 1e22, 0.5, 1.0, "1e-06", "yes", 'a "quoted": text'):
        assert yaml.safe_load(markdown.quote(value)) == value
        assert isinstance(yaml.safe_load(markdown.quote(value)), type(value))


@pytest.fixture(scope="module")
def toolkit_schema() -> Draft7Validator:
    """model-card-toolkit's own schema, out of its package, which is installed and never imported.

    One of its references, "#definitions/graphic", lacks the slash after the #, so that it refers to nothing; it is
    mended here, as jsonschema would else fail at the first picture. Ours has no pictures; a broken card may.
    """
    (file,) = (path for path in metadata.files("model-card-toolkit") or []
               if str(path).endswith("schema/v0.0.2/model_card.schema.json"))  # fmt: skip
    text = file.read_text()
    assert text.count('"#definitions/') == 1
    return Draft7Validator(json.loads(text.replace('"#definitions/', '"#/definitions/')))


@pytest.mark.parametrize("model", MODELS)
def test_the_toolkits_form_is_valid(client: httpx.Client, toolkit_schema: Draft7Validator, model: str) -> None:
    """`?format=mct` validates against model-card-toolkit's own schema, and has every number of the card."""
    document = client.get("/model-card", params={"model": model, "format": "mct"}).json()
    toolkit_schema.validate(document)
    card = source(model).card.model_dump()
    metrics = document["quantitative_analysis"]["performance_metrics"]
    assert [each["value"] for each in metrics] == [
        str(number["value"]) if number["value"] is not None else f"not measured: {number['reason']}"
        for number in numbers(card)
    ]
    distinct = {(each["type"], each["slice"]) for each in metrics}
    assert len(distinct) == len(metrics)


@pytest.mark.parametrize(("where", "wrong"), [
    (("quantitative_analysis", "performance_metrics", 0, "value"), 0.64),
    (("model_details", "name"), 1),
    (("considerations", "limitations"), "none"),
    (("quantitative_analysis", "graphics", "collection"), [{"image": 1}]),
    (("surplus",), "x"),
])  # fmt: skip
def test_a_broken_toolkit_form_is_not_valid(
    client: httpx.Client, toolkit_schema: Draft7Validator, where: tuple[str | int, ...], wrong: object
) -> None:
    """The validation above notices a number that is no string, a list that is none, and a field that is unknown."""
    document = client.get("/model-card", params={"format": "mct"}).json()
    inner = document
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = wrong
    with pytest.raises(ValidationError):
        toolkit_schema.validate(document)


SHOWN = ["seminar-cnn", "missing-dog"]


@pytest.fixture
def page(browser: Browser, service: Service, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of a model's card in a window of some width and theme, with all that it asks the network for noted."""
    model, width, scheme = request.param
    with browser.new_context(viewport={"width": width, "height": 812}, color_scheme=scheme) as context:
        opened = context.new_page()
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        address = f"{service.url}/model-card?model={model}"
        opened.goto(address)
        yield opened
        assert asked == [address]


@pytest.mark.parametrize("page", [
    (model, width, scheme) for model in SHOWN for width in (375, 1280) for scheme in ("light", "dark")
], indirect=True)  # fmt: skip
def test_the_page_is_accessible(page: Page) -> None:
    """Axe finds no serious or critical fault on a phone or a desktop, in light or dark; nothing else is fetched."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}] == []


@pytest.mark.parametrize("page", [("missing-dog", 375, "light")], indirect=True)
def test_a_fault_is_noticed(page: Page) -> None:
    """The check above finds text that is too pale and a drawing without a text alternative."""
    page.evaluate("document.querySelector('.note').style.color = '#ddd'")
    page.evaluate("document.querySelector('svg').removeAttribute('aria-labelledby')")
    page.evaluate("document.querySelector('svg title').remove()")
    found = {each["id"]: each["impact"] for each in Axe().run(page).response["violations"]}
    assert found["color-contrast"] == "serious"
    assert found["svg-img-alt"] == "serious"


@pytest.mark.parametrize("page", [(model, 375, "light") for model in SHOWN], indirect=True)
def test_the_page_fits_a_phone(page: Page) -> None:
    """At 375 pixels the page does not scroll sideways, opened up or not; wide tables scroll within themselves."""
    for opened in ("false", "true"):
        page.evaluate(f"document.querySelectorAll('details').forEach(each => each.open = {opened})")
        assert page.evaluate("document.documentElement.scrollWidth") == 375


@pytest.mark.parametrize("page", [("seminar-cnn", 1280, "light")], indirect=True)
def test_the_summary_comes_first(page: Page) -> None:
    """On a desktop the four numbers, what it is for and not for, and three caveats stand on the first screen."""
    assert page.locator(".tiles > div").count() == 4
    box = page.locator(".summary").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 812


@pytest.mark.parametrize("page", [("seminar-cnn", 1280, "dark")], indirect=True)
def test_what_is_folded_away_is_printed(page: Page) -> None:
    """On paper every table is open and the paper is white, whatever the screen's theme."""
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    heights = page.evaluate(
        "[...document.querySelectorAll('details table')].map(each => each.getBoundingClientRect().height)"
    )
    assert len(heights) > 5
    assert min(heights) > 20


def test_the_page_needs_no_script(browser: Browser, service: Service) -> None:
    """With JavaScript switched off a folded table opens with a click, and nothing is missing."""
    with browser.new_context(java_script_enabled=False) as context:
        opened = context.new_page()
        opened.goto(f"{service.url}/model-card")
        assert opened.title() == "Model card: seminar-cnn 1"
        table = opened.locator("details table").first
        assert not table.is_visible()
        opened.locator("summary").first.click()
        assert table.is_visible()
