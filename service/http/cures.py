"""For each kind of problem what to do about it, and an example: a request, and what it is answered."""

from typing import NamedTuple

from service.errors import Members

_NO_MEMBERS: Members = {}


class Cure(NamedTuple):
    """What a person who meets a problem wants to know.

    Attributes:
        text: what to do.
        detail: of the example.
        command: that gives the example with the settings as they are shipped; None where no single request does.
        members: of the example's document, beside its detail.
    """

    text: str
    detail: str
    command: str | None = None
    members: Members = _NO_MEMBERS


_ANSWERS = "Ask again in a moment: Retry-After says in how many seconds. Nothing is wrong with the request."

CURES = {
    "no-input": Cure(
        "Send a picture, or name a test image.",
        "Say which test image: /predict?index=16. To classify a picture of your own, POST it here.",
        "curl 'localhost:8000/predict'",
    ),
    "ambiguous-input": Cure(
        "Send a picture or name a test image, not both.",
        "The request has both ?index= and a body. Send one of them.",
        "curl -d x 'localhost:8000/predict?index=16'",
    ),
    "malformed-body": Cure(
        "Let a client make the request, as curl -F does, and send it again.",
        'The body is not valid JSON. Send an object such as {"index": 16}.',
        "curl -H 'Content-Type: application/json' -d '{' 'localhost:8000/predict'",
    ),
    "cross-origin-refused": Cure(
        "The operator can let the page's scripts ask: SERVICE_CORS_ORIGINS.",
        "Pages of this origin may not ask here. The service's operator can let them: SERVICE_CORS_ORIGINS.",
    ),
    "unauthorized": Cure(
        "Ask the operator for a key, and send it with every request.",
        "This service wants a key. Send the header: Authorization: Bearer YOUR-KEY",
    ),
    "invalid-tensor": Cure(
        "GET /v2/models/NAME says which inputs and outputs the model has, with their datatypes and shapes.",
        "The model has one input, image; the request has none.",
        members={"field": "inputs", "allowed": ["image"]},
    ),
    "forbidden": Cure(
        "Ask the operator, who has a key of SERVICE_ADMIN_KEYS.",
        "Only who runs the service may load and unload models, with a key of SERVICE_ADMIN_KEYS.",
        members={"field": "Authorization"},
    ),
    "image-not-found": Cure(
        "Test images are /images/0.png to /images/9999.png.",
        "Test images are /images/0.png to /images/9999.png.",
        "curl 'localhost:8000/images/10000.png'",
        {"field": "index", "value": "10000", "limit": 9999},
    ),
    "model-not-found": Cure(
        "/models lists those that there are, with their versions.",
        "There is no such model. Choose one of missing-automobile, missing-automobile-repaired, missing-dog, "
        "missing-dog-repaired, seminar-cnn.",
        "curl 'localhost:8000/predict?index=16&model=nobody'",
        {
            "field": "model",
            "value": "nobody",
            "allowed": [
                "missing-automobile",
                "missing-automobile-repaired",
                "missing-dog",
                "missing-dog-repaired",
                "seminar-cnn",
            ],
        },
    ),
    "problem-not-found": Cure(
        "/problems lists those that there are.",
        "There is no such problem. /problems lists those that there are.",
        "curl 'localhost:8000/problems/none'",
        {"field": "name", "value": "none"},
    ),
    "client-too-slow": Cure(
        "Send the request again over a better connection, or a smaller picture.",
        "The request's body did not arrive within 30 seconds, the limit. Send it again.",
    ),
    "body-too-large": Cure(
        "Send a smaller file, or fewer at one time.",
        "The request is larger than 16,777,216 bytes, the limit. Send a smaller file or fewer.",
        "head -c 20000000 /dev/zero | curl -H 'Content-Type: image/png' --data-binary @- 'localhost:8000/predict'",
        {"limit": 16777216},
    ),
    "image-too-large": Cure(
        "Make the picture smaller: the network looks at 32x32 pixels of it anyway.",
        "The picture has 100,000,000 pixels, the limit is 64,000,000. Send a smaller version of it.",
        members={"limit": 64_000_000},
    ),
    "too-many-images": Cure(
        "Send several requests.",
        "There are more than 64 pictures, the limit. Send several requests.",
        members={"limit": 64},
    ),
    "unsupported-content-type": Cure(
        "Send a form, a picture's bytes with an image/* type, or JSON.",
        "This content type can't be read here. Send a picture (curl -F image=@photo.jpg), its bytes with an image/* "
        'content type, or JSON such as {"index": 16}; or GET /predict?index=16.',
        "curl -H 'Content-Type: text/plain' -d hello 'localhost:8000/predict'",
        {
            "field": "Content-Type",
            "value": "text/plain",
            "allowed": ["multipart/form-data", "image/*", "application/json"],
        },
    ),
    "not-an-image": Cure(
        "Save the picture as one of the formats that are read here, and send the file itself.",
        "This is no image that can be read here. Send one of PNG, JPEG, WEBP, GIF, BMP.",
        "curl -H 'Content-Type: image/png' -d hello 'localhost:8000/predict'",
        {"allowed": ["PNG", "JPEG", "WEBP", "GIF", "BMP"]},
    ),
    "empty-image": Cure(
        "Check the file's name, and send it again.",
        "The image is empty: it has not a single byte. Check the file's name and send it again.",
        "curl -H 'Content-Type: image/png' -X POST 'localhost:8000/predict'",
    ),
    "damaged-image": Cure(
        "Open the file in an image viewer; if it opens there, save it anew, and send all of it.",
        "The image is damaged or incomplete. Check that the whole file was sent and that it opens in an image viewer.",
        "curl -s 'localhost:8000/images/16.png' | head -c 400 | "
        "curl -H 'Content-Type: image/png' --data-binary @- 'localhost:8000/predict'",
    ),
    "image-too-costly": Cure(
        "Save the picture as a plain JPEG or PNG, or send it alone.",
        "Decoding takes too long: the pictures of one request have 2 seconds together, the limit. Save the picture as "
        "a plain JPEG or PNG, or send it alone.",
    ),
    "index-out-of-range": Cure(
        "There are 10,000 test images, 0 to 9999.",
        "There is no such test image: they go from 0 to 9999.",
        "curl 'localhost:8000/predict?index=10000'",
        {"field": "index", "value": "10000", "limit": 9999},
    ),
    "invalid-parameter": Cure(
        "The sentence says what the value must be; `field`, `allowed` and `limit` say the same to programs.",
        "fit must be crop or stretch.",
        "curl 'localhost:8000/predict?index=16&fit=squeeze'",
        {"field": "fit", "value": "squeeze", "allowed": ["crop", "stretch"]},
    ),
    "unknown-field": Cure(
        "The sentence names those that there are.",
        "There is a query parameter that does not exist. Did you mean index? Those that do are model, version, index, "
        "fit, top, list, strict.",
        "curl 'localhost:8000/predict?indx=16'",
        {"field": "indx", "allowed": ["model", "version", "index", "fit", "top", "list", "strict"]},
    ),
    "head-too-large": Cure(
        "Send fewer or shorter headers, or a shorter query; cookies are not needed.",
        "The request's head has more than 16,384 bytes, the limit. Send shorter headers or query.",
        members={"limit": 16_384},
    ),
    "model-unavailable": Cure(
        "Ask another model, and tell the operator: the model's files are not what its card says.",
        "missing-dog version 2 can't be used: it is no model that onnxruntime can open. Ask another model.",
    ),
    "draining": Cure(
        "Ask another instance, or this one when it has been started again.",
        "The service finishes what it has begun and takes nothing new.",
    ),
    "buffer-full": Cure(_ANSWERS, "The service holds 134,217,728 bytes of requests, the limit. Try again in a moment."),
    "overloaded": Cure(_ANSWERS, "The service works on 48 predictions at one time, the limit. Try again in a moment."),
    "not-found": Cure(
        "/docs lists all that there is.",
        "There is nothing at this address. /docs lists what there is; of /v2, service/README.md.",
        "curl 'localhost:8000/predictions'",
    ),
    "method-not-allowed": Cure(
        "The header Allow names the methods that may be used.",
        "Use GET, HEAD, POST here.",
        "curl -X DELETE 'localhost:8000/predict'",
    ),
    "internal-error": Cure(
        "Tell the operator, with the answer's X-Request-ID: the log has what went wrong under that name.",
        "This is a fault of the service, not of your request. Tell its operator.",
    ),
}
