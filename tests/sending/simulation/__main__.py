"""`python -m tests.sending.simulation 200000`: play that many random schedules."""

from __future__ import annotations

import sys
from collections import Counter

from tests.sending.simulation.schedule import Schedule


def main(schedules: int) -> int:
    ends: Counter[str] = Counter()
    broken = 0
    for seed in range(schedules):
        played = Schedule(seed)
        try:
            played.play()
            played.check_at_rest()
        except AssertionError as error:
            broken += 1
            sys.stdout.write(f"seed {seed}: {error}\n")
        ends[played.store.state.value] += 1
    sys.stdout.write(f"{schedules} schedules, {broken} broken, {dict(ends)}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))
