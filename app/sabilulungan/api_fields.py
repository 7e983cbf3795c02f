"""What each row of the grants' resources holds, as the API's document tells it."""

from app.services.opendata.registry import Field
from app.services.ui.i18n import lazy

NOMOR = Field("nomor", "teks", lazy("Nomor usulan, tetap seumur usulan."))
GRANT = (
    NOMOR,
    Field("judul", "teks", lazy("Kegiatan yang diusulkan; nomor telepon, NIK dan rekening di dalamnya disamarkan.")),
    Field("penerima", "teks", lazy("Nama penerima; orang yang menerima bansos hanya dengan huruf depannya.")),
    Field("jenis", "teks", lazy("hibah atau bansos; kosong bila sumber tidak menyebutnya.")),
    Field("rincian_jenis", "teks", lazy("Jenis lebih rinci, misalnya hibah_uang.")),
    Field("tahun", "bilangan", lazy("Tahun anggaran, atau tahun masuk bila belum dianggarkan."), nullable=True),
    Field("siklus", "teks", lazy("murni, perubahan, atau kosong.")),
    Field("tanggal_masuk", "tanggal", lazy("Hari usulan diterima."), nullable=True),
    Field("tujuan", "teks", lazy("Tujuan kegiatan.")),
    Field("bidang", "teks", lazy("Bidang urusan.")),
    Field("sumber", "teks", lazy("langsung, musrenbang, pokir, atau kosong.")),
    Field("pokir_anggota", "teks", lazy("Anggota DPRD yang pokok pikirannya menjadi asal usulan.")),
    Field("kecamatan_kode", "teks", lazy("Kode kecamatan.")),
    Field("kelurahan_kode", "teks", lazy("Kode kelurahan atau desa.")),
    Field("amount_requested", "rupiah", lazy("Diajukan."), nullable=True),
    Field("amount_recommended", "rupiah", lazy("Direkomendasikan OPD."), nullable=True),
    Field("amount_considered", "rupiah", lazy("Menurut Tim Pertimbangan."), nullable=True),
    Field("amount_tapd", "rupiah", lazy("Menurut pertimbangan TAPD."), nullable=True),
    Field("amount_approved", "rupiah", lazy("Disetujui dengan surat keputusan."), nullable=True),
    Field("amount_granted", "rupiah", lazy("Diberikan: menurut keputusan, atau menurut data lama."), nullable=True),
    Field("amount_disbursed", "rupiah", lazy("Dicairkan."), nullable=True),
    Field("amount_accounted", "rupiah", lazy("Dipertanggungjawabkan."), nullable=True),
    Field("amount_returned", "rupiah", lazy("Dikembalikan ke kas daerah."), nullable=True),
    Field("stage", "bilangan", lazy("Jumlah tahap yang sudah dilewati, 0 sampai 11.")),
    Field("status", "teks", lazy("Keadaan berkas; kosong bila sumber hanya mengenal tahap.")),
    Field("status_publik", "teks", lazy("Keadaan sebagaimana dibaca umum, misalnya BERJALAN.")),
    Field("sk_no", "teks", lazy("Nomor surat keputusan.")),
    Field("sk_tgl", "tanggal", lazy("Tanggal surat keputusan."), nullable=True),
    Field("nphd_no", "teks", lazy("Nomor naskah perjanjian hibah daerah.")),
    Field("nphd_tgl", "tanggal", lazy("Tanggal naskah perjanjian."), nullable=True),
    Field("has_nphd", "ya-tidak", lazy("Naskah perjanjian sudah ada.")),
    Field("mulai", "tanggal", lazy("Awal pelaksanaan."), nullable=True),
    Field("selesai", "tanggal", lazy("Akhir pelaksanaan."), nullable=True),
    Field("lpj_media", "bilangan", lazy("Jumlah berkas laporan pertanggungjawaban.")),
    Field("lpj_date", "tanggal", lazy("Tanggal laporan pertanggungjawaban."), nullable=True),
    Field("synthetic", "ya-tidak", lazy("Data rekaan untuk peragaan.")),
    Field("organisasi_id", "uuid", lazy("Penerima pada /penerima, bila sebuah organisasi."), nullable=True),
)
STAGE = (
    Field("tahap", "bilangan", lazy("Nomor tahap, 1 sampai 11.")),
    Field("nama_tahap", "teks", lazy("Nama tahap.")),
    Field("terjadi_pada", "tanggal", lazy("Hari tahap itu dilewati, bila diketahui."), nullable=True),
    Field("dicatat_pada", "waktu", lazy("Saat hal itu dicatat.")),
)
STEP = (NOMOR, *STAGE)
PLAN = (
    Field("nomor", "bilangan", lazy("Nomor baris.")),
    Field("uraian", "teks", lazy("Uraian; data pribadi disamarkan.")),
    Field("volume", "teks", lazy("Volume dan satuan.")),
    Field("harga_satuan", "rupiah", lazy("Harga satuan.")),
    Field("diajukan", "rupiah", lazy("Jumlah yang diajukan."), nullable=True),
    Field("direkomendasikan", "rupiah", lazy("Jumlah menurut OPD."), nullable=True),
    Field("ditimbang", "rupiah", lazy("Jumlah menurut Tim Pertimbangan."), nullable=True),
    Field("dipertimbangkan", "rupiah", lazy("Jumlah menurut TAPD."), nullable=True),
    Field("disetujui", "rupiah", lazy("Jumlah yang disetujui."), nullable=True),
)
PAYMENT = (
    Field("tahap", "bilangan", lazy("Tahap pencairan.")),
    Field("sp2d_no", "teks", lazy("Nomor SP2D.")),
    Field("sp2d_tgl", "tanggal", lazy("Tanggal SP2D.")),
    Field("jumlah", "rupiah", lazy("Jumlah yang dibayar.")),
    Field("rekening", "teks", lazy("Kode bank dan tiga angka terakhir rekening.")),
)
REPORT = (
    Field("keadaan", "teks", lazy("belum, diajukan, diterima, atau terlambat.")),
    Field("tgl_lpj", "tanggal", lazy("Tanggal laporan."), nullable=True),
    Field("jumlah_dipakai", "rupiah", lazy("Dipakai."), nullable=True),
    Field("pengembalian", "rupiah", lazy("Dikembalikan."), nullable=True),
    Field("sts_no", "teks", lazy("Nomor surat tanda setoran.")),
)
DETAIL = (
    Field("rencana", "daftar", lazy("Rencana penggunaan dana, baris demi baris."), parts=PLAN),
    Field("langkah", "daftar", lazy("Tahap yang sudah dilewati."), parts=STAGE),
    Field("pencairan", "daftar", lazy("Setiap pembayaran."), parts=PAYMENT),
    Field("lpj", "daftar", lazy("Laporan pertanggungjawaban; kosong bila tidak diketahui."), parts=REPORT),
)
RECIPIENT = (
    Field("id", "uuid", lazy("Nomor tetap organisasi di daerah ini.")),
    Field("nama", "teks", lazy("Nama organisasi.")),
    Field("legal_class", "teks", lazy("Golongan lembaga, A1 sampai G; kosong bila tidak dicatat.")),
    Field("no_ahu", "teks", lazy("Nomor pengesahan Kementerian Hukum.")),
    Field("no_skt", "teks", lazy("Nomor surat keterangan terdaftar.")),
    Field("tgl_terdaftar", "tanggal", lazy("Terdaftar sejak."), nullable=True),
    Field("kecamatan_kode", "teks", lazy("Kode kecamatan.")),
    Field("kelurahan_kode", "teks", lazy("Kode kelurahan atau desa.")),
    Field("ketua", "teks", lazy("Nama ketua; data pribadi pengurus tidak diterbitkan.")),
)
OF_RECIPIENT = (
    Field("usulan", "daftar", lazy("Yang pernah diajukannya."), parts=(
        NOMOR,
        Field("judul", "teks", lazy("Kegiatan.")),
        Field("tahun", "bilangan", lazy("Tahun."), nullable=True),
        Field("amount_requested", "rupiah", lazy("Diajukan."), nullable=True),
        Field("amount_granted", "rupiah", lazy("Diberikan."), nullable=True),
        Field("amount_disbursed", "rupiah", lazy("Dicairkan."), nullable=True),
    )),
)  # fmt: skip
BUDGET = (
    Field("nomor_baris", "bilangan", lazy("Letak baris dalam sumbernya.")),
    Field("tahun", "bilangan", lazy("Tahun anggaran.")),
    Field("skpd_kode", "teks", lazy("Kode SKPD.")),
    Field("skpd_nama", "teks", lazy("Nama SKPD.")),
    Field("kode_rekening", "teks", lazy("Kode rekening: 4 pendapatan, 5 belanja, 6 pembiayaan.")),
    Field("uraian", "teks", lazy("Uraian.")),
    Field("jumlah", "rupiah", lazy("Jumlah dalam anggaran.")),
)
