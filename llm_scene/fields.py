"""The entries of a file of settings, each asked for with what it may be before it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import UserError


@dataclass(frozen=True)
class Fields:
    """A table of entries from a file, and which of them have been asked for."""

    path: Path
    data: dict[str, Any]
    asked: set[str] = field(default_factory=set, compare=False)
    notes: list[str] = field(default_factory=list, compare=False)  # what a reader has to say about it

    def has(self, key: str) -> bool:
        """Whether an entry is there and not null."""
        return self.raw(key) is not None

    def raw(self, key: str) -> Any:
        """An entry as it stands, None where it is absent."""
        self.asked.add(key)
        return self.data.get(key)

    def size(self, key: str, most: int, default: int | None = None, least: int = 1) -> int:
        """A whole number from `least` to `most`."""
        value = self._get(key, default)
        if type(value) is not int or not least <= value <= most:
            raise self.error(f"{key} must be a whole number from {least} to {most:,}, not {short(value)}")
        return value

    def number(self, key: str, default: float | None = None, least: float = 0.0, most: float = 1e12) -> float:
        """A finite number above `least`."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least < value <= most:
            raise self.error(f"{key} must be a number above {least:g}, not {short(value)}")
        return float(value)

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """A list of so many finite numbers above 0."""
        value = self._get(key, None)
        sound = isinstance(value, list) and len(value) == count
        if not sound or not all(type(v) in (int, float) and 0 < v < 1e12 for v in value):
            raise self.error(f"{key} must be a list of {count} numbers above 0, not {short(value)}")
        return tuple(float(v) for v in value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.error(f"{key} must be true or false, not {short(value)}")
        return value

    def choice(self, key: str, options: dict[str, str], default: str | None = None) -> str:
        """What one of several words stands for."""
        value = self._get(key, default)
        if not isinstance(value, str) or value not in options:
            raise self.error(f"{key} must be one of {', '.join(options)}, not {short(value)}")
        return options[value]

    def table(self, key: str) -> Fields | None:
        """An object within, or None."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.error(f"{key} must be an object, not {short(value)}")
        return Fields(self.path, value)

    def only(self, key: str, value: Any, *others: Any) -> None:
        """Refuse an entry that is there and is neither null nor one of these values."""
        found = self.raw(key)
        if found is not None and not any(
            found is v or (found == v and type(found) is type(v)) for v in (value, *others)
        ):
            raise self.error(f"{key} = {short(found)} is not supported")

    def error(self, problem: str) -> UserError:
        """The sentence that names the file and the problem."""
        return UserError(f"{self.path}: {problem}.")

    def _get(self, key: str, default: Any) -> Any:
        value = self.raw(key)
        if value is None:
            value = default
        if value is None:
            raise self.error(f"{key} is missing")
        return value


def short(value: object) -> str:
    """A value as it may stand in a sentence."""
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**20 else "a number that long"
    return text if len(text) <= 40 else text[:37] + "..."
