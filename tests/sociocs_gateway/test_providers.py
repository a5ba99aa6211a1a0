"""The capability table is complete, and is the only place that tells providers apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sociocs_gateway import CAPABILITIES, MediaKind, Medium, Provider
from sociocs_gateway.results import DeliveryStatus

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("provider", list(Provider))
def test_every_provider_says_what_it_carries(provider: Provider) -> None:
    capabilities = CAPABILITIES[provider]
    assert set(capabilities.media) == set(MediaKind)
    assert capabilities.label
    assert capabilities.max_text_length > 0


@pytest.mark.parametrize("provider", list(Provider))
def test_every_documented_status_has_a_word_of_ours(provider: Provider) -> None:
    words = CAPABILITIES[provider].statuses
    assert DeliveryStatus.UNKNOWN not in {DeliveryStatus.of(word) for word in words}


def test_whatsapp_and_sms_differ_as_documented() -> None:
    for capabilities in CAPABILITIES.values():
        is_whatsapp = capabilities.medium is Medium.WHATSAPP
        assert capabilities.takes_templates is is_whatsapp
        assert (capabilities.free_text_hours == 24) is is_whatsapp
        assert (capabilities.max_template_text_length == 1_024) is is_whatsapp
        assert ("read" in capabilities.statuses) is is_whatsapp
        assert capabilities.sure_in_bulk is not is_whatsapp


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CAPABILITIES[Provider.TWILIO_SMS] = CAPABILITIES[Provider.TWILIO_WHATSAPP]  # type: ignore[index]
    with pytest.raises(TypeError):
        del CAPABILITIES[Provider.TWILIO_SMS].media[MediaKind.FILE]  # type: ignore[attr-defined]


def test_no_other_module_of_the_gateway_tells_providers_apart() -> None:
    named = re.compile(r"Provider\.[A-Z]|[\"'](twlo|twlowa|gswa)[\"']")
    modules = (ROOT / "sociocs_gateway").glob("*.py")
    assert [m.name for m in modules if named.search(m.read_text())] == ["providers.py"]
