"""The browser counts, reads and renders as the server does: the shared cases, and any others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from campaigns.texts.date_masks import read_mask
from campaigns.texts.dynamic_fields import TextFault, parse_text
from campaigns.texts.rendering import RenderRules, render_text
from campaigns.texts.sms_segments import cheaper, sms_size
from tests.campaigns import vectors
from tests.campaigns.test_dynamic_fields import any_person, any_text, calendar_of, shown
from tests.campaigns.test_sms_segments import some_text
from tests.campaigns.vectors import Case, text_of
from tests.effort import examples
from tooling.places import ROOT

pytestmark = pytest.mark.journey

SIZES, FIELDS = vectors.read("sms_segments"), vectors.read("dynamic_fields")

# Places count code points in the cases and on the server, UTF-16 units in the browser.
IN_CODE_POINTS = "const points = (text, place) => [...text.slice(0, place)].length;"
COUNT = f"""texts => {{ {IN_CODE_POINTS} return texts.map(text => {{
    const size = smsSegments.count(text);
    return [size.encoding, size.units, size.segments, size.unitsLeft,
            size.dear.map(one => [points(text, one.start), one.character])];
}}); }}"""
CHEAPER = "cases => cases.map(one => smsSegments.cheaper(one.text, one.kept))"
FAULTS = f"""cases => {{ {IN_CODE_POINTS} return cases.map(({{text, known}}) => {{
    const program = dynamicFields.parse(text);
    return [...program.faults, ...dynamicFields.unknown(program, known)].map(one => (
        {{...one, start: points(text, one.start), end: points(text, one.end)}}));
}}); }}"""
RENDER = """cases => cases.map(one => {
    const program = dynamicFields.parse(one.text);
    return program.faults.length ? "faulty" : dynamicFields.render(program, one.person, one.rules);
})"""
DATES = """cases => cases.map(one => (
    dateMasks.write(dateMasks.readMask(one.mask), one.value, one.calendar)))"""


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """A blank page with the three scripts."""
    page = browser.new_page()
    for name in ("segments", "dates", "fields"):
        page.add_script_tag(path=ROOT / "static" / "js" / f"{name}.js")
    yield page
    page.close()


def in_js(case: Case) -> dict[str, Any]:
    return {
        "zone": case.get("zone", "UTC"),
        "today": case.get("today"),
        "dayFirst": case.get("day_first"),
    }


def expected_size(text: str) -> list[object]:
    size = sms_size(text)
    dear = [[one.start, one.character] for one in size.dear]
    return [size.encoding.value, size.units, size.segments, size.units_left, dear]


def test_the_browser_counts_the_shared_texts(scripts: Page) -> None:
    texts = [text_of(case["text"]) for case in SIZES["sizes"]]
    texts += [case["character"] for case in SIZES["characters"]]

    counted = scripts.evaluate(COUNT, texts)

    assert [one[:4] for one in counted[: len(SIZES["sizes"])]] == [
        [case["encoding"], case["units"], case["segments"], case["units_left"]]
        for case in SIZES["sizes"]
    ]
    assert counted == [expected_size(text) for text in texts]


def test_the_browser_makes_the_shared_texts_cheaper(scripts: Page) -> None:
    cases = [{"text": one["text"], "kept": one.get("kept", [])} for one in SIZES["cheaper"]]

    assert scripts.evaluate(CHEAPER, cases) == [one["cheaper"] for one in SIZES["cheaper"]]


def test_the_browser_finds_the_shared_faults(scripts: Page) -> None:
    cases = [{"text": one["text"], "known": one.get("known", [])} for one in FIELDS["faults"]]

    found = scripts.evaluate(FAULTS, cases)

    for case, faults in zip(FIELDS["faults"], found, strict=True):
        text = case["text"]
        got = [one | {"found": text[one.pop("start") : one.pop("end")]} for one in faults]
        assert got == case["faults"], case["name"]


def test_the_browser_renders_the_shared_texts(scripts: Page) -> None:
    cases = [
        {
            "text": case["text"],
            "person": case["person"],
            "rules": {
                "constants": case.get("constants", {}),
                "fallbacks": case.get("fallbacks", {}),
                "calendar": in_js(case),
            },
        }
        for case in FIELDS["render"]
    ]

    rendered = scripts.evaluate(RENDER, cases)

    names = [case["name"] for case in FIELDS["render"]]
    expected = [case["expected"] for case in FIELDS["render"]]
    assert list(zip(names, rendered, strict=True)) == list(zip(names, expected, strict=True))


def test_the_browser_writes_the_shared_dates(scripts: Page) -> None:
    cases = [one | {"calendar": in_js(one)} for one in FIELDS["dates"]]

    written = scripts.evaluate(DATES, cases)

    keys = [(one["mask"], one["value"], one["zone"]) for one in FIELDS["dates"]]
    expected = [one["expected"] for one in FIELDS["dates"]]
    assert list(zip(keys, written, strict=True)) == list(zip(keys, expected, strict=True))


def test_fields_are_marked_where_they_stand(scripts: Page) -> None:
    text = "Hi {{CUSTOMER_NAME}}, {{Nickname}} and {{open"

    marks = scripts.evaluate("text => dynamicFields.marks(text, ['Dentist'])", text)

    assert [(text[m["start"] : m["end"]], m["fault"] and m["fault"]["code"]) for m in marks] == [
        ("{{CUSTOMER_NAME}}", None),
        ("{{Nickname}}", "unknown_field"),
        ("{{open", "unclosed"),
    ]


# --- Any text: both sides agree -------------------------------------------------------------------

few = examples(10, HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
# Half a pair does not travel to the browser and back.
whole = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


def is_whole(text: str) -> bool:
    return text.encode(errors="replace").decode() == text


@few
@given(texts=st.lists(whole | some_text.filter(is_whole), min_size=1, max_size=20))
def test_both_sides_count_alike(scripts: Page, texts: list[str]) -> None:
    assert scripts.evaluate(COUNT, texts) == [expected_size(text) for text in texts]
    assert scripts.evaluate(CHEAPER, [{"text": text, "kept": []} for text in texts]) == [
        cheaper(text) for text in texts
    ]


@few
@given(texts=st.lists(any_text.filter(is_whole), min_size=1, max_size=20))
def test_both_sides_find_the_same_faults(scripts: Page, texts: list[str]) -> None:
    found = scripts.evaluate(FAULTS, [{"text": text, "known": ["a"]} for text in texts])

    expected = [[*parse_text(text).faults, *parse_text(text).unknown(["a"])] for text in texts]
    assert found == [[in_json(fault) for fault in faults] for faults in expected]


def in_json(fault: TextFault) -> dict[str, Any]:
    return asdict(fault) | {"code": fault.code.value}


@few
@given(
    people=st.lists(
        st.tuples(
            any_text.filter(lambda text: is_whole(text) and not parse_text(text).faults),
            any_person.filter(lambda person: all(map(is_whole, person.values()))),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_both_sides_render_alike(scripts: Page, people: list[tuple[str, dict[str, str]]]) -> None:
    fallbacks = {"b b": "-"}
    rules = {"fallbacks": fallbacks, "calendar": in_js({})}
    cases = [{"text": text, "person": person, "rules": rules} for text, person in people]

    assert scripts.evaluate(RENDER, cases) == [
        shown(render_text(parse_text(text), person, RenderRules({}, fallbacks)))
        for text, person in people
    ]


def dates_of(moments: st.SearchStrategy[datetime]) -> st.SearchStrategy[list[str]]:
    """Dates as lists hold them: with and without a time, an hour of twelve, an offset."""
    forms = ["%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d", "%d.%m.%Y %I:%M %p", "%d/%m/%Y", "%B %d, %Y"]
    date = st.builds(lambda at, form: at.strftime(form), moments, st.sampled_from(forms))
    more = st.sampled_from(["", " PM", "Z", "+05:30", "-14:00", " at 9:30"])
    return st.lists(st.builds(str.__add__, date, more), min_size=1, max_size=20)


# Before, zones have offsets in seconds, and the two tables of them may differ.
RECENT = datetime(1990, 1, 1)  # noqa: DTZ001 - a date in a list has no zone
ZONES = ["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"]


@few
@given(
    values=dates_of(st.datetimes(min_value=RECENT)),
    zone=st.sampled_from(ZONES),
    day_first=st.none() | st.booleans(),
)
def test_both_sides_read_dates_alike(
    scripts: Page, values: list[str], zone: str, day_first: bool | None
) -> None:
    agree_on_dates(scripts, values, {"zone": zone, "today": "2026-04-03", "day_first": day_first})


@few
@given(values=dates_of(st.datetimes()))
def test_both_sides_read_dates_of_any_year_alike(scripts: Page, values: list[str]) -> None:
    agree_on_dates(scripts, values, {"zone": "UTC"})


def agree_on_dates(page: Page, values: list[str], case: Case) -> None:
    text = "DDDD, d mmmm yyyy HH:MM:ss.l h tt W N o"
    asked = [{"mask": text, "value": value, "calendar": in_js(case)} for value in values]
    mask, calendar = read_mask(text), calendar_of(case)

    assert page.evaluate(DATES, asked) == [mask.write(value, calendar) for value in values]
