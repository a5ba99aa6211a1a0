"""`python -m tests.machines`: a long performance on two machines behind the proxy (15 minutes).

Every part of both dies, each is cut off from database, Redis and Sociocs for half a minute, and
both are upgraded, while a campaign goes out and people look at pages. Prints what visitors saw of
each, and the figures. Ends with an AssertionError where somebody gets the message twice or not at
all, where a page fails that was not on its way to what was cut off, or where a request fails while
both are upgraded.
"""

from __future__ import annotations

import argparse
import sys

from tests.buckets import running_store
from tests.machines.scene import Site, shared_by_all
from tests.sending.chaos.__main__ import surroundings


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=12_000)
    chosen = options.parse_args()
    with surroundings("postgresql", 400) as around, running_store(around.folder) as s3_server:
        from tests.machines import play  # noqa: PLC0415 - needs Django

        shared = shared_by_all(around.database.url, around.redis.url, around.sandbox, s3_server)
        site = Site(around.processes, around.folder, shared, play.SETTINGS)
        figures = play.perform(site, shared, chosen.people, play.long)
    said = " ".join(f"{name} {figure:.1f}" for name, figure in figures.items())
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()
