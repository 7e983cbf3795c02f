"""Design tokens: a region brings one or two colours, the rest is derived and checked.

A region's tokens are `{"utama": "#0b5a57", "aksen": "#a85a05"}`, with `utama_gelap` and
`aksen_gelap` where the region wants to choose its colours of the dark theme as well.
"""

import colorsys
import hashlib
import re
from collections.abc import Mapping
from itertools import chain
from typing import NamedTuple

from flask import Blueprint, Response, g, request

from app.services.ui.i18n import _

HEX = re.compile(r"#[0-9a-fA-F]{6}")
KEYS = ("utama", "aksen", "utama_gelap", "aksen_gelap")
DEFAULT = {"utama": "#0b5a57", "aksen": "#a85a05"}
WHITE, BLACK = "#ffffff", "#000000"
TEXT_RATIO, UI_RATIO = 4.5, 3.0
MAX_AGE = 300
SRGB_KNEE = 0.04045
CALM_SATURATION = 0.5  # brighter colours glare on a dark page

LIGHT_BASE = {
    "latar": "#f5f6f3",
    "permukaan": "#ffffff",
    "lekuk": "#ecefeb",
    "teks": "#15211f",
    "redup": "#4d5b58",
    "garis": "#d7ddd9",
    "garis-kuat": "#74827e",
    "baik": "#17653a",
    "baik-latar": "#e2f2e8",
    "awas": "#774700",
    "awas-latar": "#fcf0d6",
    "bahaya": "#a3211c",
    "bahaya-latar": "#fbe7e5",
    "info": "#1a4d88",
    "info-latar": "#e4eef9",
}
DARK_BASE = {
    "latar": "#0e1514",
    "permukaan": "#16201e",
    "lekuk": "#1f2b29",
    "teks": "#e8eeec",
    "redup": "#a7b6b2",
    "garis": "#2d3b38",
    "garis-kuat": "#74857f",
    "baik": "#7fd6a2",
    "baik-latar": "#12301f",
    "awas": "#f2c46b",
    "awas-latar": "#35270a",
    "bahaya": "#ff9d94",
    "bahaya-latar": "#3d1715",
    "info": "#93c1f5",
    "info-latar": "#13283f",
}


class Pair(NamedTuple):
    """Two colours that touch on a page, and the contrast that they owe the reader."""

    front: str
    back: str
    least: float
    what: str


def contrast_ratio(one: str, other: str) -> float:
    """WCAG 2 contrast of two `#rrggbb`, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (linear(channel / 255) for channel in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(value: float) -> float:
    """One sRGB channel as light; the constants are those of WCAG 2."""
    return value / 12.92 if value <= SRGB_KNEE else ((value + 0.055) / 1.055) ** 2.4


def channels(colour: str) -> tuple[int, int, int]:
    if not HEX.fullmatch(colour):
        raise ValueError(f"not a colour of the form #rrggbb: {colour!r}")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, into: str, share: float) -> str:
    """`share` of `colour`, the rest of `into`."""
    pairs = zip(channels(colour), channels(into), strict=True)
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in pairs)


def readable_on(colour: str, back: str, least: float) -> str:
    """`colour` made lighter, in its own hue, until it can be seen on a dark `back`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(
        *(channel / 255 for channel in channels(colour))
    )
    calm = min(saturation, CALM_SATURATION)
    steps = (lightness + (1 - lightness) * step / 40 for step in range(41))
    shades = (from_hls(hue, step, calm) for step in steps)
    return next(shade for shade in shades if contrast_ratio(shade, back) >= least)


def from_hls(hue: float, lightness: float, saturation: float) -> str:
    return "#" + "".join(
        f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation)
    )


def light_palette(tokens: Mapping[str, str]) -> dict[str, str]:
    utama = tokens["utama"]
    return LIGHT_BASE | {
        "utama": utama,
        "di-utama": WHITE,
        "utama-lembut": mix(utama, WHITE, 0.1),
        "utama-tekan": mix(utama, BLACK, 0.78),
        "kepala": utama,
        "di-kepala": WHITE,
        "aksen": tokens["aksen"],
        "t0": LIGHT_BASE["lekuk"],
        "t1": mix(utama, WHITE, 0.18),
        "t2": mix(utama, WHITE, 0.42),
        "t3": mix(utama, WHITE, 0.97),
        "t4": mix(utama, BLACK, 0.6),
    }


