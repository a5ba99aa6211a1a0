"""How fast the history opens: `python benchmarks/history.py`.

Fills a team with 100,000 campaigns of ten jobs each (1,000,000 submissions), and opens pages as a
browser does: view, queries and template, through Django's own client. Prints a line for each kind
of page with the median in milliseconds, and, last, `pages_ratio R first_ms F last_ms L`: how much
longer the oldest page takes than the newest. The bar is 1.5.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.submit_campaign import database, set_up_django  # noqa: E402 - see the path above
from tests.processes import start_sandbox  # noqa: E402


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--campaigns", type=int, default=100_000)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sandbox = start_sandbox(Path(name))
        try:
            with database(chosen.database, Path(name)) as url:
                os.environ["SERVE_STATIC"] = "1"
                set_up_django(url, Path(name), sandbox)
                from benchmarks import history_pages  # noqa: PLC0415 - Django is ready only now

                history_pages.measure(chosen.campaigns)
        finally:
            sandbox.child.terminate()


if __name__ == "__main__":
    main()
