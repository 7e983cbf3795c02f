"""R15 and R16: budgets and stories that were copied from one applicant to another.

MinHash with banding (rensa) tells which documents can have a near double at all; those few are compared exactly. A
likeness counts only where chance cannot explain it: in a region with a standard price list many budgets share lines.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from rensa import RMinHash, RMinHashLSH

from app.kernel.text import normalise_name
from app.sabilulungan.flags.grouping import groups
from app.sabilulungan.flags.sql import ALIVE, JOIN_ORG, NAME, RECIPIENT, REF, rows
from app.services.integrity.rules import HIGH, MEDIUM, Row

#: Pairs of rows of the signature: 96 bands of 2 meet two sets with a Jaccard of 0.35 with a probability of 0.99999.
PERMUTATIONS, BANDS, SEED = 192, 96, 20_131_223
UNSIGNED = 0xFFFFFFFFFFFFFFFF
#: A document is compared with so many that share one of its rare elements: two copies share more than one.
MOST_COMPARED = 20
SHINGLE, WORDS = 5, 3
#: Two texts that share four fifths of their shingles share at least this part of their word triples (five words of
#: thirty changed).
WORDS_ALIKE = 0.35
#: Fewer documents do not show what is usual in a region.
FEW_DOCUMENTS = 200

# Both arrays are gathered in one pass, so a line and its amount stand at the same place.
BUDGETS = f"""
WITH lines AS (
    SELECT r.hibah_id, r.jumlah, hashtextextended(
        translate(lower(r.uraian), ' .,;:-/()', '') || '|' || r.harga_satuan || '|' || r.jumlah, 0) AS line
    FROM hibah_rab r WHERE r.region_id = :region_id AND r.tahap = 'diajukan'
), budgets AS (
    SELECT hibah_id, array_agg(line) AS lines, array_agg(jumlah) AS amounts FROM lines
    GROUP BY 1 HAVING count(*) >= :baris
)
SELECT h.id, {REF} AS ref, h.tahun, h.amount_requested, {RECIPIENT} AS recipient, {NAME} AS name, b.lines, b.amounts
FROM budgets b JOIN hibah h ON h.region_id = :region_id AND h.id = b.hibah_id {JOIN_ORG} WHERE {ALIVE}
"""
STORIES = f"""
SELECT h.id, {REF} AS ref, h.tahun, h.amount_requested, {RECIPIENT} AS recipient, {NAME} AS name, h.tujuan
FROM hibah h {JOIN_ORG} WHERE h.region_id = :region_id AND {ALIVE} AND length(h.tujuan) >= :huruf
"""
Likeness = Callable[[Set[Any], Set[Any]], float]


def overlap(a: Set[Any], b: Set[Any]) -> float:
    """The part of the longer one that both share."""
    return len(a & b) / max(len(a), len(b)) if a and b else 0.0


def jaccard(a: Set[Any], b: Set[Any]) -> float:
    """What both share of all that either has."""
    return len(a & b) / len(a | b) if a and b else 0.0


def shingles(text: str) -> set[str]:
    """Every piece of five signs of a text."""
    return {text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1)}


def triples(text: str) -> set[int]:
    """Every three words in a row of a text, as numbers (of this process only)."""
    words = text.split()
    return {hash(tuple(words[i : i + WORDS])) & UNSIGNED for i in range(max(1, len(words) - WORDS + 1))}


def copied_budgets(params: Mapping[str, Any]) -> Iterator[Row]:
    """R15: budgets of different recipients that share most of their lines (words, price and amount)."""
    budgets = [row for row in rows(BUDGETS, baris=params["baris"]) if len(set(row["lines"])) >= params["baris"]]

    def lines(i: int) -> set[int]:
        return {line & UNSIGNED for line in budgets[i]["lines"]}

    least = params["bagian"]
    alike = list(_of_several(groups(_near(len(budgets), lines, least, overlap)), budgets))
    sets = {i: lines(i) for members in alike for i in members}
    met: set[int] = set().union(*sets.values())
    spread = Counter(line for i in range(len(budgets)) for line in lines(i) & met)
    priced = {i: dict(zip(budgets[i]["lines"], budgets[i]["amounts"], strict=True)) for i in sets}
    unlikely = [members for members in alike if _chance(members, priced, spread, len(budgets)) <= params["peluang"]]
    yield from _cases(unlikely, budgets, sets, (overlap, params))


def _chance(
    members: Sequence[int], priced: Mapping[int, Mapping[int, int]], spread: Mapping[int, int], documents: int
) -> float:
    first, second = (priced[i] for i in members[:2])
    rarest: dict[float, int] = {}
    for line, amount in first.items():
        if line in second:
            # To one per cent: the last of equal parts takes the rupiah that are left over.
            part, known = round(math.log(amount or 1), 2), spread[line & UNSIGNED]
            rarest[part] = min(known, rarest.get(part, known))
    return chance(list(rarest.values()), len(members), documents)


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
    near = _near(len(texts), lambda i: triples(texts[i]), WORDS_ALIKE, jaccard)
    edges = [(i, j) for i, j in near if jaccard(shingles(texts[i]), shingles(texts[j])) >= params["kemiripan"]]
    same = [(members[0], other) for members in by_text.values() for other in members[1:]]
    alike = groups([*same, *((by_text[texts[a]][0], by_text[texts[b]][0]) for a, b in edges)])
    most = max(params["minimum_sample"], params["bagian_formulir"] * len(stories))
    copied = [
        members for members in _of_several(alike, stories) if len(stories) < FEW_DOCUMENTS or len(members) <= most
    ]
    sets = {i: shingles(normalise_name(stories[i]["tujuan"])) for members in copied for i in members}
    yield from _cases(copied, stories, sets, (jaccard, params))


def _near(
    count: int, elements: Callable[[int], set[int]], least: float, likeness: Likeness
) -> Iterator[tuple[int, int]]:
    """Pairs of documents whose elements are alike, compared exactly: those that share a band of their MinHash signature
    with some other, and then one of their rarest elements (two that share `least` meet there: prefix filter)."""
    sets = {i: elements(i) for i in _with_a_neighbour(count, elements)}
    spread = Counter(element for known in sets.values() for element in known)
    buckets: dict[int, list[int]] = defaultdict(list)
    for i, known in sets.items():
        rare = sorted(known, key=lambda element: (spread[element], element))
        met: set[int] = set()
        for element in rare[: len(rare) - math.ceil(least * len(rare)) + 1]:
            met.update(buckets[element][-MOST_COMPARED:])
            buckets[element].append(i)
        yield from ((j, i) for j in sorted(met) if likeness(known, sets[j]) >= least)


def _with_a_neighbour(count: int, elements: Callable[[int], set[int]]) -> list[int]:
    """The documents that share a band with another; in memory are eight bytes an element."""
    if count < 2:
        return []
    flat, ends = array("Q"), array("Q", [0])
    for i in range(count):
        flat.extend(elements(i))
        ends.append(len(flat))
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, num_perm=PERMUTATIONS, seed=SEED)
    flags = RMinHashLSH(0.5, PERMUTATIONS, BANDS).query_duplicate_flags_matrix_one_shot(matrix)
    return [i for i, flagged in enumerate(flags) if flagged]


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
