"""Uploaded media: what is taken, what is hidden in it is gone, and how it is served."""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pillow_heif import register_heif_opener
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, WhatsAppTemplate
from composer.media import film_tracks, media_check, media_store, places
from composer.models import MediaFile
from interface import public_addresses
from interface.public_addresses import Fetched, FetchFault, NotFetched
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, fields_of, text_of
from tests.client import Client
from tests.desks import DeskOf

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SCRIPT = b"<script>alert(1)</script>"
register_heif_opener()


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


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of an ISO base media file."""
    inside = b"".join(content)
    return struct.pack(">I", 8 + len(inside)) + kind + inside


def film(*of_movie: bytes, brand: bytes = b"isom", handler: bytes = b"vide") -> bytes:
    handlers = box(b"hdlr", bytes(8), handler, bytes(13))
    movie = box(b"moov", box(b"trak", box(b"mdia", handlers)), *of_movie)
    return box(b"ftyp", brand, bytes(4), b"mp41") + movie + box(b"mdat", b"frames" * 50)


def photo(form: str, **options: Any) -> bytes:
    return picture(form, (64, 48), **options)


def exif_of(place: str) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.25), 29: place})
    return exif


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
    "photo.heic": (photo("HEIF"), "image/jpeg"),
    "heic-by-another-brand.heic": (
        photo("HEIF").replace(b"ftypheic", b"ftypmif1", 1),
        "image/jpeg",
    ),
    "photo.avif": (photo("AVIF"), "image/jpeg"),
    "m4v.mp4": (film(brand=b"M4V "), "video/mp4"),
    "camera.mp4": (film(brand=b"XAVC"), "video/mp4"),
    "old-phone.3gp": (film(brand=b"3gp5"), "video/3gpp"),
    # The name says nothing.
    "really-a-photo.html": (picture(), "image/jpeg"),
    "film.mp4": (b"\x00\x00\x00\x18ftypmp42" + b"x" * 99, "video/mp4"),
    "paper.pdf": (b"%PDF-1.7\n" + SCRIPT, "application/pdf"),
}
CASES = Path(__file__).parent / "media"
# What is refused, and the name people know it by.
NAMED = {
    "iphone.mov": (film(brand=b"qt  "), "MOV"),
    "older.mov": (box(b"moov", b"x" * 40), "MOV"),
    "song.m4a": (film(brand=b"M4A ", handler=b"soun"), "M4A"),
    "song.mp4": (film(brand=b"mp42", handler=b"soun"), "M4A"),
    "old.3g2": (film(brand=b"3g2a"), "3G2"),
    "web.webm": (b"\x1a\x45\xdf\xa3" + b"x" * 40, "WebM"),
    "film.avi": (b"RIFF\0\0\0\0AVI LIST", "AVI"),
    "song.mp3": (b"ID3\x03" + b"x" * 40, "MP3"),
    "scan.tiff": (picture("TIFF"), "TIFF"),
    "paint.bmp": (picture("BMP"), "BMP"),
    "photo-from-iphone.heic": ((CASES / "photo-from-iphone.heic").read_bytes(), "HEIC"),
    "half.avif": (photo("AVIF")[:150], "AVIF"),
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


@pytest.mark.parametrize("name", NAMED)
def test_what_networks_do_not_carry_is_refused_by_its_name(
    desk: Desk, folder: Path, name: str
) -> None:
    content, words = NAMED[name]
    page = text_of(upload(desk, content, name))
    assert re.search(rf"\b{words}\b(?!” is)", page.replace(name, ""))
    assert not MediaFile.objects.exists()
    assert not list(folder.iterdir())


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_a_phones_photo_becomes_a_jpeg_without_its_place_and_not_too_large(
    desk: Desk, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(desk, photo(form, exif=exif_of("2026:11:29"), xmp=XMP))
    body = b"".join(served(MediaFile.objects.get()).streaming_content)
    made = Image.open(io.BytesIO(body))
    assert (made.format, made.size) == ("JPEG", (64, 48))
    assert not dict(made.getexif())
    assert b"2026:11:29" not in body
    assert b"GPS" not in body
    monkeypatch.setattr(media_store, "MOST_PIXELS", 64 * 48 - 1)
    assert "million pixels" in text_of(upload(desk, photo(form)))


def test_a_picture_that_would_fill_the_memory_is_told_what_may_be_taken(desk: Desk) -> None:
    huge = picture("PNG", (14_000, 14_000), mode="1", colour=0)
    assert "at most 20 can be taken" in text_of(upload(desk, huge, "huge.png"))
    assert not MediaFile.objects.exists()


def test_a_burst_of_large_photos_is_as_large_as_the_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_store, "MOST_PIXELS", 64 * 48)
    more = [Image.new("RGB", (64, 48), "red")]
    for form in ("HEIF", "AVIF", "MPO", "WEBP"):
        upload(desk, photo(form, save_all=True, append_images=more), "burst")
    assert MediaFile.objects.count() == 4


XMP = b"""<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description
 exif:GPSLatitude="52,31.2042N" exif:GPSVersionID='2.3.0.0' dc:title="Our door"><exif:GPSLongitude
