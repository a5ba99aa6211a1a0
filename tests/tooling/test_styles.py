"""What stays of a style sheet when it is cut to the classes that pages can carry."""

from __future__ import annotations

import pytest

from tooling import styles


@pytest.mark.parametrize(
    ("sheet", "text", "left"),
    [
        (".card{a:b}.badge{a:b}", '<p class="card">', ".card{a:b}"),
        (".alert-info{a:b}.info{a:b}", 'class="alert-{{ tone }}"', ".alert-info{a:b}"),
        (".btn-sm{a:b}.sm{a:b}", 'f"btn-{size}"', ".btn-sm{a:b}"),
        (".is-on{a:b}.on{a:b}", "list.add('is-' + state)", ".is-on{a:b}"),
        ("p{a:b}[hidden]{a:b}:root{--a:.5}", "", "p{a:b}[hidden]{a:b}:root{--a:.5}"),
        (".card .badge{a:b}", "card", ""),
        (".card,.badge{a:b}", "card", ".card,.badge{a:b}"),
        (".card:not(.badge){a:b}", "card", ".card:not(.badge){a:b}"),
        ("@media print{.card{a:b}.badge{a:b}}", "card", "@media print{.card{a:b}}"),
        ("@keyframes badge{to{a:b}}", "", "@keyframes badge{to{a:b}}"),
        ('.card{a:url("x?a{b}.c")}', "card", '.card{a:url("x?a{b}.c")}'),
    ],
)
def test_a_rule_stays_that_some_page_can_meet(sheet: str, text: str, left: str) -> None:
    assert styles.cut(sheet, [text]) == left
