"""What whoever started the service is told of how others reach it."""

import sys

from service import addresses


def tell_others(host: str, port: int) -> None:
    """Say how others in the network reach what listens at an address: with a code for phones in a terminal."""
    if addresses.is_only_here(host):
        print(addresses.ONLY_HERE, flush=True)  # noqa: T201
        return
    urls = addresses.reachable(host, port)
    for url in urls:
        print(f"Others reach it at {url}", flush=True)  # noqa: T201
    if urls and sys.stdout.isatty():
        print(addresses.qr_in_terminal(urls[0]), flush=True)  # noqa: T201
