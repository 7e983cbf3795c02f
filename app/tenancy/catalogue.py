"""The lint of the catalogue: every rule of tenancy as one row, asked of PostgreSQL itself.

Any role may read the catalogue, so the same rules run in tests, at the start of every process and by `flask tenants lint`.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from config.settings import RUNTIME_ROLES

#: Tables of the schema `tenancy`, which hold no region's rows: the runtime roles read these, and may not even read those.
REFERENCE_TABLES = ("regions", "sites", "districts", "audit_roots", "alembic_version")
#: The last two are of all regions: only their functions look into them, and say no more than a number (integrity.national).
CLOSED_TABLES = ("keys", "national_matches", "match_consents")
#: Rows are added and read, never changed: logs, and what was done.
APPENDED_TABLES = (
    "audit_log", "workflow_steps", "workflow_conflicts", "workflow_escalations", "integrity_scans", "integrity_scan_rules",
)  # fmt: skip
#: Money, decisions and logs: no runtime role deletes a row.
KEPT_TABLES = (
    *APPENDED_TABLES, "audit_heads", "hibah", "hibah_rab", "hibah_steps", "organisasi", "pencairan", "lpj", "region_keys",
    "import_runs", "workflow_files", "workflow_draw_days", "workflow_assignments", "workflow_delegations",
    "workflow_settings", "counters", "integrity_findings", "integrity_subjects", "integrity_clarifications",
    "integrity_settings", "integrity_pauses", "documents", "letters", "letter_numbers", "signature_requests",
    "consents", "erasure_requests", "retention_rules",
)  # fmt: skip
#: Every function of the schema `tenancy`, and every definer function anywhere, with the digest of its body: what runs
#: with another's rights, or speaks the context, is changed here and in a migration together.
DECLARED_FUNCTIONS = (
    "tenancy.open(text) facd89b427152697",
    "tenancy.region_id() cd64db3fb289f6f7 definer",
    "tenancy.publish_site(text,text,boolean) 1afc15897c8ec3d3 definer",
    "tenancy.set_site_state(text,text) 9d6f56c8cdf0d148 definer",
    "tenancy.set_site_look(text,text) 2912de2fc2f804c0 definer",
    "tenancy.publish_audit_root(bigint,bytea) 215d951a381c2aef definer",
    "tenancy.put_national(bytea[],text[],bigint[],text[]) 20141378a69c5e0b definer",
    "tenancy.met_elsewhere() 7e8f708e9afb07f4 definer",
    "tenancy.agree_to_disclose(text,bigint,text,text) 92a89aa9b82eb6d1 definer",
    "tenancy.disclosed_matches(text,bigint,text) 01c333a4b091ec3d definer",
    "tenancy.audit_append(bigint,text,text[]) df8d30b95454653d",
    "tenancy.context_keys() 6b97d6523a12ac89 definer",
)
#: What the runtime roles' statements hold (a token, personal data) is told neither to other sessions nor to the server's log.
QUIET_SETTINGS = {"track_activities": "off", "log_min_error_statement": "panic", "log_error_verbosity": "terse"}
#: Functions that PostgreSQL lets everybody call and that no runtime role may: large objects know no region, and one
#: region's session must not end another's.
CLOSED_FUNCTIONS = (
    "pg_catalog.lo_creat(integer)",
    "pg_catalog.lo_create(oid)",
    "pg_catalog.lo_from_bytea(oid, bytea)",
    "pg_catalog.pg_cancel_backend(integer)",
    "pg_catalog.pg_terminate_backend(integer, bigint)",
)
#: Columns whose values PostgreSQL must not sample: EXPLAIN tells how many rows of *all* regions lie below any value,
#: and so, by halving, the values in the histogram.
PRIVATE_NAMES = r"(^|_)(email|nama|nik|nip|npwp|telepon|hp|alamat|hash|payload|segel|sealed)$"

RUNTIME = str(RUNTIME_ROLES)
QUIET = [f"{name}={value}" for name, value in QUIET_SETTINGS.items()]
POLICY_ROLES = "('smartcity_app', 'smartcity_worker', 'smartcity_export')"
OWN = "(region_id = tenancy.region_id())"
TENANT_TABLES = """
    pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
