"""Personal numbers disappear, public money stays; two spellings of a name meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.text import (
    MASK,
    delete_keys,
    edit_distance_at_most_one,
    initials_only,
    normalise_name,
    redact,
)


@pytest.mark.parametrize(
    "personal",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 789",
        "0812.345.678",
        "(0812) 345 6789",
        "+6281234567890",
        "+62 812-3456-7890",
        "+62 (0) 812 3456 7890",
        "6281234567890",
        "62 812 3456 7890",
        "+62.812.345.678",
        "+62 22 7234567",
        "3273011201900001",
        "3273 0112 0190 0001",
        "3273.0112.0190.0001",
        "327301-120190-0001",
        "01.234.567.8-901.000",
        "31.234.567.8-901.000",
        "budi.santoso+hibah@contoh.co.id",
        "rek 1234567890",
        "rek.1234567890",
        "rek1234567890",
        "No. Rek: 123-456-7890",
        "norek 1234567890",
        "rekening BCA nomor 0012345678901",
        "a.n. Budi Santoso 1234567890",
        "A/N Siti 1234567",
        "1234567890 a.n. Budi",
        "Bank BJB 0012 3456 7890 1",
        "rekening tahun 2014 nomor 1234567890",
    ],
)
def test_personal_numbers_are_hidden(personal: str) -> None:
    shown = redact(f"Hubungi {personal}, terima kasih.")
    assert MASK in shown
    digits = [len(run) for run in "".join(c if c.isdigit() else " " for c in shown).split()]
    assert max(digits, default=0) <= 4
    assert "@" not in shown
    assert shown.startswith("Hubungi ")
    assert shown.endswith("terima kasih.")


def test_two_accounts_after_one_word_are_both_hidden() -> None:
    assert redact("rekening 1234567890 dan 0987654321.") == f"rekening {MASK} dan {MASK}."


@pytest.mark.parametrize(
    "text",
    [
        "Rp 120.000.000",
        "Rp120.000.000,00",
        "1.250.000.000",
        "Rp 62.812.345.678",
        "62.812.345.678",
        "Rp 1250000000",
        "Rp 62812345678",
        "sebesar 3.273.011.201.900.001 rupiah",
        "1,250,000.00",
        "120.000.000 130.000.000 140.000.000",
        "tahun 2014 2015 2016 2017",
        "2014-2018",
        "30-03-2014 30-03-2015",
        "2014-03-30 2014-04-30",
        "1 November 2017 14.30 WIB",
        "Perwal 1234 Tahun 2015",
        "rekening sebesar Rp 120.000.000",
        "saldo rekening 1.250.000.000",
        "rekening dibuka 30-03-2014",
        "rekening Rp 1250000",
        "transfer bank 1250000 rupiah",
        "rekening tahun 2014 2015",
        "5.02.01.1.02.01",
        "kode rekening 5.1.05.05.01.0001 Belanja Hibah",
        "5.02.01.2.02.0012 5.1.05.05.01.0001",
        "Jl. Asia Afrika No. 146",
        "RT 01 RW 12, 40261",
    ],
)
def test_public_figures_stay(text: str) -> None:
    assert redact(text) == text


def test_a_nik_beside_an_amount_is_hidden_and_the_amount_stays() -> None:
    assert redact("Rp 120.000.000 3273011201900001") == f"Rp 120.000.000 {MASK}"
    assert redact("Rp 3273011201900001") == f"Rp {MASK}"


def test_the_shortest_secrets_are_not_taken_for_plain_text() -> None:
    assert redact("rek 123456") == "rek [disamarkan]"
    assert redact("a@b.id") == "[disamarkan]"
    assert redact("Kegiatan 12 kelompok di RW 03, lihat @warga") == "Kegiatan 12 kelompok di RW 03, lihat @warga"


def test_redaction_is_quick_on_hostile_text() -> None:
    for piece in ("1 ", "a.", "rek ", "08", "+62 ", "1.", "2014-", "((", "rekening 1.250.000 "):
        text = piece * (60_000 // len(piece))
        assert len(redact(text)) <= len(text) * 2


@given(st.text(alphabet="0123456789 .-/Rprek@an", max_size=120))
def test_redacting_twice_changes_nothing_about_the_length_of_a_secret(text: str) -> None:
    once = redact(text)
    assert redact(once).count(MASK) >= once.count(MASK)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("P.T. Maju-Jaya, Tbk", "PT MAJU JAYA TBK"),
        ("PT.Maju Jaya", "PT MAJU JAYA"),
        ("Yayasan  Al-Ma'arif", "YAYASAN AL MAARIF"),
        ("Nu\u2019man & Rekan", "NUMAN REKAN"),
        ("H.M. Soleh", "HM SOLEH"),
        ("Café_Répu", "CAFE REPU"),
        ("\uff30\uff34 Maju", "PT MAJU"),
        ("", ""),
    ],
)
def test_a_name_is_normalised(text: str, name: str) -> None:
    assert normalise_name(text) == name


def test_delete_keys() -> None:
    assert delete_keys("abc") == {"abc", "ab", "ac", "bc"}
    assert delete_keys("abc", 2) == {"abc", "ab", "ac", "bc", "a", "b", "c"}
    assert delete_keys("") == {""}
    assert delete_keys("ab", 0) == {"ab"}


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("maju", "maju", True),
        ("maju", "majuu", True),
        ("maju", "aju", True),
        ("maju", "maja", True),
        ("maju", "mjau", True),
        ("maju", "majuuu", False),
        ("maju", "jamu", False),
        ("maju", "majikan", False),
        ("ab", "ba", True),
        ("abcd", "badc", False),
        ("", "a", True),
        ("", "", True),
        ("a", "b", True),
        ("ab", "cd", False),
    ],
)
def test_edit_distance_at_most_one(a: str, b: str, near: bool) -> None:
    assert edit_distance_at_most_one(a, b) is near
    assert edit_distance_at_most_one(b, a) is near


def _edits(word: str) -> set[str]:
    """Norvig's one-edit neighbours over the letters a and b."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return (
        {word}
        | {x + y[1:] for x, y in cuts if y}
        | {x + c + y for x, y in cuts for c in "ab"}
        | {x + c + y[1:] for x, y in cuts if y for c in "ab"}
        | {x + y[1] + y[0] + y[2:] for x, y in cuts if len(y) > 1}
    )


@given(st.text(alphabet="ab", max_size=6), st.text(alphabet="ab", max_size=6))
def test_the_distance_agrees_with_the_definition_and_near_words_share_a_key(a: str, b: str) -> None:
    near = edit_distance_at_most_one(a, b)
    assert near is (b in _edits(a))
    assert not near or delete_keys(a) & delete_keys(b)


def test_a_person_is_shown_by_initials() -> None:
    assert initials_only("siti  Rahmawati") == "S*** R***"
    assert initials_only("") == ""
