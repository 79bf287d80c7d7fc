"""MLServer's way: an MLModel with a session. As a program it starts MLServer on two ports: HTTP's and gRPC's."""

import json
import os
import sys
import tempfile
from pathlib import Path

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

from benchmarks.programs.classify import open_session


class Classifier(MLModel):  # type: ignore[misc] # not installed where types are checked
    """One tensor in, the probabilities out."""

    async def load(self) -> bool:
        """Open the session."""
        self.session = open_session()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """The probabilities of the images."""
        images = NumpyCodec.decode_input(payload.inputs[0])
        probabilities = self.session.run(["probabilities"], {"image": images})[0]
        outputs = [NumpyCodec.encode_output("probabilities", probabilities)]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=outputs)


def main() -> None:
    """Become MLServer, with this model in its own process and no others."""
    http, grpc = map(int, sys.argv[1:3])
    folder = Path(tempfile.mkdtemp())
    settings = {
        "host": "127.0.0.1", "http_port": http, "grpc_port": grpc, "metrics_port": 0, "parallel_workers": 0,
        "metrics_endpoint": None,
    }  # fmt: skip
    model = {"name": "seminar-cnn", "implementation": "benchmarks.programs.mlserver_program.Classifier"}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    program = str(Path(sys.executable).with_name("mlserver"))
    # Where this module is found again.
    os.execve(program, [program, "start", str(folder)], os.environ | {"PYTHONPATH": str(Path.cwd())})  # noqa: S606


if __name__ == "__main__":
    main()
