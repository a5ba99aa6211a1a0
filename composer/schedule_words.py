"""A schedule in sentences: how often it repeats, and how long a sender needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.scheduling.repeats import Every, Repeat
from interface.dates import written
from interface.templatetags.interface import duration
from interface.wording import Text, number
from sociocs_accounts.models import Channel
from sociocs_accounts.sender_queue import Estimate, Sender, sender_of
from sociocs_gateway.providers import Provider

# With the figures of `sender_queue.THROUGHPUT`.
SENDERS: Mapping[Sender, Text] = {
    Sender.LONG_CODE: gettext_lazy("an ordinary number sends about one segment a second"),
    Sender.LONG_CODE_ABROAD: gettext_lazy("such a number sends about ten segments a second"),
    Sender.TOLL_FREE: gettext_lazy("a toll-free number sends about three segments a second"),
    Sender.SHORT_CODE: gettext_lazy("a short code sends about a hundred segments a second"),
    Sender.TWILIO_WHATSAPP: gettext_lazy("WhatsApp takes about 80 messages a second"),
    Sender.WHATSAPP: gettext_lazy("WhatsApp takes about 80 messages a second"),
}
_WEEKDAYS: tuple[Text, ...] = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


def queue_sentence(channel: Channel, estimate: Estimate) -> str:
    """How long the sender needs: `One long code sends about one segment a second: … 12 h.`"""
    if channel.messages_per_second:
        speed = _("this sender is set to %(n)s a second") % {
            "n": f"{channel.messages_per_second:g}"
        }
    else:
        speed = str(SENDERS[sender_of(Provider(channel.provider), channel.phone_number)])
    return _("%(speed)s: this takes %(time)s.") % {
        "speed": speed[:1].upper() + speed[1:],
        # Nothing takes no time at all.
        "time": duration(max(estimate.duration, timedelta(seconds=1))),
    }


def overflow_sentence(estimate: Estimate) -> str:
    """What happens to those who wait too long, with a pace that avoids it; "" if nobody does."""
    longest = estimate.throughput.longest_queue
    if longest is None or not estimate.overflows:
        return ""
    hourly = int(3600 / estimate.seconds_each) if estimate.seconds_each else 0
    step = max(1, 10 ** max(0, len(str(hourly)) - 2))
    return _(
        "Sent all at once, part of it would fail: what waits longer than %(longest)s is "
        "dropped. Set a pace of at most %(people)s people an hour."
    ) % {"longest": duration(longest), "people": number(max(1, hourly // step * step))}


def repeat_in_words(repeat: Repeat) -> str:
    """`every Monday and Thursday at 09:30, 4 times`."""
    values = {"time": written(repeat.at, "H:i")}
    if repeat.every is Every.DAY:
        text = _("every day at %(time)s") % values
    elif repeat.every is Every.WEEK:
        names = [str(_WEEKDAYS[day]) for day in sorted(repeat.weekdays)]
        days = names.pop()
        if names:
            days = _("%(days)s and %(last)s") % {"days": ", ".join(names), "last": days}
        text = _("every %(days)s at %(time)s") % (values | {"days": days})
    elif repeat.month_day is None:
        text = _("on the last day of every month at %(time)s") % values
    else:
        text = _("on day %(day)s of every month at %(time)s") % (values | {"day": repeat.month_day})
    if repeat.times:
        words = ngettext("%(text)s, %(n)s time", "%(text)s, %(n)s times", repeat.times)
        return words % {"text": text, "n": number(repeat.times)}
    if repeat.until:
        return _("%(text)s, until %(day)s") % {"text": text, "day": written(repeat.until, "j M Y")}
    return text
