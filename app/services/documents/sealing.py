"""Encryption of a stream at rest: AES-256-GCM in segments, so that neither memory nor trust waits for the end.

Form: magic, salt (16 bytes), then segments of 64 KB, each followed by its tag. The nonce is the segment's number and a
flag on the last one (the STREAM construction, Hoang, Reyhanitabar, Rogaway, Vizar 2015): segments cannot be reordered,
dropped or cut off. A key serves one object: HMAC of its salt with the region's key.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"\x00SNSEAL1"
SALT = 16
SEGMENT = 64 * 1024
TAG = 16


class Broken(ValueError):
    """The stored bytes are not what was sealed with this key."""


class Sealed:
    """Seals and opens streams under one 32-byte key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(hmac.new(self._key, b"objek" + salt, hashlib.sha256).digest())

    def seal(self, source: IO[bytes], size: int) -> Iterator[bytes]:
        """`size` bytes of `source`, sealed."""
        salt = secrets.token_bytes(SALT)
        cipher = self._cipher(salt)
        yield MAGIC + salt
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

    def open(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """The plain bytes of a sealed stream; a stream that was never sealed passes unchanged.

        Raises:
            Broken: at the first segment that was changed, or at an end that is not the end.
        """
        buffered = _Buffer(stream)
        head = buffered.take(len(MAGIC) + SALT)
        if not head.startswith(MAGIC):
            yield head
            yield from buffered.rest()
            return
        cipher = self._cipher(head[len(MAGIC) :])
        number = 0
        segment = buffered.take(SEGMENT + TAG)
        while True:
            following = buffered.take(SEGMENT + TAG)
            try:
                yield cipher.decrypt(_nonce(number, last=not following), segment, None)
            except InvalidTag as error:
                raise Broken("berkas tersimpan tidak utuh") from error
            if not following:
                return
            number, segment = number + 1, following

    def seal_text(self, text: str) -> str:
        """A short secret as hexadecimal text, for a column."""
        salt = secrets.token_bytes(SALT)
        return (salt + self._cipher(salt).encrypt(_nonce(0, last=True), text.encode(), None)).hex()

    def open_text(self, sealed: str) -> str:
        """The secret of `seal_text`; raises Broken."""
        raw = bytes.fromhex(sealed)
        try:
            return self._cipher(raw[:SALT]).decrypt(_nonce(0, last=True), raw[SALT:], None).decode()
        except InvalidTag as error:
            raise Broken("rahasia tersimpan tidak utuh") from error


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
