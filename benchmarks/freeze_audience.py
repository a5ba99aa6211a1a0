"""How fast an audience of a million rows is counted and frozen, against the database's own floor.

    python -m benchmarks.freeze_audience [--rows 1000000] [--only sqlite]

Two lists without opt-outs and a third list, and then everything at the same time: a second list, a
saved filter, a list and a filter whose people are left out, an earlier campaign, the last seven
days, and opt-outs. The floor is one INSERT … SELECT of the very rows that were frozen, into the
same table. The last line is

    postgres_ratio R1 sqlite_ratio R2 postgres_count_s C1 sqlite_count_s C2

where R is the freeze of the usual audience divided by its floor, and C the seconds that the
composer's count of the full audience takes.
"""

from __future__ import annotations

import argparse

from benchmarks.surroundings import empty_tables, figures_of


def main() -> None:
    arguments = argparse.ArgumentParser(description="Freeze a large audience, and compare.")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--only", choices=["postgresql", "sqlite"])
    options = arguments.parse_args()
    words = {"postgresql": "postgres", "sqlite": "sqlite"}
    ratios, counts = [], []
    for database in [options.only] if options.only else ["postgresql", "sqlite"]:
        with empty_tables(database) as environment:
            rows = str(options.rows)
            figures = figures_of("freeze_steps.measured", rows, environment=environment)
        print(database, " ".join(f"{name} {value:.2f}" for name, value in figures.items()))
        ratios.append(
            f"{words[database]}_ratio {figures['freeze_usual'] / figures['floor_usual']:.2f}"
        )
        counts.append(f"{words[database]}_count_s {figures['count_full']:.2f}")
    print(*ratios, *counts)


if __name__ == "__main__":
    main()
