"""From the bytes of a picture file to the 32x32 pixels that a model sees; it knows no HTTP."""
