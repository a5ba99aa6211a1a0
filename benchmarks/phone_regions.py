"""What becomes of mobiles of every region, in the spellings in which lists have them.

    python -m benchmarks.phone_regions [--numbers 150] [--seed 20261129] [--table]

So many random mobiles of each region of libphonenumber are read in that region: as they are dialled
at home, with their calling code but no plus, with 00, and without the zero that a spreadsheet took.
Prints a line for every region in which one is not read as itself, and last for each spelling

    SPELLING numbers N right R doubted D refused F wrong W silently_wrong S

`doubted`: read as itself, and told to be looked at. `silently_wrong`: somebody else's, and nothing
is said. With `--table` it prints instead how many of each region are read as themselves: the rows
of docs/phone-numbers.md.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from recipients.phone_numbers import Phone, PhoneReader

MOBILES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
MOST_TRIES = 20_000
VERDICTS = ("right", "doubted", "refused", "wrong", "silently_wrong")


def main() -> None:
    """Read them all, and tell."""
    arguments = argparse.ArgumentParser(description="Read mobiles of every region.")
    arguments.add_argument("--numbers", type=int, default=150)
    arguments.add_argument("--seed", type=int, default=20261129)
    arguments.add_argument("--table", action="store_true")
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    if options.table:
        for region in sorted(phonenumbers.SUPPORTED_REGIONS):
            print(table_row(region, read_region(region, options.numbers, chance)))
        return
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for spelling, verdicts in read_region(region, options.numbers, chance).items():
            totals[spelling] += verdicts
            odd = {name: verdicts[name] for name in VERDICTS[1:] if verdicts[name]}
            if odd:
                print(region, spelling, *(f"{name} {count}" for name, count in odd.items()))
    for spelling, verdicts in totals.items():
        counts = (f"{name} {verdicts[name]}" for name in VERDICTS)
        print(spelling, "numbers", verdicts.total(), *counts)


def table_row(region: str, verdicts: dict[str, Counter[str]]) -> str:
    """A row of Markdown: the region, its numbers, and those read as themselves by spelling."""
    right = (str(counts["right"] + counts["doubted"]) for counts in verdicts.values())
    most = max((counts.total() for counts in verdicts.values()), default=0)
    return f"| {region} | {most} | {' | '.join(right)} |"


def read_region(region: str, count: int, chance: random.Random) -> dict[str, Counter[str]]:
    """By spelling, how many of `count` mobiles of a region were read how."""
    reader = PhoneReader(region)
    verdicts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for number in mobiles(region, count, chance):
        for spelling, written in spellings(number):
            verdicts[spelling][verdict(reader, written, number)] += 1
    return verdicts


def mobiles(region: str, count: int, chance: random.Random) -> set[str]:
    """Valid mobiles of a region in E.164; fewer where there are no more, or none are found."""
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if example is None:
        return set()
    national = phonenumbers.national_significant_number(example)
    made: set[str] = set()
    for _try in range(MOST_TRIES):
        if len(made) == count:
            break
        keep = chance.randrange(len(national))
        digits = national[:keep] + "".join(chance.choices("0123456789", k=len(national) - keep))
        number = phonenumbers.parse(f"+{example.country_code}{digits}")
        if (
            phonenumbers.number_type(number) in MOBILES
            and phonenumbers.region_code_for_number(number) == region
        ):
            made.add(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return made


def spellings(e164: str) -> Iterator[tuple[str, str]]:
    """Yield (name of the spelling, the number in it)."""
    number = phonenumbers.parse(e164)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    at_home = "".join(filter(str.isdecimal, national))
    yield "national", at_home
    yield "no_plus", e164[1:]
    yield "double_zero", f"00{e164[1:]}"
    if at_home.startswith("0"):
        yield "lost_zero", at_home[1:]


def verdict(reader: PhoneReader, written: str, e164: str) -> str:
    """One of VERDICTS."""
    answer = reader.read(written)
    if not isinstance(answer, Phone):
        return "refused"
    if answer.e164 == e164:
        return "doubted" if answer.doubt else "right"
    return "wrong" if answer.doubt else "silently_wrong"


if __name__ == "__main__":
    main()
