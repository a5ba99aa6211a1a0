"""What opening a stranger's file takes: `python -m benchmarks.hostile_files`.

Every file of the tests' corpus, and larger ones of the same kinds, is uploaded through the whole
application, each in a process of its own: tables to the lists, pictures, films and documents to the
media. Prints a table of all, the most memory first: what the process of the web server and its
child took at most (MB, the child with what Python itself takes), the seconds of work of both, and
whether the file was taken. The last line has the highest of each.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from benchmarks.surroundings import BROWSED, durable_database, set_up_django

if TYPE_CHECKING:
    from teams.models import User

Make = Callable[[], bytes]
# Stands in for Python: starts it, and writes down what it took. The child itself may have been
# ended at its limits, and of a child of this process the system would count our memory too.
STAND_IN = """#!{python}
import os, subprocess, sys
child = subprocess.Popen([{python!r}, *sys.argv[1:]], close_fds=False)
_pid, status, used = os.wait4(child.pid, 0)
with open({notes!r}, "a") as notes:
    print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=notes)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


@dataclass(frozen=True)
class Taken:
    """What one file took: megabytes of the web's process and of the child, seconds of work."""

    name: str
    size: int
    is_taken: bool
    web: float
    child: float
    seconds: float

    def line(self) -> str:
        """It as a row of a table."""
        figures = f"{self.web:.0f} | {self.child:.0f} | {self.seconds:.1f}"
        answer = "taken" if self.is_taken else "refused"
        return f"| {self.name} | {self.size:,} | {answer} | {figures} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", help="files with these letters in their names")
    chosen = options.parse_args()
    room = {"UPLOADS_PERSON_MB": "9000", "UPLOADS_TEAM_MB": "9000", "UPLOAD_MAX_MB": "1000"}
    with tempfile.TemporaryDirectory() as name, durable_database("sqlite", Path(name)) as url:
        set_up_django(url, Path(name), **BROWSED, **room)
        taken = sorted(measured(Path(name), chosen.only), key=lambda one: -one.web - one.child)
    print("| file | bytes | answer | web MB | child MB | seconds |\n|---|---|---|---|---|---|")
    print("\n".join(one.line() for one in taken))
    web, child, seconds = (
        max(getattr(one, what) for one in taken) for what in ("web", "child", "seconds")
    )
    print(f"files {len(taken)} web_mb {web:.0f} child_mb {child:.0f} seconds {seconds:.1f}")


