"""The add-on's preferences: what holds for all files."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..film.words import languages, words
from ..layout.budget import CUBOIDS, Detail
from . import translations

# The add-on is the package around this one; as a plain Python package it has no preferences of its own.
ADDON = __package__.removesuffix(".llm_scene.ui") if __package__ != "llm_scene.ui" else "llm_scene"
CAPTIONS = [
    ("auto", "As the Interface", "The language that Blender speaks, where there are captions in it"),
    *((code, words(code).language, "") for code in languages()),
]


class Preferences(bpy.types.AddonPreferences):
    """What holds for all files."""

    bl_idname = ADDON

    model_folder: StringProperty(
        name="Models", description="Where the file browser starts to look for models", subtype="DIR_PATH"
    )
    output_folder: StringProperty(
        name="Films and Exports",
        description="Where films go while the .blend has not been saved; empty: the home folder",
        subtype="DIR_PATH",
    )
    cell_budget: IntProperty(
        name="Cell Budget",
        description="The most cells drawn as cuboids; larger matrices are drawn as pictures of their values. "
        "A hundred thousand take up to a gigabyte of memory while a film is rendered",
        default=CUBOIDS,
        min=1000,
        soft_max=10_000_000,
        step=1000,
    )
    bits: EnumProperty(
        name="Slab Pictures",
        description="How finely the pictures of large matrices hold a value",
        items=(
            ("8", "8 Bit", "254 steps of a value: as fine as a screen shows"),
            ("16", "16 Bit", "65,000 steps of a value, in files about twice as large"),
        ),
    )
    cluster: StringProperty(
        name="Cluster",
        description="A Dask scheduler that renders films, such as tcp://host:8786; empty: this machine",
    )
    language: EnumProperty(
        name="Captions",
        description="The language of films whose scene does not choose one",
        items=CAPTIONS,
    )

    own_workspace: BoolProperty(
        name="Own Workspace",
        description="Generate shows its scenes in a workspace of their own: picture, timeline and panel. "
        "Without it they are shown where you are",
        default=True,
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        for name in (
            "model_folder",
            "output_folder",
            "cell_budget",
            "bits",
            "cluster",
            "language",
            "own_workspace",
        ):
            layout.prop(self, name)


def preferences() -> Preferences | None:
    """The preferences; None where the add-on runs as a plain Python package."""
    addon = bpy.context.preferences.addons.get(ADDON)
    return addon.preferences if addon is not None else None


def cell_budget() -> int:
    """The most cells drawn as cuboids."""
    chosen = preferences()
    return chosen.cell_budget if chosen is not None else CUBOIDS


def own_workspace() -> bool:
    """Whether scenes are shown in a workspace of their own."""
    chosen = preferences()
    return chosen is None or chosen.own_workspace


def detail() -> Detail:
    """How finely matrices are drawn."""
    chosen = preferences()
    return Detail(cell_budget(), int(chosen.bits) if chosen is not None else 8)


def cluster() -> str | None:
    """The Dask scheduler that renders films; None for this computer."""
    own = preferences()
    return own.cluster.strip() or None if own is not None else None


def caption_language(chosen: str) -> str:
    """The code of the captions' language: as a scene chooses, else as the preferences do."""
    own = preferences()
    if chosen == "auto" and own is not None:
        chosen = own.language
    return translations.caption_language(chosen)


def output_folder() -> Path:
    """Where files go: beside the saved .blend, else where the preferences say, else the home folder."""
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent
    chosen = preferences()
    if chosen is not None and chosen.output_folder:
        return Path(bpy.path.abspath(chosen.output_folder))
    return Path.home()
