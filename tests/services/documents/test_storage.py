"""One promise, four storages: disk and S3, plain and sealed."""

import hashlib
import io
import secrets
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from minio import Minio
from moto.server import ThreadedMotoServer

from app.services.documents.sealing import MAGIC, SALT, SEGMENT, VERSION, Broken, seal, unseal
from app.services.documents.storage import DiskStorage, Missing, S3Storage, SealedStorage, Storage, object_key
from app.services.personal.keys import FILES, RegionKey, add_key, newest
from app.tenancy.context import Context, acting_for
from tests.conftest import A, B

NUMBER = UUID("019a0000-0000-7000-8000-0000000000ab")


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """A real server that speaks S3, on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    Minio(f"127.0.0.1:{port}", "kunci", "rahasia", secure=False, region="us-east-1").make_bucket("daerah")
    yield f"s3://kunci:rahasia@127.0.0.1:{port}/daerah?tls=0"
    server.stop()


@pytest.fixture(params=["disk", "s3", "disk-sealed", "s3-sealed"])
def store(request: pytest.FixtureRequest, tmp_path: Path, inside: None) -> Iterator[Storage]:
    inner = S3Storage(request.getfixturevalue("s3_url")) if request.param[:2] == "s3" else DiskStorage(tmp_path)
    sealed = SealedStorage(inner, sealing=request.param.endswith("sealed"))
    yield sealed
    sealed.delete(object_key(NUMBER))


def put(store: Storage, content: bytes, key: str = "") -> None:
    store.put(key or object_key(NUMBER), io.BytesIO(content), len(content))


def get(store: Storage, key: str = "") -> bytes:
    return b"".join(store.get(key or object_key(NUMBER)))


@pytest.mark.parametrize("size", [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 9 * 1024 * 1024])
def test_what_was_put_comes_back(store: Storage, size: int) -> None:
    content = secrets.token_bytes(size)
    put(store, content)
    assert hashlib.sha256(get(store)).digest() == hashlib.sha256(content).digest()


def test_it_comes_in_chunks(store: Storage) -> None:
    put(store, bytes(300_000))
    chunks = list(store.get(object_key(NUMBER)))
    assert len(chunks) > 1
    assert max(len(chunk) for chunk in chunks) <= SEGMENT


def test_putting_again_replaces(store: Storage) -> None:
    put(store, b"lama sekali")
    put(store, b"baru")
    assert get(store) == b"baru"


def test_what_is_not_there_is_missing_at_once_and_deleting_it_is_fine(store: Storage) -> None:
    put(store, b"isi")
    store.delete(object_key(NUMBER))
    store.delete(object_key(NUMBER))
    with pytest.raises(Missing):
        store.get(object_key(NUMBER))


def test_a_part_lies_beside_its_whole(store: Storage) -> None:
    put(store, b"utuh")
    put(store, b"bagian", object_key(NUMBER, 4096))
    assert (get(store), get(store, object_key(NUMBER, 4096))) == (b"utuh", b"bagian")
    store.delete(object_key(NUMBER, 4096))
    assert get(store) == b"utuh"


def test_a_source_that_ends_too_early_leaves_nothing(store: Storage) -> None:
    with pytest.raises((ValueError, OSError)):
        store.put(object_key(NUMBER), io.BytesIO(b"pendek"), 100)
    with pytest.raises(Missing):
        store.get(object_key(NUMBER))


@pytest.mark.parametrize(
    "key",
    [
        f"{B}/{NUMBER.hex}", f"{A}/../{B}/{NUMBER.hex}", f"{A}/{NUMBER.hex}/../x", f"/{A}/{NUMBER.hex}",
        f"{A}/{'g' * 32}",
        f"{A}/{NUMBER.hex}\n", f"{A}/{NUMBER.hex}.-1", "../../etc/passwd", "",
    ],
)  # fmt: skip
def test_a_key_of_another_region_or_of_another_form_is_no_key(store: Storage, key: str) -> None:
    for call in (lambda: put(store, b"x", key or " "), lambda: store.get(key), lambda: store.delete(key)):
        with pytest.raises(ValueError, match="kunci berkas"):
            call()


def test_the_disk_holds_no_half_file_and_no_stranger_may_read(tmp_path: Path) -> None:
    disk = DiskStorage(tmp_path)
    with acting_for(Context(A)):
        put(disk, b"isi")
        with pytest.raises(ValueError, match="lebih pendek"):
            disk.put(object_key(NUMBER, 1), io.BytesIO(b""), 5)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [NUMBER.hex]
    assert files[0].stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("inside")
def test_sealed_bytes_tell_nothing_and_older_plain_ones_stay_readable(tmp_path: Path) -> None:
    disk = DiskStorage(tmp_path)
    sealed = SealedStorage(disk, sealing=True)
    with acting_for(Context(A, "sistem:uji", "worker")):
        put(sealed, b"nomor rekening 123")
        raw = get(disk)
        assert raw.startswith(MAGIC)
        assert b"rekening" not in raw
        put(disk, b"disimpan sebelum penyegelan")
        assert get(sealed) == b"disimpan sebelum penyegelan"


def test_each_changed_byte_and_each_cut_of_a_sealed_object_is_noticed() -> None:
    content = secrets.token_bytes(2 * SEGMENT + 10)
    key, head = RegionKey(3, b"k" * 32), len(MAGIC) + VERSION + SALT
    sealed = b"".join(seal(io.BytesIO(content), len(content), key))
    places = [len(MAGIC) + VERSION, head, len(sealed) // 2, len(sealed) - 1]
    broken = [sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :] for place in places]
    segment = head + SEGMENT + 16
    broken += [sealed[:segment], sealed[:-1], sealed + b"x", sealed[: segment + SEGMENT + 16]]
    for wrong in broken:
        with pytest.raises(Broken):
            list(unseal(iter([wrong]), lambda _version: key.key))
    with pytest.raises(Broken):
        list(unseal(iter([sealed]), lambda _version: b"l" * 32))
    assert b"".join(unseal(iter([sealed]), {3: key.key}.__getitem__)) == content


def test_an_object_sealed_before_a_rotation_still_opens(store: Storage) -> None:
    put(store, b"lama")
    add_key(FILES, newest(FILES).version + 1)
    put(store, b"baru", object_key(NUMBER, 1))
    assert (get(store), get(store, object_key(NUMBER, 1))) == (b"lama", b"baru")
    store.delete(object_key(NUMBER, 1))
