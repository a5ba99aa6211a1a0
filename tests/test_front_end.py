"""Every picture and file that a page asks for is there, under the name production gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings

from tests import effort
from tests.code_base import PRODUCT, name, python_files, template_files
from tooling import assets
from tooling.places import ROOT, VENDOR

TEMPLATE_ICON = re.compile(r"""(?:\{%\s*icon\s+|\bpicture=)["']([a-z0-9-]+)["']""")
PYTHON_ICON = re.compile(r"""\bicon["']?\s*[=:]\s*["']([a-z0-9-]+)["']""")
STATIC_FILE = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")


def icons_in_use() -> Iterator[tuple[str, str]]:
    """Yield (icon, file) for each icon named outright in a template or in Python."""
    for path in template_files():
        yield from ((icon, name(path)) for icon in TEMPLATE_ICON.findall(path.read_text()))
    for path in python_files(PRODUCT):
        yield from ((icon, name(path)) for icon in PYTHON_ICON.findall(path.read_text()))


def test_every_icon_in_use_is_in_the_sprite() -> None:
    there = set(assets.icon_names())
    missing = sorted({f"{icon} ({file})" for icon, file in icons_in_use() if icon not in there})
    assert not missing, "Add to package.json: " + ", ".join(missing)


def test_the_sprite_has_a_shape_for_every_icon_listed() -> None:
    sprite = (VENDOR / "icons.svg").read_text()
    shapes = dict(re.findall(r'<symbol id="([^"]+)"[^>]*>(.*)</symbol>', sprite))
    assert list(shapes) == assets.icon_names()
    assert all(shape.startswith("<") and len(shape) > 10 for shape in shapes.values())


def test_the_icons_are_listed_in_order_and_once() -> None:
    assert assets.icon_names() == sorted(set(assets.icon_names()))


def test_an_icon_that_does_not_exist_is_named() -> None:
    with pytest.raises(KeyError, match="no-such-icon"):
        assets.sprite(["no-such-icon"])


@pytest.mark.parametrize("file", ["htmx.min.js", "tabler.min.css"])
def test_no_served_file_points_to_a_map_or_to_another_server(file: str) -> None:
    text = (VENDOR / file).read_text()
    assert "sourceMappingURL" not in text
    assert not re.search(r"""(?:url\(|@import\s*|src=)["']?(?:https?:)?//""", text)


def test_every_static_file_in_use_exists_under_its_production_name(tmp_path: Path) -> None:
    # Compressing takes eight seconds of ten, and gives no file another name.
    packing = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    naming = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": packing if effort.is_long() else naming},
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", "--no-input", verbosity=0)
        for path in template_files():
            for file in STATIC_FILE.findall(path.read_text()):
                served = staticfiles_storage.url(file).removeprefix(settings.STATIC_URL)
                assert (tmp_path / served).exists(), f"{name(path)}: {file}"
                assert served != file, f"{file} could not be cached for ever"


def test_the_page_scripts_use_nothing_that_the_security_policy_refuses() -> None:
    refused = re.compile(r"\beval\(|new Function\(|\.style\.cssText|setAttribute\(.style")
    scripts = sorted((ROOT / "static" / "js").rglob("*.js"))
    wrong = [name(path) for path in scripts if refused.search(path.read_text())]
    assert not wrong


def test_no_style_holds_a_phone_in_one_direction() -> None:
    """What axe-core asks of every page in the long run only."""
    sheets = [*(ROOT / "static" / "css").glob("*.css"), *VENDOR.glob("*.css")]
    assert len(sheets) > 3
    assert not [name(path) for path in sheets if re.search(r"\(\s*orientation", path.read_text())]
