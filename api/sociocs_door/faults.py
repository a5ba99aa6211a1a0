"""What can be wrong with a call, in the vendor's codes and in words that name the field."""

from __future__ import annotations


class CallFault(Exception):
    """The call is refused and nothing was made: `sentences` go into the envelope."""

    status = 400

    def __init__(self, *sentences: str, status: int = 400, retry_after: int | None = None) -> None:
        super().__init__(*sentences)
        self.sentences = sentences
        self.status = status
        self.retry_after = retry_after


def said_of(field: str, sentence: str) -> str:
    """`schedule: has to be …`: an error names its field first."""
    return f"{field}: {sentence}"


def not_there(what: str) -> CallFault:
    """There is no such thing for this token: 404."""
    return CallFault(f"{what} was not found.", status=404)
