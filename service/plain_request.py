"""Requests for a prediction that come in one piece and ask for nothing special: told at a glance, without the parser.

Under a flood what the parser would cost is most of what a refusal costs (measured in benchmarks/endurance.py).
"""

import re
from functools import lru_cache

from service.admission import BOUNDED

# A request in one piece that asks for nothing special of the protocol. What differs in any way is left to the parser.
_OTHER_HEADER = rb"(?!connection|content-length|expect|transfer-encoding|upgrade)[a-z0-9-]+:[^\x00-\x08\n-\x1f]*\r\n"
_PLAIN_HEAD_BYTES = 1024
_PLAIN_REQUEST = re.compile(
    rb"(?:GET|POST) %b(?:\?[!-~]*)? HTTP/1\.1\r\n(?i:(?:%b)*(?:content-length: *([0-9]{1,9})\r\n(?:%b)*)?)\r\n"
    % (BOUNDED.encode(), _OTHER_HEADER, _OTHER_HEADER)
)


def body_bytes(data: bytes) -> int | None:
    """The size of the body, if these bytes are one plain request for a prediction, all of it and nothing more."""
    end = data.find(b"\r\n\r\n", 0, _PLAIN_HEAD_BYTES) + 4
    size = _announced(data[:end]) if end > 3 else None
    return size if size == len(data) - end else None


@lru_cache(maxsize=256)
def _announced(head: bytes) -> int | None:
    """The size of the body that a plain request's head announces; clients send the same few heads again and again."""
    plain = _PLAIN_REQUEST.fullmatch(head)
    return int(plain[1] or 0) if plain else None
