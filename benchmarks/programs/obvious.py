"""The obvious FastAPI program: UploadFile in, a dictionary out."""

from typing import Annotated

from fastapi import FastAPI, File, UploadFile

from benchmarks.programs.classify import classify, open_session

session = open_session()
app = FastAPI()


@app.post("/predict")
async def predict(image: Annotated[UploadFile, File()]) -> dict[str, object]:
    """The answer to one upload."""
    return classify(session, await image.read())
