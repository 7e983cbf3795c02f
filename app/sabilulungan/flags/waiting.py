"""Rules whose data do not exist yet: listed with what they wait for, never run."""

from app.services.integrity.rules import CRITICAL, HIGH, LOW, MEDIUM, RedFlag
from app.services.ui.i18n import Lazy, lazy

SOURCE = "sabilulungan-process.md bagian 6"
NONE_YET = lazy("Belum berjalan; penjelasan ditulis saat aturannya berjalan.")


def _waiting(code: str, title: Lazy, severity: str, waits: Lazy) -> RedFlag:
    return RedFlag(code, title, severity, needs=(), innocent=NONE_YET, source=SOURCE, waits=waits)


FLAGS = (
    _waiting("R01", lazy("Penerima fiktif"), CRITICAL, lazy(
        "daftar badan hukum (AHU, SKT), tinjauan lapangan, jawaban warga"
    )),
    _waiting("R11", lazy(
        "Pengurus berhubungan dengan pejabat"
    ), HIGH, lazy("daftar pejabat (ASN, DPRD, penilai) dengan NIK atau KK")),
    _waiting("R13", lazy(
        "Umur dokumen janggal, pindaian sama dipakai beberapa organisasi"
    ), HIGH, lazy("dokumen dengan tanggal dan sidiknya")),
    _waiting("R14", lazy("Lonjakan menjelang pemilihan"), HIGH, lazy("kalender pemilihan daerah ini")),
    _waiting("R17", lazy(
        "Harga di atas standar harga satuan"
    ), MEDIUM, lazy("standar harga satuan (SHS) daerah per tahun")),
    _waiting("R18", lazy("Volume tidak wajar"), MEDIUM, lazy("jumlah penerima manfaat, batas honor menurut Perkada")),
    _waiting("R22", lazy("Bukti belanja ganda"), HIGH, lazy("baris LPJ dan foto buktinya")),
    _waiting("R23", lazy("Tanggal bukti di luar masa kegiatan"), HIGH, lazy("baris LPJ")),
    _waiting("R24", lazy("Belanja terpusat pada satu penyedia"), HIGH, lazy("baris LPJ dengan penyedia")),
    _waiting("R25", lazy("Sebaran angka pertama (Benford)"), LOW, lazy("sedikitnya 300 baris LPJ tiap OPD")),
    _waiting("R27", lazy(
        "Satu penilai meloloskan satu kelompok"
    ), MEDIUM, lazy("penilaian OPD dengan nilai dan penilainya")),
    _waiting("R38", lazy("Foto dipakai ulang"), HIGH, lazy("foto dengan sidik, waktu dan tempat")),
    _waiting("R39", lazy(
        "Penerima meninggal atau pindah"
    ), CRITICAL, lazy("status Dukcapil, daftar penerima bansos per orang")),
    _waiting("R40", lazy("Bantuan rangkap"), MEDIUM, lazy("daftar PKH, BPNT, BLT desa")),
    _waiting("R41", lazy("Penerima diganti setelah SK"), HIGH, lazy("daftar penerima menurut SK dan perubahannya")),
    _waiting("R42", lazy("Tanda pemerasan"), HIGH, lazy("pengaduan dan laporan dana bersih yang diterima")),
    _waiting("R48", lazy("Langkah dilakukan peran lain"), HIGH, lazy("peran pelaku pada langkah yang diimpor")),
    _waiting("R49", lazy(
        "Sidik berkas sama pada beberapa badan"
    ), MEDIUM, lazy("dokumen dengan sidik dan metadatanya")),
    _waiting("R50", lazy("Dana bersih kurang dari 95 % SP2D"), HIGH, lazy("survei dana bersih setelah pencairan")),
)  # fmt: skip