"""
COLUMNS = """
    pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
SAMPLED_PRIVATE_COLUMNS = f"""
    {COLUMNS} AND (t.typname = 'bytea' OR t.typname = 'text' AND a.attname ~ '{PRIVATE_NAMES}')
    AND a.attstattarget IS DISTINCT FROM 0
"""
#: k: constraint of table c in `public`; f, fn: the table that a foreign key points at and its schema.
CONSTRAINTS = """
    pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
    WHERE n.nspname = 'public'
"""
FUNCTIONS = """
    pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('public', 'tenancy')
"""
#: g: every privilege on a relation or one of its columns: schema, object, part (is a partition), grantee, privilege.
GRANTS = """
    (SELECT n.nspname AS schema, c.relname::text AS object, c.relispartition AS part, c.relowner AS owner,
        x.grantee, x.privilege_type AS privilege, x.is_grantable
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x
     UNION ALL
     SELECT n.nspname, c.relname || '.' || a.attname, c.relispartition, c.relowner,
        x.grantee, x.privilege_type, x.is_grantable
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
        aclexplode(a.attacl) x) g
"""
WHO = "g.object || ' ' || g.grantee::regrole::text || ' ' || g.privilege"


def is_region_id(table: str, number: str) -> str:
    """SQL: the column `number` of `table` (both SQL expressions) is the region's."""
    return (
        f"EXISTS (SELECT 1 FROM pg_attribute r WHERE r.attrelid = {table} AND r.attnum = {number}"
        " AND r.attname = 'region_id')"
    )


@dataclass(frozen=True)
class Rule:
    """`sql` returns one text column: what breaks the rule. No row is good."""

    name: str
    sql: str


