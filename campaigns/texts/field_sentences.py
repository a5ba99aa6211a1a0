"""What is wrong with a text's dynamic fields, in words: what happened and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.texts.dynamic_fields import CONTAINS, DATE_FORMAT, IF_EQUAL, FaultCode, TextFault
from interface.wording import Text

# How each helper is written; examples, so that they can be copied.
USAGE: Mapping[str, str] = {
    DATE_FORMAT: '{{#dateFormat "dddd, mmmm d"}}{{Date}}{{/dateFormat}}',
    IF_EQUAL: '{{#ifeq "A" Place}}…{{else ifeq "B" Place}}…{{else}}…{{/ifeq}}',
    CONTAINS: '{{#contains (arr "A" "B") Place}}…{{else}}…{{/contains}}',
}

_SENTENCES: Mapping[FaultCode, Text] = {
    FaultCode.UNCLOSED: gettext_lazy(
        "The field “{{%(word)s” is not closed. Write two braces behind its name as well: {{Name}}."
    ),
    FaultCode.NOT_OPENED: gettext_lazy(
        "“}}” closes a field that was never opened. Write two braces on both sides: {{Name}}."
    ),
    FaultCode.TOO_MANY_BRACES: gettext_lazy(
        "“%(word)s” has too many braces. Write two on both sides: {{Name}}."
    ),
    FaultCode.EMPTY: gettext_lazy(
        "“{{}}” names no field. Write the field's name between the braces, or delete them."
    ),
    FaultCode.UNKNOWN_FIELD: gettext_lazy(
        "None of the chosen lists has a field “%(word)s”. Correct the name, or choose a list "
        "that has it."
    ),
    FaultCode.UNKNOWN_HELPER: gettext_lazy(
        "There is no helper “#%(word)s”. There are #dateFormat, #ifeq and #contains."
    ),
    FaultCode.WRONG_USE: gettext_lazy("“%(word)s” is written differently: %(usage)s"),
    FaultCode.BAD_MASK: gettext_lazy(
        "“%(word)s” means nothing in a date format. Days are d to dddd, months m to mmmm, years yy "
        "or yyyy, hours h or H, minutes M; put other words into single quotes."
    ),
    FaultCode.BLOCK_NOT_CLOSED: gettext_lazy(
        "“{{#%(word)s …}}” never ends. Write {{/%(word)s}} where it should."
    ),
    FaultCode.CLOSES_NOTHING: gettext_lazy(
        "“{{/%(word)s}}” ends something that never began. Delete it, or write {{#%(word)s …}} "
        "before it."
    ),
    FaultCode.ELSE_OUTSIDE: gettext_lazy(
        "“{{else}}” is outside {{#ifeq …}} and {{#contains …}}. Move it between one of these "
        "and its end, or delete it."
    ),
    FaultCode.ELSE_TWICE: gettext_lazy(
        "Nothing can follow “{{else}}” but the end. Delete the second “{{else}}”, or give the "
        "first one a condition."
    ),
    FaultCode.DATE_WITHOUT_FIELD: gettext_lazy(
        "Put one field, and nothing else, between {{#dateFormat …}} and {{/dateFormat}}."
    ),
}
_INSTEAD: Mapping[FaultCode, Text] = {
    FaultCode.UNKNOWN_FIELD: gettext_lazy(
        "None of the chosen lists has a field “%(word)s”. Did you mean “%(instead)s”?"
    ),
    FaultCode.UNKNOWN_HELPER: gettext_lazy(
        "There is no helper “#%(word)s”. Did you mean “#%(instead)s”?"
    ),
    FaultCode.BAD_MASK: gettext_lazy(
        "“%(word)s” means nothing in a date format. Did you mean “%(instead)s”?"
    ),
}
# What the editor draws over a helper, by how its tag begins.
_CHIPS: Mapping[str, Text] = {
    f"#{DATE_FORMAT}": gettext_lazy("date: %(values)s"),
    f"/{DATE_FORMAT}": gettext_lazy("end of date"),
    f"#{IF_EQUAL}": gettext_lazy("if %(name)s is %(values)s"),
    f"#{CONTAINS}": gettext_lazy("if %(name)s is one of %(values)s"),
    f"else {IF_EQUAL}": gettext_lazy("else, if %(name)s is %(values)s"),
    f"else {CONTAINS}": gettext_lazy("else, if %(name)s is one of %(values)s"),
    "else": gettext_lazy("else"),
    f"/{IF_EQUAL}": gettext_lazy("end"),
    f"/{CONTAINS}": gettext_lazy("end"),
}
_LONGEST_WORD = 60


def fault_sentence(fault: TextFault) -> str:
    """What is wrong and what to do, for the person who writes the text."""
    advice = _INSTEAD.get(fault.code) if fault.instead else None
    word = fault.word
    if len(word) > _LONGEST_WORD:
        word = _("%(word)s…") % {"word": word[:_LONGEST_WORD]}
    return str(advice or _SENTENCES[fault.code]) % {
        "word": word,
        "instead": fault.instead,
        "usage": USAGE.get(fault.word, ""),
    }


def browser_sentences() -> dict[str, dict[str, str]]:
    """The same sentences for `static/js/editor.js`: with %(word)s and the like still in them."""
    return {
        "faults": {code.value: str(text) for code, text in _SENTENCES.items()},
        "instead": {code.value: str(text) for code, text in _INSTEAD.items()},
        "usage": dict(USAGE),
        "chips": {start: str(text) for start, text in _CHIPS.items()},
    }
