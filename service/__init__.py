"""The HTTP service: a picture comes in as bytes, becomes an image, is classified, and leaves as an answer."""