TABLE_RULES = (
    Rule("tabel daerah punya region_id bigint yang wajib isi", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT EXISTS (SELECT 1 FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = 'region_id' AND a.attnotnull AND a.atttypid = 'bigint'::regtype)"""),
    Rule("kunci utama (region_id, id)", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p'
            AND CASE WHEN c.relkind = 'p' OR c.relispartition
                THEN pg_get_constraintdef(k.oid) LIKE 'PRIMARY KEY (region_id, id, %'
                ELSE pg_get_constraintdef(k.oid) = 'PRIMARY KEY (region_id, id)' END)"""),
    Rule("region_id menunjuk daftar daerah", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'
            AND k.confrelid = 'tenancy.regions'::regclass AND {is_region_id("c.oid", "k.conkey[1]")})"""),
    Rule("setiap indeks diawali region_id", f"""
        SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND NOT {is_region_id("c.oid", "i.indkey[0]")}"""),
    Rule("setiap kunci tamu antartabel daerah diawali region_id", f"""
        SELECT k.conname FROM {CONSTRAINTS} AND k.contype = 'f' AND fn.nspname = 'public'
        AND NOT ({is_region_id("c.oid", "k.conkey[1]")} AND {is_region_id("f.oid", "k.confkey[1]")})"""),
    Rule("setiap kolom *_id dijaga kunci tamu", f"""
        SELECT c.relname || '.' || a.attname FROM {COLUMNS}
        AND a.attname LIKE '%\\_id' AND a.atttypid = 'uuid'::regtype AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))"""),
    # PostgreSQL 18 can declare a constraint and not hold it; the column is unknown to 16 and 17.
    Rule("setiap kendala diperiksa dan ditegakkan", f"""
        SELECT k.conname FROM {CONSTRAINTS}
        AND (NOT k.convalidated OR coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'false')"""),
    Rule("kunci tamu tidak menghapus atau mengubah anak", f"""
        SELECT k.conname FROM {CONSTRAINTS} AND k.contype = 'f'
        AND (k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', 'r'))"""),
    Rule("tanpa pemicu, dan penjaga kunci tamu menyala", """
        SELECT t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND (NOT t.tgisinternal OR t.tgenabled <> 'O')"""),
    Rule("tanpa aturan penulisan ulang", """
        SELECT r.rulename::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('public', 'tenancy') AND r.rulename <> '_RETURN'"""),
    Rule("tanpa ENUM dan tanpa numeric", f"""
        SELECT c.relname || '.' || a.attname FROM {COLUMNS} AND (t.typtype = 'e' OR t.typname = 'numeric')"""),
    Rule("nilai kolom pribadi tidak dicuplik statistik", f"""
        SELECT c.relname || '.' || a.attname FROM {SAMPLED_PRIVATE_COLUMNS}"""),
    Rule("hanya tabel dan tampilan: tanpa urutan, tabel asing, tampilan tersimpan", """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('public', 'tenancy') AND c.relkind IN ('S', 'f', 'm')"""),
    Rule("tampilan memakai security_invoker", """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
        AND c.relkind = 'v' AND NOT coalesce(c.reloptions, '{}') @> '{security_invoker=true}'"""),
    Rule("skema tenancy hanya memuat tabel rujukan yang dinyatakan", f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'tenancy' AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT IN {REFERENCE_TABLES + CLOSED_TABLES}"""),
)  # fmt: skip

POLICY_RULES = (
    Rule("row-level security menyala dan dipaksakan", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"""),
    # A partition that is read directly ignores its parent's policy: it has none, no grant either, and shows nothing.
    Rule("tepat satu kebijakan setiap tabel", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND
            (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) <> (NOT c.relispartition)::integer"""),
    Rule("kebijakan permisif untuk semua perintah", """
        SELECT p.polrelid::regclass::text FROM pg_policy p WHERE NOT p.polpermissive OR p.polcmd <> '*'"""),
    Rule("kebijakan hanya untuk peran kerja", f"""
        SELECT p.polrelid::regclass::text FROM pg_policy p, unnest(p.polroles) role
        WHERE role::regrole::text NOT IN {POLICY_ROLES}"""),
    Rule("kebijakan USING hanya membandingkan region_id", f"""
        SELECT p.polrelid::regclass::text FROM pg_policy p
        WHERE pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM '{OWN}'"""),
    Rule("kebijakan WITH CHECK hanya membandingkan region_id", f"""
        SELECT p.polrelid::regclass::text FROM pg_policy p
        WHERE pg_get_expr(p.polwithcheck, p.polrelid) IS DISTINCT FROM '{OWN}'"""),
)  # fmt: skip

GRANT_RULES = (
    Rule("tidak ada hak untuk PUBLIC", f"""
        SELECT g.object || ' ' || g.privilege FROM {GRANTS} WHERE g.schema IN ('public', 'tenancy') AND g.grantee = 0"""),
    Rule("hak hanya untuk peran yang dikenal", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.schema IN ('public', 'tenancy') AND g.grantee NOT IN (0, g.owner)
        AND g.grantee::regrole::text NOT IN {RUNTIME}
        AND (g.grantee::regrole::text, g.privilege) <> ('smartcity_backup', 'SELECT')
        AND (g.object, g.grantee::regrole::text, g.privilege) <> ('keys', 'smartcity_ctx', 'SELECT')"""),
    Rule("peran kerja hanya boleh SELECT, INSERT, UPDATE, DELETE", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.grantee::regrole::text IN {RUNTIME}
        AND g.privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')"""),
    Rule("hak tidak dapat diteruskan", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.grantee::regrole::text LIKE 'smartcity%' AND g.is_grantable
        AND g.grantee <> g.owner"""),
    Rule("partisi tanpa hak", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.part AND g.grantee::regrole::text IN {RUNTIME}"""),
    Rule("uang, keputusan dan log tidak dihapus", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.privilege = 'DELETE' AND g.grantee NOT IN (0, g.owner)
        AND (g.object IN {KEPT_TABLES} OR g.object IN (
            SELECT c.relname FROM {COLUMNS} AND a.attname LIKE 'amount\\_%'))"""),
    # Of anybody but the owner, who cannot sign in and whom the forced policies show no row.
    Rule("log hanya ditambah", f"""
        SELECT {WHO} FROM {GRANTS} WHERE split_part(g.object, '.', 1) IN {APPENDED_TABLES} AND g.grantee <> g.owner
        AND g.privilege NOT IN ('SELECT', 'INSERT')"""),
    Rule("peran baca tidak membaca baris daerah", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.schema = 'public' AND g.grantee::regrole::text = 'smartcity_reader'"""),
    Rule("peran ekspor hanya membaca", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.grantee::regrole::text = 'smartcity_export' AND g.privilege <> 'SELECT'"""),
    Rule("tabel rujukan hanya dibaca", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.schema = 'tenancy' AND g.grantee::regrole::text IN {RUNTIME}
        AND (g.privilege <> 'SELECT' OR split_part(g.object, '.', 1) NOT IN {REFERENCE_TABLES})"""),
    Rule("tanpa hak khusus atas katalog sistem", f"""
        SELECT {WHO} FROM {GRANTS} WHERE g.schema NOT IN ('public', 'tenancy')
        AND g.grantee::regrole::text LIKE 'smartcity%' AND g.grantee <> g.owner
        UNION ALL SELECT p.proname || ' ' || x.grantee::regrole::text FROM pg_proc p, aclexplode(p.proacl) x
        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND x.grantee::regrole::text LIKE 'smartcity%'"""),
    # A runtime role may say so of its own objects, and makes none.
    Rule("tanpa hak bawaan untuk objek baru", f"""
        SELECT d.defaclrole::regrole::text || ' ' || x.grantee::regrole::text FROM pg_default_acl d,
        aclexplode(d.defaclacl) x WHERE d.defaclrole::regrole::text NOT IN {RUNTIME} AND x.grantee <> d.defaclrole
        AND (x.grantee = 0 OR x.grantee::regrole::text LIKE 'smartcity%')"""),
    Rule("peran kerja tidak boleh membuat objek", f"""
        SELECT r.rolname || ' ' || n.nspname FROM pg_roles r, pg_namespace n WHERE r.rolname IN {RUNTIME}
        AND n.nspname !~ '^pg_' AND has_schema_privilege(r.oid, n.oid, 'CREATE')
        UNION ALL SELECT r.rolname || ' ' || x FROM pg_roles r, unnest(ARRAY['CREATE', 'TEMPORARY']) x
        WHERE r.rolname IN {RUNTIME} AND has_database_privilege(r.oid, current_database(), x)"""),
    Rule("tanpa skema lain", f"""
        SELECT r.rolname || ' ' || n.nspname FROM pg_roles r, pg_namespace n WHERE r.rolname IN {RUNTIME}
        AND n.nspname NOT IN ('public', 'tenancy', 'pg_catalog', 'information_schema')
        AND has_schema_privilege(r.oid, n.oid, 'USAGE')"""),
    Rule("fungsi bersama yang menembus daerah tertutup", f"""
        SELECT r.rolname || ' ' || f FROM pg_roles r, unnest(ARRAY{list(CLOSED_FUNCTIONS)}) f
        WHERE r.rolname IN {RUNTIME} AND has_function_privilege(r.oid, f, 'EXECUTE')"""),
)  # fmt: skip

ROLE_RULES = (
    Rule("pemilik adalah smartcity_owner", """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('public', 'tenancy') AND pg_get_userbyid(c.relowner) <> 'smartcity_owner'
        UNION ALL SELECT n.nspname FROM pg_namespace n
        WHERE n.nspname IN ('public', 'tenancy') AND pg_get_userbyid(n.nspowner) <> 'smartcity_owner'"""),
    Rule("peran kerja tidak istimewa", f"""
        SELECT rolname::text FROM pg_roles WHERE rolname IN {RUNTIME}
        AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"""),
    Rule("peran pemilik tidak menembus kebijakan dan tidak dapat masuk", """
        SELECT rolname::text FROM pg_roles WHERE rolname IN ('smartcity_owner', 'smartcity_ctx')
        AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole)"""),
    Rule("peran bukan anggota peran lain", """
        SELECT m.member::regrole::text || ' ' || m.roleid::regrole::text FROM pg_auth_members m
        WHERE m.member::regrole::text LIKE 'smartcity%'
        AND (m.member::regrole::text, m.roleid::regrole::text) NOT IN (
            ('smartcity_owner', 'smartcity_ctx'), ('smartcity_backup', 'pg_read_all_data'))"""),
    Rule("teks kueri tidak terbaca sesi lain dan tidak tercatat server", f"""
        SELECT r.rolname || ' ' || quiet FROM pg_roles r, unnest(ARRAY{QUIET}) quiet
        WHERE r.rolname IN {RUNTIME} AND NOT EXISTS (SELECT 1 FROM pg_db_role_setting s
            WHERE s.setrole = r.oid AND s.setdatabase = 0 AND quiet = ANY (s.setconfig))"""),
    # Every role may write settings of its own, which the sessions of all regions then begin with.
    Rule("peran kerja hanya punya setelan yang dinyatakan", f"""
        SELECT r.rolname || ' ' || setting FROM pg_roles r JOIN pg_db_role_setting s ON s.setrole = r.oid,
        unnest(s.setconfig) setting WHERE r.rolname IN {RUNTIME} AND (s.setdatabase <> 0
            OR NOT (setting = ANY (ARRAY{QUIET}) OR setting LIKE 'statement\\_timeout=%'))"""),
    Rule("tanpa pembungkus data asing", "SELECT fdwname::text FROM pg_foreign_data_wrapper"),
)  # fmt: skip

FUNCTION_RULES = (
    Rule("fungsi istimewa hanya yang dinyatakan, dengan isi yang dinyatakan", f"""
        SELECT f.declared FROM (SELECT p.oid::regprocedure || ' ' ||
                left(encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 16) ||
                CASE WHEN p.prosecdef THEN ' definer' ELSE '' END AS declared
            FROM {FUNCTIONS} AND (p.prosecdef OR n.nspname = 'tenancy')) f
        WHERE f.declared NOT IN {DECLARED_FUNCTIONS}"""),
    Rule("fungsi milik smartcity_owner atau smartcity_ctx", f"""
        SELECT p.proname::text FROM {FUNCTIONS}
        AND pg_get_userbyid(p.proowner) NOT IN ('smartcity_owner', 'smartcity_ctx')"""),
    Rule("search_path fungsi terpaku", f"""
        SELECT p.proname::text FROM {FUNCTIONS} AND NOT coalesce(p.proconfig, '{{}}') @> '{{search_path=pg_catalog}}'"""),
    Rule("fungsi tidak untuk PUBLIC", f"""
        SELECT p.proname::text FROM {FUNCTIONS} AND has_function_privilege('public', p.oid, 'EXECUTE')"""),
    # A leakproof function runs ahead of the policy, on rows that the caller must not see.
    Rule("fungsi tidak mengaku LEAKPROOF", f"SELECT p.proname::text FROM {FUNCTIONS} AND p.proleakproof"),
    # A parallel worker has another pid than the one that the token is bound to.
    Rule("fungsi konteks milik smartcity_ctx, STABLE, dan tidak dijalankan pekerja paralel", """
        SELECT p.proname::text FROM pg_proc p WHERE p.oid = 'tenancy.region_id()'::regprocedure
        AND (pg_get_userbyid(p.proowner) <> 'smartcity_ctx' OR p.provolatile <> 's' OR NOT p.prosecdef
             OR p.proparallel <> 'r')"""),
)  # fmt: skip

RULES = (*TABLE_RULES, *POLICY_RULES, *GRANT_RULES, *ROLE_RULES, *FUNCTION_RULES)


def problems(connection: Connection) -> list[str]:
    """`rule: offender` for every broken rule. Empty is good."""
    return [f"{rule.name}: {offender}" for rule in RULES for offender in connection.scalars(text(rule.sql))]
