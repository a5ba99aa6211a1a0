"""WhatsApp's own signs in a text.

Sources: WhatsApp's help page "How to format your messages" (faq.whatsapp.com/539178204879377) for
each sign; that signs inside of words, around spaces or over line ends stay signs is how the app
shows them.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.templatetags.phone_text import on_phone
from composer.whatsapp_text import runs

pytestmark = pytest.mark.thorough

CASES = [
    ("*bold*", '<span class="look-bold">bold</span>'),
    ("_italic_", '<span class="look-italic">italic</span>'),
    ("~struck~", '<span class="look-struck">struck</span>'),
    ("```code```", '<span class="look-code">code</span>'),
    ("`code`", '<span class="look-code">code</span>'),
    ("*_both_*", '<span class="look-bold look-italic">both</span>'),
    ("(*bold*).", '(<span class="look-bold">bold</span>).'),
    ("*two words* here", '<span class="look-bold">two words</span> here'),
    ("2*3*4", "2*3*4"),
    ("snake_case_name", "snake_case_name"),
    ("* not bold*", "* not bold*"),
    ("*not bold *", "*not bold *"),
    ("*not\nbold*", "*not\nbold*"),
    ("**", "**"),
    ("*open", "*open"),
    ("`*not bold*`", '<span class="look-code">*not bold*</span>'),
    ("<b>*x*</b>", '&lt;b&gt;<span class="look-bold">x</span>&lt;/b&gt;'),
]


@pytest.mark.parametrize(("text", "html"), CASES)
def test_the_signs_are_shown_as_the_app_does(text: str, html: str) -> None:
    assert on_phone(text, "whatsapp") == html


def test_an_sms_shows_the_signs_themselves() -> None:
    assert on_phone("*x* <y>", "sms") == "*x* &lt;y&gt;"


def test_a_persons_values_are_marked_within_the_signs() -> None:
    pieces = [("*Dear ", False), ("Ann", True), ("*!", False)]
    assert on_phone(pieces, "whatsapp") == (
        '<span class="look-bold">Dear </span><mark class="look-bold">Ann</mark>!'
    )


def test_what_nothing_is_put_into_yet_is_drawn_as_a_field() -> None:
    pieces = [("*Hi {{1}}*, see {{Last visit}}", False), ("{{x}}", True)]
    assert on_phone(pieces, "sms") == (
        '*Hi <span class="place-mark">1</span>*, see <span class="place-mark">Last visit</span>'
        '<mark class="">{{x}}</mark>'
    )


signs = st.text(alphabet="*_~` \nab", max_size=30)


@given(pieces=st.lists(st.tuples(signs, st.booleans()), max_size=4))
def test_nothing_but_signs_is_ever_left_out(pieces: list[tuple[str, bool]]) -> None:
    text = "".join(piece for piece, _is_value in pieces)
    shown = "".join(words for words, _look in runs(pieces, is_whatsapp=True))
    for sign in "*_~`":
        shown, text = shown.replace(sign, ""), text.replace(sign, "")
    assert shown == text
    assert "".join(words for words, _ in runs(pieces, is_whatsapp=False)) == "".join(
        piece for piece, _ in pieces
    )
