"""Whether signing in and resetting tell who has an account: `python -m benchmarks.sign_in`.

Wrong passwords for an account that there is and for one that there is not, and asking for a new
password for both, by turns, through the whole application. Prints the medians of work in
milliseconds, in one line: what differs between known and unknown would tell them apart.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.surroundings import BROWSED, durable_database, set_up_django

ASKS = {"sign_in": "/sign-in/", "reset": "/password-reset/"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=40)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, durable_database("sqlite", Path(name)) as url:
        set_up_django(url, Path(name), **BROWSED)
        measure(chosen.times)


def measure(times: int) -> None:
    """Ask by turns, so that whatever else the machine does is shared."""
    from django.test import Client  # noqa: PLC0415 - needs Django

    from tests import world  # noqa: PLC0415

    known = [world.create_person(password=world.PASSWORD).email for _ in range(times)]
    unknown = [f"nobody{number}@example.org" for number in range(times)]
    figures: dict[str, list[float]] = {}
    for number, pair in enumerate(zip(known, unknown, strict=True)):
        for what, path in ASKS.items():
            for whose, email in zip(("known", "unknown"), pair, strict=True):
                said = {"email": email, "password": "wrong"}
                # From another network each: nobody tries too often.
                address = f"10.{number // 250}.{number % 250}.1"
                begun = time.process_time()
                Client().post(path, said, REMOTE_ADDR=address)
                spent = 1000 * (time.process_time() - begun)
                figures.setdefault(f"{what}_{whose}_ms", []).append(spent)
    print(*(f"{name} {statistics.median(spent):.1f}" for name, spent in figures.items()))


if __name__ == "__main__":
    main()
