"""Where the bytes lie: on disk or in an S3-compatible store, behind one interface; sealed at rest when asked for.

A key is `<region>/<32 hexadecimal digits>`, with `.<number>` for a part of an upload: made here, never from a name
that somebody sent. Every call compares it with the region of the context.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from flask import current_app

from app.services.documents.sealing import seal, unseal
from app.services.personal.keys import FILES, newest, of_version
from app.tenancy.context import current
from config.settings import Settings

KEY = re.compile(r"\d{1,4}/[0-9a-f]{32}(\.\d{1,12})?", re.ASCII)
CHUNK = 64 * 1024
S3_PART = 8 * 1024 * 1024


class Missing(LookupError):
    """No object has this key."""


class Storage(Protocol):
    """Objects by key, in the region of the context."""

    def put(self, key: str, source: IO[bytes], size: int) -> None:
        """Keep `size` bytes of `source`, whole or not at all; an object of the same key is replaced."""

    def get(self, key: str) -> Iterator[bytes]:
        """The object's bytes; raises Missing at once, not at the first byte."""

    def delete(self, key: str) -> None:
        """Forget the object; not there is fine."""


def object_key(number: UUID, part: int | None = None) -> str:
    """The key of a document, of its public copy or of a part of an upload, in the current region."""
    return f"{current().region_id}/{number.hex}" + ("" if part is None else f".{part}")


def checked(key: str) -> str:
    """`key`, if it is one and of the region that is acting.

    Raises:
        ValueError: it is not.
    """
    if not KEY.fullmatch(key) or not key.startswith(f"{current().region_id}/"):
        raise ValueError("kunci berkas tidak sah di daerah ini")
    return key


class DiskStorage:
    """Files below one folder, two levels deep, readable by this user alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, key: str) -> Path:
        region, _slash, name = checked(key).partition("/")
        # The last two digits of a UUIDv7 are random, its first ones are the time.
        return self._root / region / name.partition(".")[0][-2:] / name

    def put(self, key: str, source: IO[bytes], size: int) -> None:
        """Written beside its place, then moved there: nobody sees half a file."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                left = size
                while left and (chunk := source.read(min(CHUNK, left))):
                    left -= len(chunk)
                    file.write(chunk)
                if left:
                    raise ValueError("sumber lebih pendek daripada ukurannya")
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def get(self, key: str) -> Iterator[bytes]:
        """In chunks of 64 KB."""
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError as error:
            raise Missing(key) from error
        return _chunks(file)

    def delete(self, key: str) -> None:
        """Unlink it."""
        self._path(key).unlink(missing_ok=True)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


class S3Storage:
    """One bucket of an S3-compatible store. The bucket is there before, private, with its own backup."""

    def __init__(self, url: str) -> None:
        # Only where a store of this kind is configured.
        from minio import Minio

        parts = urlsplit(url)
        options = parse_qs(parts.query)
        self._bucket = parts.path.strip("/")
        self._client = Minio(
            f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname),
            access_key=unquote(parts.username or ""),
            secret_key=unquote(parts.password or ""),
            secure=options.get("tls", ["1"])[0] != "0",
            region=options.get("region", ["us-east-1"])[0],
        )

    def put(self, key: str, source: IO[bytes], size: int) -> None:
        """In one request, or in parts of 8 MB that become an object when all are there."""
        self._client.put_object(self._bucket, checked(key), cast("BinaryIO", source), size, part_size=S3_PART)

    def get(self, key: str) -> Iterator[bytes]:
        """In chunks of 64 KB, from one connection that is given back at the end."""
        from minio.error import S3Error

        try:
            answer = self._client.get_object(self._bucket, checked(key))
        except S3Error as error:
            if error.code == "NoSuchKey":
                raise Missing(key) from error
            raise

        def chunks() -> Iterator[bytes]:
            try:
                yield from answer.stream(CHUNK)
            finally:
                answer.close()
                answer.release_conn()

        return chunks()

    def delete(self, key: str) -> None:
        """The store says the same whether it was there or not."""
        self._client.remove_object(self._bucket, checked(key))


class SealedStorage:
    """Another storage whose new objects, where the deployment wants it, are encrypted with the region's key.

    What was stored before sealing was switched on is told by its first bytes and passes through.
    """

    def __init__(self, inner: Storage, *, sealing: bool) -> None:
        self._inner, self._sealing = inner, sealing

    def put(self, key: str, source: IO[bytes], size: int) -> None:
        """Sealed on the way in; the plain bytes touch no disk here."""
        if not self._sealing:
            self._inner.put(key, source, size)
            return
        with tempfile.TemporaryFile() as file:
            for chunk in seal(source, size, newest(FILES)):
                file.write(chunk)
            length = file.tell()
            file.seek(0)
            self._inner.put(key, file, length)

    def get(self, key: str) -> Iterator[bytes]:
        """Opened on the way out; raises `sealing.Broken` where a byte was changed."""
        return unseal(self._inner.get(key), lambda version: of_version(FILES, version))

    def delete(self, key: str) -> None:
        """As the inner storage does."""
        self._inner.delete(key)


@cache
def _inner(url: str, var_dir: Path) -> Storage:
    return S3Storage(url) if url else DiskStorage(var_dir / "berkas")


def storage() -> Storage:
    """The deployment's storage."""
    settings: Settings = current_app.extensions["settings"]
    return SealedStorage(_inner(settings.storage_url, settings.var_dir), sealing=settings.storage_encrypted)
