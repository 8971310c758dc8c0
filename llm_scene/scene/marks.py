"""How what is ours is known in a file: by a mark of ours, never by its name.

A user may call things as we do, rename ours, link ours from another file or keep those of another version.
"""

from __future__ import annotations

from typing import TypeVar

import bpy

MARK = "llm_scene"  # custom property: the tag of the scene that a data-block was made for
PART = "llm_scene_part"  # custom property: what a data-block is in its scene
VERSION = 1  # of what parts consist of; those of any other version are left alone

Block = TypeVar("Block", bound=bpy.types.ID)


def name_part(thing: Block, part: str) -> Block:
    """Say which part a data-block is, such as "ink" of materials or "Labels" of collections."""
    thing[PART] = f"{part} ({VERSION})"
    return thing


def part_of(thing: bpy.types.ID) -> str:
    """Which part a data-block is, "" where it is none of ours that we could work with."""
    part, _, version = str(thing.get(PART, "")).rpartition(" ")
    return part if version == f"({VERSION})" and is_local(thing) else ""


def is_local(thing: bpy.types.ID) -> bool:
    """Whether a data-block is of this file: neither linked from another one nor overriding what is."""
    return thing.library is None and thing.override_library is None
