"""Who counts as one client."""

import socket
from pathlib import Path

import httpx
import pytest

from service.limits.client import client_of
from tests.support import serving


@pytest.mark.parametrize(("one", "other", "same"), [
    ("192.0.2.1", "192.0.2.1", True),
    ("192.0.2.1", "192.0.2.2", False),
    ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True),
    ("2001:db8::1", "2001:db8:0:1::1", False),
    ("::ffff:192.0.2.1", "192.0.2.1", True),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ("fe80::1%eth0", "fe80::2%eth0", True),
])  # fmt: skip
def test_an_ipv6_network_is_one_client(one: str, other: str, same: bool) -> None:
    """IPv4 addresses are clients, of IPv6 ones the first 64 bits are; an IPv4 address written as IPv6 is itself."""
    assert (client_of(one) == client_of(other)) is same


def test_it_serves_over_ipv6(toy_models: Path) -> None:
    """A service on ::1 answers those who come over IPv6, uploads too."""
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    with serving.start(models=toy_models, model="toy", host="::1") as service:
        assert httpx.URL(service.url).host == "::1"
        assert service.client.get("/predict?index=1").status_code == 200
        assert service.client.post("/predict", content=b"no picture").status_code == 415


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
