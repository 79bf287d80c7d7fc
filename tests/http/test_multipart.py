"""Multipart forms: heads as clients write them, forms that are none, and what a form may cost."""

import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from service.errors import MalformedBody, NotAnImage, ServiceError, UnknownField
from service.http import multipart
from service.http.multipart import parse
from tests.support import serving
from tests.support.problems import check
from tests.support.wire import crowd, post, read_one

TYPE = "multipart/form-data; boundary=x"
# A form of 64 parts is read in a millisecond; a machine can be slow, but not so slow.
CPU_SECONDS = 0.25


def form(*heads: bytes) -> bytes:
    return b"".join(b"--x\r\n%b\r\n\r\nabc\r\n" % head for head in heads) + b"--x--\r\n"


@pytest.mark.parametrize("boundary", ["", "; boundary=", '; boundary="' + "a" * 100 + '"', "; charset=utf-8"])
def test_a_strange_boundary_is_refused(boundary: str) -> None:
    """A form whose content type names no boundary, or one longer than RFC 2046's 70 characters, is malformed."""
    with pytest.raises(MalformedBody, match="names no boundary"):
        parse(b"x", f"multipart/form-data{boundary}", 5)


@pytest.mark.parametrize("content_type", [
    'multipart/form-data; boundary="a b"', "Multipart/Form-Data ;charset=utf-8; BOUNDARY = a b ;",
    r'multipart/form-data; boundary="a\ b"',
])  # fmt: skip
def test_a_boundary_is_read_in_any_spelling(content_type: str) -> None:
    """The boundary may be quoted, escaped, in capitals, and stand between other parameters."""
    part = b'Content-Disposition: form-data; name="image"; filename="a"'
    assert parse(b"--a b\r\n%b\r\n\r\nabc\r\n--a b--" % part, content_type, 5) == [b"abc"]


@pytest.mark.parametrize("head", [
    b'Content-Disposition: form-data; name="image"; filename="photo.jpg"\r\nContent-Type: image/jpeg',
    b'content-type: image/jpeg\r\ncontent-disposition:form-data;name=image;filename=my photo.jpg',
    b'Content-Disposition: form-data; name="image"; filename="a; name=b; c=\\"d\\".jpg"',
    b'Content-Disposition: form-data; name="image"; filename="' + b";" * 255 + b'"',
    b'Content-Disposition: form-data; name="image"; filename="a backslash at the end\\"',
    b'Content-Disposition: form-data; name="image"; filename=""',
    b"Content-Disposition: form-data; filename*=UTF-8''a%20b; name=file",
    b'Content-Disposition: form-data; name="image";; FILENAME="a" ; flag;',
])  # fmt: skip
def test_a_head_is_read_as_clients_write_it(head: bytes) -> None:
    """Quoted or not, escaped as curl does or not as browsers do, in any order: the part is a file."""
    assert parse(form(head), TYPE, 5) == [b"abc"]


@pytest.mark.parametrize(("disposition", "error"), [
    (b'form-data; name="image"', NotAnImage), (b'form-data; name="image"; x="; filename=a"', NotAnImage),
    (b"form-data; filename=a", UnknownField), (b"form-data", UnknownField), (b'form-data; ="a"', MalformedBody),
])  # fmt: skip
def test_a_head_that_names_no_file_is_refused(disposition: bytes, error: type[ServiceError]) -> None:
    """Without a name, without a file's name, or with a parameter that has none, a part is refused."""
    with pytest.raises(error):
        parse(form(b"Content-Disposition: " + disposition), TYPE, 5)


@pytest.mark.parametrize("filling", [b";", b"; a=1", b'"', b"\\", b'\\"', b'; a="', b"=", b" ", b"\t;", b"a", b"\r\n:"])
def test_no_head_costs_more_than_its_bytes(filling: bytes) -> None:
    """The longest heads that there may be, of any bytes, 64 of them, are read or refused in next to no time."""
    start = b"Content-Disposition: form-data; name=image; filename=%02d"
    heads = [(start % n + filling * 1024)[:1000] for n in range(64)]
    before = time.process_time()
    with suppress(MalformedBody):
        assert len(parse(form(*heads), TYPE, 64)) == 64
    assert time.process_time() - before < CPU_SECONDS


def test_heads_that_took_minutes_are_refused_at_once(toy_models: Path) -> None:
    """Of 45 forms of 64 heads of 4,000 semicolons each is refused, and all cost the service a few seconds at most."""
    head = b"Content-Disposition: form-data; name=image; filename=%02d" + b";" * 4000
    content = post(form(*(head % n for n in range(64))), content_type=TYPE)
    with serving.start(models=toy_models, model="toy") as service:
        process = psutil.Process(service.process.pid)
        before = sum(process.cpu_times()[:2])
        with crowd(service, 45, content) as connections:
            assert service.client.get("/health").status_code == 200
            for connection in connections:
                response, _ = read_one(connection)
                if response.status_code != 503:
                    check(response, 400, "malformed-body", "too long a one")
        assert sum(process.cpu_times()[:2]) - before < 10


@pytest.mark.parametrize("shift", range(-6, 3))
def test_a_boundary_is_found_wherever_it_is(shift: int) -> None:
    """A delimiter across the end of what is searched at one time is found as anywhere else."""
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    picture = b"-" * (2 * multipart._WINDOW - len(head) + shift)  # noqa: SLF001 - the edge is not to be seen from outside
    assert parse(head + picture + b"\r\n--x--", TYPE, 5) == [picture]


def test_others_have_their_turns_while_a_form_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search through 16 MiB lets other threads on at least sixty times."""
    turns: list[float] = []
    monkeypatch.setattr("service.http.multipart.time.sleep", turns.append)
    with pytest.raises(MalformedBody, match="breaks off"):
        parse(b"--b" + b"a" * 16 * 1024**2, f"multipart/form-data; boundary=b{'a' * 69}", 5)
    assert len(turns) >= 60


@pytest.mark.parametrize("fields", [["image"] * 65, [f"image; x={n}" for n in range(200_000)]], ids=["few", "many"])
def test_a_form_of_empty_fields_is_refused_early(fields: list[str]) -> None:
    """Fields left empty are passed over, 64 of them; of more the form is refused, and the rest is not looked at."""
    heads = [f'Content-Disposition: form-data; filename=""; name={field}'.encode() for field in fields]
    content = form(*heads).replace(b"abc", b"")
    before = time.process_time()
    with pytest.raises(MalformedBody, match="far too many empty fields"):
        parse(content, TYPE, 5)
    assert time.process_time() - before < CPU_SECONDS
    picture = form(b'Content-Disposition: form-data; name="image"; filename="a"')
    assert parse(form(*heads[:64]).replace(b"abc", b"").removesuffix(b"--x--\r\n") + picture, TYPE, 5) == [b"abc"]
