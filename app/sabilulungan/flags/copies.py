"""R15 and R16: budgets and stories that were copied from one applicant to another.

MinHash with banding (rensa) tells which documents can have a near double at all; those few are compared exactly. A
likeness counts only where chance cannot explain it: in a region with a standard price list many budgets share lines.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from rensa import RMinHash, RMinHashLSH

from app.kernel.text import normalise_name
from app.sabilulungan.flags.grouping import groups
from app.sabilulungan.flags.sql import ALIVE, JOIN_ORG, NAME, RECIPIENT, REF, rows
from app.services.integrity.rules import HIGH, MEDIUM, Row

#: 48 bands of 4 meet two sets with a Jaccard of 2/3 (four fifths of the lines) with a probability of 0.9999, 32 bands
#: of 6 two texts with one of 0.8 likewise.
PERMUTATIONS, SEED = 192, 20_131_223
LINE_BANDS, TEXT_BANDS = 48, 32
UNSIGNED = 0xFFFFFFFFFFFFFFFF
#: A document is compared with so many of a crowded bucket; the others are met in other buckets.
MOST_COMPARED = 40
SHINGLE = 5
#: Documents whose shingles are in memory at once.
BATCH = 20_000
#: Fewer documents do not show what is usual in a region.
FEW_DOCUMENTS = 200

BUDGETS = f"""
WITH lines AS (
    SELECT r.hibah_id, r.jumlah, hashtextextended(
        lower(regexp_replace(r.uraian, '[^[:alnum:]]+', '', 'g')) || '|' || r.harga_satuan || '|' || r.jumlah, 0
    ) AS line
    FROM hibah_rab r WHERE r.region_id = :region_id AND r.tahap = 'diajukan'
), budgets AS (
    SELECT hibah_id, array_agg(line ORDER BY line) AS lines, array_agg(jumlah ORDER BY line) AS amounts FROM lines
    GROUP BY 1 HAVING count(DISTINCT line) >= :baris
)
SELECT h.id, {REF} AS ref, h.tahun, h.amount_requested, {RECIPIENT} AS recipient, {NAME} AS name, b.lines, b.amounts
FROM budgets b JOIN hibah h ON h.region_id = :region_id AND h.id = b.hibah_id {JOIN_ORG}
WHERE {ALIVE} ORDER BY h.tahun, 2
"""
STORIES = f"""
SELECT h.id, {REF} AS ref, h.tahun, h.amount_requested, {RECIPIENT} AS recipient, {NAME} AS name, h.tujuan
FROM hibah h {JOIN_ORG}
WHERE h.region_id = :region_id AND {ALIVE} AND length(h.tujuan) >= :huruf ORDER BY h.tahun, 2
"""
Likeness = Callable[[Set[Any], Set[Any]], float]


def overlap(a: Set[Any], b: Set[Any]) -> float:
    """The part of the longer one that both share."""
    return len(a & b) / max(len(a), len(b)) if a and b else 0.0


def jaccard(a: Set[Any], b: Set[Any]) -> float:
    """What both share of all that either has."""
    return len(a & b) / len(a | b) if a and b else 0.0


def shingles(text: str) -> set[str]:
    """Every piece of five signs of a text, spelling and punctuation aside."""
    plain = normalise_name(text)
    return {plain[i : i + SHINGLE] for i in range(len(plain) - SHINGLE + 1)}


def copied_budgets(params: Mapping[str, Any]) -> Iterator[Row]:
    """R15: budgets of different recipients that share most of their lines (words, price and amount)."""
    budgets = rows(BUDGETS, baris=params["baris"])
    priced = [
        {line & UNSIGNED: amount for line, amount in zip(row["lines"], row["amounts"], strict=True)} for row in budgets
    ]
    sets = [frozenset(lines) for lines in priced]
    pairs = _may_be_alike(lambda places: [list(sets[i]) for i in places], len(sets), LINE_BANDS)
    spread = Counter(line for lines in sets for line in lines)
    alike = groups(pair for pair in pairs if overlap(sets[pair[0]], sets[pair[1]]) >= params["bagian"])
    copied = [
        members for members in _of_several(alike, budgets) if _chance(members, priced, spread) <= params["peluang"]
    ]
    yield from _cases(copied, budgets, dict(enumerate(sets)), (overlap, params))


def _chance(members: Sequence[int], budgets: Sequence[Mapping[int, int]], spread: Mapping[int, int]) -> float:
    first, second = (budgets[i] for i in members[:2])
    rarest: dict[float, int] = {}
    for line, amount in first.items():
        if line in second:
            # To one per cent: the last of equal parts takes the rupiah that are left over.
            part = round(math.log(amount or 1), 2)
            rarest[part] = min(spread[line], rarest.get(part, spread[line]))
    return chance(list(rarest.values()), len(members), len(budgets))


def chance(spread: Sequence[int], members: int, documents: int) -> float:
    """How many pairs of all documents would share such lines by chance.

    Args:
        spread: how many documents hold each shared line; of lines with one amount (a sum cut in equal parts) only the
            rarest, for the others follow from it.
        members: how many are alike: what only they hold is common among the others not once.
    """
    others = documents - members
    logs = (math.log((max(0, n - members) + 1) / (others + 2)) for n in spread)
    return documents * (documents - 1) / 2 * math.exp(sum(logs))


def copied_stories(params: Mapping[str, Any]) -> Iterator[Row]:
    """R16: purposes of different recipients in the same words; what very many share is a form, not a copy."""
    stories = rows(STORIES, huruf=params["huruf"])
    by_text: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(stories):
        by_text[normalise_name(row["tujuan"])].append(i)
    texts = list(by_text)
    pairs = _may_be_alike(lambda places: [list(shingles(texts[i])) for i in places], len(texts), TEXT_BANDS)
    met = {i: shingles(texts[i]) for pair in pairs for i in pair}
    edges = [(a, b) for a, b in pairs if jaccard(met[a], met[b]) >= params["kemiripan"]]
    same = [(members[0], other) for members in by_text.values() for other in members[1:]]
    alike = groups([*same, *((by_text[texts[a]][0], by_text[texts[b]][0]) for a, b in edges)])
    most = max(params["minimum_sample"], params["bagian_formulir"] * len(stories))
    copied = [
        members for members in _of_several(alike, stories) if len(stories) < FEW_DOCUMENTS or len(members) <= most
    ]
    sets = {i: shingles(stories[i]["tujuan"]) for members in copied for i in members}
    yield from _cases(copied, stories, sets, (jaccard, params))


def _may_be_alike(documents: Callable[[range], list[list[Any]]], count: int, bands: int) -> list[tuple[int, int]]:
    """Pairs of documents that share a band of their signatures. `documents` gives the elements of a range of them, so
    that they are in memory by BATCH only; the few that share a band at all are looked at a second time."""
    index, matrices = RMinHashLSH(0.5, PERMUTATIONS, bands), []
    for start in range(0, count, BATCH):
        matrix = _signatures(documents(range(start, min(start + BATCH, count))))
        index.insert_matrix(matrix, start)
        matrices.append(matrix)
    flags = [flag for matrix in matrices for flag in index.query_duplicate_flags_matrix(matrix)]
    places = [i for i, flagged in enumerate(flags) if flagged]
    buckets: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    width, pairs = PERMUTATIONS // bands, set()
    for i in places:
        (signature,) = _signatures(documents(range(i, i + 1))).to_rows()
        for band in range(bands):
            bucket = buckets[band, tuple(signature[band * width : (band + 1) * width])]
            pairs |= {(j, i) for j in bucket[-MOST_COMPARED:]}
            bucket.append(i)
    return sorted(pairs)


def _signatures(documents: list[list[Any]]) -> Any:
    """MinHash signatures of documents given by their elements: whole numbers of 64 bits, or texts."""
    of = RMinHash.digest_matrix_from_token_sets
    if documents and documents[0] and isinstance(documents[0][0], int):
        of = RMinHash.digest_matrix_from_token_hash_sets
    return of(documents, num_perm=PERMUTATIONS, seed=SEED)


def _of_several(found: Iterable[list[int]], documents: Sequence[Row]) -> Iterator[list[int]]:
    """Groups in which more than one recipient stands, one after the other by reference."""
    for group in found:
        if len({documents[i]["recipient"] for i in group}) > 1:
            yield sorted(group, key=lambda i: documents[i]["ref"])


def _cases(
    copied: Sequence[list[int]],
    documents: Sequence[Row],
    sets: Mapping[int, Set[Any]],
    how: tuple[Likeness, Mapping[str, Any]],
) -> Iterator[Row]:
    """One case for each group; where a large part of all would be in one, the region's own forms are what is alike."""
    _likeness, params = how
    alike = sum(len(members) for members in copied)
    if len(documents) >= FEW_DOCUMENTS and alike > params["bagian_umum"] * len(documents):
        yield {
            "key": "formulir", "subject_type": "daerah", "subject": "formulir", "ref": "formulir", "ukuran": alike,
            "kemiripan": alike / len(documents),
        }  # fmt: skip
        return
    for members in copied:
        yield from _told(members, documents, sets, how)


def _told(
    members: Sequence[int],
    documents: Sequence[Row],
    sets: Mapping[int, Set[Any]],
    how: tuple[Likeness, Mapping[str, Any]],
) -> Iterator[Row]:
    likeness, params = how
    several = len({documents[i]["recipient"] for i in members})
    if several < params["minimum_sample"]:
        return
    for i in members:
        best = max(likeness(sets[i], sets[j]) for j in members if j != i)
        row = documents[i]
        yield {
            "key": documents[members[0]]["ref"], "subject": row["id"], "ref": row["ref"], "year": row["tahun"],
            "amount": row["amount_requested"], "severity": HIGH if several >= params["berat"] else MEDIUM,
            "penerima": row["name"], "kemiripan": best, "ukuran": len(sets[i]), "diajukan": row["amount_requested"],
        }  # fmt: skip
