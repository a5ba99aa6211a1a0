"""How fast a million rows become a list, against the database's own floor in the same run.

    python -m benchmarks.import_list [--rows 1000000]

Makes a CSV file of five columns (numbers of twelve countries in mixed spellings, 3% duplicates, 2%
that are no numbers), imports it through the product's own path into PostgreSQL and into SQLite, and
then loads the very same recipients into a fresh copy of the same table by nothing but COPY and
executemany. Each step is a process of its own. The last line is

    postgres_ratio R1 sqlite_ratio R2 peak_rss_mb M

where R is the product's time divided by the floor and M the importing process's largest size.

With `--against FOLDER`, another checkout with a `.venv` of its own, the same is done there in turn,
and a line says how many times as long checking and importing take here: `postgresql_against R`.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import tempfile
from pathlib import Path

from benchmarks.surroundings import empty_tables, figures_of

# Country code and, for its numbers, what is fixed ("7911") and how many digits follow.
COUNTRIES = [
    *(("1", "415", 7), ("1", "212", 7), ("44", "7400", 6), ("49", "1512", 7), ("33", "612", 6)),
    *(("34", "612", 6), ("39", "312", 7), ("91", "98123", 5), ("61", "412", 6), ("31", "612", 6)),
    *(("48", "512", 6), ("27", "711", 6)),
]
Figures = dict[str, float]
NAMES = ["Emilia", "Jonas", "Aoife", "Priya", "Chioma", "Ola", "José", "Mei", "Zoë", "Ngozi"]
NOT_NUMBERS = ["", "n/a", "4.15555E+09", "12345", "+1 415 555 2671 ext 7"]


def main() -> None:
    arguments = argparse.ArgumentParser(description="Import a large file, and compare.")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--runs", type=int, default=1, help="the best of so many counts")
    arguments.add_argument("--only", choices=["postgresql", "sqlite"])
    arguments.add_argument("--against", type=Path, help="another checkout, to be compared with")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="campaigns-benchmark-") as folder:
        file = Path(folder) / "people.csv"
        make_file(file, options.rows)
        print(f"{options.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB")
        databases = [options.only] if options.only else ["postgresql", "sqlite"]
        found: dict[str, list[Figures]] = {}
        for database in databases:
            found[database], theirs = [], []
            for _ in range(options.runs):
                found[database].append(measure(database, file))
                if options.against:
                    theirs.append(measure_there(options.against, database, options.rows))
            if theirs:
                ratio = checked_and_imported(found[database]) / checked_and_imported(theirs)
                print(f"{database}_against {ratio:.2f}")
        report(found)


def measure(database: str, file: Path) -> Figures:
    """Import the file and load the same rows raw; return seconds and megabytes."""
    figures: Figures = {}
    with empty_tables(database) as environment:
        for step in ("check", "run", "raw"):
            figures |= figures_of(f"import_steps.{step}", str(file), environment=environment)
    print(database, " ".join(f"{name} {value:.2f}" for name, value in figures.items()), flush=True)
    return figures


def measure_there(checkout: Path, database: str, rows: int) -> Figures:
    """The same figures of another checkout, which makes the same file."""
    python = str(checkout.resolve() / ".venv" / "bin" / "python")
    command = [python, "-m", "benchmarks.import_list", "--rows", str(rows), "--only", database]
    done = subprocess.run(command, cwd=checkout, check=True, stdout=subprocess.PIPE, text=True)
    print(f"there: {done.stdout.strip()}", flush=True)
    return {name: float(value) for name, value in re.findall(r"(\w+_s) ([\d.]+)", done.stdout)}


def checked_and_imported(runs: list[Figures]) -> float:
    """Seconds from the upload to the last row, of the best of some runs."""
    return min(run["check_s"] + run["judge_s"] + run["import_s"] for run in runs)


def report(found: dict[str, list[Figures]]) -> None:
    """Print the closing line."""
    names = {"postgresql": "postgres_ratio", "sqlite": "sqlite_ratio"}
    words = []
    for database, runs in found.items():
        ratio = min(run["import_s"] for run in runs) / min(run["raw_s"] for run in runs)
        words.append(f"{names[database]} {ratio:.2f}")
    peak = max(run["import_mb"] for runs in found.values() for run in runs)
    print(*words, f"peak_rss_mb {peak:.0f}")


def make_file(path: Path, rows: int) -> None:
    """Write the same rows at every run: the chances are fixed by a seed."""
    chance = random.Random(20261123)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("Mobile,Full name,City,Member since,Notes\n")
        written: list[str] = []
        for number in range(rows):
            dice = chance.random()
            if dice < 0.02:
                phone = chance.choice(NOT_NUMBERS)
            elif dice < 0.05 and written:
                phone = chance.choice(written)
            else:
                phone = spelled(chance)
                if len(written) < 50_000:
                    written.append(phone)
            name = f"{chance.choice(NAMES)} Person{number}"
            file.write(f"{phone},{name},Springfield,2024-0{number % 9 + 1}-11,note {number % 97}\n")


def spelled(chance: random.Random) -> str:
    """A number in one of the ways people write it."""
    code, start, more = chance.choice(COUNTRIES)
    number = start + str(chance.randrange(10**more)).zfill(more)
    if code == "1":
        # The exchange of a North American number begins with 2 to 9.
        number = number[:3] + str(2 + int(number[3]) % 8) + number[4:]
    match chance.randrange(6):
        case 0:
            return f"+{code} {number[:3]} {number[3:]}"
        case 1:
            return f"00{code}{number}"
        case 2:
            return f"+{code}-{number[:3]}-{number[3:]}"
        case 3 if code == "1":
            return f"({number[:3]}) {number[3:6]}-{number[6:]}"
    return f"+{code}{number}"


if __name__ == "__main__":
    main()
