"""Each component renders, says what it must, and keeps the strict CSP."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from flask import Flask, g, render_template_string

from app.services.ui import query_url

FORBIDDEN = re.compile(r"\sstyle\s*=|<script|<style|\son[a-z]+\s*=|javascript:", re.IGNORECASE)


class FakeField:
    """As much of a WTForms field as the macro may rely on."""

    def __init__(
        self, kind: str, errors: tuple[str, ...] = (), options: tuple["FakeField", ...] = ()
    ) -> None:
        self.type, self.id, self.name = kind, "nama", "nama"
        self.errors, self.options = errors, options
        self.description = "Seperti di akta."
        self.label = SimpleNamespace(text="Nama organisasi")
        self.flags = SimpleNamespace(required=True)

    def __iter__(self) -> Iterator[object]:
        return iter(self.options)

    def __call__(self, **attributes: object) -> str:
        return SafeInput(attributes)


class SafeInput(str):
    __slots__ = ()

    def __new__(cls, attributes: dict[str, object]) -> "SafeInput":
        written = "".join(f' {name}="{value}"' for name, value in attributes.items())
        return super().__new__(cls, f"<input{written}>")

    def __html__(self) -> str:
        return str(self)


TILES = [
    {
        "code": "3273",
        "name": "Kota Bandung",
        "short": "BDG",
        "value": 1204,
        "url": "/a",
        "row": 1,
        "col": 2,
        "level": 4,
    },
    {
        "code": "3204",
        "name": "Kab. Bandung",
        "short": "KBD",
        "value": None,
        "url": "/b",
        "row": 1,
        "col": 3,
        "level": 0,
    },
]
STEPS = [
    {"title": "Diajukan", "status": "done", "event_date": date(2025, 1, 3), "role": "Pemohon"},
    {
        "title": "Diperiksa",
        "status": "done",
        "event_date": date(2025, 1, 9),
        "recorded_at": datetime(2025, 2, 20, 7, 30, tzinfo=UTC),
    },
    {"title": "Ditimbang", "status": "now", "note": "Hari ke-3 dari 15."},
    {"title": "Ditetapkan", "status": "next"},
]
OPTIONS = [
    {"label": "Diajukan", "url": "/?s=1", "count": 1204, "current": True, "direction": "desc"}
]

CASES = {
    "money": ("{{ ui.money(1250000) }}", 'value="1250000"'),
    "money short": ("{{ ui.money(12500000000, short=true) }}", "12,5 miliar"),
    "money unknown": ("{{ ui.money(none) }}", "–"),
    "date": ("{{ ui.date(day) }}", 'datetime="2025-01-09"'),
    "moment": ("{{ ui.moment(at) }}", "14.30 WIB"),
    "fingerprint": ("{{ ui.fingerprint('0123456789abcdef') }}", "<code>01234567<wbr>89abcdef<wbr></code>"),
    "masked": ("{{ ui.masked('3273010101700001', '/buka') }}", "Tampilkan (dicatat)"),
    "badge": ("{{ ui.badge('PERLU_PERBAIKAN') }}", "Perlu perbaikan"),
    "badge unknown": ("{{ ui.badge('TINJAUAN_LAPANGAN') }}", "Tinjauan lapangan"),
    "notice": ("{{ ui.notice('awas', 'Judul', 'Teks') }}", "pesan-awas"),
    "notice call": ("{% call ui.notice('bahaya') %}<p>Isi</p>{% endcall %}", 'role="alert"'),
    "breadcrumbs": (
        "{{ ui.breadcrumbs([('Beranda', '/'), ('Hibah', none)]) }}",
        'aria-current="page">Hibah',
    ),
    "page_title": (
        "{{ ui.page_title('Hibah', 'Siapa menerima berapa', '2025') }}",
        "<h1>Hibah</h1>",
    ),
    "empty_state": (
        "{{ ui.empty_state('Kosong', 'Kurangi saringan', 'Hapus', '/') }}",
        "Kurangi saringan",
    ),
    "print_hint": ("{{ ui.print_hint() }}", "Ctrl+P"),
    "stats": (
        "{% call ui.stats() %}{{ ui.stat('Usulan', 12, 'tahun ini', '/') }}{% endcall %}",
        "tahun ini",
    ),
    "service_card": ("{{ ui.service_card('Hibah', 'Teks', '/hibah', 'hibah') }}", "#hibah"),
    "card": ("{% call ui.card('Rincian') %}x{% endcall %}", "<h2>Rincian</h2>"),
    "record": ("{{ ui.record('Atap', '/x', 5, 'DRAF', [('Kecamatan', 'Coblong')]) }}", "Coblong"),
    "summary_list": ("{{ ui.summary_list([('Nama', 'PMI', '/ubah')]) }}", "Ubah"),
    "task_list": ("{{ ui.task_list([{'label': 'Data', 'url': '/', 'done': true}]) }}", "Selesai"),
    "confirmation": ("{{ ui.confirmation('Terkirim', 'HB-1') }}", "HB-1"),
    "filters": (
        "{% call ui.filters(2, '/') %}{{ ui.facet_list('Status', options) }}{% endcall %}",
        "1.204",
    ),
    "result_summary": ("{{ ui.result_summary(1204, 'usulan', 5) }}", "1.204"),
    "sort_links": ("{{ ui.sort_links(options) }}", "menurun"),
    "pagination": ("{{ ui.pagination(3, 9) }}", 'href="/hibah?status=DIAJUKAN&amp;halaman=4"'),
    "download_links": ("{{ ui.download_links('/a.csv', '/a.xlsx', '/a.json') }}", "XLSX"),
    "table": (
        "{% call ui.table('Penerima', cards=true) %}<thead><tr>"
        "{{ ui.th('Nilai', '/', 'desc', true) }}</tr></thead>"
        "<tbody><tr>{{ ui.td('1', 'Nilai', true) }}</tr></tbody>{% endcall %}",
        'aria-sort="descending"',
    ),
    "rows_table": (
        "{{ ui.rows_table('P', ['Nama', ('Nilai', 'n')], [['A', '1']]) }}",
        'data-label="Nilai"',
    ),
    "timeline": ("{{ ui.timeline(steps) }}", "Dicatat belakangan"),
    "clock": ("{{ ui.clock('Batas', 18, 15) }}", "Lewat 3 hari"),
    "progress": ("{{ ui.progress(312, 514, 'Impor') }}", "312 dari 514"),
    "progress of nothing": ("{{ ui.progress(0, 0, 'Impor') }}", "0 dari 0"),
    "bars": (
        "{{ ui.bars([('Dinsos', 10, '/a'), ('Disdik', 5, none)], 'Per OPD') }}",
        'width="50.00%"',
    ),
    "ladder": (
        "{{ ui.ladder([('Diajukan', 200), ('Ditetapkan', 150), ('Dicairkan', none)]) }}",
        "belum ada",
    ),
    "share_bar": ("{{ ui.share_bar([('Hibah', 3), ('Bansos', 1)], 'Jenis') }}", 'x="75.00%"'),
    "tile_map": ("{{ ui.tile_map(tiles, 'Usulan', 'Usulan') }}", 'class="b1 k2"'),
    "button": ("{{ ui.button('Setujui') }}", 'type="submit"'),
    "button link": ("{{ ui.button('Buka', url='/x') }}", 'href="/x"'),
    "button refused": ("{{ ui.button('Tetapkan', reason='Melebihi pagu.') }}", "Melebihi pagu."),
    "error_summary": ("{{ ui.error_summary({'nama': ['Isi nama.']}) }}", 'href="#nama"'),
    "error_summary none": ("<p>{{ ui.error_summary({}) }}</p>", "<p></p>"),
    "field": (
        "{{ ui.field(field, prefix='Rp', inputmode='numeric') }}",
        'aria-describedby="nama-petunjuk nama-galat"',
    ),
    "field radio": ("{{ ui.field(radio) }}", "<legend>"),
    "field checkbox": ("{{ ui.field(boolean) }}", "pilih"),
    "input": (
        "{{ ui.input('nik', 'NIK', error='15 angka', attrs={'maxlength': 16}) }}",
        'aria-invalid="true"',
    ),
    "textarea": ("{{ ui.textarea('alasan', 'Alasan', required=false) }}", "boleh kosong"),
    "select": ("{{ ui.select('kec', 'Kecamatan', [(1, 'Coblong')], value='1') }}", "selected"),
    "radios": (
        "{{ ui.radios('cara', 'Cara', [('a', 'Satu', 'Ket'), ('b', 'Dua')], 'a') }}",
        "checked",
    ),
    "checkbox": ("{{ ui.checkbox('setuju', 'Setuju', true) }}", "checked"),
    "file_input": ("{{ ui.file_input('berkas', 'Proposal', '.pdf') }}", 'accept=".pdf"'),
    "search_box": ("{{ ui.search_box('Cari', 'atap', keep={'urut': 'nilai'}) }}", 'role="search"'),
    "form": (
        "{% call ui.form('/x', submit='Simpan') %}{{ ui.input('a', 'A') }}{% endcall %}",
        'method="post"',
    ),
    "confirm": (
        "{{ ui.confirm('Hapus?', 'HB-1', ['Tidak dapat dikembalikan'], hidden={'a': 1}) }}",
        "tombol-bahaya",
    ),
}


@pytest.fixture
def page(render: Callable[..., str]) -> Callable[[str], str]:
    shown = {
        "tiles": TILES,
        "steps": STEPS,
        "options": OPTIONS,
        "day": date(2025, 1, 9),
        "at": datetime(2025, 1, 9, 7, 30, tzinfo=UTC),
        "field": FakeField("StringField", ("Isi nama.",)),
        "radio": FakeField("RadioField", ("Pilih satu.",), (FakeField("_Option"),)),
        "boolean": FakeField("BooleanField"),
    }
    return lambda source: render(source, **shown)


@pytest.mark.parametrize("name", CASES)
def test_a_component_says_what_it_must_and_keeps_the_strict_csp(page: Callable[[str], str], name: str) -> None:
    source, expected = CASES[name]
    html = page(source)
    assert expected in html
    assert not FORBIDDEN.search(html)


def test_components_speak_english_to_a_reader_of_english(shared_app: Flask, site: SimpleNamespace) -> None:
    with shared_app.test_request_context("/?bahasa=en"):
        g.site = site
        html = render_template_string(
            "{{ ui.clock('Limit', 18, 15) }}{{ ui.timeline(steps) }}", steps=STEPS
        )
    assert "3 days over" in html
    assert "Recorded later" in html
    assert "9 January 2025" in html


def test_every_macro_is_tried_here(shared_app: Flask) -> None:
    tried = set(re.findall(r"ui\.(\w+)\(", " ".join(source for source, _ in CASES.values())))
    components = shared_app.jinja_env.get_template("ui/components.html").module
    macros = {name for name, macro in vars(components).items() if hasattr(macro, "catch_varargs")}
    assert macros - tried <= {"icon", "csrf", "shown", "facet_list"}


def test_text_of_citizens_is_escaped_everywhere(page: Callable[[str], str]) -> None:
    hostile = "'<img src=x onerror=alert(1)>'"
    for source in (
        f"{{{{ ui.badge(label={hostile}) }}}}",
        f"{{{{ ui.bars([({hostile}, 1, none)], {hostile}) }}}}",
        f"{{{{ ui.input('a', {hostile}, {hostile}, hint={hostile}, error={hostile}) }}}}",
        f"{{{{ ui.masked({hostile}) }}}}",
        f"{{{{ ui.progress(1, 2, {hostile}) }}}}",
    ):
        assert "<img" not in page(source)


def test_an_entry_made_the_same_day_is_not_marked_as_late(page: Callable[[str], str]) -> None:
    # 23.30 UTC on the 8th is already the 9th in Bandung.
    step = "{'title': 'x', 'status': 'done', 'event_date': day, 'recorded_at': at}"
    assert "belakangan" not in page(f"{{{{ ui.timeline([{step}]) }}}}")


def test_a_filter_link_keeps_the_rest_of_the_address_and_returns_to_page_one(page: Callable[[str], str]) -> None:
    assert page("{{ query_url(jenis='HIBAH') }}") == "/hibah?status=DIAJUKAN&amp;jenis=HIBAH"
    assert page("{{ query_url(status=none) }}") == "/hibah"
    assert page("{{ language_url('en') }}") == "/hibah?status=DIAJUKAN&amp;halaman=3&amp;bahasa=en"


def test_an_address_never_leads_to_another_host(app: Flask) -> None:
    with app.test_request_context("/", environ_overrides={"PATH_INFO": "//jahat.example/x"}):
        assert query_url() == "/jahat.example/x"
