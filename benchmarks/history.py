"""How fast the history opens: `python -m benchmarks.history`.

Fills a team with 100,000 campaigns of ten jobs each (1,000,000 submissions), and opens pages as a
browser does: view, queries and template, through Django's own client. Prints a line for each kind
of page with the median in milliseconds, and, last, `pages_ratio R first_ms F last_ms L`: how much
longer the oldest page takes than the newest. The bar is 1.5.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.surroundings import BROWSED, durable_database, set_up_django


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--campaigns", type=int, default=100_000)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        durable_database(chosen.database, Path(name)) as url,
    ):
        set_up_django(url, Path(name), **BROWSED)
        from benchmarks import history_pages  # noqa: PLC0415 - Django is ready only now

        history_pages.measure(chosen.campaigns)


if __name__ == "__main__":
    main()
