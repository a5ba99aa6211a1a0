"""What stands beside the choice of the country: what it decides in this file, and who chose it.

Each sentence is only said of what it is true of: of the rows judged so far, and of the numbers that
were read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, country_code_for_region

from interface.countries import country_name
from interface.wording import number
from recipients.imports.judging import Judgement
from recipients.models import ListImport
from recipients.phone_numbers import PhoneDoubt

# Codes of several large countries: North America, and Russia with Kazakhstan. Where others share
# one, it is with islands and the like.
_OF_SEVERAL = ("1", "7")


@dataclass(frozen=True)
class CountrySentence:
    """A sentence, and whether it asks for another look at the choice."""

    words: str
    is_warning: bool = False


def country_sentences(list_import: ListImport) -> list[CountrySentence]:
    """What is to be said beside the country while a phone column is chosen."""
    judgement = Judgement.from_json(list_import.judgement)
    country = list_import.default_country
    sentences = [CountrySentence(_whose_choice(list_import))]
    if doubt := _doubt(judgement, country):
        return [*sentences, CountrySentence(doubt, is_warning=True)]
    if not list_import.is_judged and judgement.ready:
        words = _("In the first %(rows)s rows:") % {"rows": number(judgement.rows)}
        sentences.append(CountrySentence(words))
    return [*sentences, *map(CountrySentence, _counts(judgement)), *_main_code(judgement, country)]


def _whose_choice(list_import: ListImport) -> str:
    """Where the country comes from."""
    own = list_import.team.default_country
    if list_import.default_country == own:
        return _("This is your team's country.")
    if not own:
        return _("Chosen for this file.")
    return _("Chosen for this file; your team's country is %(country)s.") % {
        "country": country_name(own)
    }


def _doubt(judgement: Judgement, country: str) -> str:
    """That most of the numbers look like those of another country, where they do."""
    names = {"country": country_name(country)}
    if judgement.unlikely * 2 > judgement.rows:
        return _(
            "Most numbers do not look like numbers from %(country)s. Choose the country "
            "they are from."
        ) % (names)
    if judgement.unlikely > 1 and judgement.unlikely * 2 > judgement.bare:
        return _(
            "Most numbers without a country code do not look like numbers from "
            "%(country)s. Choose the country they are from."
        ) % (names)
    return ""


def _counts(judgement: Judgement) -> Iterator[str]:
    """How many numbers say for themselves where they are from, and how many rest on the choice."""
    numbers = judgement.ready + judgement.duplicates
    figures = {
        "all": number(numbers),
        "international": number(judgement.international),
        "by_row": number(judgement.by_row),
        "home": number(judgement.home),
    }
    if not numbers:
        return
    if judgement.by_row:
        yield ngettext(
            "%(by_row)s of %(all)s numbers is read with the country in its row.",
            "%(by_row)s of %(all)s numbers are read with the country in their rows.",
            judgement.by_row,
        ) % (figures)
    if judgement.international == numbers:
        yield _every_number(judgement)
    elif judgement.international:
        yield _("%(international)s of %(all)s numbers start with a country code.") % figures
    if judgement.home:
        yield _resting(judgement) % figures


def _every_number(judgement: Judgement) -> str:
    if judgement.bare or judgement.rejected_count:
        return _("Every number that could be read starts with a country code.")
    if judgement.marked < judgement.international:
        return _("Every number starts with a country code.")
    return _("Every number starts with a country code, so this changes nothing.")


def _resting(judgement: Judgement) -> str:
    """The sentence for the numbers that are read as those of the chosen country."""
    home = judgement.home
    if home < judgement.ready + judgement.duplicates:
        if judgement.doubts.get(PhoneDoubt.OVERSEAS):
            return ngettext(
                "The other one is read as people dial it in this country.",
                "The other %(home)s are read as people dial them in this country.",
                home,
            )
        return ngettext(
            "The other one is read as a number from this country.",
            "The other %(home)s are read as numbers from this country.",
            home,
        )
    if judgement.doubts.get(PhoneDoubt.OVERSEAS):
        return ngettext(
            "The number has no country code, so it is read as people dial it in this country.",
            "No number has a country code: all %(home)s are read as people dial them in "
            "this country.",
            home,
        )
    return ngettext(
        "The number has no country code, so it is read as a number from this country.",
        "No number has a country code: all %(home)s are read as numbers from this country.",
        home,
    )


def _main_code(judgement: Judgement, default_country: str) -> Iterator[CountrySentence]:
    """The code that at least half of the numbers are written with, and whether that is odd."""
    numbers = judgement.ready + judgement.duplicates
    code, count = next(iter(judgement.codes.items()), ("", 0))
    if not code or count * 2 < numbers:
        return
    names = {
        "count": number(count),
        "all": number(numbers),
        "code": code,
        "country": _countries(code, default_country),
    }
    if judgement.marked < judgement.international:
        words = _("%(count)s of %(all)s have the code %(code)s (%(country)s).") % names
    else:
        words = _("%(count)s of %(all)s already start with +%(code)s (%(country)s).") % names
    yield CountrySentence(words)
    own = str(country_code_for_region(default_country))
    if code != own and count > judgement.home > 0:
        words = _("Are the others really from %(country)s?") % {
            "country": country_name(default_country)
        }
        yield CountrySentence(words, is_warning=True)


def _countries(code: str, default_country: str) -> str:
    """The country with a calling code: the chosen one if it has it, else the largest."""
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    region = default_country if default_country in regions else regions[0]
    if code in _OF_SEVERAL:
        return _("%(country)s and others") % {"country": country_name(region)}
    return country_name(region)
