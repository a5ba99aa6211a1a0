"""Uploaded media: what is taken, what is hidden in it is gone, and how it is served."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from composer.media import media_check, public_addresses
from composer.media.public_addresses import Fetched, FetchFault, NotFetched
from composer.models import MediaFile
from sociocs_accounts.models import Channel
from teams.models import User
from tests.browsing import Desk, fields_of, text_of
from tests.client import Client
from tests.desks import DeskOf

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    media = settings.STORAGES["media"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"media": media}
    return tmp_path


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    mode = options.pop("mode", "RGB")
    Image.new(mode, size, options.pop("colour", "teal")).save(out, form, **options)
    return out.getvalue()


def with_place() -> bytes:
    """A photo as a phone takes it: turned, and saying where it was."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "<script>alert(1)</script>"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return picture(exif=exif)


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def animation() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=SCRIPT)
    return out.getvalue()


def upload(desk: Desk, content: bytes, name: str = "a.jpg") -> Any:
    file = SimpleUploadedFile(name, content, "image/jpeg")
    return desk.client.post(desk.url("media-upload"), {"file": file}, follow=True)


def served(kept: MediaFile) -> Any:
    return Client().get(f"/media/{kept.name}")


TAKEN = {
    "photo.jpg": (picture(), "image/jpeg"),
    "place.jpg": (with_place(), "image/jpeg"),
    "cmyk.jpg": (picture(mode="CMYK", colour=(9, 9, 9, 9)), "image/jpeg"),
    "deep.png": (picture("PNG", mode="I;16", colour=900), "image/png"),
    "seen-through.png": (picture("PNG", mode="RGBA", colour=(1, 2, 3, 4)), "image/png"),
    "web.webp": (picture("WEBP"), "image/jpeg"),
    "moves.gif": (animation(), "image/gif"),
    # A picture with a page behind it: what is no picture is gone.
    "polyglot.png": (picture("PNG") + SCRIPT, "image/png"),
    "polyglot.gif": (picture("GIF").replace(b"GIF87a", b"GIF89a") + SCRIPT, "image/png"),
    # The name says nothing.
    "really-a-photo.html": (picture(), "image/jpeg"),
    "film.mp4": (b"\x00\x00\x00\x18ftypmp42" + b"x" * 99, "video/mp4"),
    "paper.pdf": (b"%PDF-1.7\n" + SCRIPT, "application/pdf"),
}
REFUSED = {
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "page.jpg": b"<!doctype html>" + SCRIPT,
    "page-first.pdf": SCRIPT + b"%PDF-1.7",
    "half.jpg": picture(size=(400, 300))[:600],
    "bomb.png": b"",
    "empty.jpg": b"",
    "any.zip": office("a.txt"),
    "macro.docm.docx": b"PK\x03\x04" + b"x" * 50,
    "program.exe": b"MZ\x90\x00" + b"x" * 99,
    "eps.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "lied.gif": b"GIF89a" + SCRIPT,
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_is_served_as_a_download_of_its_real_kind(desk: Desk, name: str) -> None:
    content, content_type = TAKEN[name]
    assert f"“{name}” is uploaded." in text_of(upload(desk, content, name))

    kept = MediaFile.objects.get()
    assert (kept.content_type, kept.label) == (content_type, name)
    answer = served(kept)
    body = b"".join(answer.streaming_content)
    assert len(body) == kept.size
    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert name.split(".")[0] not in kept.name
    if content_type.startswith("image/"):
        assert b"script" not in body
        assert not dict(Image.open(io.BytesIO(body)).getexif())


def test_a_turned_photo_stands_upright_without_its_place(desk: Desk) -> None:
    upload(desk, with_place())
    kept = MediaFile.objects.get()
    body = b"".join(served(kept).streaming_content)
    assert Image.open(io.BytesIO(body)).size == (30, 40)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken(desk: Desk, folder: Path, name: str) -> None:
    content = REFUSED[name]
    if name == "bomb.png":
        content = picture("PNG", (9000, 9000), mode="1", colour=0)
    page = text_of(upload(desk, content, name))
    assert "” is uploaded" not in page
    assert not MediaFile.objects.exists()
    assert not list(folder.iterdir())


def test_what_is_too_large_says_how_large_it_may_be(desk: Desk, settings: Settings) -> None:
    settings.MEDIA_MAX_MB = 0
    assert "at most 0 bytes can be uploaded" in text_of(upload(desk, picture())).replace(
        "\xa0", " "
    )


def test_nothing_else_is_served(desk: Desk, folder: Path, settings: Settings) -> None:
    (folder / "stray.jpg").write_bytes(picture())
    assert Client().get("/media/stray.jpg").status_code == 404
    assert Client().get("/media/..%2f..%2fetc%2fpasswd").status_code == 404
    upload(desk, picture())
    kept = MediaFile.objects.get()
    assert Client().post(f"/media/{kept.name}").status_code == 405
    settings.MEDIA_IS_SERVED_HERE = False
    assert Client().get(f"/media/{kept.name}").status_code == 404


def test_who_may_delete_and_what_is_still_needed(
    desk: Desk, desk_of: DeskOf, bob: User, draft: Campaign, folder: Path
) -> None:
    upload(desk, picture())
    kept = MediaFile.objects.get()
    url = desk.url("media") + f"{kept.public_id}/delete/"
    assert desk_of(bob).client.post(url).status_code == 403
    Campaign.objects.filter(pk=draft.pk).update(media_kind="image", media_url=kept.url)
    assert "“Spring check-up” needs this file" in text_of(desk.client.post(url, follow=True))
    Campaign.objects.filter(pk=draft.pk).update(state="completed")
    desk.client.post(url)
    assert not list(folder.iterdir())


def test_the_composer_gets_the_address_to_fill_in(desk: Desk) -> None:
    file = SimpleUploadedFile("a.jpg", picture())
    url = desk.url("media-upload")
    answer = desk.client.post(url, {"file": file}, headers={"HX-Request": "true"})
    kept = MediaFile.objects.get()
    assert f'data-uploaded-url="{kept.url}" data-uploaded-kind="image"' in answer.content.decode()


def test_the_phone_shows_an_uploaded_picture_and_asks_no_other_server_for_one(
    desk: Desk, draft: Campaign, clinic: Channel
) -> None:
    desk.post("media-upload", file=SimpleUploadedFile("a.png", picture("PNG")))
    ours = MediaFile.objects.get().url
    form = fields_of(desk.get("compose", draft)) | {
        "channel": str(clinic.pk),
        "media_kind": "image",
    }
    shown = desk.post("preview", draft, **form | {"media_url": ours})
    assert f'<img class="media-shown" src="{ours}"' in shown.content.decode()
    assert ours.rsplit("/", 2)[0] in desk.get("compose", draft)["Content-Security-Policy"]
    typed = desk.post("preview", draft, **form | {"media_url": "https://example.org/a.png"})
    assert "https://example.org/a.png" in text_of(typed)
    assert "<img" not in typed.content.decode()


# --- The check of an address ----------------------------------------------------------------------


def found(monkeypatch: pytest.MonkeyPatch, fetched: Fetched | NotFetched) -> None:
    def fetch(*_args: object) -> Fetched:
        if isinstance(fetched, NotFetched):
            raise fetched
        return fetched

    monkeypatch.setattr(public_addresses, "fetch", fetch)


@pytest.mark.parametrize(
    ("kind", "fetched", "tone", "words"),
    [
        ("image", Fetched("image/jpeg", 900_000, b"\xff\xd8\xff"), "success", "It is there"),
        ("image", Fetched("image/gif", 900, b"GIF89a"), "warning", "may not carry this type"),
        ("image", Fetched("image/jpeg", 6_000_000, b"\xff\xd8\xff"), "warning", "at most 5.0"),
        ("image", Fetched("image/jpeg", None, b"\xff\xd8\xff"), "warning", "not tell its size"),
        ("image", Fetched("video/mp4", 9, b"\0\0\0\0ftypmp42"), "warning", "choose “Video”"),
        # What the site says of it counts less than what it is.
        ("video", Fetched("video/mp4", 9, b"%PDF-1.7"), "warning", "choose “File”"),
        ("file", Fetched("text/html", 900, b"<html>"), "danger", "a page or drawing"),
        ("image", NotFetched(FetchFault.STATUS, 403), "danger", "wants a sign-in (HTTP 403)"),
        ("image", NotFetched(FetchFault.NOT_PUBLIC), "danger", "leads into a private network"),
        ("image", NotFetched(FetchFault.REDIRECT, 302), "danger", "leads on to another one"),
    ],
)
def test_what_is_said_of_an_address(
    desk: Desk,
    draft: Campaign,
    clinic: Channel,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    fetched: Fetched | NotFetched,
    tone: str,
    words: str,
) -> None:
    found(monkeypatch, fetched)
    page = desk.post(
        "media-check",
        draft,
        channel=clinic.public_id,
        media_kind=kind,
        media_url="https://example.org/a",
    )
    html = page.content.decode()
    assert f"finding-{tone}" in html
    assert words in text_of(page).replace("\xa0", " ")


def test_a_file_of_ours_is_known_without_a_look(
    desk: Desk, draft: Campaign, clinic: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_addresses, "fetch", None)
    upload(desk, animation(), "moves.gif")
    findings = media_check.check_media(clinic, "image", MediaFile.objects.get().url)
    assert [one.tone for one in findings] == ["warning"]
    assert "may not carry this type" in findings[0].sentence
