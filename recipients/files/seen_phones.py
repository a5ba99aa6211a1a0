"""Which phones of a file have come before, in little memory: 8 to 16 bytes for each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

_FIRST_SIZE = 1 << 21
_FULLEST = 0.6
_BUCKETS = 64


class SeenPhones:
    """Numbers the rows that share a phone: 0 for the first, then 1, 2, … Exact.

    An open-addressed hash table of integers in one piece of memory, 16 MB for up to 1.2 million
    phones; a `set` of as many takes 70 MB, and a worker's size would depend on the file's.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SIZE))
        self._mask = _FIRST_SIZE - 1
        self._count = 0
        # Only phones that came more than once; how often after the first time.
        self._repeats: dict[int, int] = {}

    def add(self, phone: str) -> int:
        """Remember a phone in E.164; return how many times it was added before."""
        number = int(phone)
        slots, mask = self._slots, self._mask
        slot = hash(phone) & mask
        while taken := slots[slot]:
            if taken == number:
                self._repeats[number] = times = self._repeats.get(number, 0) + 1
                return times
            slot = (slot + 1) & mask
        slots[slot] = number
        self._count += 1
        if self._count > _FULLEST * mask:
            self._grow()
        return 0

    def add_all(self, phones: Iterable[str]) -> None:
        """Remember phones that an earlier worker brought in."""
        for phone in phones:
            self.add(phone)

    def _grow(self) -> None:
        """Make the table twice as large. The old one is read in place, to spare memory."""
        old = self._slots
        self._slots = array("Q", bytes(16 * len(old)))
        self._mask = mask = len(self._slots) - 1
        slots = self._slots
        for number in old:
            if number:
                slot = hash(f"+{number}") & mask
                while slots[slot]:
                    slot = (slot + 1) & mask
                slots[slot] = number


class DistinctPhones:
    """Counts distinct phones exactly, with 16 bytes for each row until `count` is asked."""

    def __init__(self) -> None:
        self._phones = [array("Q") for _ in range(_BUCKETS)]
        self._data = [array("q") for _ in range(_BUCKETS)]

    def add(self, phone: str, data: int = 0) -> None:
        """Remember a phone in E.164, and the hash of what else its row has."""
        number = int(phone)
        bucket = number % _BUCKETS
        self._phones[bucket].append(number)
        self._data[bucket].append(data)

    def count(self) -> tuple[int, int]:
        """Return how many different phones were added, and how many rows with other data.

        The latter are rows whose data is not that of the first row with their phone. One bucket at
        a time is made into a table for it.
        """
        distinct = differing = 0
        for phones, data in zip(self._phones, self._data, strict=True):
            first: dict[int, int] = {}
            for phone, value in zip(phones, data, strict=True):
                differing += first.setdefault(phone, value) != value
            distinct += len(first)
        return distinct, differing

    def batches(self, size: int) -> Iterator[list[str]]:
        """Yield the distinct phones in E.164, at most `size` at a time."""
        for phones in self._phones:
            distinct = [f"+{number}" for number in set(phones)]
            for start in range(0, len(distinct), size):
                yield distinct[start : start + size]
