"""Rupiah is written the Indonesian way and read in every way that offices write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import BadAmount, format_ringkas, format_rupiah, parse_rupiah


@pytest.mark.parametrize(
    ("n", "text"),
    [(1_250_000, "Rp\u00a01.250.000"), (0, "Rp\u00a00"), (-5, "-Rp\u00a05"), (999, "Rp\u00a0999")],
)
def test_an_amount_in_full(n: int, text: str) -> None:
    assert format_rupiah(n) == text


@pytest.mark.parametrize(
    ("n", "indonesian", "english"),
    [
        (12_500_000_000, "Rp 12,5 miliar", "Rp 12.5 billion"),
        (3_200_000, "Rp 3,2 juta", "Rp 3.2 million"),
        (1_400_000_000_000, "Rp 1,4 triliun", "Rp 1.4 trillion"),
        (3_000_000, "Rp 3 juta", "Rp 3 million"),
        (999_949_999, "Rp 999,9 juta", "Rp 999.9 million"),
        (999_950_000, "Rp 1 miliar", "Rp 1 billion"),
        (950_000, "Rp 950.000", "Rp 950,000"),
        (-2_500_000, "-Rp 2,5 juta", "-Rp 2.5 million"),
        (12_345_600_000_000_000, "Rp 12.345,6 triliun", "Rp 12,345.6 trillion"),
    ],
)
def test_an_amount_in_short(n: int, indonesian: str, english: str) -> None:
    assert format_ringkas(n) == indonesian.replace("Rp ", "Rp\u00a0")
    assert format_ringkas(n, "en") == english.replace("Rp ", "Rp\u00a0")


@pytest.mark.parametrize(
    "text",
    [
        "1250000",
        "Rp 1.250.000",
        "Rp\u00a01.250.000",
        "rp. 1.250.000,-",
        "Rp1.250.000,00",
        "1,250,000.00",
        "1,250,000",
        "1250000.0",
        "1250000,00",
        " 0001250000 ",
    ],
)
def test_every_usual_way_to_write_it(text: str) -> None:
    assert parse_rupiah(text) == 1_250_000


@pytest.mark.parametrize(
    ("text", "n"), [("-5", -5), ("-Rp 5", -5), ("Rp -1.000", -1000), ("0", 0), ("1.250", 1250)]
)
def test_negatives_zero_and_short_groups(text: str, n: int) -> None:
    assert parse_rupiah(text) == n


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rp",
        "-",
        "--5",
        "-Rp -5",
        "1.250.000,50",
        "1250000.5",
        "0.500",
        "1.25.000",
        "1.250,000.00",
        "1e6",
        "12 juta",
        "\u0661\u0662\u0663",
        "+5",
        "1_000",
        "(5)",
        "9" * 19,
        "1.250.000\n5",
    ],
)
def test_what_is_not_a_whole_amount_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        parse_rupiah(text)


@given(st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1))
def test_what_is_written_can_be_read_back(n: int) -> None:
    assert parse_rupiah(format_rupiah(n)) == n
