"""What a picture file's structure tells, whatever its segments hold."""

import io

import pytest
from PIL import Image

from service.images.file_headers import jpeg_scans
from tests.support import bombs
from tests.support.hostile import segment
from tests.support.pictures import encode, photo

SMALL = photo(64, 48)
COMMENT, APPLICATION = 0xFE, 0xE1


@pytest.mark.parametrize(("save", "scans"), [({}, 1), ({"progressive": True}, 10), ({"restart_marker_blocks": 2}, 1)])
def test_scans_are_counted(save: dict[str, object], scans: int) -> None:
    """A plain JPEG has one scan, with restarts too; a progressive one has as many as its encoder made."""
    assert jpeg_scans(encode(SMALL, "JPEG", **save)) == scans


@pytest.mark.parametrize("inside", [b"\xff\xd9", b"\xff\xda\0\2", bytes(1000) + b"\xff"])
@pytest.mark.parametrize("marker", [COMMENT, APPLICATION])
def test_what_a_segment_holds_deceives_nobody(marker: int, inside: bytes) -> None:
    """An end or a scan inside of a segment, before or between the scans, is none; the decoder reads on as well."""
    content = bombs.jpeg(90)
    last = content.rindex(b"\xff\xda")
    assert jpeg_scans(content) == 100
    for place in (2, last):
        deceptive = content[:place] + segment(marker, inside) + content[place:]
        assert jpeg_scans(deceptive) == 100
        with Image.open(io.BytesIO(deceptive)) as image:
            image.load()


def test_a_file_that_breaks_off_ends_the_count() -> None:
    """Wherever a JPEG breaks off, its scans so far are counted, and the count ends."""
    content = bombs.jpeg(3)
    counts = [jpeg_scans(content[:length]) for length in range(len(content))]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 13)
