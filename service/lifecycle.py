"""Where the service is in its life; health, the gateway and the server look here."""

from dataclasses import dataclass


@dataclass
class Lifecycle:
    """Ready from the first request on, as nothing is accepted before; draining from the first polite signal on."""

    draining: bool = False
