"""The front-end files that are served: copied from npm packages into static/vendor/.

Only the files named here are served, and never from elsewhere than our own address. The icons that
package.json lists under "campaigns" become one sprite, used as

    <svg class="icon"><use href="{% static 'vendor/icons.svg' %}#plus"/></svg>

and of Tabler's style sheet there is what our pages can use (tooling/styles.py).
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tooling import stamps, styles
from tooling.places import NODE_MODULES, REQUIREMENTS, ROOT, VENDOR

PACKAGE = ROOT / "package.json"
TABLER = "@tabler/core/dist/css/tabler.min.css"
HTMX = "htmx.org/dist/htmx.min.js"
ICONS = "@tabler/icons-sprite/dist/tabler-sprite.svg"
SYMBOL = re.compile(r'<symbol id="tabler-([^"]+)"([^>]*)>(.*?)</symbol>', re.DOTALL)
# A map that is not served would be asked for whenever somebody opens the browser's tools.
SOURCE_MAP = re.compile(r"^\s*(/\*|//)# sourceMappingURL=.*$\n?", re.MULTILINE)
# Each icon starts with an invisible square that the editor needed.
FRAME = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


def ensure_assets() -> None:
    """Make sure that static/vendor/ holds what our pages use of the versions in package.json.

    The packages have to be there. Raises KeyError for an icon that does not exist.
    """
    made_of = [PACKAGE, ROOT / "package-lock.json", REQUIREMENTS / "run.txt"]
    made_by = map(Path, (__file__, styles.__file__))
    mark = stamps.digest_of(*made_of, *made_by, *styles.own_sources())
    stamp = VENDOR / ".installed"
    if not stamps.is_current(stamp, mark):
        build_assets()
        stamps.note_finished(stamp, mark)


def build_assets() -> None:
    """Fill static/vendor/ from node_modules/. Raises KeyError for an icon that does not exist."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    made_of = [*styles.own_sources(), *styles.sources_of_forms()]
    sheet = styles.cut(_fetched(TABLER), (path.read_text(encoding="utf-8") for path in made_of))
    (VENDOR / "tabler.min.css").write_text(sheet, encoding="utf-8")
    (VENDOR / "htmx.min.js").write_text(_fetched(HTMX), encoding="utf-8")
    (VENDOR / "icons.svg").write_text(sprite(icon_names()), encoding="utf-8")


def _fetched(name: str) -> str:
    return SOURCE_MAP.sub("", (NODE_MODULES / name).read_text(encoding="utf-8"))


def icon_names() -> list[str]:
    """Return the names of the icons that package.json lists."""
    names: list[str] = json.loads(PACKAGE.read_text())["campaigns"]["icons"]
    return names


def sprite(names: list[str]) -> str:
    """Return an SVG file with one symbol for each icon, its id being the icon's name.

    Raises KeyError for an icon that does not exist.
    """
    everything = (NODE_MODULES / ICONS).read_text(encoding="utf-8")
    symbols = {
        name: f'<symbol id="{name}"{attributes}>{FRAME.sub("", shape)}</symbol>\n'
        for name, attributes, shape in SYMBOL.findall(everything)
    }
    if unknown := [name for name in names if name not in symbols]:
        raise KeyError(f"package.json lists icons that there are not: {', '.join(unknown)}")
    joined = "".join(symbols[name] for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{joined}</svg>\n'


if __name__ == "__main__":
    ensure_assets()
