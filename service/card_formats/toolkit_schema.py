"""The fields of model-card-toolkit v0.0.2, as far as the card fills them."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of every part: unknown fields are refused, and what is None is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Owner(Part):
    """Who answers for the model."""

    name: str
    contact: str


class Version(Part):
    """The model's version."""

    name: str
    date: str


class Licence(Part):
    """The licence in the card's own words."""

    custom_text: str


class ToolkitReference(Part):
    """Where something that the card rests on can be read."""

    reference: str


class Citation(Part):
    """How to cite the model."""

    citation: str


class Details(Part):
    """What the model is."""

    name: str
    overview: str
    documentation: str
    owners: list[Owner]
    version: Version
    licenses: list[Licence]
    references: list[ToolkitReference]
    citations: list[Citation]
    path: str


class KeyValue(Part):
    """A pair."""

    key: str
    value: str


class Data(Part):
    """A set of data."""

    name: str
    description: str


class Parameters(Part):
    """How the model is made, and what goes in and comes out."""

    model_architecture: str
    data: list[Data]
    input_format: str
    input_format_map: list[KeyValue]
    output_format: str
    output_format_map: list[KeyValue]


class Bounds(Part):
    """A confidence interval."""

    lower_bound: str
    upper_bound: str


class Metric(Part):
    """One number."""

    type: str
    value: str
    slice: str
    confidence_interval: Bounds | None = None


class Graphics(Part):
    """The figures, in words."""

    description: str


class Analysis(Part):
    """Every number of the card."""

    performance_metrics: list[Metric]
    graphics: Graphics


class Described(Part):
    """A user, use or limitation."""

    description: str


class Risk(Part):
    """A risk and what to do about it."""

    name: str
    mitigation_strategy: str


class Considerations(Part):
    """What to bear in mind."""

    users: list[Described]
    use_cases: list[Described]
    limitations: list[Described]
    tradeoffs: list[Described]
    ethical_considerations: list[Risk]


class ToolkitCard(Part):
    """A model card of model-card-toolkit v0.0.2."""

    schema_version: str = "0.0.2"
    model_details: Details
    model_parameters: Parameters
    quantitative_analysis: Analysis
    considerations: Considerations
