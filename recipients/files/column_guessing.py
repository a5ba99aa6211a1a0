"""What each column of a file is, guessed from its header and its values; a person decides."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence

from recipients.files.columns import MAX_NAME, Column, ColumnRole, unique_names
from recipients.files.country_cells import country_in, country_of_row
from recipients.files.file_problems import FileFault, FileProblem
from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader, Rejection
from recipients.phone_text import PhoneFault

# Share of a column's filled cells that must be phone numbers when its header does not say so.
_ENOUGH_PHONES = 0.6
_MOST_ABOVE_HEADER = 10
# No name of a column, though perhaps no number of the team's country: nine digits and more.
_LIKE_A_NUMBER = re.compile(r"\s*\+?(?:[\s().-]*\d){9,15}\s*\Z").match
# No row of names has one of these.
_NUMBERS_OF_A_KIND = (
    *(PhoneFault.SEVERAL_NUMBERS, PhoneFault.EXTENSION, PhoneFault.EXCEL_SHORTENED),
)
# Words of headers without accents, in lower case; compared as a whole word, or as the beginning
# of a compound ("Telefonnummer").
_PHONE_WORDS = (
    *(
        "phone",
        "phones",
        "phonenumber",
        "mobile",
        "mobil",
        "mobiel",
        "cell",
        "cellphone",
        "cellular",
    ),
    *("tel", "telephone", "telefon", "telefono", "telefone", "telefoon", "telephon", "telemovel"),
    *("handy", "rufnummer", "movil", "celular", "cellulare", "portable", "gsm", "msisdn"),
    *("mobitel", "cellulaire", "handphone", "hp", "telp", "tlf", "telf", "тел", "номер телефона"),
    *("whatsapp", "sms", "komorka", "komorkowy", "puhelin", "matkapuhelin", "simi", "cep"),
    *("телефон", "телефона", "мобильный", "моб", "τηλεφωνο", "κινητο", "电话", "手机", "電話"),
    *(
        "電話番号",
        "携帯",
        "携帯電話",
        "手機",
        "手机号码",
        "전화",
        "전화번호",
        "휴대폰",
        "dien thoai",
        "telp",
    ),
    *("नंबर", "मोबाइल", "फोन", "هاتف", "جوال", "موبايل", "טלפון", "נייד", "โทรศัพท์", "มือถือ"),
)
_PHONE_BEGINNINGS = (
    *("telefon", "telefoon", "telephon", "mobil", "handy", "rufnummer", "phone", "whatsapp"),
    *("puhelin", "matkapuhelin", "телефон"),
)
_NOT_PHONE_WORDS = frozenset(("fax", "telefax", "type", "typ", "tipo", "ext", "extension", "code"))
# A column is only where its row is from if its values are countries too.
_COUNTRY_WORDS = (
    *("country", "countries", "nation", "land", "laender", "lander", "staat", "pays", "pais"),
    *("paese", "nazione", "kraj", "zeme", "krajina", "orszag", "tara", "drzava", "ulke"),
    *("maa", "riik", "salis", "valstybe", "vendi", "negara", "quoc gia", "nuoc", "nchi"),
    *("страна", "країна", "държава", "држава", "χωρα", "国", "国名", "国家", "國家", "국가"),
    *("나라", "देश", "الدولة", "دولة", "البلد", "بلد", "کشور", "ملک", "מדינה", "ארץ", "ประเทศ"),
    *("iso", "iso2", "iso3", "iso code", "cc", "dial code", "dialing code", "dialling code"),
    *("calling code", "phone code", "isd", "isd code", "prefix", "phone prefix", "prefijo"),
    *("prefisso", "indicatif", "vorwahl", "landesvorwahl", "landvorwahl", "landcode"),
    *(
        "landnummer",
        "ddi",
        "codigo pais",
        "codigo de pais",
        "code pays",
        "код страны",
        "kierunkowy",
    ),
)
_COUNTRY_BEGINNINGS = ("country", "lander", "landes", "landk", "landn", "landc")
_ENOUGH_COUNTRIES = 0.6
# Shorter words, of a file without headers, may be codes of anything.
_LONGEST_CODE = 3

_FULL_NAME_WORDS = frozenset(
    (
        *("name", "names", "full name", "fullname", "customer", "customer name", "contact"),
        *("contact name", "client", "client name", "patient", "patient name", "recipient"),
        *("recipient name", "nombre", "nombre completo", "nom complet", "nome", "nome completo"),
        *("naam", "namn", "navn", "nimi", "imie i nazwisko", "kunde", "kundenname", "имя", "фио"),
        *("ονομα", "姓名", "名前", "氏名", "이름", "nama", "ho ten", "isim", "ad soyad", "नाम"),
        *("الاسم", "שם", "ชื่อ"),
    )
)
_FIRST_NAME_WORDS = frozenset(
    (
        *("first name", "firstname", "first", "given name", "givenname", "forename", "vorname"),
        *("prenom", "primer nombre", "voornaam", "fornavn", "fornamn", "imie", "etunimi"),
    )
)
_LAST_NAME_WORDS = frozenset(
    (
        *("last name", "lastname", "last", "surname", "family name", "familyname", "nachname"),
        *("nom", "nom de famille", "apellido", "apellidos", "cognome", "sobrenome", "achternaam"),
        *("etternavn", "efternamn", "efternavn", "nazwisko", "sukunimi", "фамилия", "soyad"),
    )
)


def find_header(rows: Sequence[tuple[int, Sequence[str]]], reader: PhoneReader) -> int:
    """The number of the row with the columns' names; 0 when the file begins with people.

    `rows`: the first ones, each with its number. Above the names there may be a title or notes,
    which fill fewer cells than the rows below do. A row with a phone number in it has no names.
    """
    filled = [sum(1 for cell in cells if cell.strip()) for _, cells in rows]
    usual = sorted(filled)[len(filled) // 2]
    wide = 0
    for (number, cells), width in zip(rows[:_MOST_ABOVE_HEADER], filled, strict=False):
        if any(_holds_number(cell, reader) or _LIKE_A_NUMBER(cell) for cell in cells):
            break
        if any(map(says_phone, cells)):
            return number
        if not wide and width * 2 > usual:
            wide = number
    first, cells = rows[0]
    begins = any(_holds_number(cell, reader) or _LIKE_A_NUMBER(cell) for cell in cells)
    return wide or (0 if begins else first)


def parted(
    rows: Sequence[tuple[int, list[str]]], header_row: int
) -> tuple[list[str], list[list[str]]]:
    """The columns' names, empty when there are none, and the cells of the rows below."""
    header = next((cells for number, cells in rows if number == header_row), [])
    return header, [cells for number, cells in rows if number > header_row]


