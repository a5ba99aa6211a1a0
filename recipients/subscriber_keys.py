"""One person, one key: the same for every spelling of a subscriber's number, and for nobody else's.

Two numbers of E.164 may be one phone. A list says +525512345678 while WhatsApp says that it wrote
from +5215512345678, and an account made before its country's plan changed keeps the number of then.
People are compared by their key everywhere (`phone_key` in the tables); the number as it was
written is kept beside it, shown, and used for sending. A key is no number to be called.

The tables' keys are made by the database itself, so that no writer can forget one; the rules below
make both its expression and the Python of `subscriber_key`. A change of them therefore needs a
migration that removes the columns and adds them again.
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from django.db.models import CharField, Func, GeneratedField, Q

# "+" and 15 digits (ITU-T E.164).
_LONGEST = 16


class Respelling(NamedTuple):
    """Numbers of `length` characters that begin with `begins`, and become another spelling.

    `keep` characters stay. If one of `among` stands behind them, `cut` characters go there and
    `put` comes in.
    """

    begins: str
    length: int
    keep: int
    among: tuple[str, ...]
    cut: int = 0
    put: str = ""

    def fits(self, phone: str) -> bool:
        """Whether a number begins as those that become another spelling."""
        return phone.startswith(self.begins) and phone.startswith(self.among, self.keep)

    def may_fit(self, beginning: str) -> bool:
        """The same of a number of which only the beginning is known."""
        if len(beginning) <= self.keep or not beginning.startswith(self.begins):
            return False
        return any(piece.startswith(beginning[self.keep :][: len(piece)]) for piece in self.among)

    def respell(self, phone: str) -> str:
        """The other spelling of a number that fits."""
        return phone[: self.keep] + self.put + phone[self.keep + self.cut :]


# No two subscribers of a country share what is made of their numbers, as each source says.
RESPELLINGS: tuple[Respelling, ...] = (
    # Ivory Coast: accounts of WhatsApp from before 31 January 2021 keep eight digits (Whapi,
    # "Specifics of sending messages to numbers of different countries"); 01, 05 or 07 came before
    # them by operator (ARTCI).
    Respelling("+225", 12, 4, tuple(f"{a}{b}" for a in "0456789" for b in "123"), put="01"),
    Respelling("+225", 12, 4, tuple(f"{a}{b}" for a in "0456789" for b in "456"), put="05"),
    Respelling("+225", 12, 4, tuple(f"{a}{b}" for a in "0456789" for b in "789"), put="07"),
    # Benin: 01 before every number of eight digits since 30 November 2024 (ARCEP Bénin).
    Respelling("+229", 12, 4, tuple("2456789"), put="01"),
    # Gabon: 06, 02 and 05 became 66, 62 and 65, 04 and 07 became 74 and 77, 01 became 11 (ARCEP
    # Gabon, November 2019; the old ones worked until April 2024). libphonenumber takes both for
    # valid, the old ones also without their zero.
    Respelling("+241", 12, 4, ("02", "05", "06"), cut=1, put="6"),
    Respelling("+241", 12, 4, ("04", "07"), cut=1, put="7"),
    Respelling("+241", 12, 4, ("01",), cut=1, put="1"),
    Respelling("+241", 11, 4, ("2", "5", "6"), put="6"),
    Respelling("+241", 11, 4, ("4", "7"), put="7"),
    Respelling("+241", 11, 4, ("1",), put="1"),
    # Madagascar, San Marino: landlines are also dialled without 20 and 0549 (libphonenumber, the
    # regions' nationalPrefixTransformRule).
    Respelling("+261", 11, 4, tuple("2456789"), put="20"),
    Respelling("+378", 10, 4, ("8", "9"), put="0549"),
    # Mexico: the 1 of mobiles is gone since 3 August 2019 (IFT), but WhatsApp writes from and to it
    # (Gupshup, "A brief note on the inconsistencies for mobile numbers and their WhatsApp IDs").
    Respelling("+52", 14, 3, ("1",), cut=1),
    # Argentina: the 9 of mobiles from abroad, and the 15 behind the area code at home, tell how to
    # dial; the ten digits alone are one subscriber (ENACOM, Plan Fundamental de Numeración
    # Nacional). WhatsApp wants the 9 (Green API, "Features of sending and receiving messages to
    # numbers of different countries"), Meta's API also answers without it. Area codes have two
    # digits (only 11), three or four: where a 15 stands behind three, none stands behind four.
    Respelling("+54", 14, 3, ("9",), cut=1),
    Respelling("+5411", 15, 5, ("15",), cut=2),
    Respelling("+54", 15, 6, ("15",), cut=2),
    Respelling("+54", 15, 7, ("15",), cut=2),
    # Brazil: 9 before the eight digits of mobiles, which began with 6 to 9, by 2016 (Anatel,
    # Resolução 553/2010); landlines begin with 2 to 5 and have eight digits for ever. Accounts of
    # WhatsApp outside 11-19, 21, 22, 24, 27 and 28 mostly keep eight (Gupshup, as above).
    Respelling("+55", 13, 5, ("6", "7", "8", "9"), put="9"),
)

# All rules of a number are found by its first digits.
_FOUND_BY = 3
_RULES = {
    beginning: tuple(rules)
    for beginning, rules in groupby(RESPELLINGS, lambda rule: rule.begins[:_FOUND_BY])
}


def subscriber_key(phone: str) -> str:
    """The key of a number in E.164, as the database makes it."""
    for rule in _RULES.get(phone[:_FOUND_BY], ()):
        if len(phone) == rule.length and rule.fits(phone):
            return rule.respell(phone)
    return phone


def spellings_of(phone: str) -> frozenset[str]:
    """Every number of E.164 that is the same phone as this one, itself included."""
    key = subscriber_key(phone)
    others = {
        key[: rule.keep] + piece[: rule.cut] + key[rule.keep + len(rule.put) :]
        for rule in _RULES.get(key[:_FOUND_BY], ())
        for piece in rule.among
    }
    return frozenset({phone, key, *(one for one in others if subscriber_key(one) == key)})


def beginnings_of_keys(phone: str) -> list[str]:
    """How the keys begin of numbers that begin as `phone` does, which may be cut off anywhere."""
    rules = _RULES.get(phone[:_FOUND_BY], ())
    return sorted({phone, *(rule.respell(phone) for rule in rules if rule.may_fit(phone))})


def with_digits(digits: str) -> Q:
    """Whose number has these digits in it, or is another spelling of the number they make."""
    return Q(phone__contains=digits) | Q(phone_key=subscriber_key(f"+{digits}"))


def _key_in_sql(phone: str) -> str:
    """A CASE of what every database has: `substr`, `length` and `||`."""
    cases = " ".join(
        f"WHEN '{beginning}' THEN CASE {_respelled_in_sql(rules, phone)} ELSE {phone} END"
        for beginning, rules in _RULES.items()
    )
    return f"CASE substr({phone}, 1, {_FOUND_BY}) {cases} ELSE {phone} END"


def _respelled_in_sql(rules: tuple[Respelling, ...], phone: str) -> str:
    return " ".join(
        f"WHEN length({phone}) = {rule.length} "
        f"AND substr({phone}, 1, {len(rule.begins)}) = '{rule.begins}' "
        f"AND substr({phone}, {rule.keep + 1}, {len(rule.among[0])}) IN {_texts(rule.among)} "
        f"THEN substr({phone}, 1, {rule.keep}) || '{rule.put}' "
        f"|| substr({phone}, {rule.keep + rule.cut + 1})"
        for rule in rules
    )


def _texts(texts: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{text}'" for text in texts) + ")"


class SubscriberKey(Func):
    """The key of a column that holds numbers in E.164."""

    arity = 1
    template = _key_in_sql("%(expressions)s")
    output_field = CharField(max_length=_LONGEST)


def key_column(phone: str = "phone") -> GeneratedField:
    """A column with the keys of the column `phone`, kept by the database."""
    return GeneratedField(
        expression=SubscriberKey(phone),
        output_field=CharField(max_length=_LONGEST),
        db_persist=True,
    )
