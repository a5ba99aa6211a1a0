"""How much of the disk files take, and may take: by team and by person."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """What a team's files of one kind take, and one person's of them, in bytes; and the most."""

    of_team: int
    most_of_team: int
    of_person: int
    most_of_person: int

    @property
    def left(self) -> int:
        """How large one more file may be; 0 for none."""
        return max(0, min(self.most_of_team - self.of_team, self.most_of_person - self.of_person))
