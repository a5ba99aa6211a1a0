"""How fast the history opens: `python -m benchmarks.history`.

Fills a team with 100,000 campaigns of ten jobs each (1,000,000 submissions), and opens pages as a
browser does: view, queries and template, through Django's own client. Prints a line for each kind
of page with the median in milliseconds, and, last, `pages_ratio R first_ms F last_ms L`: how much
longer the oldest page takes than the newest. The bar is 1.5.

With `--events 10000000 --people 5000000` it shows instead how pages grow with the years: it fills a
tenth of so many calls of the vendor and a fifth of so many people of campaigns, opens pages, fills
in the rest, and opens them again. The last line is `growth_ratio R slowest_ms S`: how much longer
the page that grew most takes, and what the slowest takes in the end.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.surroundings import BROWSED, durable_database, set_up_django


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--campaigns", type=int, default=100_000)
    options.add_argument("--events", type=int, default=0)
    options.add_argument("--people", type=int, default=0)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        durable_database(chosen.database, Path(name)) as url,
    ):
        set_up_django(url, Path(name), **BROWSED, SECOND_FACTOR_REQUIRED="0")
        from benchmarks import history_pages  # noqa: PLC0415 - Django is ready only now

        if chosen.events or chosen.people:
            history_pages.measure_growth(max(chosen.events, 10), max(chosen.people, 5_000))
        else:
            history_pages.measure(chosen.campaigns)


if __name__ == "__main__":
    main()
