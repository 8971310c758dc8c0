"""The panel "LLM Scene" in the 3D view's sidebar."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..errors import UserError
from ..layout.inspection import Inspection
from ..network.explain import number
from ..output.formats import FORMATS
from ..plain import duration
from ..scene.picture import rate
from . import appearance, library
from .changes import changes
from .inspector import looked_at
from .menus import entry
from .operators import film_path
from .ownership import tag_of
from .preferences import cell_budget
from .rendering import end_of, progress_of
from .sentences import translated
from .settings import OPTIONS, Settings, settings_of, toggles
from .task import sentence
from .translations import CONTEXT, caption_language, tr

if TYPE_CHECKING:
    from ..models import Model

SWITCHES = 33  # for links and heads, at most
TOKENS = 48  # shown of a long prompt
WIDE = r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"  # letters between which lines may break
PARTS = re.compile(rf"{WIDE}[，。：；、！？）”]*|(?:(?!{WIDE})\S)+\s*|\s+")
LETTER = 6.2  # pixels of an average letter, to break lines where the sidebar ends


def write(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE") -> None:
    """A paragraph, broken where the sidebar ends."""
    width = letters(context)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for i, line in enumerate(wrapped(text, width)):
        column.label(
            text=line, icon=icon if i == 0 else "NONE" if icon == "NONE" else "BLANK1", translate=False
        )


def letters(context: bpy.types.Context) -> int:
    """How many letters of average width fit into a line of the sidebar."""
    return max(16, int((context.region.width / context.preferences.system.ui_scale - 60) / LETTER))


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many letters, broken at blanks and between characters that are as wide as two.

    What has no blank and is longer than a line, such as an address, is broken where the line ends.
    """
    lines = [""]
    for part in (piece for found in PARTS.findall(text) for piece in _pieces(found, width)):
        if _breadth((lines[-1] + part).rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += part if lines[-1] else part.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


def _pieces(word: str, width: int) -> list[str]:
    """A word in pieces that each fit into a line."""
    return [word] if _breadth(word.rstrip()) <= width else textwrap.wrap(word, width, drop_whitespace=False)


def _breadth(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def draw_options(layout: bpy.types.UILayout, settings: Settings, group: str) -> None:
    """The options of a group, below each other."""
    for name, one in OPTIONS.items():
        if one.type is tuple:
            continue  # has toggles of its own
        if one.group == group:
            row = layout.row()
            row.active = not one.only_with or bool(getattr(settings, one.only_with))
            row.prop(settings, name)


class _Panel:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "LLM Scene"
    bl_translation_context = CONTEXT


class _SubPanel(_Panel):
    bl_parent_id = "VIEW3D_PT_llm_scene"


class VIEW3D_PT_llm_scene(_Panel, bpy.types.Panel):
    """Generate, and what there is already."""

    bl_idname = "VIEW3D_PT_llm_scene"
    bl_label = "LLM Scene"

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        own = tag_of(scene) is not None
        settings = settings_of(scene)
        column = layout.column()
        column.scale_y = 1.6
        text = tr("Generate Again") if own and not settings.keep else tr("Generate")
        column.operator("llm_scene.generate", text=text, icon="SHADERFX")
        if own:
            row = layout.row(align=True)
            row.prop(settings, "keep")
            row.operator("llm_scene.remove", text="", icon="TRASH")
            changed = tr(", ").join(tr(title) for title in changes(scene))
            if changed:
                write(layout, context, tr("Changed since Generate: {titles}", titles=changed), "INFO")


class VIEW3D_PT_llm_scene_model(_SubPanel, bpy.types.Panel):
    """Which model, and what it is."""

    bl_label = "Model"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, settings_of(context.scene)
        layout.row().prop(settings, "source", expand=True)
        row = layout.row(align=True)
        row.prop(settings, "preset" if settings.source == "PRESET" else "folder", text="")
        if library.own_preset(settings) is not None:
            row.operator("llm_scene.rename_preset", text="", icon="GREASEPENCIL")
            row.operator("llm_scene.delete_preset", text="", icon="TRASH")
        try:
            model = library.model_of(settings)
        except (UserError, OSError) as error:
            if library.to_download(settings):
                write(layout, context, tr("This model of the hub is not on this computer yet."), "INFO")
                layout.operator("llm_scene.download_model", icon="IMPORT")
            else:
                write(layout, context, sentence(error), "ERROR")
            return
        if model.preset is not None and model.preset.description:
            write(layout, context, tr(model.preset.description))
        _facts(layout, context, library.facts_of(model))
        if not model.has_weights:
            self._shape(context, model)
            return
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        draw_options(column, settings, "arrangement")
        entry(layout, "llm_scene.save_preset", "PRESET_NEW")

    def _shape(self, context: bpy.types.Context, model: Model) -> None:
        """What can be done with a model that has no weights here."""
        layout = self.layout
        text = tr("Its weights are not here: Generate shows its structure, Compare sets it beside others.")
        write(layout, context, text, "INFO")
        hub = model.preset.hub if model.preset is not None else ""
        if hub:
            text = tr("Take {model} from the Hub", model=hub)
            layout.operator("llm_scene.real_model", text=text, icon="IMPORT", translate=False)


def _facts(
    layout: bpy.types.UILayout, context: bpy.types.Context, facts: tuple[tuple[str, str], ...]
) -> None:
    """Names at the left, numbers at the right."""
    column = layout.column(align=True)
    column.scale_y = 0.85
    half = letters(context) // 2
    for name, fact in facts:
        value = translated(fact)
        if _breadth(value) > half:  # it would be cut off
            write(column, context, f"{tr(name)}: {value}")
            continue
        split = column.split(factor=0.5)
        split.label(text=tr(name), translate=False)
        right = split.row()
        right.alignment = "RIGHT"
        right.label(text=value, translate=False)


class VIEW3D_PT_llm_scene_prompt(_SubPanel, bpy.types.Panel):
    """What the model reads, token by token, and how it goes on."""

    bl_label = "Prompt"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, settings_of(context.scene)
        layout.prop(settings, "prompt", text="")
        try:
            if not library.model_of(settings).has_weights:
                write(layout, context, tr("A model without weights cannot be asked anything."), "INFO")
                return
            words = library.words_of(settings)
        except (UserError, OSError) as error:
            write(layout, context, sentence(error), "ERROR")
            words = None
        if words is not None:
            self._tokens(context, words)
            self._room(context, words, settings)
            _facts(layout, context, library.cost_of(settings, cell_budget()))
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        draw_options(column, settings, "prompt")
        if not settings.temperature:
            write(layout, context, tr("Temperature 0 draws nothing at random."))

    def _tokens(self, context: bpy.types.Context, words: library.Words) -> None:
        box = self.layout.box()
        columns = max(2, int(context.region.width / context.preferences.system.ui_scale / 62))
        grid = box.grid_flow(row_major=True, columns=columns, even_columns=True, even_rows=True, align=True)
        for token, piece in list(zip(words.ids, words.pieces, strict=True))[:TOKENS]:
            cell = grid.column(align=True)
            cell.alignment = "CENTER"
            cell.scale_y = 0.75
            cell.label(text=piece, translate=False)
            number = cell.row()
            number.active = False
            number.label(text=str(token), translate=False)
        if len(words.ids) > TOKENS:
            box.label(text=tr("… {count} more", count=len(words.ids) - TOKENS), translate=False)

    def _room(self, context: bpy.types.Context, words: library.Words, settings: Settings) -> None:
        left = words.room - settings.steps + 1
        if left < 0:
            text = tr("Too long by {count}: shorten the prompt or continue by less.", count=-left)
            write(self.layout, context, text, "ERROR")
            return
        count = len(words.ids)
        text = tr("{tokens} tokens, {left} positions left after the continuation", tokens=count, left=left)
        write(self.layout, context, text)


class VIEW3D_PT_llm_scene_look(_SubPanel, bpy.types.Panel):
    """Colours and cells; acts at once."""

    bl_label = "Look"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, settings_of(context.scene)
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_options(layout, settings, "look")
        for name in ("gap", "relief", "bevel", "labels"):
            layout.prop(settings, name)
        if tag_of(context.scene) is not None:
            self._parts(context.scene)

    def _parts(self, scene: bpy.types.Scene) -> None:
        """A switch for the links, and one for each head."""
        found = list(appearance.shown_parts(scene))
        grid = self.layout.grid_flow(row_major=True, columns=4, even_columns=True, align=True)
        for name in found[:SWITCHES]:
            text, on = appearance.called(name), appearance.shows(scene, name)
            grid.operator("llm_scene.show", text=text, depress=on, translate=False).part = name


class VIEW3D_PT_llm_scene_film(_SubPanel, bpy.types.Panel):
    """The film's chapters."""

    bl_label = "Film"

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        settings = layout.column()
        settings.use_property_split = True
        settings.use_property_decorate = False
        draw_options(settings, settings_of(scene), "film")
        self._toggles(settings_of(scene))
        if tag_of(scene) is None:
            write(
                layout,
                context,
                tr("Generate a scene to see its chapters."),
                "INFO",
            )
            return
        playing = context.screen.is_animation_playing
        row = layout.row()
        row.scale_y = 1.3
        row.operator(
            "screen.animation_play", text="Pause" if playing else "Play", icon="PAUSE" if playing else "PLAY"
        )
        self._chapters(scene)
        seconds = (scene.frame_end + 1 - scene.frame_start) / rate(scene.render)
        _facts(layout, context, (("Total time", duration(seconds)),))

    def _toggles(self, settings: Settings) -> None:
        """Which chapters the next film keeps, by their titles."""
        self.layout.label(text=tr("Chapters"), translate=False)
        grid = self.layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        titles, offered = library.titles(caption_language("auto")), toggles(settings, "chapters")
        for n, name in enumerate(OPTIONS["chapters"].names):
            if name in offered:
                title = titles[name]
                grid.prop(settings, "chapters", index=n, toggle=True, text=title, translate=False)

    def _chapters(self, scene: bpy.types.Scene) -> None:
        column = self.layout.column(align=True)
        markers = sorted(scene.timeline_markers, key=lambda marker: marker.frame)
        current = max((m.frame for m in markers if m.frame <= scene.frame_current), default=None)
        for marker in markers:
            row = column.row(align=True)
            minutes, seconds = divmod(int(marker.frame / rate(scene.render)), 60)
            text = f"{minutes}:{seconds:02}  {marker.name}"
            jump = row.operator("llm_scene.jump", text=text, depress=marker.frame == current, translate=False)
            jump.frame = marker.frame
        entry(self.layout, "llm_scene.retime", "MOD_TIME")


class VIEW3D_PT_llm_scene_compare(_SubPanel, bpy.types.Panel):
    """Models side by side."""

    bl_label = "Compare"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, settings_of(context.scene)
        layout.column(align=True).prop(settings, "compared")
        own = layout.row()
        own.active = bool(settings.folder)
        own.prop(settings, "compare_own")
        layout.operator("llm_scene.compare", icon="MOD_ARRAY")


class VIEW3D_PT_llm_scene_inspector(_SubPanel, bpy.types.Panel):
    """The pinned cell, where it came from, and the way that led to it."""

    bl_label = "Inspector"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator("llm_scene.inspect_tool", icon="EYEDROPPER")
        inspector = looked_at(context.scene)
        if inspector is None or not inspector.trail:
            write(layout, context, tr("Point at a cell with this tool, and click to keep it here."))
            return
        *way, pinned = inspector.trail
        box = layout.box()
        write(box, context, pinned.title)
        write(box, context, f"{pinned.place}: {pinned.value}")
        for line in pinned.numbers.splitlines():
            write(box, context, line)
        address = tr("Address, counted from 0: {address}", address=pinned.explanation.address)
        write(box, context, address)
        self._walk(pinned)
        self._trace_back(way)
        layout.operator("llm_scene.inspect_film", text="Put into the Film", icon="CAMERA_DATA")
        layout.operator("llm_scene.open_window", icon="MESH_GRID")

    def _walk(self, pinned: Inspection) -> None:
        """Each input's largest cell to go on to."""
        column = self.layout.column(align=True)
        for given in pinned.explanation.inputs:
            largest = max(range(len(given.cells)), key=lambda i: abs(given.values[i]))
            text = f"{pinned.naming.full_name(given.label)}: {number(given.values[largest])}"
            step = column.operator("llm_scene.inspect", text=text, icon="FORWARD", translate=False)
            step.address = given.address(largest)

    def _trace_back(self, way: list[Inspection]) -> None:
        """The cells that led here, to go back to."""
        column = self.layout.column(align=True)
        for before in reversed(way):
            text = f"{before.naming.full_name(before.explanation.label)}: {before.value}"
            back = column.operator("llm_scene.inspect", text=text, icon="BACK", translate=False)
            back.address = before.explanation.address
        column.operator("llm_scene.inspect_clear", icon="X")


class VIEW3D_PT_llm_scene_output(_SubPanel, bpy.types.Panel):
    """Films and files."""

    bl_label = "Output"

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        settings = settings_of(scene)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "quality")
        column.prop(settings, "film_path")
        if tag_of(scene) is None:
            write(
                layout,
                context,
                tr("Generate a scene to render or export it."),
                "INFO",
            )
        elif not settings.film_path:
            write(layout, context, f"→ {film_path(scene)}")
        running = progress_of(scene)
        if running is not None:
            layout.progress(factor=running.share, text=running.text)
            layout.operator("llm_scene.cancel_render", icon="CANCEL")
        else:
            ended = end_of(scene)
            if ended is not None:
                text, well = ended
                write(layout, context, text, "CHECKMARK" if well else "ERROR")
            row = layout.row(align=True)
            row.operator("llm_scene.render", text="Render Film…", icon="RENDER_ANIMATION")
            film = _film(scene)
            if film is not None:
                row.operator("wm.path_open", text="", icon="PLAY").filepath = str(film)
        column = layout.column(align=True)
        for form in FORMATS.values():
            if form.name == "film":  # which has the button above
                continue
            text = tr("Export {title}…", title=tr(form.title))
            column.operator(form.operator, text=text, icon=form.icon, translate=False)


def _film(scene: bpy.types.Scene) -> Path | None:
    """A scene's film, where it is there already."""
    if tag_of(scene) is None:
        return None
    try:
        path = film_path(scene)
    except UserError:
        return None
    return path if path.is_file() else None


CLASSES = (
    VIEW3D_PT_llm_scene,
    VIEW3D_PT_llm_scene_model,
    VIEW3D_PT_llm_scene_prompt,
    VIEW3D_PT_llm_scene_look,
    VIEW3D_PT_llm_scene_film,
    VIEW3D_PT_llm_scene_compare,
    VIEW3D_PT_llm_scene_inspector,
    VIEW3D_PT_llm_scene_output,
)
