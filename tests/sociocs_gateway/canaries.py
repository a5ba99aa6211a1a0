"""Values that must never come out of the gateway other than in a request."""

from __future__ import annotations

KEY_SECRET = "Xqc3canarycanarycanary7f"
API_KEY = f"e047canary:{KEY_SECRET}"
PHONE = "+14155550142"
NAME = "Wilhelmina Canary"
TEXT = "Your results from Dr Canary are in"

ALL = (KEY_SECRET, API_KEY, "e047canary", PHONE, PHONE.removeprefix("+"), NAME, TEXT)


def found_in(text: str) -> list[str]:
    return [canary for canary in ALL if canary in text]
