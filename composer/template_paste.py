"""What Twilio or Gupshup shows of a template, taken apart into the fields of a registered one.

Read are Twilio's Content API (developer reference "Content API Resources", "Content types",
"Approvals"), Gupshup's list of templates (API reference "Get templates": `containerMeta` holds the
parts, `data` the text with its buttons as `| [label,value]`), and what their consoles show as text:
a label, and what it says on the same line or below. What cannot be read is told and left to the
person who pastes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import HeaderKind, TemplateCategory, TemplateStatus
from interface.wording import Text
from sociocs_gateway.providers import Provider

# The fields of a template's form that a paste may fill, as they are called in sentences.
LABELS: Mapping[str, Text] = {
    "name": gettext_lazy("name"),
    "provider_id": gettext_lazy("id"),
    "language": gettext_lazy("language"),
    "category": gettext_lazy("category"),
    "status": gettext_lazy("whether WhatsApp approved it"),
    "body": gettext_lazy("text"),
}
_STATUS = {
    "approved": TemplateStatus.APPROVED,
    "enabled": TemplateStatus.APPROVED,
    **dict.fromkeys(
        ("pending", "received", "submitted", "unsubmitted", "in_appeal", "in review", "waiting"),
        TemplateStatus.WAITING,
    ),
    **dict.fromkeys(
        ("rejected", "refused", "disabled", "paused", "failed", "deactivated"),
        TemplateStatus.REFUSED,
    ),
}
# The richest first: a content may have a plainer one beside it, for other networks.
_TWILIO_TYPES = (
    *("whatsapp/card", "twilio/card", "twilio/call-to-action", "twilio/quick-reply"),
    *("twilio/media", "whatsapp/authentication", "twilio/text"),
)
_KIND_OF_ENDING = {
    **dict.fromkeys(("jpg", "jpeg", "png", "webp"), HeaderKind.IMAGE),
    **dict.fromkeys(("mp4", "3gp"), HeaderKind.VIDEO),
    **dict.fromkeys(("pdf", "doc", "docx", "xlsx", "pptx", "txt"), HeaderKind.FILE),
}
_GUPSHUP_MEDIA = {
    "IMAGE": HeaderKind.IMAGE,
    "VIDEO": HeaderKind.VIDEO,
    "DOCUMENT": HeaderKind.FILE,
}
_CODE = re.compile(r"([A-Za-z]{2,3})(?:[_-]([A-Za-z]{2,4}))?")
_TWILIO_ID = re.compile(r"\bHX[0-9a-fA-F]{32}\b")
# Each part ends soon, and spaces are tried once: a long paste of bars or spaces takes no time.
_BUTTON_IN_TEXT = re.compile(r"(?<!\s)\s*+\|\s*+\[([^\],]{1,200})(?:,([^\]]{0,2000}))?\]")

# What consoles call the fields, in small letters.
_LABELLED = {
    **dict.fromkeys(("template name", "friendly name", "name", "element name"), "name"),
    **dict.fromkeys(
        ("content sid", "content template sid", "template sid", "sid", "template id", "id"),
        "provider_id",
    ),
    **dict.fromkeys(
        ("language", "template language", "language code", "content language"), "language"
    ),
    **dict.fromkeys(("category", "template category", "whatsapp category"), "category"),
    **dict.fromkeys(("status", "template status", "approval status", "whatsapp status"), "status"),
    **dict.fromkeys(("header", "header text", "template header"), "header"),
    **dict.fromkeys(
        ("body", "template body", "message body", "template content", "content", "message"), "body"
    ),
    **dict.fromkeys(("footer", "footer text", "template footer"), "footer"),
    **dict.fromkeys(("buttons", "button", "quick replies", "call to action", "actions"), "buttons"),
    **dict.fromkeys(("media", "media url", "header media"), "media"),
    # Shown beside them, and nothing of ours.
    **dict.fromkeys(
        (
            *("content type", "template type", "type", "variables", "sample", "sample values"),
            *("template sample", "date created", "date updated", "created", "last updated"),
            *("quality", "namespace", "vertical", "template labels"),
        ),
        "",
    ),
}


@dataclass(slots=True)
class Taken:
    """What was found: `values` of the form's fields, and a sentence for each thing not read."""

    provider: Provider | None = None
    values: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @property
    def found_anything(self) -> bool:
        """Whether it was a template at all."""
        return bool(self.values.get("body") or self.values.get("provider_id"))

    @property
    def tone(self) -> str:
        """The colour in which it is told."""
        if not self.found_anything:
            return "danger"
        return "warning" if self.unread else "success"

    def put(self, name: str, value: object) -> None:
        """Keep a value that is there."""
        text = str(value or "").strip()
        if text:
            self.values[name] = text


