"""A client whose HTTP/2 window takes nothing holds up nothing."""

from pathlib import Path

import pytest

from service.grpc import inference_pb2 as pb
from tests.grpc.conftest import serve
from tests.grpc.test_bounds import GOOD
from tests.support.http2 import Connection
from tests.support.patience import until


@pytest.mark.parametrize(
    "message", [GOOD.SerializeToString(), pb.ModelInferRequest(model_name="nobody").SerializeToString()]
)
def test_who_takes_no_answer_takes_nobody_elses_place(toy_models: Path, message: bytes) -> None:
    """Forty answers, good or errors, that one address does not take fill its share of eight calls, no more.

    Others are answered meanwhile, and when its connection ends all its calls are over.
    """
    with serve(toy_models, max_connections=8) as service:
        with Connection(service.port, window=0, address="127.0.0.2") as connection:
            for _ in range(40):
                connection.call(b"/inference.GRPCInferenceService/ModelInfer", message, end=True)
            for _ in range(20):
                assert service.call("ModelInfer", GOOD).model_name == "toy"
        until(lambda: service.service.log.read_text().count("/ModelInfer") == 60, "a line for each call")
