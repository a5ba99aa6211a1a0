"""Columns that say who opted out, as other programs name and fill them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Names of columns, and what a filled cell in them says; compared without case, accents and signs.
_OPTED_OUT = frozenset(
    """optout optedout smsoptout smsoptedout optoutsms whatsappoptout hasoptedoutofsms
    unsubscribed unsubscribe unsubscribedat unsubscribeddate unsubtime unsubdate optoutdate
    optouttime optedoutat optedouton donotcontact donotsms donottext donotmessage dnc dnd
    blocked blacklisted blacklist stop stopped abgemeldet abmeldung abgemeldetam widerspruch
    widerruf werbesperre gesperrt desabonne desinscrit desinscription desabonnement stopsms
    baja debaja dadodebaja cancelado descadastrado cancelou disiscritto
    disiscrizione afgemeld uitgeschreven avregistrerad avmeldt frameldt wypisany rezygnacja
    отписан отписался отписка 退订""".split()
)
_SUBSCRIBED = frozenset(
    """optin optedin smsoptin smsoptedin subscribed issubscribed subscribedtosms angemeldet
    abonne inscrit suscrito inscrito iscritto aangemeld подписан""".split()
)
_STATUS = frozenset(
    """status state smsstatus subscription subscriptionstatus subscriberstatus emailstatus
    contactstatus consentstatus optinstatus estado statut stato статус""".split()
)
_YES = frozenset(
    """yes y true t 1 x ja j oui o si s sim verdadeiro wahr vrai verdadero vero tak prawda да
    истина evet 是 はい נכון כן نعم ✓ ✔ ✅ ☑""".split()
)
_NO = frozenset(
    """no n false f 0 nein non nao falsch faux falso nie falsz нет ложь hayir 否 いいえ לא لا
    none null na never nunca nie niemals ✗ ✘ ❌ ☐""".split()
)
_WORDS_OUT = frozenset(
    """optout optedout unsubscribed unsubscribe stop stopped stopall blocked blacklisted dnc dnd
    donotcontact abgemeldet gesperrt desabonne desinscrit baja debaja dadodebaja descadastrado
    disiscritto afgemeld uitgeschreven wypisany отписан отписался 退订""".split()
)
_WORDS_IN = frozenset(
    """optin optedin subscribed subscribe active in angemeldet aktiv abonne inscrit actif suscrito
    activo inscrito ativo iscritto attivo aangemeld actief подписан""".split()
)
_DATE = re.compile(
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ T].*)?|\d{1,2} \w+ \d{4}.*|\w+ \d{1,2}, \d{4}.*"
)


def may_say_who_opted_out(header: str, cells: Sequence[str]) -> bool:
    """Whether a column tells who opted out; `cells` are some of its values."""
    filled = [cell for cell in cells if cell.strip()]
    answers = [says_opted_out(header, cell) for cell in filled]
    words = _plain(header)
    if words in _STATUS:
        return True in answers
    is_named = words in _OPTED_OUT or words in _SUBSCRIBED
    return is_named and None not in answers


def says_opted_out(header: str, cell: str) -> bool | None:
    """Whether a cell of such a column says that its person opted out; None where it is unclear."""
    words, header_words = _plain(cell), _plain(header)
    is_reversed = header_words in _SUBSCRIBED
    if not words:
        # A dash is no answer either, nor is an empty cell.
        return False
    if words in _WORDS_OUT:
        return True
    if words in _WORDS_IN or words in _NO:
        return is_reversed and words in _NO
    if words in _YES or _DATE.fullmatch(cell.strip()):
        return not is_reversed
    return None


def _plain(text: str) -> str:
    """Letters and digits in lower case without accents; ticks too."""
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(one for one in decomposed if one.isalnum() or one in "✓✔✅☑✗✘❌☐")