def take_apart(pasted: str) -> Taken:
    """Read what somebody pasted. What it does not say, or says in unknown words, is told."""
    taken = _taken(pasted)
    # JSON can spell halves of characters, which no page can hold.
    taken.values = {name: _whole(text) for name, text in taken.values.items()}
    taken.unread = [_whole(sentence) for sentence in taken.unread]
    return taken


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _taken(pasted: str) -> Taken:
    text = pasted.replace("\r\n", "\n").strip()
    taken = Taken()
    if text[:1] in ("{", "["):
        try:
            _read_json(json.loads(text), taken)
        except (ValueError, RecursionError):
            taken.unread.append(
                _("This begins like JSON, but is not complete. Copy all of it, to the last brace.")
            )
            return taken
    else:
        _read_text(text, taken)
    if not taken.found_anything:
        taken.unread.insert(
            0, _("No template was found in this. Copy its page at Twilio or Gupshup, or its JSON.")
        )
        return taken
    missing = [str(label) for name, label in LABELS.items() if name not in taken.values]
    if missing:
        taken.unread.append(
            _("Not found: %(what)s. Fill it in below.") % {"what": ", ".join(missing)}
        )
    return taken


# --- JSON -----------------------------------------------------------------------------------------


def _read_json(data: Any, taken: Taken) -> None:
    found = list(_templates_in(data))
    if not found:
        return
    if len(found) > 1:
        sentence = _("There are %(n)d templates in this, and the first one was read.")
        taken.unread.append(sentence % {"n": len(found)})
    one = found[0]
    if isinstance(one.get("types"), dict):
        _read_twilio(one, taken)
    elif "elementName" in one or "templateType" in one:
        _read_gupshup(one, taken)
    else:
        _read_approval(one, taken)