def dark_palette(tokens: Mapping[str, str]) -> dict[str, str]:
    base = DARK_BASE["permukaan"]
    utama = tokens.get("utama_gelap") or readable_on(tokens["utama"], base, 7)
    return DARK_BASE | {
        "utama": utama,
        "di-utama": mix(utama, BLACK, 0.12),
        "utama-lembut": mix(utama, base, 0.13),
        "utama-tekan": mix(utama, WHITE, 0.8),
        "kepala": mix(tokens["utama"], DARK_BASE["latar"], 0.5),
        "di-kepala": WHITE,
        "aksen": tokens.get("aksen_gelap") or readable_on(tokens["aksen"], base, 5),
        "t0": DARK_BASE["lekuk"],
        "t1": mix(utama, base, 0.17),
        "t2": mix(utama, base, 0.34),
        "t3": mix(utama, base, 0.74),
        "t4": mix(utama, WHITE, 0.85),
    }


def pairs(palette: Mapping[str, str]) -> list[Pair]:
    """Every pair of colours that the stylesheet lays over each other."""
    text = [
        *((front, back) for front in ("teks", "redup") for back in ("latar", "permukaan", "lekuk")),
        *(
            (front, back)
            for front in ("utama", "utama-tekan")
            for back in ("latar", "permukaan", "utama-lembut")
        ),
        *((kind, f"{kind}-latar") for kind in ("baik", "awas", "bahaya", "info")),
        *((kind, "permukaan") for kind in ("baik", "awas", "bahaya", "info")),
        ("teks", "utama-lembut"),
        ("di-utama", "utama"),
        ("di-utama", "utama-tekan"),
        ("di-kepala", "kepala"),
        ("teks", "t0"),
        ("teks", "t1"),
        ("teks", "t2"),
        ("di-utama", "t3"),
        ("di-utama", "t4"),
    ]
    shapes = [
        (front, back)
        for front in ("aksen", "garis-kuat", "utama")
        for back in ("latar", "permukaan")
    ]
    wanted = chain(((*pair, TEXT_RATIO) for pair in text), ((*pair, UI_RATIO) for pair in shapes))
    return [Pair(palette[f], palette[b], least, f"{f}/{b}") for f, b, least in wanted]


def check_tokens(tokens: Mapping[str, str] | None) -> list[str]:
    """Problems of a region's colours, in the reader's language; empty when they may be used."""
    given = {key: value for key, value in (tokens or {}).items() if key in KEYS and value}
    malformed = [
        _("Warna %(key)s harus ditulis #rrggbb, bukan %(value)s.", key=key, value=value)
        for key, value in given.items()
        if not isinstance(value, str) or not HEX.fullmatch(value)
    ]
    if malformed:
        return malformed
    whole = DEFAULT | given
    themes = ((_("tema terang"), light_palette(whole)), (_("tema gelap"), dark_palette(whole)))
    return [
        _(
            "Kontras %(what)s di %(theme)s hanya %(ratio)s:1; paling sedikit %(least)s:1.",
            what=pair.what,
            theme=theme,
            ratio=f"{contrast_ratio(pair.front, pair.back):.2f}".replace(".", ","),
            least=f"{pair.least:g}".replace(".", ","),
        )
        for theme, palette in themes
        for pair in pairs(palette)
        if contrast_ratio(pair.front, pair.back) < pair.least
    ]


def theme_css(tokens: Mapping[str, str] | None) -> str:
    """A region's colours as CSS; empty without colours of its own or when these fail the check."""
    given = {key: value for key, value in (tokens or {}).items() if key in KEYS and value}
    if not given or check_tokens(given):
        return ""
    whole = DEFAULT | given
    light, dark = root_rule(light_palette(whole)), root_rule(dark_palette(whole))
    return f"{light}\n@media screen and (prefers-color-scheme:dark){{{dark}}}\n"


def root_rule(palette: Mapping[str, str]) -> str:
    return ":root{" + ";".join(f"--warna-{name}:{value}" for name, value in palette.items()) + "}"


def serve_theme() -> Response:
    """/tema.css: this host's colours. Short-lived, because an administrator changes them."""
    css = theme_css(getattr(g.get("site"), "tokens", None))
    response = Response(css, mimetype="text/css")
    response.set_etag(hashlib.sha256(css.encode()).hexdigest()[:16])
    response.cache_control.public = True
    response.cache_control.max_age = MAX_AGE
    response.make_conditional(request)
    return response


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/tema.css", "theme", serve_theme)
