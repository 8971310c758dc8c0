"""What things are called: the names by which a film's cues find what is drawn.

A sheet has the name of its block. Names are made here and nowhere else, so that a cue and the thing it
moves cannot miss each other.
"""

from __future__ import annotations

import re
from typing import Literal

Path = tuple[str, ...]  # of a section, from the outside in


def label(block: str) -> str:
    """A block's name beside it."""
    return f"name {block}"


def dimensions(block: str) -> str:
    """How many rows and columns a block has, with brackets."""
    return f"dimensions {block}"


def section(path: Path) -> str:
    """A section's title."""
    return f"section {'/'.join(path)}"


def bracket(path: Path) -> str:
    """The bracket under a section's title."""
    return f"bracket {'/'.join(path)}"


def links(target: str, kind: str) -> str:
    """All links of a kind that lead into a block."""
    return f"{kind} into {target}"


def token(position: int) -> str:
    """The letter of a token that is read."""
    return f"token {position}"


def prediction(position: int) -> str:
    """The letter of what is predicted at a position."""
    return f"predicted {position}"


def thread(letter: str) -> str:
    """The line from a letter to its cell."""
    return f"thread {letter}"


def candidate(rank: int, part: Literal["bar", "token", "share"]) -> str:
    """A part of a token that may come next; the likeliest has rank 0."""
    return f"candidate {rank} {part}"


def as_candidate(name: str) -> tuple[int, str] | None:
    """The rank and the part of which this is the name; None for the name of anything else."""
    found = re.fullmatch(r"candidate (\d+) (\w+)", name)
    return (int(found[1]), found[2]) if found else None


def legend_title(title: str) -> str:
    """What stands over a colour bar of the legend."""
    return f"legend {title}"


def legend_bar(title: str) -> str:
    """A colour bar of the legend."""
    return f"legend bar {title}"


def legend_mark(title: str, number: int) -> str:
    """A number under a colour bar, counted from the left."""
    return f"legend {title} mark {number}"


def prop(piece: str, part: object) -> str:
    """Something that exists for a set piece alone."""
    return f"{piece}: {part}"


def piece_of(prop: str) -> str:
    """The set piece that a prop exists for."""
    return prop.partition(":")[0]


def of_map(part: object) -> str:
    """A part of the small map that says where a set piece takes place."""
    return f"map {part}"


def on_map(prop: str) -> bool:
    """Whether a set piece's prop is a part of its map."""
    return prop.partition(": ")[2].startswith(of_map(""))


def cell_number(row: int, column: int) -> str:
    """The number on a cell."""
    return f"number {row} {column}"


# --- models side by side ---


def of_model(model: str, name: str) -> str:
    """Something that belongs to one of several models."""
    return f"{model}/{name}"


def card(model: str) -> str:
    """A model's card."""
    return f"card {model}"


def pin(model: str) -> str:
    """The pin that names a model from afar."""
    return f"pin {model}"
