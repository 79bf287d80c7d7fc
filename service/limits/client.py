"""Who counts as one client where something is shared among clients."""

import ipaddress
from functools import lru_cache

from starlette.requests import Request

# What anybody with an IPv6 address has at least (RFC 6177): as many addresses as there are, all of them one client's.
_IPV6_PREFIX = 64


def client_of(address: str) -> str:
    """The client at an address: itself for IPv4, its network of 64 bits for IPv6."""
    return _of_ipv6(address) if ":" in address else address


def client_of_request(request: Request) -> str:
    """The client that sent a request."""
    address = request.scope.get("client")  # what request.client makes an object of, each time
    return client_of(address[0]) if address else ""


@lru_cache(maxsize=4096)
def _of_ipv6(address: str) -> str:
    parsed = ipaddress.IPv6Address(address)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), _IPV6_PREFIX), strict=False))
