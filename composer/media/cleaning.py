"""The child process of `media_store.py`: a media file without what was hidden in it.

    python -m composer.media.cleaning CONTENT_TYPE MOST_PIXELS < file

Prints a line of JSON, {"content_type": …} or {"fault": …}, and after it the file as it is to be
kept. An image is decoded and written again; anything else stays as it is, but for the place it says
it was made at. Without Django, to start quickly and to have nothing in it worth taking.
"""

from __future__ import annotations

import io
import json
import re
import sys
from enum import StrEnum

import pillow_heif
from PIL import AvifImagePlugin, Image, ImageOps, ImageSequence

from composer.media.places import without_places
from interface.child_limits import limit_this_process

SECONDS = 10
MEMORY_MEGABYTES = 512
# Each frame costs time, be it of one pixel.
MOST_FRAMES = 200
_LONGEST_SIDE = 4096
_JPEG_QUALITY = 88
IMAGES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/heic": "HEIF",
    "image/avif": "AVIF",
}
# Which tracks a film has: ISO/IEC 14496-12, 8.4.3, and as QuickTime writes it.
_TRACKS = re.compile(rb"hdlr.{4}(?:\0{4}|mhlr)(vide|soun)", re.DOTALL)


class MediaFault(StrEnum):
    """Why a file is not taken. `media_store` has the words."""

    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_FRAMES = "too_many_frames"
    ONLY_SOUND = "only_sound"
    DAMAGED = "damaged"
    # More work or memory than one file may take.
    TOO_MUCH = "too_much"


class NotCleaned(Exception):
    """The file is not taken; `pixels` is how many it has, where those are the reason."""

    def __init__(self, fault: MediaFault, pixels: int = 0) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.pixels = pixels


def main() -> None:
    """Read the file, set the limits, do the work, print the answer."""
    content_type, most_pixels = sys.argv[1], int(sys.argv[2])
    content = sys.stdin.buffer.read()
    limit_this_process(
        seconds=SECONDS,
        memory_megabytes=MEMORY_MEGABYTES,
        file_megabytes=0,
        # The one decoder that does nothing without a thread of its own.
        may_start_threads=content_type == "image/heic",
    )
    kept = b""
    answer: dict[str, object]
    try:
        content_type, kept = _cleaned(content, content_type, most_pixels)
        answer = {"content_type": content_type}
    except NotCleaned as refused:
        answer = {"fault": refused.fault, "pixels": refused.pixels}
    except MemoryError:
        answer = {"fault": MediaFault.TOO_MUCH}
    except Exception:  # noqa: BLE001 - whatever a broken file makes its reader raise
        answer = {"fault": MediaFault.DAMAGED}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)


def _cleaned(content: bytes, content_type: str, most_pixels: int) -> tuple[str, bytes]:
    """Return the content type it has now, and its bytes."""
    if content_type in IMAGES:
        return _drawn_anew(content, IMAGES[content_type], most_pixels)
    if content_type.startswith("video/") and set(_TRACKS.findall(content)) == {b"soun"}:
        raise NotCleaned(MediaFault.ONLY_SOUND)
    return content_type, without_places(content, content_type)


def _drawn_anew(content: bytes, form: str, most_pixels: int) -> tuple[str, bytes]:
    pillow_heif.register_heif_opener(thumbnails=False)
    # As other decoders do, without threads, which are not allowed here.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # What is too large, `_check_pixels` says.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(content), formats=[form]) as image:
        _check_pixels(image, most_pixels)
        if form == "GIF" and getattr(image, "is_animated", False):
            return "image/gif", _animation(image)
        still = ImageOps.exif_transpose(image)
        still.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        return _still(still, is_drawn=form in {"PNG", "GIF"})


def _check_pixels(image: Image.Image, most: int) -> None:
    # Of other files with several pictures, such as a phone's burst, the first is read alone.
    frames = _frames(image) if image.format == "GIF" else 1
    pixels = image.width * image.height * frames
    if pixels > most:
        raise NotCleaned(MediaFault.TOO_MANY_PIXELS, pixels)


def _frames(image: Image.Image) -> int:
    """How many pictures an animation has; refused before too many are looked at."""
    try:
        image.seek(MOST_FRAMES)
    except EOFError:
        image.seek(0)
        return int(getattr(image, "n_frames", 1))
    raise NotCleaned(MediaFault.TOO_MANY_FRAMES)


def _still(image: Image.Image, *, is_drawn: bool) -> tuple[str, bytes]:
    """A JPEG, or a PNG where something shines through: what every network carries."""
    out = io.BytesIO()
    shines_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    image = image.convert("RGBA" if shines_through else "RGB")
    # Comments and the like would be written again.
    image.info = {}
    if shines_through or is_drawn:
        image.save(out, "PNG", optimize=True)
        return "image/png", out.getvalue()
    image.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return "image/jpeg", out.getvalue()


def _animation(image: Image.Image) -> bytes:
    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    out = io.BytesIO()
    duration = image.info.get("duration", 100)
    for frame in frames:
        frame.info = {}
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=duration, loop=0)
    return out.getvalue()


if __name__ == "__main__":
    main()
