"""What the codes of providers and networks mean."""

from __future__ import annotations

import pytest

from delivery.provider_codes import FailureKind, codes_of, failure_of, reason_in_words


@pytest.mark.parametrize(
    ("provider", "code", "kind"),
    [
        ("twlo", "21610", FailureKind.WISH),
        ("twlowa", "131050", FailureKind.WISH),
        ("gswa", "131050", FailureKind.WISH),
        ("gswa", "1012", FailureKind.WISH),
        *(
            ("twlo", code, FailureKind.DEAD)
            for code in "21211 21614 30003 30004 30005 30006".split()
        ),
        *(("twlo", code, FailureKind.SENDER) for code in "30007 30034".split()),
        ("twlowa", "63016", FailureKind.SENDER),
        ("gswa", "131026", FailureKind.DEAD),
        ("gswa", "131049", FailureKind.TEMPORARY),
    ],
)
def test_a_code_means_what_its_provider_says(provider: str, code: str, kind: FailureKind) -> None:
    failure = failure_of(provider, code)
    assert failure is not None
    assert failure.kind is kind


def test_a_short_code_of_one_provider_means_nothing_at_the_other() -> None:
    assert failure_of("twlo", "1012") is None
    assert failure_of("gswa", "21610") is None


def test_no_code_is_of_two_kinds() -> None:
    of_kinds = [code for kind in FailureKind for code in codes_of(kind)]
    assert len(of_kinds) == len(set(of_kinds))


def test_a_code_nobody_knows_is_named() -> None:
    assert reason_in_words("twlo", "99999") == "The network refused it with code 99999."
    assert reason_in_words("twlo", "") == ""
