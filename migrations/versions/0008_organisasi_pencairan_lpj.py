"""Who received: organisations with sealed identifiers, what was paid, what was accounted for; keys and roles."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0008"
down_revision = "0007"

RUNTIME = "smartcity_app, smartcity_worker, smartcity_reader, smartcity_export"
DISTRICTS = """
CREATE TABLE tenancy.districts (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{2}[.][0-9]{2}[.][0-9]{2}$'),
    name text NOT NULL
)
"""
# Append-only in effect: a wrapped key is replaced only when the master key is, its plain key never changes.
REGION_KEYS = TenantTable(
    "region_keys",
    (
        "purpose text NOT NULL CHECK (purpose IN ('data', 'cocok'))",
        "version bigint NOT NULL CHECK (version BETWEEN 1 AND 65535)",
        "wrapped bytea NOT NULL",
        "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
    ),
    uniques=("purpose, version",),
)
REGION_ROLES = TenantTable(
    "region_roles",
    ("kode text NOT NULL", "nama text NOT NULL"),
    uniques=("kode",),
)
# Source of the fields: sabilulungan-process.md sections 4 and 8.
ORGANISASI = TenantTable(
    "organisasi",
    (
        "legacy_id text",
        "nama text NOT NULL",
        "nama_norm text NOT NULL",
        "legal_class text NOT NULL DEFAULT '' CHECK (legal_class IN"
        " ('A1', 'A2', 'A3', 'A4', 'B', 'C', 'D', 'E', 'F', 'G', ''))",
        "no_ahu text NOT NULL DEFAULT ''",
        "no_skt text NOT NULL DEFAULT ''",
        "tgl_terdaftar date",
        "alamat text NOT NULL DEFAULT ''",
        "kecamatan_kode text NOT NULL DEFAULT ''",
        "kelurahan_kode text NOT NULL DEFAULT ''",
        "lat double precision CHECK (lat BETWEEN -12 AND 7)",
        "lon double precision CHECK (lon BETWEEN 94 AND 142)",
        "ketua text NOT NULL DEFAULT ''",
        "ketua_nik_sealed bytea",
        "ketua_nik_hash bytea",
        "bendahara text NOT NULL DEFAULT ''",
        "npwp_sealed bytea",
        "npwp_hash bytea",
        "telepon_sealed bytea",
        "telepon_hash bytea",
        "email_sealed bytea",
        "email_hash bytea",
        "bank_kode text NOT NULL DEFAULT ''",
        "rekening_sealed bytea",
        "rekening_hash bytea",
        "atas_nama text NOT NULL DEFAULT ''",
        "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()",
    ),
    uniques=("legacy_id",),
    indexes=("nama_norm", "rekening_hash", "ketua_nik_hash", "kelurahan_kode"),
)
PENCAIRAN = TenantTable(
    "pencairan",
    (
        "hibah_id uuid NOT NULL",
        "tahap bigint NOT NULL CHECK (tahap BETWEEN 1 AND 60)",
        "spm_no text NOT NULL DEFAULT ''",
        "sp2d_no text NOT NULL",
        "sp2d_tgl date NOT NULL",
        "jumlah bigint NOT NULL CHECK (jumlah >= 0)",
        "bank_kode text NOT NULL DEFAULT ''",
        "rekening_sealed bytea",
        "rekening_hash bytea",
        "rekening_akhir text NOT NULL DEFAULT '' CHECK (length(rekening_akhir) <= 3)",
        "atas_nama text NOT NULL DEFAULT ''",
        "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()",
    ),
    uniques=("hibah_id, tahap",),
    references=(("hibah_id", "hibah", "id"),),
    indexes=("sp2d_tgl", "rekening_hash"),
)
LPJ = TenantTable(
    "lpj",
    (
        "hibah_id uuid NOT NULL",
        "tgl_lpj date",
        "keadaan text NOT NULL CHECK (keadaan IN ('belum', 'diajukan', 'diterima', 'terlambat'))",
        "jumlah_dipakai bigint CHECK (jumlah_dipakai >= 0)",
        "pengembalian bigint CHECK (pengembalian >= 0)",
        "sts_no text NOT NULL DEFAULT ''",
        "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()",
    ),
    uniques=("hibah_id",),
    references=(("hibah_id", "hibah", "id"),),
)
HIBAH_COLUMNS = (
    "organisasi_id uuid",
    "penerima text NOT NULL DEFAULT ''",
    "nik_sealed bytea",
    "nik_hash bytea",
    "rincian_jenis text NOT NULL DEFAULT ''",
    "siklus text NOT NULL DEFAULT ''",
    "tujuan text NOT NULL DEFAULT ''",
    "alamat text NOT NULL DEFAULT ''",
    "sumber text NOT NULL DEFAULT ''",
    "pokir_anggota text NOT NULL DEFAULT ''",
    "status text NOT NULL DEFAULT ''",
    "amount_approved bigint",
    "amount_accounted bigint",
    "amount_returned bigint",
    "sk_no text NOT NULL DEFAULT ''",
    "sk_tgl date",
    "nphd_no text NOT NULL DEFAULT ''",
    "nphd_tgl date",
    "lat double precision",
    "lon double precision",
    "mulai date",
    "selesai date",
)
# What was granted: by decree, or in the original's records (which know no decree) what the mayor let through.
GRANTED = "CASE WHEN amount_approved IS NOT NULL THEN amount_approved WHEN stage >= 7 THEN amount_tapd END"
CHECKS = (
    "rincian_jenis IN ('hibah_uang', 'hibah_barang', 'hibah_jasa', 'bansos_terencana_individu',"
    " 'bansos_terencana_kelompok', 'bansos_terencana_lembaga', 'bansos_tak_terencana', '')",
    "siklus IN ('murni', 'perubahan', '')",
    "sumber IN ('langsung', 'musrenbang', 'pokir', '')",
    "amount_approved >= 0",
    "amount_accounted >= 0",
    "amount_returned >= 0",
    "lat BETWEEN -12 AND 7",
    "lon BETWEEN 94 AND 142",
)
# One line a stage of the ladder: the original's correction becomes the line of the committee (Tim Pertimbangan). For as
# long as rows are moved the table is not forced: its owner sees no row otherwise.
RAB = (
    "ALTER TABLE hibah_rab NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE hibah_rab ADD COLUMN tahap text NOT NULL DEFAULT 'diajukan' CHECK (tahap IN"
    " ('diajukan', 'direkomendasikan', 'ditimbang', 'dipertimbangkan', 'disetujui')),"
    " ADD COLUMN kategori text NOT NULL DEFAULT '' CHECK (kategori IN ('honor', 'barang', 'jasa', 'konstruksi',"
    " 'transport', 'konsumsi', 'modal', 'lain', '')),"
    " ADD COLUMN volume_permil bigint NOT NULL DEFAULT 1000 CHECK (volume_permil >= 0),"
    " ADD COLUMN satuan text NOT NULL DEFAULT 'paket',"
    " ADD COLUMN harga_satuan bigint NOT NULL DEFAULT 0 CHECK (harga_satuan >= 0),"
    " DROP CONSTRAINT uq_hibah_rab_hibah_id_nomor,"
    " ADD CONSTRAINT uq_hibah_rab_hibah_id_tahap_nomor UNIQUE (region_id, hibah_id, tahap, nomor)",
    "ALTER TABLE hibah_rab RENAME COLUMN amount_requested TO jumlah",
    "INSERT INTO hibah_rab (region_id, id, hibah_id, nomor, uraian, jumlah, tahap)"
    " SELECT region_id, gen_random_uuid(), hibah_id, nomor, uraian, amount_corrected, 'ditimbang' FROM hibah_rab"
    " WHERE amount_corrected IS NOT NULL",
    "UPDATE hibah_rab SET harga_satuan = jumlah WHERE jumlah > 0",
    "ALTER TABLE hibah_rab DROP COLUMN amount_corrected",
    "ALTER TABLE hibah_rab FORCE ROW LEVEL SECURITY",
)


def upgrade() -> None:
    op.execute(DISTRICTS)
    op.execute(f"GRANT SELECT ON tenancy.districts TO {RUNTIME}")
    for table in (REGION_KEYS, REGION_ROLES, ORGANISASI, PENCAIRAN, LPJ):
        create_tenant_table(table)
    op.execute("ALTER TABLE hibah " + ", ".join(f"ADD COLUMN {column}" for column in HIBAH_COLUMNS))
    op.execute("ALTER TABLE hibah DROP CONSTRAINT hibah_stage_check, ADD CHECK (stage BETWEEN 0 AND 11)")
    op.execute("ALTER TABLE hibah " + ", ".join(f"ADD CHECK ({check})" for check in CHECKS))
    op.execute(
        "ALTER TABLE hibah ADD CONSTRAINT fk_hibah_organisasi_id FOREIGN KEY (region_id, organisasi_id)"
        " REFERENCES organisasi (region_id, id)"
    )
    op.execute("ALTER TABLE hibah_steps DROP CONSTRAINT hibah_steps_stage_check, ADD CHECK (stage BETWEEN 1 AND 11)")
    op.execute(f"ALTER TABLE hibah ADD COLUMN amount_granted bigint GENERATED ALWAYS AS ({GRANTED}) STORED")
    op.execute("CREATE INDEX ix_hibah_organisasi ON hibah (region_id, organisasi_id)")
    op.execute("CREATE INDEX ix_hibah_granted ON hibah (region_id, amount_granted DESC NULLS LAST, id DESC)")
    for statement in RAB:
        op.execute(statement)
