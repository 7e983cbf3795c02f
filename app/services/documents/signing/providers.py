"""What a signing service is to this software, and the two ways in which it can fail."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Person:
    """Who signs. `identity`: as the service knows this person (NIK or e-mail). `secret`: the passphrase.

    Both live in the one request that carries them: never stored, logged or queued.
    """

    name: str
    office: str
    identity: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return "Person(…)"


class Failed(Exception):
    """The service did not sign, for certain. `code` is stable; the text of `code` is for the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Uncertain(Exception):
    """The request left and no answer says what became of it: it may be signed. Asking again would sign twice."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Provider(Protocol):
    """A signing service."""

    @property
    def name(self) -> str:
        """As in `signing_services.provider`."""

    @property
    def asks_person(self) -> bool:
        """Whether it wants identity and passphrase."""

    def sign(self, pdf: bytes, person: Person) -> bytes:
        """The PDF with one more signature. One call is one request.

        Raises:
            Failed: nothing was signed.
            Uncertain: nobody knows.
        """