def headers_key(headers: Sequence[str]) -> str:
    """What files with the same headers have in common, in whatever case and spacing: a digest."""
    return hashlib.sha256("\x1f".join(map(_words, headers)).encode()).hexdigest()


def guess_columns(
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    reader: PhoneReader,
    left_out: Collection[str] = (),
) -> list[Column]:
    """Give every column a role; those whose header is in `left_out` are left out.

    `header` is the first row, or empty for a file without one; `sample` are some of the rows below.
    There is at most one phone column, and none when it is not certain which: two that fit are a
    question for a person (`phone_candidates`), never a guess.
    """
    width = _width(header, sample)
    headers = [header[index] if index < len(header) else "" for index in range(width)]
    countries = _country_candidates(headers, sample, reader)
    phones = _phone_candidates(headers, sample, reader, countries)
    country = _country_column(sample, phones, countries, reader)
    names = set(_name_columns(headers)) - set(phones)
    skipped = {index for index in range(width) if headers[index] in left_out}
    skipped |= {
        index
        for index in range(width)
        if header and not headers[index].strip() and not _filled(sample, index)
    }
    columns = []
    for index, name in enumerate(unique_names(headers)):
        role = ColumnRole.FIELD
        if phones == [index]:
            role = ColumnRole.PHONE
        elif index == country:
            role = ColumnRole.COUNTRY
        elif index in names:
            role = ColumnRole.NAME
        elif index in skipped:
            role = ColumnRole.SKIP
        columns.append(Column(headers[index][:MAX_NAME], name, role))
    return columns