>13,24.4950E</exif:GPSLongitude></rdf:Description></x:xmpmeta><?xpacket end='w'?>"""
PLACE = b"+52.5200+013.4050+034.100/"
LOCI = b"\0\0\0\0\x15\xc7Berlin\0\0" + struct.pack(">iii", 13 << 16, 52 << 16, 34 << 16)
PLACES = {
    "apple.mp4": film(box(b"udta", box(b"\xa9xyz", b"\0\x1a\x15\xc7", PLACE))),
    "android.mp4": film(box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7", b"+52.5200+013.4050/"))),
    "keys.mp4": film(
        box(b"meta", b"mdtacom.apple.quicktime.location.ISO6709", box(b"data", bytes(8), PLACE))
    ),
    "old-phone.3gp": film(box(b"udta", box(b"loci", LOCI)), brand=b"3gp5"),
    "xmp.mp4": film(box(b"uuid", XMP)),
    "xmp.pdf": b"%PDF-1.7\n1 0 obj stream\n" + XMP + b"\nendstream",
    "photo-inside.pdf": b"%PDF-1.7\n" + picture(exif=exif_of("2026:11:29")) + b"\nendstream",
}


def with_track(handler: bytes, wide: bool = False, same: bool = False) -> bytes:
    """A film with a second track of four samples, two in each of two chunks behind the frames."""
    sample = b"GPS 52.5200 13.405!!"

    def table(*offsets: int) -> bytes:
        alike, each = struct.pack(">III", 0, 20, 4), struct.pack(">III4I", 0, 0, 4, *[20] * 4)
        sizes = alike if same else each
        where = struct.pack(">II", 0, 2) + struct.pack(">2Q" if wide else ">2I", *offsets)
        return box(
            b"minf",
            box(
                b"stbl",
                box(b"stsz", sizes),
                box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 2, 1)),
                box(b"co64" if wide else b"stco", where),
            ),
        )

    def track(*offsets: int) -> bytes:
        return box(
            b"trak", box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(13)), table(*offsets))
        )

    begin = len(film(track(0, 0)))
    return film(track(begin + 8, begin + 60)) + box(b"mdat", sample * 2, bytes(12), sample * 2)


PLACES |= {
    "camera.mp4": with_track(b"meta"),
    "camera-wide.mp4": with_track(b"camm", wide=True),
    "camera-same.mp4": with_track(b"data", same=True),
}
TELLS = (b"52.5200", b"Berlin", b"52,31", b"13,24", b"2026:11:29", b"\0\x0d\0\0\0\x34\0\0")


@pytest.mark.parametrize("name", PLACES)
def test_a_file_that_is_published_as_it_came_says_no_place(desk: Desk, name: str) -> None:
    content = PLACES[name]
    assert [words for words in TELLS if words in content]
    upload(desk, content, name)
    body = b"".join(served(MediaFile.objects.get()).streaming_content)
    assert len(body) == len(content)
    assert not [words for words in TELLS if words in body]
    # And the rest is as it was.
    for kept in (b"frames" * 50, b'dc:title="Our door"', b"endstream", b"Camera", b"ftyp"):
        assert (kept in body) == (kept in content)


def test_packed_metadata_of_a_document_says_no_place_and_all_else(desk: Desk) -> None:
    def document(metadata: bytes) -> bytes:
        packed = zlib.compress(metadata, 9)
        head = b"<</Type/Metadata/Subtype/XML/Filter/FlateDecode/Length %d>>" % len(packed)
        return b"%PDF-1.7\n1 0 obj\n" + head + b"\nstream\n" + packed + b"\nendstream\n%%EOF"

    content = document(XMP)
    upload(desk, content, "menu.pdf")
    body = b"".join(served(MediaFile.objects.get()).streaming_content)
    assert len(body) == len(content)
    packed = body.partition(b"stream\n")[2]
    metadata = zlib.decompressobj().decompress(packed)
    assert not [words for words in TELLS if words in metadata]
    assert b'dc:title="Our door"' in metadata


def test_what_a_film_shows_and_says_stays(desk: Desk) -> None:
    content = with_track(b"soun")
    upload(desk, content, "talk.mp4")
    assert b"".join(served(MediaFile.objects.get()).streaming_content) == content


@given(st.binary(max_size=40), st.integers(0, 200))
def test_a_film_that_is_broken_is_cleared_as_far_as_it_can_be_read(noise: bytes, at: int) -> None:
    content = bytearray(with_track(b"meta"))
    content[at : at + len(noise)] = noise
    length = len(content)
    film_tracks.clear_data_tracks(content)
    assert len(content) == length


def test_pictures_inside_a_document_say_no_place_either(desk: Desk) -> None:
    out = io.BytesIO()
    inside = picture(exif=exif_of("2026:11:29"))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
        archive.writestr("word/media/image1.jpeg", inside)
    upload(desk, out.getvalue(), "letter.docx")
    body = b"".join(served(MediaFile.objects.get()).streaming_content)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert archive.read("word/document.xml") == b"<w:document/>"
        kept = archive.read("word/media/image1.jpeg")
    assert b"2026:11:29" not in kept
    picture_kept = Image.open(io.BytesIO(kept))
    picture_kept.load()
    assert not dict(picture_kept.getexif().get_ifd(0x8825))
    assert picture_kept.getexif()[0x010F] == "Camera"


def test_a_document_that_unpacks_to_too_much_is_refused(desk: Desk) -> None:
    out = io.BytesIO(office("[Content_Types].xml", "word/document.xml"))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(places.MOST_UNPACKED // 1_000_000 + 1):
            archive.writestr(f"word/embeddings/{number}.bin", bytes(1_000_000))
    assert "too large inside" in text_of(upload(desk, out.getvalue(), "bomb.docx"))
    assert not MediaFile.objects.exists()


@pytest.mark.parametrize(
    ("parts", "size", "way"),
    [
        (["word/footnotes.xml"], 20_000_001, zipfile.ZIP_DEFLATED),
        (["word/media/image1.PNG"], 20_000_001, zipfile.ZIP_DEFLATED),
        (["word/embeddings/film.bin"], 100_000_000, zipfile.ZIP_DEFLATED),
        ([f"word/media/{number}.jpeg" for number in range(6)], 18_000_000, zipfile.ZIP_DEFLATED),
        (["word/embeddings/film.bin"], 1_000_000, zipfile.ZIP_BZIP2),
        (["word/embeddings/film.bin"], 1_000_000, zipfile.ZIP_LZMA),
    ],
)
def test_a_document_of_blanks_is_refused(desk: Desk, parts: list[str], size: int, way: int) -> None:
    out = io.BytesIO(office("[Content_Types].xml", "word/document.xml"))
    with zipfile.ZipFile(out, "a", way) as archive:
        for name in parts:
            archive.writestr(name, b" " * size)
    assert "too large inside" in text_of(upload(desk, out.getvalue(), "bomb.docx"))
    assert not MediaFile.objects.exists()


def test_a_file_of_nothing_but_beginnings_of_pictures_is_refused(desk: Desk) -> None:
    beginnings = b"Exif\0\0II*\0\x08\0\0\0" * 100_000
    assert "too large inside" in text_of(upload(desk, b"%PDF-1.7\n" + beginnings, "bomb.pdf"))
    out = io.BytesIO(office("[Content_Types].xml", "word/document.xml"))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/media/a.jpg", beginnings)
    assert "too large inside" in text_of(upload(desk, out.getvalue(), "bomb.docx"))
    assert not MediaFile.objects.exists()


def kept_in_a_document(desk: Desk, name: str, content: bytes) -> bytes:
    out = io.BytesIO(office("[Content_Types].xml", "word/document.xml"))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, content)
    upload(desk, out.getvalue(), "letter.docx")
    body = b"".join(served(MediaFile.objects.get()).streaming_content)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(name)


def test_a_png_inside_a_document_says_no_place_either(desk: Desk) -> None:
    notes = PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", '<x exif:GPSLatitude="52,31.2N" dc:title="Our door"/>')
    inside = picture("PNG", exif=exif_of("2026:11:29"), pnginfo=notes)
    kept = kept_in_a_document(desk, "word/media/a.png", inside)
    assert b"2026:11:29" in inside
    assert b"2026:11:29" not in kept
    assert b"52,31.2N" in inside
    assert b"52,31.2N" not in kept
    assert b'dc:title="Our door"' in kept
    # Whoever opens it checks the sums of its chunks.
    picture_kept = Image.open(io.BytesIO(kept))
    picture_kept.load()
    assert picture_kept.tobytes() == Image.open(io.BytesIO(inside)).tobytes()
    assert not dict(picture_kept.getexif().get_ifd(0x8825))
    assert picture_kept.getexif()[0x010F] == "Camera"


def test_a_tiff_inside_a_document_says_no_place_either(desk: Desk) -> None:
    inside = exif_of("2026:11:29").tobytes().removeprefix(b"Exif\0\0")
    kept = kept_in_a_document(desk, "word/media/a.TIF", inside)
    assert b"2026:11:29" in inside
    assert b"2026:11:29" not in kept
    assert b"Camera" in kept
    assert len(kept) == len(inside)


def test_a_film_inside_a_document_says_no_place_either(desk: Desk) -> None:
    inside = PLACES["apple.mp4"]
    kept = kept_in_a_document(desk, "ppt/media/media1.mp4", inside)
    assert PLACE in inside
    assert PLACE not in kept
    assert len(kept) == len(inside)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf", b"MM\0*"]
)
def test_a_broken_picture_in_a_document_is_kept_as_it_is(desk: Desk, content: bytes) -> None:
    assert kept_in_a_document(desk, "word/media/a.png", content) == content


@pytest.mark.parametrize(
    "content", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"]
)
def test_a_broken_place_breaks_nothing(content: bytes) -> None:
    broken = b"%PDF-1.7 Exif\0\0" + content
    assert places.without_places(broken, "application/pdf") == broken


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
    variables = f"MEDIA_URL = {kept.url}"
    Campaign.objects.filter(pk=draft.pk).update(media_url="", template={"variables": variables})
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
    assert f"yours {kept.size} bytes of" in text_of(answer)


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
    assert "a.png" in text_of(typed)
    assert "example.org" not in text_of(typed)
    assert "<img" not in typed.content.decode()


def test_the_phone_shows_the_picture_on_top_of_a_template(desk: Desk, clinic: Channel) -> None:
    upload(desk, picture())
    kept = MediaFile.objects.get()
    said = {"header_kind": "image", "header": kept.url}
    template = world.a_whatsapp_template(clinic, **said)
    url = desk.url("whatsapp-templates") + f"{template.public_id}/"
    assert f'<img class="media-shown" src="{kept.url}"' in desk.client.get(url).content.decode()
    delete = desk.url("media") + f"{kept.public_id}/delete/"
    refused = text_of(desk.client.post(delete, follow=True))
    assert "The WhatsApp template “Check-up due” shows this file." in refused
    WhatsAppTemplate.objects.update(header="https://cdn.example.org/a/our%20team.jpg?x=1")
    page = desk.client.get(url)
    assert "our team.jpg" in text_of(page)
    assert 'src="https://cdn' not in page.content.decode()


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
        (
            "image",
            Fetched("image/jpeg", None, b"\xff\xd8\xff"),
            "warning",
            "does not say how large it is",
        ),
        ("image", Fetched("video/mp4", 9, b"\0\0\0\0ftypmp42"), "warning", "Choose “Video”"),
        # What it is counts, and what the site says of it.
        ("video", Fetched("video/mp4", 9, b"%PDF-1.7"), "warning", "Choose “File”"),
        ("file", Fetched("text/html", 900, b"<html>"), "danger", "a page or drawing"),
        ("image", NotFetched(FetchFault.STATUS, 403), "danger", "asks for a sign-in (HTTP 403)"),
        ("image", NotFetched(FetchFault.NOT_PUBLIC), "danger", "is in a private network"),
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


JPEG = (CASES / "good.jpg").read_bytes()
HEADERS = [
    (row[0], row[1], row[2])
    for row in csv.reader((CASES / "media-headers.csv").read_text().splitlines()[1:])
]
MORE_HEADERS = [
    ("good.jpg", "image/png", "danger"),
    ("good.jpg", "video/mp4", "danger"),
    ("good.jpg", "application/zip", "danger"),
    ("good.jpg", "application/json", "danger"),
    ("good.jpg", "IMAGE/JPEG", "success"),
    ("page", "image/jpeg", "danger"),
    ("words", "image/jpeg", "danger"),
    ("words", "application/octet-stream", "danger"),
    ("document", "image/jpeg", "danger"),
    ("film", "video/quicktime", "danger"),
    ("mov", "video/mp4", "danger"),
    ("sound", "video/mp4", "danger"),
]
BODIES = {
    "good.jpg": JPEG,
    "photo-from-iphone.heic": (CASES / "photo-from-iphone.heic").read_bytes(),
    "page": b"\xef\xbb\xbf\n<!DOCTYPE html><html>",
    "words": b"Just words",
    "document": office("[Content_Types].xml", "word/document.xml"),
    "film": film(),
    "mov": film(brand=b"qt  "),
    "sound": film(brand=b"M4A "),
}


@pytest.mark.parametrize(
    ("body", "told", "right"),
    HEADERS + MORE_HEADERS,
)
def test_a_file_is_judged_by_what_its_site_says_of_it(
    clinic: Channel, monkeypatch: pytest.MonkeyPatch, body: str, told: str, right: str
) -> None:
    content_type = "" if told == "(none)" else told.partition(";")[0]
    found(monkeypatch, Fetched(content_type, 900, BODIES[body][:4096]))
    findings = media_check.check_media(clinic, "image", "https://example.org/a")
    tones = {finding.tone for finding in findings}
    if right.startswith("danger"):
        assert "danger" in tones
        assert "success" not in tones
    else:
        assert tones == {"success"}


def test_a_document_is_known_by_what_its_site_says(
    clinic: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    for told, body in ((docx, BODIES["document"]), ("text/vcard", b"BEGIN:VCARD")):
        found(monkeypatch, Fetched(told, 900, body))
        findings = media_check.check_media(clinic, "file", "https://example.org/a")
        assert [finding.tone for finding in findings] == ["success"]


def test_what_is_no_picture_and_larger_than_some_carriers_take_is_told(
    riverside: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    sms = world.a_channel(riverside, provider="twlo", phone_number="+16317471111")
    film_bytes, image = BODIES["film"][:4096], JPEG
    for kind, told, body, size, tone in (
        ("video", "video/mp4", film_bytes, 700_000, "warning"),
        ("video", "video/mp4", film_bytes, 500_000, "success"),
        ("file", "application/pdf", b"%PDF-1.7", 700_000, "warning"),
        ("image", "image/jpeg", image, 700_000, "success"),
        ("video", "video/mp4", film_bytes, 6_000_000, "warning"),
    ):
        found(monkeypatch, Fetched(told, size, body))
        findings = media_check.check_media(sms, kind, "https://example.org/a")
        assert [finding.tone for finding in findings] == [tone], (kind, size)


def test_a_file_of_ours_is_known_without_a_look(
    desk: Desk, draft: Campaign, clinic: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_addresses, "fetch", None)
    upload(desk, animation(), "moves.gif")
    findings = media_check.check_media(clinic, "image", MediaFile.objects.get().url)
    assert [one.tone for one in findings] == ["warning"]
    assert "may not carry this type" in findings[0].sentence


@pytest.mark.parametrize(
    ("frames", "said"), [(200, "is uploaded"), (201, "more than 200 pictures")]
)
def test_an_animation_has_so_many_pictures_at_most(desk: Desk, frames: int, said: str) -> None:
    out = io.BytesIO()
    first, *others = (Image.new("L", (1, 1), n % 256) for n in range(frames))
    first.save(out, "GIF", save_all=True, append_images=others)
    assert said in text_of(upload(desk, out.getvalue()))


def test_the_media_of_a_team_and_of_a_person_has_an_end(
    desk: Desk, settings: Settings, alice: User, bob: User, folder: Path
) -> None:
    settings.MEDIA_TEAM_MB, settings.MEDIA_PERSON_MB = 3, 2
    for person in (alice, bob):
        MediaFile.objects.create(
            team=desk.team, uploaded_by=person, label="x", name=person.name, size=1024 * 1024
        )
    page = text_of(desk.get("media"))
    taken = "Your team's files use 2.0 MB of 3.0 MB, yours 1.0 MB of 2.0 MB"
    assert taken in page
    uploaded = text_of(upload(desk, picture(), "small"))
    assert "is uploaded" in uploaded
    assert "yours 1.0 MB of 2.0 MB" in uploaded
    MediaFile.objects.filter(uploaded_by=bob).update(size=2 * 1024 * 1024)
    assert "There is no room for this file" in text_of(upload(desk, picture(), "small"))
    settings.MEDIA_TEAM_MB = 30
    MediaFile.objects.filter(uploaded_by=alice).update(size=2 * 1024 * 1024)
    assert "There is no room for this file" in text_of(upload(desk, picture(), "small"))
    assert len(list(folder.iterdir())) == 1
