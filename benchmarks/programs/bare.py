"""A bare ASGI sketch: no checks, no errors, no framework; about what Python can do."""

import orjson
from starlette.types import Receive, Scope, Send

from benchmarks.programs.classify import classify, open_session

session = open_session()
HEADERS = [(b"content-type", b"application/json")]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to one multipart upload, whose only part is the picture."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    content = body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n--")]
    answer = orjson.dumps(classify(session, content))
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
    await send({"type": "http.response.body", "body": answer})
