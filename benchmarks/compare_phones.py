"""Whether numbers are read as libphonenumber reads them, over a large sample.

    python -m benchmarks.compare_phones [--numbers 1000000] [--seed 20261125]

Numbers of every region in many spellings, right ones and damaged ones, each read in the country it
is from or in another one. What the library calls valid must be read the same, and what is taken
without a doubt must be valid to it. Prints every difference, and last the line

    compared N differences D seconds_ours S1 seconds_library S2
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader, Rejection

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
# We refuse these, whatever else is right about them.
COSTLY = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}


@dataclass(frozen=True)
class Theirs:
    """The library's reading; `e164` is empty for what is no number to it."""

    e164: str = ""
    is_valid: bool = False
    is_costly: bool = False


def main() -> None:
    """Compare, tell the differences, and fail if there are any."""
    arguments = argparse.ArgumentParser(description="Compare with libphonenumber.")
    arguments.add_argument("--numbers", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=20261125)
    options = arguments.parse_args()
    readers = {region: PhoneReader(region) for region in REGIONS}
    ours = theirs = 0.0
    differences = 0
    for written, region in sample(options.numbers, random.Random(options.seed)):
        start = time.perf_counter()
        answer = readers[region].read(written)
        middle = time.perf_counter()
        expected = library(written, region)
        ours, theirs = ours + middle - start, theirs + time.perf_counter() - middle
        if not agree(answer, expected):
            differences += 1
            print(f"{written!r} in {region}: {answer}, the library: {expected}")
    print(
        f"compared {options.numbers} differences {differences} "
        f"seconds_ours {ours:.1f} seconds_library {theirs:.1f}"
    )
    sys.exit(bool(differences))


def agree(answer: Phone | Rejection, expected: Theirs) -> bool:
    """Whether our answer is the one that follows from the library's."""
    if expected.is_valid and 8 <= len(expected.e164) <= 16:
        if expected.is_costly:
            return isinstance(answer, Rejection)
        return isinstance(answer, Phone) and answer.e164 == expected.e164
    if isinstance(answer, Rejection):
        return True
    again = library(answer.e164, "ZZ")
    return again.e164 == answer.e164 and again.is_valid is (
        answer.doubt is not PhoneDoubt.NOT_ASSIGNED
    )


def library(written: str, region: str) -> Theirs:
    """The library's own reading."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return Theirs()
    return Theirs(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.is_valid_number(number),
        phonenumbers.number_type(number) in COSTLY,
    )


def sample(count: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (a number as written, the country it is read in)."""
    examples = [
        (region, number)
        for region in REGIONS
        for kind in sorted(PhoneNumberType.values())
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    while count:
        region, example = chance.choice(examples)
        written = spelled(example, chance)
        # Of our own: zeros in front of the plus or after it, and letters of national spellings.
        if written.startswith(("00", "+0")) or any(map(str.isalpha, written)):
            continue
        yield written, region if chance.random() < 0.7 else chance.choice(REGIONS)
        count -= 1


def spelled(number: phonenumbers.PhoneNumber, chance: random.Random) -> str:
    """The number with other last digits, in one of the ways people write it, sometimes damaged."""
    national = str(number.national_number)
    keep = chance.randrange(max(1, len(national) - 6), len(national) + 1)
    digits = national[:keep] + "".join(chance.choices("0123456789", k=len(national) - keep))
    if chance.random() < 0.1:
        digits = digits[:-1] if chance.random() < 0.5 else digits + chance.choice("0123456789")
    copy = phonenumbers.PhoneNumber()
    copy.merge_from(number)
    copy.national_number = int(digits or "0")
    match chance.randrange(5):
        case 0:
            return phonenumbers.format_number(copy, PhoneNumberFormat.NATIONAL)
        case 1:
            return phonenumbers.format_number(copy, PhoneNumberFormat.INTERNATIONAL)
        case 2:
            return f"{number.country_code}{digits}"
        case 3:
            return digits
    return phonenumbers.format_number(copy, PhoneNumberFormat.E164)


if __name__ == "__main__":
    main()
