"""The parts that pages are made of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from interface.phone_preview import PhonePreview
from interface.templatetags import interface
from teams.models import Team
from tests.client import fold

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def render(source: str, **context: Any) -> str:
    return Template("{% load interface %}" + source).render(Context(context)).strip()


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class TestLocalTime:
    @pytest.fixture(autouse=True)
    def in_march(self, time_machine: Any) -> None:
        time_machine.move_to(NOON)

    def test_is_in_the_teams_zone(self) -> None:
        team = Team(time_zone="America/New_York")
        moment = datetime(2026, 4, 2, 13, 30, tzinfo=UTC)
        assert text_of(render("{% local_time m %}", m=moment, team=team)) == "Thu 2 Apr, 09:30 EDT"

    def test_takes_another_zone(self) -> None:
        assert (
            text_of(render("{% local_time m 'Asia/Kolkata' %}", m=NOON)) == "Mon 2 Mar, 17:30 IST"
        )

    def test_says_the_offset_of_a_zone_without_a_name(self) -> None:
        shown = text_of(render("{% local_time m 'America/Sao_Paulo' %}", m=NOON))
        assert shown == "Mon 2 Mar, 09:00 UTC-03"

    def test_says_the_year_unless_it_is_this_one(self) -> None:
        old = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
        assert text_of(render("{% local_time m %}", m=old)) == "Wed 31 Dec 2025, 23:30 UTC"
        # By the wall clock of that zone it is this year already.
        assert text_of(render("{% local_time m 'Asia/Tokyo' %}", m=old)) == "Thu 1 Jan, 08:30 JST"

    def test_tells_machines_the_instant(self) -> None:
        assert 'datetime="2026-03-02T12:00:00+00:00"' in render("{% local_time m %}", m=NOON)

    def test_shows_a_dash_for_no_time(self) -> None:
        assert render("{% local_time m %}", m=None) == "-"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (20, "in a moment"),
        (-20, "just now"),
        (90, "in 1 min"),
        (-300, "5 min ago"),
        (3 * 3600 + 12 * 60, "in 3 h 12 min"),
        (2 * 3600, "in 2 h"),
        (-(26 * 3600), "1 day 2 h ago"),
        (3 * 86400, "in 3 days"),
        (40 * 86400, "in 40 days"),
    ],
)
def test_relative_time_speaks_of_the_two_largest_units(seconds: int, words: str) -> None:
    with time_machine.travel(NOON, tick=False):
        moment = NOON + timedelta(seconds=seconds)
        assert text_of(render("{% relative_time m %}", m=moment)) == words


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+16317471111", "+1 631 747 1111"),
        ("+917940001212", "+91 79 4000 1212"),
        ("+442079460958", "+44 20 7946 0958"),
        ("no number", "no number"),
        ("", ""),
    ],
)
def test_a_number_is_shown_as_people_write_it(phone: str, shown: str) -> None:
    assert render("{{ p|phone_number }}", p=phone) == shown


class TestTrack:
    def widths(self, html: str) -> list[float]:
        return [float(width) for width in re.findall(r'width="([\d.]+)%"', html)]

    def test_shows_parts_in_proportion(self) -> None:
        html = interface.track([(75, "done"), (25, "danger")], "3 of 4 done")
        assert self.widths(html) == [75, 25]
        assert 'aria-label="3 of 4 done"' in html

    def test_leaves_room_for_what_is_to_come(self) -> None:
        assert self.widths(interface.track([(10, "done")], "", total=40)) == [25]

    def test_shows_one_failure_in_a_million(self) -> None:
        html = interface.track([(999_999, "done"), (1, "danger")], "")
        assert self.widths(html)[1] > 0.5

    def test_shows_nothing_of_nothing(self) -> None:
        assert "rect" not in interface.track([(0, "done")], "Nothing yet")

    def test_uses_no_style_attribute(self) -> None:
        assert "style=" not in interface.track([(1, "done")], "")

    def test_refuses_an_unknown_colour(self) -> None:
        with pytest.raises(ValueError, match="purple"):
            interface.track([(1, "purple")], "")

    @given(
        st.lists(
            st.tuples(st.integers(0, 10**7), st.sampled_from(sorted(interface.FILLS))), max_size=6
        ),
        st.integers(0, 10**7),
    )
    def test_never_runs_over(self, segments: list[tuple[int, str]], total: int) -> None:
        assert sum(self.widths(interface.track(segments, "", total=total))) <= 100.01


class SampleForm(forms.Form):
    name = forms.CharField(error_messages={"required": "Give it a name."})
    size = forms.ChoiceField(
        choices=[("s", "Small")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a size."},
    )

    def clean(self) -> None:
        raise forms.ValidationError("Something does not <fit>.")


class TestErrorSummary:
    def test_links_every_sentence_to_its_field(self) -> None:
        html = render("{% error_summary form %}", form=SampleForm({}))
        assert '<a href="#id_name">Give it a name.</a>' in html
        assert '<a href="#id_size_0">Choose a size.</a>' in html

    def test_has_the_whole_forms_errors_without_a_link_and_escaped(self) -> None:
        html = render("{% error_summary form %}", form=SampleForm({}))
        assert "<li>Something does not &lt;fit&gt;.</li>" in fold(html)

    def test_is_not_there_before_the_form_is_sent(self) -> None:
        assert render("{% error_summary form %}", form=SampleForm()) == ""

    def test_counts_across_forms(self) -> None:
        html = render("{% error_summary a b %}", a=SampleForm({}), b=SampleForm({}))
        assert "Correct these 6 things" in html


def test_a_pill_escapes_its_text_and_knows_its_tones() -> None:
    assert "&lt;b&gt;" in render("{% status_pill text 'info' %}", text="<b>")
    with pytest.raises(ValueError, match="purple"):
        interface.status_pill("Sent", "purple")


def test_an_icon_is_silent_unless_it_stands_alone() -> None:
    assert 'aria-hidden="true"' in render("{% icon 'plus' %}")
    assert 'role="img" aria-label="Add"' in render("{% icon 'plus' label='Add' %}")


def test_crumbs_are_pairs() -> None:
    assert '<li><a href="/a"><bdi>A &amp; B</bdi></a></li>' in render(
        "{% crumbs '/a' t %}", t="A & B"
    )
    with pytest.raises(ValueError, match="shorter"):
        interface.crumbs("/a")


def test_a_message_in_the_phone_is_text_and_nothing_else() -> None:
    html = render(
        '{% include "interface/phone_preview.html" %}',
        phone=PhonePreview("sms", "Front desk", "<script>alert(1)</script> {{ 7|add:7 }}"),
    )
    assert "&lt;script&gt;" in html
    assert "{{ 7|add:7 }}" in html
