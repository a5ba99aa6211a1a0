"""How fast a list of a million people is looked through, and lists are made of it.

    python -m benchmarks.list_pages [--people 1000000] [--only sqlite] [--letters cyrillic]

Fills a list in PostgreSQL and in SQLite, with a register of 20,000 opt-outs, and opens its pages
as a browser does, by the whole product without the network: the first page and the ten-thousandth
(with fewer people, the last) in each order, searches for what is rare, common or nowhere, a field's
value. Then copies the list, puts
it together with its copy, splits it, takes its copy out of it, and exports it. Each database is a
process of its own. The last line is

    postgres_page_ratio R1 sqlite_page_ratio R2 postgres_search_ms S1 sqlite_search_ms S2

where R is the median time of the far page divided by that of the first, and S the median time of
the slowest search.
"""

from __future__ import annotations

import argparse

from benchmarks.surroundings import BROWSED, empty_tables, figures_of


def main() -> None:
    arguments = argparse.ArgumentParser(description="Look through a large list.")
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--only", choices=["postgresql", "sqlite"])
    arguments.add_argument("--letters", choices=["latin", "cyrillic"], default="latin")
    options = arguments.parse_args()
    ratios: dict[str, float] = {}
    searches: dict[str, float] = {}
    for database in [options.only] if options.only else ["postgresql", "sqlite"]:
        with empty_tables(database, **BROWSED) as environment:
            asked = (str(options.people), options.letters)
            figures = figures_of("list_pages_steps.measured", *asked, environment=environment)
        print(database, *(f"{name} {value:.3f}" for name, value in figures.items()), flush=True)
        ratios[database] = figures["far_page"] / figures["first_page"]
        searches[database] = figures["slowest_search"] * 1000
    names = {"postgresql": "postgres", "sqlite": "sqlite"}
    print(
        *(f"{names[database]}_page_ratio {ratio:.2f}" for database, ratio in ratios.items()),
        *(f"{names[database]}_search_ms {slowest:.0f}" for database, slowest in searches.items()),
    )


if __name__ == "__main__":
    main()