def measured(folder: Path, letters: str) -> Iterator[Taken]:
    """Upload one after the other, as the owner of a team."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from tests import world  # noqa: PLC0415

    owner = world.owner_of(world.a_team())
    notes, stand_in = folder / "notes", folder / "python"
    stand_in.write_text(STAND_IN.format(python=sys.executable, notes=str(notes)))
    stand_in.chmod(0o700)
    for name, address, make in corpus():
        if letters in name:
            content = make()
            notes.write_text("")
            connection.close()
            is_taken, web, seconds = in_a_process(owner, address, content, stand_in)
            children = [line.split() for line in notes.read_text().splitlines()]
            child = max((int(kilobytes) for kilobytes, _seconds in children), default=0)
            seconds += sum(float(worked) for _kilobytes, worked in children)
            yield Taken(name, len(content), is_taken, web / 1024, child / 1024, seconds)


def in_a_process(
    owner: User, address: str, content: bytes, python: Path
) -> tuple[bool, float, float]:
    """(whether it was taken, kilobytes more than before, seconds of work) of uploading it."""
    ours, theirs = os.pipe()
    if pid := os.fork():
        os.close(theirs)
        with os.fdopen(ours) as answer:
            told: list[float] = json.loads(answer.read())
        os.waitpid(pid, 0)
        return bool(told[0]), told[1], told[2]
    sys.executable = str(python)
    os.write(theirs, json.dumps(uploaded(owner, address, content)).encode())
    os._exit(0)


def uploaded(owner: User, address: str, content: bytes) -> tuple[bool, int, float]:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 - needs Django
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    client, slug = Client(), owner.memberships.get().team.slug
    client.force_login(owner)
    # What any request takes is no news; nor that this one holds the file to be sent.
    client.get(reverse("lists", args=[slug]))
    file = SimpleUploadedFile("hostile", content)
    before = resource.getrusage(resource.RUSAGE_SELF)
    from_composer = {"HX-Request": "true"} if address == "media-upload" else {}
    answer = client.post(reverse(address, args=[slug]), {"file": file}, headers=from_composer)
    after = resource.getrusage(resource.RUSAGE_SELF)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    is_taken = answer.status_code == 302 or b"data-uploaded-url" in answer.content
    return is_taken, after.ru_maxrss - before.ru_maxrss, worked


# --- The files ------------------------------------------------------------------------------------


def corpus() -> Iterator[tuple[str, str, Make]]:
    """(name, where it is uploaded, how it is made) of each file."""
    from tests.composer import test_media as media  # noqa: PLC0415 - needs Django
    from tests.recipients import hostile_files, test_peak_memory  # noqa: PLC0415

    for case in hostile_files.cases():
        yield f"table {case.name}", "upload", lambda case=case: case.content  # type: ignore[misc]
    for name, make in test_peak_memory.HOSTILE.items():
        yield f"table {name}", "upload", make
    pictures = {
        **{name: content for name, (content, _kind) in (media.TAKEN | media.NAMED).items()},
        **media.REFUSED,
        **media.PLACES,
    }
    for name, picture in pictures.items():
        yield f"media {name}", "media-upload", lambda picture=picture: picture  # type: ignore[misc]
    for name, make in LARGER.items():
        yield f"media {name}", "media-upload", make


def gif_of(frames: int) -> bytes:
    """An animation of pictures of one pixel each."""
    frame = b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0" + frame * frames + b";"


def drawn(form: str, side: int, **options: object) -> bytes:
    """A picture of one colour, as large as that."""
    out = io.BytesIO()
    mode = str(options.pop("mode", "RGB"))
    Image.new(mode, (side, side), 0).save(out, form, **options)
    return out.getvalue()


def document(parts: int, megabytes: int) -> bytes:
    """A letter with so many pictures of nothing but zeros in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
        for number in range(parts):
            archive.writestr(f"word/media/{number}.jpeg", bytes(megabytes * 1_000_000))
    return out.getvalue()


def png_that_says(side: int) -> bytes:
    """A PNG of a few bytes that claims to be as large as that."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + bytes(4)


LARGER: dict[str, Make] = {
    "200 frames of one pixel": lambda: gif_of(200),
    "5,000 frames of one pixel": lambda: gif_of(5_000),
    "100,000 frames of one pixel": lambda: gif_of(100_000),
    "a PNG of 4,400 x 4,400": lambda: drawn("PNG", 4_400, mode="RGBA"),
    "a PNG of 7,000 x 7,000": lambda: drawn("PNG", 7_000),
    "a PNG of 14,000 x 14,000 in black and white": lambda: drawn("PNG", 14_000, mode="1"),
    "a PNG that says 60,000 x 60,000": lambda: png_that_says(60_000),
    "a JPEG of 4,400 x 4,400": lambda: drawn("JPEG", 4_400),
    "a WebP of 4,400 x 4,400": lambda: drawn("WEBP", 4_400, lossless=True),
    "a HEIC of 4,400 x 4,400": lambda: drawn("HEIF", 4_400),
    "an AVIF of 4,400 x 4,400": lambda: drawn("AVIF", 4_400),
    "a letter of 6 x 18 MB of zeros": lambda: document(6, 18),
    "a letter of 900 x 2 MB of zeros": lambda: document(900, 2),
    "a PDF of beginnings of pictures": lambda: b"%PDF-1.7\n" + b"Exif\0\0II*\0\x08\0\0\0" * 100_000,
}


if __name__ == "__main__":
    main()
