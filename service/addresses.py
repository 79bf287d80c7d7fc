"""Where others in the network reach this machine, and how a phone gets an address: as a QR code (ISO/IEC 18004)."""

import io
import ipaddress
import socket
from functools import lru_cache
from pathlib import Path

# Containers and virtual machines have networks of their own on this machine, which no phone is in.
_VIRTUAL = ("br-", "docker", "veth", "virbr", "vmnet", "cni", "flannel")
_MOST = 8
# What the hosts files of usual systems call the machine itself.
_OWN_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localhost6"})
_IN_A_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))

ONLY_HERE = (
    "Only this machine reaches it. To let others in the network in: SERVICE_HOST=0.0.0.0 make serve (anybody there may "
    "then ask, and nothing is encrypted)."
)


def is_only_here(host: str) -> bool:
    """Whether nobody but this machine reaches what listens at an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_for_others(host: str) -> bool:
    """Whether an address that somebody used for this machine may be of use to others: it means no machine to itself.

    Args:
        host: of a URL: a name, or an address of IPv4, or one of IPv6 in brackets.
    """
    if host.startswith("["):
        try:
            address = ipaddress.IPv6Address(host.strip("[]"))
        except ValueError:
            return False
        embedded = address.ipv4_mapped or (ipaddress.IPv4Address(int(address)) if int(address) >> 32 == 0 else None)
        return not _is_this_machine(address) and not (embedded and _is_this_machine(embedded))
    name = host.rstrip(".").lower()
    if name in _OWN_NAMES or name.endswith(".localhost"):  # RFC 6761, 6.3
        return False
    try:
        return not _is_this_machine(ipaddress.IPv4Address(socket.inet_aton(name)))  # "127.1" and its like too
    except OSError:
        return True


def _is_this_machine(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified


def reachable(host: str, port: int) -> list[str]:
    """The URLs at which others reach what listens at an address, private networks first; none where it is not known.

    Args:
        host: that it listens on; one that means all addresses gives those of the machine.
        port: that it listens on.
    """
    if is_only_here(host):
        return []
    if host not in ("0.0.0.0", "::"):  # noqa: S104 - looked at, not listened on
        return [_url(host, port)]
    if any(path.exists() for path in _IN_A_CONTAINER):
        return []  # the addresses in here are nobody's outside
    import ifaddr  # noqa: PLC0415 - few ask for this

    found = []
    for adapter in ifaddr.get_adapters():
        if adapter.nice_name.startswith(_VIRTUAL):
            continue
        for each in adapter.ips:
            address = ipaddress.ip_address(each.ip if isinstance(each.ip, str) else each.ip[0])
            if address.version == (6 if host == "::" else 4) and not (address.is_loopback or address.is_link_local):
                found.append(address)
    found.sort(key=lambda address: not address.is_private)
    return [_url(str(address), port) for address in found[:_MOST]]


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def qr_in_terminal(url: str) -> str:
    """A QR code in half blocks, for a terminal."""
    import segno  # noqa: PLC0415 - few ask for this

    out = io.StringIO()
    segno.make(url, micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()


@lru_cache(maxsize=32)
def qr_as_data_url(url: str) -> str:
    """A QR code as an SVG in a data URL; it takes ten milliseconds or more, the first time."""
    import segno  # noqa: PLC0415 - few ask for this

    return segno.make(url, micro=False).svg_data_uri(border=4, dark="#000", light="#fff")
