"""What can be told from a picture file's outer structure, without decoding or allocating anything."""

# The GIF format, version 89a, CompuServe 1990.
_GIF_EXTENSION, _GIF_FRAME, _GIF_HEADER_BYTES = 0x21, 0x2C, 13


def gif_frames(content: bytes, most: int) -> int:
    """How many frames a GIF has, counted up to one more than `most`."""
    frames = 0
    position = _GIF_HEADER_BYTES
    try:
        position += _colour_table(content[10])
        while frames <= most:
            block = content[position]
            if block == _GIF_FRAME:
                frames += 1
                # Nine bytes of position and size, a colour table, the code size; then the data.
                position += 11 + _colour_table(content[position + 9])
            elif block == _GIF_EXTENSION:
                position += 2
            else:
                break
            while size := content[position]:
                position += size + 1
            position += 1
    except IndexError:
        pass  # it breaks off; the decoder will say so if the first frame is not whole
    return frames


def _colour_table(flags: int) -> int:
    """The length in bytes of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def jpeg_scans(content: bytes) -> int:
    """How many scans a JPEG has at most; a progressive one goes through the whole picture in each of them.

    In the compressed data itself the marker can't occur (ITU T.81, B.1.1.5); in metadata it may, which counts too much.
    """
    return content.count(b"\xff\xda")


def webp_pixels(content: bytes) -> int:
    """The pixels of a WebP's canvas (RFC 9649, section 2); 0 where its header is none, which the decoder will say."""
    kind, data = content[12:16], content[20:30]
    if kind == b"VP8X":
        return (int.from_bytes(data[4:7], "little") + 1) * (int.from_bytes(data[7:10], "little") + 1)
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = (int.from_bytes(data[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        return width * height
    return 0
