"""Freezing an audience under random crashes and repeated messages.

The steps are those of `campaigns.audiences.audience.freeze_chunk`: the rows of a chunk, the
numbers of who was left out and the cursor are one transaction, and a person is frozen once by a
unique key, however their number is spelled.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

CHUNK = 3
Step = Iterator[None]
# A row: who it is, and which spelling of their number it has.
Row = tuple[int, int]


@dataclass
class Audience:
    """The tables: rows to come, rows that are frozen, and the campaign's columns."""

    rows: list[Row]
    frozen: list[Row] = field(default_factory=list)
    cursor: int = 0
    frozen_count: int = 0
    left_out: int = 0


def people_of(rows: list[Row]) -> set[int]:
    return {person for person, _ in rows}


class Freezing:
    """Several workers freeze one audience; any of them may be killed at any time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        size = self.random.randint(1, 20)
        # Two lists that overlap: some people come twice, in one spelling or in two.
        rows = [(self.random.randint(0, size), self.random.randint(0, 1)) for _ in range(size)]
        self.audience = Audience(rows)
        self.running: list[Step] = []

    def play(self) -> None:
        for _ in range(30):
            if self.running and self.random.random() < 0.15:
                self.running.remove(self.random.choice(self.running))
            elif len(self.running) < 3 and self.random.random() < 0.4:
                self.running.append(self.worker())
            elif self.running:
                self.advance(self.random.choice(self.running))
        # The tick starts it anew until it is done.
        self.running.append(self.worker())
        while self.running:
            self.advance(self.running[0])
        self.check()

    def advance(self, worker: Step) -> None:
        try:
            next(worker)
        except StopIteration:
            self.running.remove(worker)

    def worker(self) -> Step:
        while self.audience.cursor < len(self.audience.rows):
            self.insert(self.audience.cursor)
            self.move_cursor(self.audience.cursor + CHUNK)
            yield

    def insert(self, start: int) -> None:
        """INSERT ... ON CONFLICT DO NOTHING, and what it left out."""
        audience = self.audience
        chunk = audience.rows[start : start + CHUNK]
        before = len(audience.frozen)
        for row in chunk:
            if self.is_free(row):
                audience.frozen.append(row)
        inserted = len(audience.frozen) - before
        audience.frozen_count += inserted
        audience.left_out += len(chunk) - inserted

    def is_free(self, row: Row) -> bool:
        return row[0] not in people_of(self.audience.frozen)

    def move_cursor(self, to: int) -> None:
        self.audience.cursor = to

    def check(self) -> None:
        audience = self.audience
        frozen = people_of(audience.frozen)
        assert len(frozen) == len(audience.frozen), "somebody is frozen twice"
        assert frozen == people_of(audience.rows), "somebody is lost"
        accounted = audience.frozen_count + audience.left_out
        assert audience.frozen_count == len(audience.frozen)
        assert accounted == len(audience.rows), f"{accounted} of {len(audience.rows)} accounted for"