def _width(header: Sequence[str], sample: Sequence[Sequence[str]]) -> int:
    """How many columns there are: those of the header, unless most rows go on behind it."""
    widths = sorted(
        max((index for index, cell in enumerate(cells, 1) if cell.strip()), default=0)
        for cells in sample
    )
    if not widths:
        return len(header)
    return max(len(header), widths[(len(widths) - 1) // 2] if header else widths[-1])


def phone_candidates(
    headers: Sequence[str], sample: Sequence[Sequence[str]], reader: PhoneReader
) -> list[int]:
    """The indexes of the columns that may be the phone: a header proposes, the values confirm.

    Else by the values alone, else by headers above what was meant to be numbers at least.
    """
    countries = _country_candidates(headers, sample, reader)
    return _phone_candidates(headers, sample, reader, countries)


def _phone_candidates(
    headers: Sequence[str],
    sample: Sequence[Sequence[str]],
    reader: PhoneReader,
    countries: Sequence[int],
) -> list[int]:
    country = next(iter(countries), None)
    shares = [
        0.0 if index in countries else _phone_share(sample, index, reader, country)
        for index in range(len(headers))
    ]
    named = [index for index, header in enumerate(headers) if says_phone(header)]
    # Of a single column every number counts: what else should it be?
    enough = _ENOUGH_PHONES if len(headers) > 1 else 0.01
    by_values = [index for index, share in enumerate(shares) if share >= enough]
    meant = [index for index in named if not any(map(_has_no_digit, _filled(sample, index)))]
    return [index for index in named if shares[index] > 0] or by_values or meant or named


def _country_candidates(
    headers: Sequence[str], sample: Sequence[Sequence[str]], reader: PhoneReader
) -> list[int]:
    """The columns that may say where the numbers of their row are from."""
    candidates = []
    for index in range(len(headers)):
        cells = _filled(sample, index)
        if not cells or not _may_say_country(headers, index, cells):
            continue
        known = sum(country_in(cell.strip(), reader.default_country) is not None for cell in cells)
        if known >= _ENOUGH_COUNTRIES * len(cells):
            candidates.append(index)
    return candidates


def _may_say_country(headers: Sequence[str], index: int, cells: Sequence[str]) -> bool:
    """Whether the header speaks of countries; without headers, whether the cells are long words."""
    if any(headers):
        words = _words(headers[index])
        parts = words.split()
        return (
            words in _COUNTRIES
            or not _COUNTRIES.isdisjoint(parts)
            or any(part.startswith(_COUNTRY_BEGINNINGS) for part in parts)
        )
    return all(len(cell.strip()) > _LONGEST_CODE for cell in cells)


def _country_column(
    sample: Sequence[Sequence[str]],
    phones: Sequence[int],
    countries: Sequence[int],
    reader: PhoneReader,
) -> int | None:
    """The first column by whose countries most numbers are mobiles; none if fewer are by any."""

    def mobiles(country: int | None) -> int:
        return sum(_mobiles(sample, index, reader, country) for index in phones)

    return max([*countries, None], key=mobiles)


def require_phone_column(columns: Sequence[Column], candidates: Sequence[int]) -> None:
    """Raise FileProblem unless exactly one column is the phone; it names the columns found."""
    chosen = [column for column in columns if column.role is ColumnRole.PHONE]
    if len(chosen) == 1:
        return
    likely = chosen or [columns[index] for index in candidates]
    if len(likely) > 1:
        raise FileProblem(FileFault.TWO_PHONE_COLUMNS, columns=[column.name for column in likely])
    if likely:
        raise FileProblem(FileFault.PHONE_NOT_CHOSEN, column=likely[0].name)
    raise FileProblem(FileFault.NO_PHONE_COLUMN, columns=[column.name for column in columns])


def _words(header: str) -> str:
    """The header in lower case without accents, its words separated by one space."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    plain = "".join(
        _WHOLE_LETTERS.get(character, character)
        for character in unicodedata.normalize("NFKD", spaced.casefold())
        # Vowel signs of Indic scripts are marks too; only the Latin and Greek accents go.
        if not "\u0300" <= character <= "\u036f"
    )
    return " ".join(re.sub(r"[\s_\-./:()#*]+", " ", unicodedata.normalize("NFC", plain)).split())


# Letters with a stroke are no letters with an accent.
_WHOLE_LETTERS = {"đ": "d", "ł": "l", "ø": "o", "\u0131": "i", "æ": "ae"}


def says_phone(header: str) -> bool:
    """Whether these are words for a phone number."""
    words = _words(header)
    # WhatsApp is one word.
    parts = {*words.split(), *_words(header.casefold()).split()}
    if parts & _NOT_PHONE_WORDS:
        return False
    return (
        bool(parts & _PHONES)
        or words in _PHONES
        or "dien thoai" in words
        or any(part.startswith(_PHONE_BEGINNINGS) for part in parts)
    )


_PHONES = frozenset(map(_words, _PHONE_WORDS))
_COUNTRIES = frozenset(map(_words, _COUNTRY_WORDS))


def _name_columns(headers: Sequence[str]) -> list[int]:
    """The column with full names, else those with first and last names."""
    words = [_words(header) for header in headers]
    for index, word in enumerate(words):
        if word in _FULL_NAMES:
            return [index]
    first = [index for index, word in enumerate(words) if word in _FIRST_NAME_WORDS][:1]
    last = [index for index, word in enumerate(words) if word in _LAST_NAME_WORDS][:1]
    return first + last


_FULL_NAMES = frozenset(map(_words, _FULL_NAME_WORDS))


def _filled(sample: Sequence[Sequence[str]], index: int) -> list[str]:
    return [cells[index] for cells in sample if index < len(cells) and cells[index].strip()]


def _phone_share(
    sample: Sequence[Sequence[str]], index: int, reader: PhoneReader, country: int | None
) -> float:
    answers = _answers(sample, index, reader, country)
    return sum(map(_is_assigned, answers)) / len(answers) if answers else 0.0


def _mobiles(
    sample: Sequence[Sequence[str]], index: int, reader: PhoneReader, country: int | None
) -> int:
    answers = _answers(sample, index, reader, country)
    return sum(isinstance(answer, Phone) and answer.doubt is None for answer in answers)


def _answers(
    sample: Sequence[Sequence[str]], index: int, reader: PhoneReader, country: int | None
) -> list[Phone | Rejection]:
    """The filled cells of a column as they are read, by the country of their row if it has one."""
    readers = {"": reader}
    answers = []
    for cells in sample:
        if index < len(cells) and cells[index].strip():
            home = country_of_row(cells, country, reader.default_country) or ""
            if home not in readers:
                readers[home] = PhoneReader(home)
            answers.append(readers[home].read(cells[index]))
    return answers


def _holds_number(cell: str, reader: PhoneReader) -> bool:
    """Whether a number is in a cell, be it one that cannot be messaged as it stands."""
    answer = reader.read(cell)
    return _is_phone(cell, reader) or (
        isinstance(answer, Rejection) and answer.reason in _NUMBERS_OF_A_KIND
    )


def _is_phone(cell: str, reader: PhoneReader) -> bool:
    return _is_assigned(reader.read(cell))


def _is_assigned(answer: Phone | Rejection) -> bool:
    return isinstance(answer, Phone) and answer.doubt is not PhoneDoubt.NOT_ASSIGNED


def _has_no_digit(cell: str) -> bool:
    return not any(map(str.isdecimal, cell))
