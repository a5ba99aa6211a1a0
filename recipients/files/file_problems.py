"""What can be wrong with a whole file, as opposed to one of its rows."""

from __future__ import annotations

from enum import StrEnum


class FileFault(StrEnum):
    """Why a file cannot be imported as it is. `recipients.sentences` has the words."""

    NO_FILE = "no_file"
    EMPTY = "empty_file"
    EMPTY_SHEET = "empty_sheet"
    ALL_HIDDEN = "all_hidden"
    TOO_LARGE = "file_too_large"
    NO_ROOM = "no_room"
    WRONG_TYPE = "wrong_type"
    SEVERAL_INSIDE = "several_inside"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    TOO_MUCH_INSIDE = "too_much_inside"
    TOO_SLOW = "too_slow"
    HEADER_ONLY = "header_only"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    CELL_TOO_LONG = "cell_too_long"
    UNCLOSED_QUOTE = "unclosed_quote"
    NO_PHONE_COLUMN = "no_phone_column"
    PHONE_NOT_CHOSEN = "phone_not_chosen"
    TWO_PHONE_COLUMNS = "two_phone_columns"
    NO_VALID_ROW = "no_valid_row"
    FILE_GONE = "file_gone"
    INTERRUPTED = "interrupted"
    LIST_GONE = "list_gone"
    STILL_COUNTING = "still_counting"


class FileProblem(Exception):
    """A file cannot be imported; the sentence for `fault` is filled with `details`.

    `details` holds numbers, kinds of files and column names, never a recipient's data, because
    it is stored and shown.
    """

    def __init__(self, fault: FileFault, **details: int | str | list[str]) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.details = details
