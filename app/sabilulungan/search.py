"""Search that needs no extension and stays fast under row-level security.

An inverted index of stems as an ordinary tenant table: equality and range on text are leakproof, so PostgreSQL may use
the index ahead of the policy, which it may not for `@@` or LIKE. A typing error is met by deletion variants.
"""

import re

from sqlalchemy import Select, Text, bindparam, column, select, table, text
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.text import delete_keys, edit_distance_at_most_one
from app.sabilulungan.models import Hibah
from app.tenancy.context import current
from app.tenancy.database import db, region_sql, take_time

WORD = re.compile(r"[^\W_]{2,40}")
MOST_WORDS = 6
SHORTEST_WITH_ERROR = 4
TERMS = table("hibah_terms", column("region_id"), column("hibah_id"), column("term", Text(collation="C")))

FORGET = "DELETE FROM {} WHERE region_id = :region_id"
# A person who receives social aid is not found by name. Without the translation `-0006` is a negative number, `a.b` a
# host and `a/b` a path: none is a word that anybody searches.
INDEX = """
INSERT INTO hibah_terms (region_id, id, hibah_id, term)
SELECT DISTINCT ON (h.id, t.lexeme) h.region_id, gen_random_uuid(), h.id, t.lexeme
FROM hibah h LEFT JOIN organisasi o ON o.region_id = h.region_id AND o.id = h.organisasi_id, LATERAL (
    SELECT translate(concat_ws(' ', h.judul, h.bidang, o.nama, CASE WHEN h.jenis <> 'bansos' THEN h.penerima END),
                     '-/_.', '    ') AS words,
           translate(h.nomor, '-/_.', '    ') AS nomor
) w, unnest(to_tsvector('simple', w.words || ' ' || w.nomor) || to_tsvector('indonesian', w.words)) t
WHERE h.region_id = :region_id
"""
VOCABULARY = "SELECT DISTINCT term FROM hibah_terms WHERE region_id = :region_id"
STEM = "SELECT lexeme FROM unnest(to_tsvector('indonesian', :word)) LIMIT 1"


def rebuild() -> int:
    """Index every proposal of the region again; returns the number of distinct words."""
    take_time()
    for name in ("hibah_terms", "hibah_words"):
        region_sql(FORGET.format(name))
    region_sql(INDEX)
    words = list(region_sql(VOCABULARY).scalars())
    pairs = [
        {"variant": variant, "word": word, "region": current().region_id}
        for word in words
        if len(word) >= SHORTEST_WITH_ERROR and word.isalpha()
        for variant in delete_keys(word)
    ]
    if pairs:
        db.session.execute(
            text(
                "INSERT INTO hibah_words (region_id, id, variant, word)"
                " VALUES (:region, gen_random_uuid(), :variant, :word)"
                " ON CONFLICT (region_id, variant, word) DO NOTHING"
            ),
            pairs,
        )
    return len(words)


def query_words(wanted: str) -> list[str]:
    """The words of a search, lower case, at most six."""
    return WORD.findall(wanted.lower())[:MOST_WORDS]


def _known(prefix: str) -> bool:
    found = region_sql(
        "SELECT 1 FROM hibah_terms WHERE region_id = :region_id AND term >= :low AND term < :high LIMIT 1",
        low=prefix,
        high=prefix + "\U0010ffff",
    )
    return found.first() is not None


def _nearest(word: str) -> list[str]:
    if len(word) < SHORTEST_WITH_ERROR:
        return []
    statement = "SELECT DISTINCT word FROM hibah_words WHERE region_id = :region_id AND variant = ANY(:variants)"
    words = region_sql(statement, variants=sorted(delete_keys(word))).scalars()
    return sorted(candidate for candidate in words if edit_distance_at_most_one(word, candidate))[:5]


def meanings(word: str) -> list[str]:
    """What `word` may stand for in this region's vocabulary: itself, its stem, else words one error away."""
    if _known(word):
        return [word]
    stem = db.session.execute(text(STEM), {"word": word}).scalar()
    if stem and _known(stem):
        return [stem]
    return _nearest(word) or [word]


def matching(statement: Select[tuple[object, ...]], wanted: str) -> Select[tuple[object, ...]]:
    """Keep the proposals that hold every word of `wanted`, as prefix, stem, or with one typing error."""
    identity: InstrumentedAttribute[object] = Hibah.id
    for number, word in enumerate(query_words(wanted)):
        ranges = [
            (TERMS.c.term >= bindparam(f"low_{number}_{i}", term))
            & (TERMS.c.term < bindparam(f"high_{number}_{i}", term + "\U0010ffff"))
            for i, term in enumerate(meanings(word))
        ]
        any_of = ranges[0]
        for other in ranges[1:]:
            any_of = any_of | other
        ids = select(TERMS.c.hibah_id).where(TERMS.c.region_id == current().region_id, any_of)
        statement = statement.where(identity.in_(ids))
    return statement
