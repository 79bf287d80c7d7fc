"""LitServe's way: a LitAPI whose request is the uploaded form."""

import sys

import litserve as ls

from benchmarks.programs.classify import classify, open_session


class Api(ls.LitAPI):  # type: ignore[misc] # not installed where types are checked
    """One upload in, one answer out."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe calls it so
        """Open the session."""
        self.session = open_session()

    def decode_request(self, request) -> bytes:  # type: ignore[no-untyped-def] # a type would change how it is read
        """The picture file's bytes."""
        content: bytes = request["image"].file.read()
        return content

    def predict(self, content: bytes) -> dict[str, object]:
        """The answer."""
        return classify(self.session, content)

    def encode_response(self, output: dict[str, object]) -> dict[str, object]:
        """As it is."""
        return output


if __name__ == "__main__":
    ls.LitServer(Api(), accelerator="cpu").run(port=int(sys.argv[1]), host="127.0.0.1", generate_client_file=False)
