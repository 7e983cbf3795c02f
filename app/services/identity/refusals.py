"""How this room says no to a person."""


class Refused(ValueError):
    """The answer to a person: what is wrong, in words; `field` names the input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TooMany(Refused):
    """Too many attempts: wait."""
