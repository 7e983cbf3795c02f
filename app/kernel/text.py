"""Text of citizens: what must not be shown, and what makes two spellings one name."""

import re
import unicodedata

MASK = "[disamarkan]"

_SEP = r"[ .\-()\u00a0]{0,2}"
_DATE = (
    r"(?<!\d)(?:(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|1[0-2])[-/.](?:19|20)\d\d"
    r"|(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?![.\-]?\d)"
)
_GROUPED = (
    r"(?<!\d)(?<!\d[.,])(?<!\+)[1-9]\d{0,2}(?:(?:\.\d{3})+|(?:,\d{3})+)(?:[.,]\d\d)?(?![.,\-]?\d)"
)
# Sixteen bare digits after Rp are a NIK behind a mask, not an amount.
_AMOUNT = rf"(?:{_GROUPED}|\bRp\.?[ \u00a0]?[1-9]\d{{0,14}}(?![.,\-]?\d))"
# A code of the budget ("kode rekening 5.1.02.01") is public; only its name is that of an account.
_CODE = r"(?<!\d)(?<!\d[.,])[1-9]\.\d{1,2}\.\d{1,2}(?:\.\d{1,4}){0,6}(?![.\-]?\d)"
_YEARS = r"(?<!\d)(?:19|20)\d\d(?:[ .\-/](?:19|20)\d\d)*(?![.\-]?\d)"
_EMAIL = r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,6}"
_NPWP = r"(?<!\d)\d{2}\.\d{3}\.\d{3}\.\d[.\-]\d{3}\.\d{3}(?!\d)"
_SIXTEEN = rf"(?<!\d)(?:\d{_SEP}){{15}}\d(?!\d)"
_PHONE = (
    rf"(?:\+62{_SEP}(?:0{_SEP})?[1-9](?:{_SEP}\d){{6,11}}"
    rf"|(?<!\d)(?<!\d[.,])\(?(?:62{_SEP}(?:0{_SEP})?|0{_SEP})8(?:{_SEP}\d){{7,11}})(?!\d)"
)
# Order matters: what must stay is eaten first, so that no number is found across two of them.
_PERSONAL = re.compile(
    rf"(?P<keep>{_DATE}|{_AMOUNT}|{_CODE}|(?:(?:19|20)\d\d[ .\-/]){{2,}}(?:19|20)\d\d(?!\d))"
    rf"|(?P<hide>{_EMAIL}|{_NPWP}|{_SIXTEEN}|{_PHONE})",
    re.IGNORECASE,
)
_OWNER = r"(?:a\. ?n\b|a/n|atas nama)"
_ACCOUNT = re.compile(
    rf"(?P<before>(?<!\w)(?:rek(?:ening)?|no\.?rek(?:ening)?|{_OWNER}|bank|bca|bni|bri|bjb|btn"
    r"|virtual account|va)(?![^\W\d])[^\n]{0,40}?)"
    rf"(?<!\d)(?<!\d[.,/\-])(?!{_DATE})(?!{_GROUPED})(?!{_CODE})(?!{_YEARS})"
    r"(?<!Rp)(?<!Rp[ .\u00a0])(?<!Rp\.[ \u00a0])"
    r"\d(?:[ .\-\u00a0]?\d){5,19}(?!\d)(?! ?(?:rupiah|ribu|juta|mil[iy]ar)\b)",
    re.IGNORECASE,
)
_ACCOUNT_BEFORE_NAME = re.compile(
    rf"(?<![\w.,/\-])\d(?:[ .\-\u00a0]?\d){{5,19}}(?=[ ,(]{{1,3}}{_OWNER})",
    re.IGNORECASE,
)
# Nothing is hidden that has no @ and fewer digits than the shortest account: most titles are done here.
_NOTHING_PERSONAL = re.compile(r"[^\d@]*(?:\d[^\d@]*){0,5}")
_INITIALS = re.compile(r"(?<!\w)(?:\w\.){2,}")


def redact(text: str) -> str:
    """`text` with phone numbers, NIK, NPWP, bank accounts and e-mails replaced by "[disamarkan]".

    Amounts with Rp or grouped by thousands, dates and years stay. Where a bare number could be
    both, an account word nearby decides: hiding too much is mended by a person, showing is not.
    """
    if _NOTHING_PERSONAL.fullmatch(text):
        return text
    shown = _PERSONAL.sub(lambda found: found["keep"] or MASK, text)
    shown = _ACCOUNT_BEFORE_NAME.sub(MASK, shown)
    # "rekening 123456 dan 654321": the second is found once the first is gone. Each round
    # removes digits, so this ends.
    hidden = 1
    while hidden:
        shown, hidden = _ACCOUNT.subn(lambda found: found["before"] + MASK, shown)
    return shown


def normalise_name(text: str) -> str:
    """A name for comparison: "P.T. Maju-Jaya, Tbk" -> "PT MAJU JAYA TBK".

    Upper case, no accents, no punctuation, single spaces; PT, CV, YAYASAN and the like stay.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c)).upper()
    joined = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", letters)
    # An apostrophe is inside a word (MA'ARIF, NU'MAN); other signs stand between words.
    without_apostrophes = re.sub("['\u2018\u2019\u02bc`]", "", joined)
    return " ".join(re.sub(r"[\W_]+", " ", without_apostrophes).split())


def delete_keys(word: str, distance: int = 1) -> set[str]:
    """`word` and every text left when up to `distance` characters are deleted from it.

    Two words within edit distance `distance` share a key. Source: SymSpell (symmetric delete).
    """
    keys = {word}
    newest = {word}
    for _ in range(distance):
        newest = {w[:i] + w[i + 1 :] for w in newest for i in range(len(w))}
        keys |= newest
    return keys


def edit_distance_at_most_one(a: str, b: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours, or none, joins them."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    swapped = a[start : start + 2] == b[start : start + 2][::-1]
    return a[start + 1 :] == b[start + 1 :] or (swapped and a[start + 2 :] == b[start + 2 :])


def initials_only(name: str) -> str:
    """A person's name as the public may read it: "Siti Rahmawati" -> "S*** R***"."""
    return " ".join(word[0].upper() + "***" for word in normalise_name(name).split())
