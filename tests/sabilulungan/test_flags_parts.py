"""The arithmetic of the rules: names, chance, tails, neighbours; and the table of rules itself."""

import pytest

from app.sabilulungan.flags import FLAGS
from app.sabilulungan.flags.copies import chance, jaccard, overlap, shingles
from app.sabilulungan.flags.grouping import groups
from app.sabilulungan.flags.names import Name, same_name, same_payee
from app.sabilulungan.flags.neighbours import distance
from app.sabilulungan.flags.spread import tail


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Yayasan Al-Ikhlas", "YAYASAN AL IKHLASH", True),
        ("PONPES Daruttaubah Al Islamy", "Pondok Pesantren Darut Taubah Al Islami", True),
        ("DKM Masjid Nurul Iman", "DKM Mesjid Nurul Imam", True),
        ("Karang Taruna RW 05", "Karang Taruna RW 06", False),
        ("MI Miftahul Huda I", "MI Miftahul Huda II", False),
        ("Kelompok Tani Sumber Rejeki", "Kelompok Tani Sumber Makmur", False),
        ("Posyandu Melati", "Posyandu Mawar", False),
        ("Masjid Al Ikhlas", "TPQ Al Ikhlas", False),
        ("Masjid Ar Rahman", "Masjid Ar Rahim", False),
        ("Yayasan", "Lembaga", False),
    ],
)
def test_two_spellings_of_one_name_are_one_and_neighbours_are_two(first: str, second: str, *, same: bool) -> None:
    assert same_name(Name(first), Name(second), 0.92, 0.8) == same
    assert same_name(Name(second), Name(first), 0.92, 0.8) == same


@pytest.mark.parametrize(
    ("payee", "owner", "same"),
    [
        ("YAYASAN CONTOH SEJAHTERA", "Yayasan Contoh Sejahtera", True),
        ("YYS CONTOH SEJAHTERA", "Yayasan Contoh Sejahtera", True),
        ("YAYASAN CONTOH SEJ", "Yayasan Contoh Sejahtera", True),
        ("KEL TANI SUMBER REJEKI QQ UJANG", "Kelompok Tani Sumber Rejeki", True),
        ("BUDI CAHYONO", "Yayasan Contoh Sejahtera", False),
        ("YAYASAN CONTOH MAKMUR", "Yayasan Contoh Sejahtera", False),
        ("YAYASAN PENDIDIKAN ISLAM AL FALAH", "Yayasan Pendidikan Islam Al Ikhlas", False),
    ],
)
def test_a_bank_book_names_the_organisation_or_somebody_else(payee: str, owner: str, *, same: bool) -> None:
    assert same_payee(payee, owner, 0.85) == same


def test_rare_lines_are_no_chance_and_common_ones_are() -> None:
    assert chance([2, 2, 2, 2], members=2, documents=5_000) < 1e-6
    assert chance([1_250, 1_250, 1_250, 1_250, 1_250], members=2, documents=5_000) > 100
    # A mill of 250 is no less a copy because its lines are common: only among its own.
    assert chance([250] * 5, members=250, documents=5_000) < 1e-6


def test_likeness_of_sets() -> None:
    assert overlap({1, 2, 3, 4, 5}, {1, 2, 3, 4, 6}) == 0.8
    assert jaccard({1, 2}, {2, 3}) == pytest.approx(1 / 3)
    assert overlap(set(), {1}) == jaccard(set(), set()) == 0
    assert jaccard(shingles("MEMBANGUN"), shingles("MEMBANGUN")) == 1


@pytest.mark.parametrize(("n", "k", "share", "value"), [(10, 10, 0.5, 2**-10), (1, 0, 0.3, 1.0), (3, 2, 0.5, 0.5)])
def test_the_tail_of_the_binomial(n: int, k: int, share: float, value: float) -> None:
    assert tail(n, k, share) == pytest.approx(value)


def test_a_share_of_nothing_or_everything_surprises_nobody() -> None:
    assert tail(5, 5, 1.0) == 1
    assert tail(5, 1, 0.0) == 0


def test_connected_pairs_are_groups() -> None:
    found = groups([("a", "b"), ("c", "d"), ("b", "e")])
    assert sorted(sorted(group) for group in found) == [["a", "b", "e"], ["c", "d"]]


def test_metres_between_two_places() -> None:
    here = {"lat": -6.9, "lon": 107.6}
    assert distance(here, {"lat": -6.9 + 0.0001, "lon": 107.6}) == pytest.approx(11.1, abs=0.1)
    assert distance(here, {"lat": -6.9, "lon": 107.6 + 0.0001}) == pytest.approx(11.05, abs=0.1)


def test_every_rule_of_the_specification_is_in_the_table_once() -> None:
    codes = [flag.code for flag in FLAGS]
    assert len(codes) == len(set(codes))
    assert set(codes) == {f"R{number:02d}" for number in range(1, 51)}


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.code)
def test_each_rule_says_its_source_and_what_would_be_innocent(flag: object) -> None:
    assert str(flag.innocent).endswith(".")  # type: ignore[attr-defined]
    assert flag.source  # type: ignore[attr-defined]
    assert (flag.find is None) == bool(flag.waits)  # type: ignore[attr-defined]
