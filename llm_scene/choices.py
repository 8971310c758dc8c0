"""Choices that describe themselves: a field says its title, its help and what it may be.

From the fields of a value such as `Options` come the command line's arguments, the panel's properties and
the entries of presets, so that a new choice is written in one place: its field.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import UserError

LARGEST = 1 << 63  # whole numbers stay below
Items = tuple[tuple[str, str, str], ...]  # (name, title, description)


@dataclass(frozen=True)
class Choice:
    """One thing to choose: what it is called, and which values it may have."""

    name: str
    default: Any  # its type is the type of all values; None: see `kind`
    title: str
    help: str
    kind: type = str  # of its values, where the default is None
    group: str = ""  # what it is shown together with
    flag: str = ""  # on the command line, where that is not its name
    noun: str = ""  # in "There is no … 'x'" and "… must be a number"
    items: Callable[[], Items] | None = None  # what there is to choose from
    open: Callable[[str], bool] | None = None  # whether a text that is no item will do too
    low: float | None = None
    high: float | None = None
    soft_high: float | None = None  # where a slider ends
    step: float | None = None
    subtype: str = "NONE"  # of the panel's property
    only_with: str = ""  # the choice without which this one changes nothing
    compared: bool = False  # whether it counts where models stand side by side

    @property
    def argument(self) -> str:
        """What it is called on the command line."""
        return self.flag or self.name.replace("_", "-")

    @property
    def type(self) -> type:
        """The type of its values."""
        return self.kind if self.default is None else type(self.default)

    @property
    def names(self) -> tuple[str, ...]:
        """What there is to choose from; empty where any value within the limits will do."""
        return tuple(name for name, _, _ in self.items()) if self.items is not None else ()

    def read(self, text: str) -> Any:
        """A value from its text. Raises UserError where it is none."""
        kind = self.type
        if kind is tuple:
            return self.checked(tuple(part.strip() for part in text.split(",") if part.strip()))
        try:
            return self.checked(kind(text))
        except ValueError:
            raise UserError(f"{self._called} must be {_word(kind)}, not {text[:40]!r}.") from None

    def checked(self, value: Any) -> Any:
        """The same value, if it may be chosen. Raises UserError, one sentence, where it may not."""
        kind: Any = self.type
        if value is None and self.default is None:
            return None
        if kind is float and type(value) is int:
            value = float(value)
        if kind is tuple and isinstance(value, (list, tuple)):
            value = tuple(value)
        if type(value) is not kind:
            raise UserError(f"{self._called} must be {_word(kind)}, not {str(value)[:40]!r}.")
        if kind in (int, float):
            self._check_number(value)
        elif self.items is not None:
            for name in value if kind is tuple else (value,):
                self._check_name(name)
        return value

    def _check_name(self, name: Any) -> None:
        if name not in self.names and not (self.open and self.open(name)):
            known = ", ".join(self.names)
            raise UserError(f"There is no {self.noun or self.title.lower()} {name!r}: choose one of {known}.")

    def _check_number(self, value: Any) -> None:
        if self.items is not None:
            if str(value) not in self.names:
                raise UserError(f"{self._called} must be {listed(self.names)}, not {value}.")
            return
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high or abs(value) >= LARGEST:
            limits = f"{low:.10g} to {high:.10g}" if self.high is not None else f"{low:g} or more"
            raise UserError(f"{self._called} must be {_word(self.type)}, {limits}, not {value}.")

    @property
    def _called(self) -> str:
        return self.noun or self.name.replace("_", "-").capitalize()


def choice(default: Any, title: str, help: str, **more: Any) -> Any:
    """A field of a dataclass that a user chooses: `more` are further fields of `Choice`."""
    return dataclasses.field(default=default, metadata={"title": title, "help": help, **more})


def choices(kind: type) -> dict[str, Choice]:
    """The choices that a dataclass consists of, by name; fields that are no choices are left out."""
    return {
        field.name: Choice(field.name, field.default, **field.metadata)
        for field in dataclasses.fields(kind)
        if "title" in field.metadata
    }


def check(value: Any) -> None:
    """Raise UserError, one sentence, unless all choices of a dataclass hold what they may.

    Numbers become the type of their field; call it from `__post_init__`.
    """
    for name, one in choices(type(value)).items():
        object.__setattr__(value, name, one.checked(getattr(value, name)))


def changed(value: Any, entries: Mapping[str, Any], where: str) -> Any:
    """A dataclass of choices with some of them set, as a file says it; UserErrors name the file."""
    known = choices(type(value))
    for key in entries:
        if key not in known:
            raise UserError(f"{where} has an unknown entry {key!r}.")
    try:
        return dataclasses.replace(value, **entries)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def named(*items: tuple[str, str, str]) -> Callable[[], Items]:
    """Items that are known from the start."""
    return lambda: tuple(items)


def listed(names: Sequence[str]) -> str:
    """Names as a sentence counts them up: "a, b or c"."""
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)


def _word(kind: type) -> str:
    words = {str: "a text", float: "a number", int: "a whole number", bool: "true or false"}
    return words.get(kind, "names with commas between them")
