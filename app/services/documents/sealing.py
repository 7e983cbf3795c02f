"""Encryption of a stream at rest: AES-256-GCM in segments, so that neither memory nor trust waits for the end.

Form: magic, version of the region's key (2 bytes), salt (16), then segments of 64 KB, each followed by its tag. The
nonce is the segment's number and a flag on the last one (the STREAM construction, Hoang, Reyhanitabar, Rogaway, Vizar
2015): segments cannot be reordered, dropped or cut off. A key serves one object: HMAC of its salt with the region's key
(`personal.keys`), so an object sealed before a rotation opens with the version that it names.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator
from itertools import chain
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.services.personal.keys import RegionKey

MAGIC = b"\x00SNSEAL1"
VERSION, SALT = 2, 16
SEGMENT = 64 * 1024
TAG = 16


class Broken(ValueError):
    """The stored bytes are not what was sealed with this key."""


def seal(source: IO[bytes], size: int, key: RegionKey) -> Iterator[bytes]:
    """`size` bytes of `source`, sealed.

    Raises:
        ValueError: the source ends before.
    """
    salt = secrets.token_bytes(SALT)
    cipher = _cipher(key.key, salt)
    yield MAGIC + key.version.to_bytes(VERSION, "big") + salt
    number, left = 0, size
    while True:
        segment = source.read(min(SEGMENT, left))
        if left and not segment:
            raise ValueError("sumber lebih pendek daripada ukurannya")
        left -= len(segment)
        yield cipher.encrypt(_nonce(number, last=left == 0), segment, None)
        number += 1
        if not left:
            return


def unseal(stream: Iterator[bytes], key_of: Callable[[int], bytes]) -> Iterator[bytes]:
    """The plain bytes of a sealed stream; one that was never sealed passes unchanged. The key is asked for at once.

    Raises:
        Broken: at the first segment that was changed, or at an end that is not the end.
    """
    buffered = _Buffer(stream)
    head = buffered.take(len(MAGIC) + VERSION + SALT)
    if not head.startswith(MAGIC):
        return chain([head], buffered.rest())
    version = int.from_bytes(head[len(MAGIC) : len(MAGIC) + VERSION], "big")
    return _opened(buffered, _cipher(key_of(version), head[len(MAGIC) + VERSION :]))


def _opened(buffered: "_Buffer", cipher: AESGCM) -> Iterator[bytes]:
    number, segment = 0, buffered.take(SEGMENT + TAG)
    while True:
        following = buffered.take(SEGMENT + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), segment, None)
        except InvalidTag as error:
            raise Broken("berkas tersimpan tidak utuh") from error
        if not following:
            return
        number, segment = number + 1, following


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"berkas" + salt, hashlib.sha256))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


class _Buffer:
    """Takes exact lengths from a stream of chunks of any length."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream, self._held = stream, bytearray()

    def take(self, length: int) -> bytes:
        while len(self._held) < length:
            chunk = next(self._stream, None)
            if chunk is None:
                break
            self._held += chunk
        taken = bytes(self._held[:length])
        del self._held[:length]
        return taken

    def rest(self) -> Iterator[bytes]:
        yield bytes(self._held)
        yield from self._stream
