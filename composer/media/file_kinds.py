"""What a media file is, told by its first bytes and never by its name or what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PDF = "application/pdf"
ARCHIVE = "application/zip"
_IMAGES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
# ISO base media files name their kind behind "ftyp", the main brand first, then those they are
# compatible with: ISO/IEC 14496-12, 4.3; the brands: mp4ra.org; HEIF: ISO/IEC 23008-12, 10.
_BRANDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "image/avif": ("avif", "avis"),
        "image/heic": tuple("heic heix heim heis hevc hevx hevm hevs".split()),
        "video/quicktime": ("qt  ",),
        "audio/mp4": ("M4A ", "M4B ", "M4P ", "F4A ", "F4B "),
        "video/3gpp2": ("3g2a", "3g2b", "3g2c"),
        "video/3gpp": ("3gp", "3ge", "3gg", "3gh", "3gm", "3gr", "3gs", "3gt"),
        "video/mp4": tuple(
            "mp41 mp42 mp71 iso avc1 M4V M4VH M4VP MSNV dash dby1 f4v F4V cmf".split()
        ),
    }
)
# Brands that HEIC and AVIF share: which of the two it is, another one says.
_EITHER_PHOTO = ("mif1", "msf1", "miaf")
# How films begin that are older than brands: QuickTime File Format, "Atoms".
_QUICKTIME = (b"moov", b"mdat", b"wide", b"pnot", b"free", b"skip")
# Other kinds that people try: (where it stands, what it says, the kind).
_OTHERS = (
    (0, b"%PDF-", PDF),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x00\x0cJXL ", "image/jxl"),
    (0, b"\x00\x00\x00\x0cjP  ", "image/jp2"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (8, b"WEBP", "image/webp"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"PK\x03\x04", ARCHIVE),
    (0, b"#!AMR", "audio/amr"),
    (0, b"fLaC", "audio/flac"),
)
# The same kind by other names, as servers send them.
_ALIASES = {"image/jpg": "image/jpeg", "image/heif": "image/heic", "audio/x-m4a": "audio/mp4"}
_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "image/jpeg": ".jpg",
        "image/png": ".png",
        "image/gif": ".gif",
        "image/webp": ".webp",
        "video/mp4": ".mp4",
        "video/3gpp": ".3gp",
        PDF: ".pdf",
        _OFFICE[b"word/"]: ".docx",
        _OFFICE[b"xl/"]: ".xlsx",
        _OFFICE[b"ppt/"]: ".pptx",
    }
)


def content_type_of(head: bytes) -> str:
    """The content type that these first bytes (4 kB) belong to; "" for none that is known here."""
    for start, content_type in _IMAGES.items():
        if head.startswith(start):
            return content_type
    for position, words, content_type in _OTHERS:
        is_riff = position == 0 or head.startswith(b"RIFF")
        if is_riff and head[position:].startswith(words):
            return content_type
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head[4:8] == b"ftyp":
        return _type_by_brand(head)
    if head[4:8] in _QUICKTIME:
        return "video/quicktime"
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    return "image/svg+xml" if begin.startswith((b"<svg", b"<?xml")) and b"<svg" in begin else ""


def _type_by_brand(head: bytes) -> str:
    """By the main brand, or the first one that is known of those it is compatible with."""
    length = int.from_bytes(head[:4])
    places = [8, *range(16, min(length, len(head)), 4)]
    brands = [head[place : place + 4].decode("latin-1") for place in places]
    for brand in brands:
        for content_type, beginnings in _BRANDS.items():
            if brand.startswith(beginnings):
                return content_type
    return "image/heic" if set(brands) & set(_EITHER_PHOTO) else ""


def without_alias(content_type: str) -> str:
    """The usual name of a content type."""
    return _ALIASES.get(content_type, content_type)


def is_told_by_bytes(content_type: str) -> bool:
    """Whether `content_type_of` would have known a file of this type."""
    known = {*_IMAGES.values(), *_BRANDS, "text/html"} | {kind for *_place, kind in _OTHERS}
    return content_type in known


def office_type_of(names: list[str]) -> str:
    """The content type of an Office document by the names inside its archive; "" for others."""
    if "[Content_Types].xml" not in names:
        return ""
    for start, content_type in _OFFICE.items():
        if any(name.startswith(start.decode()) for name in names):
            return content_type
    return ""
