"""How fast texts are rendered and their SMS segments counted: `python -m benchmarks.render_texts`.

Renders one text with three fields for each of a million people and counts each rendered text, in
chunks as the product does it. Next to it, on the same people and in the same run, the naive way:
`str.replace` field by field, and one character after the other. Prints, last,
`render_s S1 segments_s S2`: the seconds of the product's own way.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from campaigns.texts.dynamic_fields import parse_text
from campaigns.texts.rendering import Person, Renderer, RenderRules, person_of
from campaigns.texts.sms_segments import segments

In = TypeVar("In")
Out = TypeVar("Out")

CHUNK = 20_000
TEXT = (
    "Hi {{CUSTOMER_NAME}}, {{Dentist}} expects you on {{Last visit}}. Reply YES to confirm, or "
    "call us to move your appointment."
)
# Nearly all in ASCII, some in the GSM alphabet only, a few in neither.
NAMES = (
    *(["Emilia Brandt", "Jonas Weber", "Priya Nair", "Ola Nordmann", "Chioma Adeyemi"] * 16),
    *(["Zoë Müller", "José Peña", "Åse Bjørnsen"] * 5),
    *("Aoife Ní Bhriain", "Łukasz Nowak", "李雷", "Ann \U0001f600", "Cara [VIP]"),
)
BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = set("\f^{}\\[~]|€")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1_000_000)
    count = options.parse_args().people
    renderer = Renderer(parse_text(TEXT), RenderRules())
    rendering, counting = Clock(), Clock()
    naive_rendering, naive_counting = Clock(), Clock()
    total = 0
    for people in chunks(count):
        texts = rendering.time(renderer.render_each, people)
        same = naive_rendering.time(partial(map, replaced), people)
        sizes = counting.time(partial(map, segments), same)
        equal = naive_counting.time(partial(map, naive_segments), same)
        if texts != same or sizes != equal:
            raise SystemExit("the two ways do not agree")
        total += sum(sizes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"texts {count} segments {total} peak_rss_mb {peak:.0f}")
    print(f"naive_render_s {naive_rendering.s:.2f} naive_segments_s {naive_counting.s:.2f}")
    print(f"render_s {rendering.s:.2f} segments_s {counting.s:.2f}")


class Clock:
    """Adds up the seconds that pieces of work take."""

    def __init__(self) -> None:
        self.s = 0.0

    def time(self, work: Callable[[list[In]], Iterable[Out]], given: list[In]) -> list[Out]:
        began = time.perf_counter()
        done = list(work(given))
        self.s += time.perf_counter() - began
        return done


def chunks(count: int) -> Iterator[list[Person]]:
    """People as they come out of a list: a phone, a name, and fields of their own."""
    chance = random.Random(7)
    for start in range(0, count, CHUNK):
        yield [
            person_of(
                f"+1202{5550000 + number}",
                chance.choice(NAMES),
                {
                    "Dentist": chance.choice(("Dr. Osei", "Dr. Lind")),
                    "Last visit": f"2026-0{chance.randint(1, 9)}-{chance.randint(10, 28)}",
                    "Notes": "prefers mornings",
                },
            )
            for number in range(start, min(start + CHUNK, count))
        ]


def replaced(person: Person) -> str:
    """The text with one field replaced after the other."""
    text = TEXT
    for name, value in person.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def naive_segments(text: str) -> int:
    """Segments counted character by character; cuts through characters are not looked at."""
    units = 0
    for character in text:
        if character in BASIC:
            units += 1
        elif character in EXTENSION:
            units += 2
        else:
            units = sum(2 if ord(one) > 0xFFFF else 1 for one in text)
            return 1 if units <= 70 else -(-units // 67)
    return 1 if units <= 160 else -(-units // 153)


if __name__ == "__main__":
    main()
