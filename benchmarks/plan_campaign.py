"""How fast an audience is planned: `python -m benchmarks.plan_campaign`.

Finds the time zones of 1,000,000 numbers in 20 zones and cuts all of it into jobs with slots inside
everybody's sending hours, by the product's own code and without a database (how long noting down an
audience takes is `submit_campaign`'s affair). Checks the plan, and prints, last, `plan_s S
peak_rss_mb M`: seconds without the making of the numbers, and the most memory this process ever
held.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from datetime import time as wall

from campaigns.scheduling.hours import Hours, is_open
from campaigns.scheduling.pacing import Pace, Slice, Terms, ZoneGroup, slices
from campaigns.scheduling.zones import PhoneZones

OFFICE_HOURS = Hours(wall(9), wall(19))
# In the middle of a working day in Europe; clocks change there in the night after.
START = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
CHUNK = 20_000
# Beginnings of numbers, each in a zone of its own, and how many digits are missing.
PLACES = (
    *(("1212", 7), ("1312", 7), ("1303", 7), ("1415", 7), ("1808", 7), ("1602", 7)),
    *(("4479", 8), ("49151", 8), ("3361", 8), ("9198", 8), ("8190", 8), ("6421", 7)),
    *(("612", 8), ("618", 8), ("55119", 8), ("2348", 9), ("27821", 6), ("97150", 7)),
    *(("6590", 6), ("34612", 6)),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--pace", help="people per minutes, such as 5000/10")
    chosen = options.parse_args()
    pace = Pace(*map(int, chosen.pace.split("/"))) if chosen.pace else None
    seconds = 0.0
    sizes: Counter[tuple[str, ...]] = Counter()
    phone_zones = PhoneZones(START)
    for phones in numbers(chosen.people):
        began = time.perf_counter()
        sizes.update(map(phone_zones.of, phones))
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    groups = [ZoneGroup(zones, (people,)) for zones, people in sizes.items()]
    terms = Terms(largest=1000, pace=pace, hours=OFFICE_HOURS)
    planned = list(slices(groups, START, terms))
    seconds += time.perf_counter() - began
    check(groups, planned, chosen.people)
    last = planned[-1].slot
    print(f"zones {len(groups)} jobs {len(planned)} last_slot {last:%Y-%m-%dT%H:%M:%SZ}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"plan_s {seconds:.2f} peak_rss_mb {peak:.0f}")


def numbers(people: int) -> Iterator[list[str]]:
    """`people` numbers in chunks, spread over the places."""
    for start in range(0, people, CHUNK):
        chunk = []
        for n in range(start, min(start + CHUNK, people)):
            beginning, missing = PLACES[n % len(PLACES)]
            rest = 2_345_678 + n // len(PLACES)
            chunk.append(f"+{beginning}{rest % 10**missing:0{missing}d}")
        yield chunk


def check(groups: list[ZoneGroup], planned: list[Slice], people: int) -> None:
    """Stop unless everybody is planned once, in order, and inside their hours."""
    slots = [one.slot for one in planned]
    wrong = [one for one in planned if not is_open(OFFICE_HOURS, groups[one.group].zones, one.slot)]
    if sum(one.size for one in planned) != people or slots != sorted(set(slots)) or wrong:
        raise SystemExit("the plan is wrong")


if __name__ == "__main__":
    main()
