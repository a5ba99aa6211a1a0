"""The colours of states in the admin, from the one table of words."""

from __future__ import annotations

from typing import Any

# unfold's colours of labels for the tones of `campaigns.state_words`.
_COLOURS = {"neutral": "", "info": "info", "success": "success", "warning": "warning"}


def colours(words: Any) -> dict[str, str]:
    """Return unfold's colour of a label for each state's value, given a table of words."""
    return {str(state.value): _COLOURS.get(word.tone, "danger") for state, word in words.items()}