def _templates_in(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for one in data:
            yield from _templates_in(one)
        return
    if not isinstance(data, dict):
        return
    for wrapping in ("contents", "templates", "template"):
        if isinstance(data.get(wrapping), dict | list):
            yield from _templates_in(data[wrapping])
            return
    yield data


def _read_twilio(one: Mapping[str, Any], taken: Taken) -> None:
    taken.provider = Provider.TWILIO_WHATSAPP
    taken.put("name", one.get("friendly_name"))
    taken.put("provider_id", one.get("sid"))
    _put_language(one.get("language"), taken)
    _read_approval(one, taken)
    types = one["types"]
    kind = next((kind for kind in _TWILIO_TYPES if isinstance(types.get(kind), dict)), "")
    if not kind:
        kind = next((kind for kind, says in types.items() if isinstance(says, dict)), "")
        sentence = _("“%(kind)s” is a kind of template that is not read whole. Check every field.")
        taken.unread.append(sentence % {"kind": kind[:40]})
    says: Mapping[str, Any] = types.get(kind, {})
    taken.put("body", says.get("body") or says.get("title"))
    taken.put("footer", says.get("footer") or says.get("subtitle"))
    if kind == "whatsapp/authentication" and not says.get("body"):
        # WhatsApp writes it, and Twilio does not repeat it ("whatsapp/authentication").
        taken.put("body", _("{{1}} is your verification code."))
    if says.get("header_text"):
        taken.put("header", says["header_text"])
        taken.put("header_kind", HeaderKind.TEXT)
    media = says.get("media")
    address = media[0] if isinstance(media, list) and media else media
    if isinstance(address, str) and address:
        _put_media(address, taken)
    _put_buttons(says.get("actions"), taken)


def _read_approval(one: Mapping[str, Any], taken: Taken) -> None:
    """Twilio's answer on approvals, alone or beside a content."""
    asked = one.get("approval_requests") or one.get("whatsapp")
    if isinstance(asked, list):
        asked = asked[0] if asked else None
    if not isinstance(asked, dict):
        return
    taken.provider = Provider.TWILIO_WHATSAPP
    taken.put("provider_id", one.get("sid"))
    if "name" not in taken.values:
        taken.put("name", asked.get("name"))
    _put_category(asked.get("category"), taken)
    _put_status(asked.get("status"), taken)


def _read_gupshup(one: Mapping[str, Any], taken: Taken) -> None:
    taken.provider = Provider.GUPSHUP_WHATSAPP
    taken.put("name", one.get("elementName"))
    taken.put("provider_id", one.get("id"))
    _put_language(one.get("languageCode"), taken)
    _put_category(one.get("category"), taken)
    _put_status(one.get("status"), taken)
    parts = one.get("containerMeta")
    if isinstance(parts, str):
        try:
            parts = json.loads(parts)
        except ValueError:
            taken.unread.append(_("Its header, footer and buttons could not be read."))
    if isinstance(parts, dict):
        taken.put("body", parts.get("data"))
        taken.put("footer", parts.get("footer"))
        if parts.get("header"):
            taken.put("header", parts["header"])
            taken.put("header_kind", HeaderKind.TEXT)
        _put_buttons(parts.get("buttons"), taken)
    else:
        _put_text_with_buttons(str(one.get("data") or ""), taken)
    kind = str(one.get("templateType") or "TEXT").upper()
    if kind in _GUPSHUP_MEDIA:
        taken.put("header_kind", _GUPSHUP_MEDIA[kind])
        taken.values.pop("header", None)
    elif kind != "TEXT":
        sentence = _("“%(kind)s” is a kind of template that is not read whole. Check every field.")
        taken.unread.append(sentence % {"kind": kind[:40]})


# --- Text -----------------------------------------------------------------------------------------


def _read_text(text: str, taken: Taken) -> None:
    if sid := _TWILIO_ID.search(text):
        taken.provider = Provider.TWILIO_WHATSAPP
        taken.put("provider_id", sid[0])
    said = _labelled(text)
    if not said:
        rest = _TWILIO_ID.sub("", text).strip()
        _put_text_with_buttons(rest, taken)
        return
    for name in ("name", "footer"):
        taken.put(name, said.get(name))
    if "provider_id" not in taken.values:
        taken.put("provider_id", said.get("provider_id"))
    _put_language(said.get("language"), taken)
    _put_category(said.get("category"), taken)
    _put_status(said.get("status"), taken)
    if said.get("header"):
        taken.put("header", said["header"])
        taken.put("header_kind", HeaderKind.TEXT)
    if said.get("media"):
        _put_media(said["media"], taken)
    _put_text_with_buttons(said.get("body", ""), taken)
    if said.get("buttons"):
        before = taken.values.get("buttons", "")
        taken.put("buttons", f"{before}\n{said['buttons']}")


def _labelled(text: str) -> dict[str, str]:
    """What stands behind, or below, each label that is known; {} without any."""
    said: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.split("\n"):
        label, colon, rest = line.partition(":")
        if _label(line) is not None:
            label, rest = line, ""
        elif not colon or _label(label) is None:
            if current is not None:
                current.append(line)
            continue
        current = said.setdefault(_label(label) or "", [])
        if rest.strip():
            current.append(rest.strip())
    return {name: "\n".join(lines).strip() for name, lines in said.items() if name}


def _label(line: str) -> str | None:
    return _LABELLED.get(line.strip().rstrip(":").lower())


# --- Parts ----------------------------------------------------------------------------------------


def _put_text_with_buttons(text: str, taken: Taken) -> None:
    """Gupshup's text form: `Your table is ready. | [Book,https://example.org/{{1}}]`."""
    buttons = [(label.strip(), (to or "").strip()) for label, to in _BUTTON_IN_TEXT.findall(text)]
    taken.put("body", _BUTTON_IN_TEXT.sub("", text))
    if buttons:
        taken.put("buttons", "\n".join(_button_line(*button) for button in buttons))


def _put_buttons(buttons: Any, taken: Taken) -> None:
    lines = []
    for button in buttons if isinstance(buttons, list) else ():
        if not isinstance(button, dict):
            continue
        text = button.get("title") or button.get("text") or button.get("copy_code_text")
        leads_to = button.get("url") or button.get("phone") or button.get("phone_number")
        if text:
            lines.append(_button_line(str(text), str(leads_to or "")))
        else:
            taken.unread.append(_("A button without words was left out."))
    taken.put("buttons", "\n".join(lines))


def _button_line(text: str, leads_to: str) -> str:
    return f"{text} = {leads_to}" if leads_to else text


def _put_media(address: str, taken: Taken) -> None:
    ending = address.partition("?")[0].rpartition(".")[2].lower()
    kind = _KIND_OF_ENDING.get(ending)
    if kind is None:
        taken.unread.append(_("What kind of file is on top is not said. Check “On top”."))
    taken.put("header_kind", kind or HeaderKind.IMAGE)
    taken.put("header", address)


def _put_language(said: object, taken: Taken) -> None:
    words = str(said or "").strip()
    if not words:
        return
    if match := _CODE.fullmatch(words):
        region = f"_{match[2].upper()}" if match[2] else ""
        taken.put("language", f"{match[1].lower()}{region}")
        return
    name, _bracket, region = words.partition("(")
    code = next(
        (
            code
            for code, info in LANG_INFO.items()
            if info.get("name", "").lower() == name.strip().lower() and len(code) <= 3
        ),
        "",
    )
    if not code:
        _say_unread("language", words, taken)
        return
    region = region.strip(" )")
    is_region = re.fullmatch(r"[A-Z]{2}", region) is not None
    taken.put("language", f"{code}_{region}" if is_region else code)


def _put_category(said: object, taken: Taken) -> None:
    words = str(said or "").strip()
    if words.lower() in TemplateCategory.values:
        taken.put("category", words.lower())
    elif words:
        _say_unread("category", words, taken)


def _put_status(said: object, taken: Taken) -> None:
    words = str(said or "").strip().lower()
    plain = words.replace("whatsapp", "").strip(" -:_")
    if plain in _STATUS:
        taken.put("status", _STATUS[plain])
    elif words:
        _say_unread("status", words, taken)


def _say_unread(name: str, words: str, taken: Taken) -> None:
    sentence = _("“%(words)s” is not a word we know for this: %(what)s. Choose it below.")
    taken.unread.append(sentence % {"words": words[:60], "what": LABELS[name]})
    # Told already.
    taken.values[name] = taken.values.get(name, "")
