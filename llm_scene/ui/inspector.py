"""The inspector: point at a cell, and see what it is made of.

The tool's keymap calls `inspect_hover` on every movement of the mouse; what is found is drawn over the
3D view. Nothing in the file changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import blf
import bpy
import gpu
import numpy as np
from bpy.props import BoolProperty, FloatProperty, StringProperty
from bpy_extras import view3d_utils
from gpu_extras.batch import batch_for_shader
from mathutils import Vector

from ..errors import UserError
from ..film.props import number as short
from ..layout.inspection import Inspection, Mark, inspect, standing
from ..layout.layout import Block
from ..layout.naming import Naming
from ..layout.picking import Picker
from ..look import INKS, look_of, srgb
from ..network.addresses import parse_cell
from ..network.explain import number
from ..network.ops import Array
from ..scene.inspection import show_inspected
from ..staging.naming import naming
from ..staging.production import Production
from . import appearance, library, under
from .operators import OnModelScene
from .ownership import claimed, tag_of
from .sentences import lasting
from .settings import ONCE, settings_of
from .task import refusing
from .translations import caption_language, tr

LIFT = 0.02  # of marks before the cells they mark, in scene units
CLOSE = 34  # pixels that a cell must take to have its number written on it
AROUND = 12  # rows and columns around the cell whose numbers are written
Rgba = tuple[float, float, float, float]


@dataclass
class Inspector:
    """What is looked at in one scene."""

    tag: str
    production: Production
    picker: Picker
    hovered: Inspection | None = None
    trail: list[Inspection] = field(default_factory=list)  # pinned cells, the latest last
    namings: dict[str, Naming] = field(default_factory=dict)  # by language

    @property
    def shown(self) -> Inspection | None:
        """The cell to draw: under the mouse, else the pinned one."""
        return self.hovered or (self.trail[-1] if self.trail else None)

    def explain(self, block: str, cell: tuple[int, ...]) -> Inspection:
        """All about one cell."""
        made = self.production
        piece = made.model.tokenizer.piece
        return inspect(made.layout, made.trace, made.layout[block], cell, piece, self.naming)

    @property
    def naming(self) -> Naming:
        """Names in the language of the interface."""
        language = caption_language("auto")
        if language not in self.namings:
            self.namings[language] = naming(language, self.production.trace.network)
        return self.namings[language]

    def at(self, address: str) -> Inspection:
        """All about the cell at an address; UserError where there is none."""
        made = self.production
        matrix, cell = parse_cell(made.model.network, made.trace.n_positions, address)
        block = standing(made.layout, matrix.name, cell)
        if block is None:
            raise UserError(f"{matrix.name} has no place in the scene: it is part of its neighbours.")
        return self.explain(block.name, cell)

    def asked(self, address: str) -> Inspection:
        """The cell at an address, or, without one, the one that was pinned last. Raises UserError."""
        return self.at(address) if address else self.pinned()

    def pinned(self) -> Inspection:
        """The cell that was pinned last; UserError where there is none."""
        if not self.trail:
            raise UserError("Pin a cell first: point at it with the tool Inspect Cells, and click.")
        return self.trail[-1]

    def pin(self, inspection: Inspection) -> None:
        """Walk on to a cell; one that is in the trail already cuts off what came after it."""
        addresses = [step.explanation.address for step in self.trail]
        if inspection.explanation.address in addresses:
            del self.trail[addresses.index(inspection.explanation.address) + 1 :]
        else:
            self.trail.append(inspection)


_current: Inspector | None = None
_handlers: list[object] = []


def inspector_of(scene: bpy.types.Scene) -> Inspector | None:
    """The inspector of a generated scene of one model; begins anew where another scene is in view."""
    global _current
    tag = tag_of(scene)
    if tag is None or library.compares(scene):
        return None
    if _current is None or _current.tag != tag:
        production = library.production_of(scene)
        assert production is not None
        _current = Inspector(tag, production, Picker(production.layout, production.trace))
    return _current


def looked_at(scene: bpy.types.Scene) -> Inspector | None:
    """The inspector of this scene if anything was inspected in it."""
    return _current if _current is not None and _current.tag == tag_of(scene) else None


def let_go(scene: bpy.types.Scene) -> None:
    """Forget what was inspected in a scene."""
    global _current
    if looked_at(scene) is not None:
        _current = None


def inspector_in(context: bpy.types.Context) -> Inspector:
    """The inspector of the scene in view, in operators whose `poll` asks for a scene of one model."""
    inspector = inspector_of(context.scene)
    assert inspector is not None
    return inspector


def find(context: bpy.types.Context, at: tuple[int, int]) -> Inspection | None:
    """The cell under a place in the view, in pixels."""
    inspector = inspector_of(context.scene)
    if inspector is None or context.region_data is None:
        return None
    origin = view3d_utils.region_2d_to_origin_3d(context.region, context.region_data, at)
    direction = view3d_utils.region_2d_to_vector_3d(context.region, context.region_data, at)
    hit = under.hit(context, inspector.picker, inspector.production.layout, origin, direction)
    if hit is None:
        return None
    shown = inspector.hovered
    if shown is not None and shown.mark == Mark(
        hit.block, (hit.row, hit.row + 1), (hit.column, hit.column + 1)
    ):
        return shown
    return inspector.explain(hit.block.name, hit.cell)


def redraw(context: bpy.types.Context) -> None:
    """Draw the 3D views anew."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def has_left(context: bpy.types.Context, event: bpy.types.Event) -> bool:
    """Whether the mouse is no longer over the view itself: outside, or over what lies on it."""
    if context.area is None or event.type in ("WINDOW_DEACTIVATE", "MOUSELEAVE"):
        return True

    def over(region: bpy.types.Region) -> bool:
        across, up = event.mouse_x - region.x, event.mouse_y - region.y
        return region.width > 1 and 0 <= across < region.width and 0 <= up < region.height

    return {region.type for region in context.area.regions if over(region)} != {"WINDOW"}


# --- operators ---------------------------------------------------------------------------------------


class LLM_SCENE_OT_inspect_hover(OnModelScene, bpy.types.Operator):
    """Show what the cell under the mouse is made of, until the mouse leaves the view"""

    bl_idname = "llm_scene.inspect_hover"
    bl_label = "Look at Cell"
    bl_options = {"INTERNAL"}
    watching = False  # whether it waits already for the mouse to leave

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        inspector = inspector_in(context)
        found = find(context, (event.mouse_region_x, event.mouse_region_y))
        if found is not inspector.hovered:
            inspector.hovered = found
            redraw(context)
        kind = LLM_SCENE_OT_inspect_hover
        if found is not None and not kind.watching and context.window is not None:
            kind.watching = True
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL", "PASS_THROUGH"}
        return {"PASS_THROUGH"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        inspector = looked_at(context.scene)
        if inspector is not None and inspector.hovered is not None:
            if not has_left(context, event):
                return {"PASS_THROUGH"}
            inspector.hovered = None
            redraw(context)
        self.cancel(context)
        return {"FINISHED", "PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        LLM_SCENE_OT_inspect_hover.watching = False


class LLM_SCENE_OT_inspect(OnModelScene, bpy.types.Operator):
    """Pin a cell, to see what it is made of and to walk on to its sources"""

    bl_idname = "llm_scene.inspect"
    bl_label = "Inspect Cell"
    bl_options = {"REGISTER"}

    address: StringProperty(
        name="Cell",
        description="Such as blocks.0.attn.scores[head=2,query=5,key=2], or [2,5,2] after the name; "
        "addresses count from 0",
        options=ONCE,
    )
    pointed: BoolProperty(
        name="Under the Mouse",
        description="The cell that the mouse points at",
        options={"HIDDEN"} | ONCE,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.pointed and not self.address:
            return context.window_manager.invoke_props_dialog(self, width=400)
        if not self.pointed:
            return self.execute(context)
        found = find(context, (event.mouse_region_x, event.mouse_region_y))
        if found is None:
            return {"PASS_THROUGH"}
        return self._pin(context, found)

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        inspector = inspector_in(context)
        return self._pin(context, inspector.at(self.address))

    def _pin(self, context: bpy.types.Context, found: Inspection) -> set[str]:
        inspector = inspector_in(context)
        inspector.pin(found)
        inspector.hovered = None
        redraw(context)
        return {"FINISHED"}


class LLM_SCENE_OT_inspect_clear(OnModelScene, bpy.types.Operator):
    """Let go of the pinned cells"""

    bl_idname = "llm_scene.inspect_clear"
    bl_label = "Forget Inspected Cells"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        inspector = inspector_in(context)
        inspector.trail.clear()
        inspector.hovered = None
        redraw(context)
        return {"FINISHED"}


class LLM_SCENE_OT_inspect_film(OnModelScene, bpy.types.Operator):
    """Put this cell, its sources and its box into the scene, for the film to show from now on"""

    bl_idname = "llm_scene.inspect_film"
    bl_label = "Put Inspected Cell into the Film"
    bl_options = {"REGISTER", "UNDO"}

    address: StringProperty(name="Cell", description="Empty: the cell that was pinned last", options=ONCE)
    seconds: FloatProperty(
        name="Seconds", description="How long the film shows it", default=5.0, min=0.1, soft_max=30.0
    )

    pointed: BoolProperty(
        name="Under the Mouse",
        description="The cell that the mouse points at",
        options={"HIDDEN"} | ONCE,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.pointed:
            return self.execute(context)
        found = find(context, (event.mouse_region_x, event.mouse_region_y))
        if found is None:
            return {"PASS_THROUGH"}
        self.address = found.explanation.address
        return self.execute(context)

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        inspector = inspector_in(context)
        settings = settings_of(scene)
        look = look_of(settings.look, settings.colour_map)
        found = inspector.asked(self.address)
        made = inspector.production
        spoken = naming(made.options.spoken, made.trace.network)
        found = replace(found.put(under.moved(scene, made.layout)), naming=spoken)
        with claimed(tag_of(scene)):
            show_inspected(
                scene,
                found,
                look,
                appearance.root(scene),
                seconds=self.seconds,
                relief=settings.relief,
            )
        scene.frame_set(scene.frame_current)
        cell, time = inspector.naming.name(found.explanation.label), lasting(self.seconds)
        text = tr("{cell} is in the film for {time} from here on.", cell=cell, time=time)
        self.report({"INFO"}, text)
        return {"FINISHED"}


class LLM_SCENE_OT_open_window(OnModelScene, bpy.types.Operator):
    """Stand solid cuboids around the inspected cell, where a large matrix is drawn as a picture"""

    bl_idname = "llm_scene.open_window"
    bl_label = "Show as Cuboids"
    bl_options = {"REGISTER", "UNDO"}

    address: StringProperty(name="Cell", description="Empty: the cell that was pinned last", options=ONCE)

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        inspector = inspector_in(context)
        settings = settings_of(scene)
        look = look_of(settings.look, settings.colour_map)
        found = inspector.asked(self.address)
        with claimed(tag_of(scene)):
            window = appearance.open_window(scene, inspector.production, found.mark, look)
        for name in ("Gap", "Relief", "Bevel"):
            appearance.set_measure(scene, name, getattr(settings, name.lower()))
        text = tr("{count} cells stand as cuboids.", count=f"{len(window.data.vertices):,}")
        self.report({"INFO"}, text)
        return {"FINISHED"}


class LLM_SCENE_OT_inspect_tool(OnModelScene, bpy.types.Operator):
    """Point at cells in the 3D view to see where their numbers come from"""

    bl_idname = "llm_scene.inspect_tool"
    bl_label = "Inspect Cells"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if bpy.app.background:
            self.report({"ERROR"}, tr("Cells are pointed at in a window: there is none in the background."))
            return {"CANCELLED"}
        bpy.ops.wm.tool_set_by_id(name=InspectTool.bl_idname, space_type="VIEW_3D")
        return {"FINISHED"}


class InspectTool(bpy.types.WorkSpaceTool):
    """Stands in the 3D view's toolbar."""

    bl_space_type = "VIEW_3D"
    bl_context_mode = "OBJECT"
    bl_idname = "llm_scene.inspector"
    bl_label = "Inspect Cells"
    bl_description = (
        "Where does this number come from?\n"
        "Point at a cell for its value, formula and sources; click pins it, "
        "Ctrl+click puts it into the film, Esc lets go"
    )
    bl_icon = "ops.paint.eyedropper_add"
    bl_keymap = (
        ("llm_scene.inspect_hover", {"type": "MOUSEMOVE", "value": "ANY", "any": True}, None),
        ("llm_scene.inspect", {"type": "LEFTMOUSE", "value": "PRESS"}, {"properties": [("pointed", True)]}),
        (
            "llm_scene.inspect_film",
            {"type": "LEFTMOUSE", "value": "PRESS", "ctrl": True},
            {"properties": [("pointed", True)]},
        ),
        ("llm_scene.inspect_clear", {"type": "ESC", "value": "PRESS"}, None),
    )


# --- drawing -----------------------------------------------------------------------------------------


def draw_marks() -> None:
    """Outlines and arcs, in the scene."""
    inspector = looked_at(bpy.context.scene)
    shown = inspector.shown if inspector is not None else None
    if inspector is None or shown is None:
        return
    lift = LIFT + settings_of(bpy.context.scene).relief
    shown = shown.put(under.moved(bpy.context.scene, inspector.production.layout))
    gpu.state.blend_set("ALPHA")
    for mark in shown.cross:
        _lines([_ring(mark, lift)], _ink("cross", 0.4), 1.0)
    _lines(shown.arcs(), _ink("source", 0.9), 1.5)
    _lines([_ring(mark, lift) for mark in shown.sources], _ink("source", 0.9), 2.0)
    _lines([_ring(shown.mark, lift)], _ink("cell"), 3.0)
    gpu.state.blend_set("NONE")


def _ink(name: str, opacity: float = 1.0) -> Rgba:
    """The colour that the film has for a part of what it inspects, in the look that the panel says."""
    settings = settings_of(bpy.context.scene)
    colour, _ = look_of(settings.look, settings.colour_map).inked(f"inspected {name}")
    return (*srgb(colour), opacity)


def _ring(mark: Mark, lift: float) -> Array:
    corners = mark.corners(lift)
    return np.concatenate([corners, corners[:1]])


def _lines(paths: list[Array], colour: Rgba, width: float) -> None:
    """Polylines in one batch."""
    if not paths:
        return
    pieces = [np.repeat(path, 2, axis=0)[1:-1] for path in paths]
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    points = np.concatenate(pieces).astype(np.float32)
    batch = batch_for_shader(shader, "LINES", {"pos": points})
    shader.uniform_float("color", colour)
    shader.uniform_float("lineWidth", width * bpy.context.preferences.system.ui_scale)
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    batch.draw(shader)


def draw_text() -> None:
    """The box beside the cell and the numbers on its neighbours, in pixels."""
    context = bpy.context
    inspector = looked_at(context.scene)
    shown = inspector.shown if inspector is not None else None
    if inspector is None or shown is None or context.region_data is None:
        return
    scale = context.preferences.system.ui_scale
    shown = shown.put(under.moved(context.scene, inspector.production.layout))
    _numbers(context, inspector.production, shown, scale)
    at = _on_screen(context, np.array([shown.mark.centre]))[0]
    lines = shown.lines()
    size = 12 * scale
    blf.size(0, size)
    width = max(blf.dimensions(0, line)[0] for line, _ in lines) + 2 * size
    height = (len(lines) * 1.5 + 1) * size
    x = _beside(context, shown.mark.block, at[0], width, size)
    y = min(max(at[1] + 2 * size, size), max(context.region.height - height - size, size))
    _plate(x, y, width, height)
    for i, (line, tone) in enumerate(lines):
        blf.color(0, *_ink(tone))
        blf.position(0, x + size, y + height - (i + 1) * 1.5 * size, 0)
        blf.draw(0, line)


def _beside(context: bpy.types.Context, block: Block, at: float, width: float, margin: float) -> float:
    """Left edge of a box that keeps off the matrix: right of it, left of it, or else near the cell."""
    corners = _on_screen(context, block.box.corners())[:, 0]
    last = _clear_width(context) - width - margin
    for x in (corners.max() + 2 * margin, corners.min() - width - 2 * margin):
        if margin <= x <= last:
            return float(x)
    return float(min(max(at + 2 * margin, margin), max(last, margin)))


def _clear_width(context: bpy.types.Context) -> int:
    """Pixels of the view that the sidebar leaves free; it may lie over the view."""
    region = context.region
    sidebars = (r for r in context.area.regions if r.type == "UI" and r.width > 1)
    return min((sidebar.x - region.x for sidebar in sidebars if sidebar.x > region.x), default=region.width)


def _plate(x: float, y: float, width: float, height: float) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    batch = batch_for_shader(shader, "TRI_FAN", {"pos": corners})
    gpu.state.blend_set("ALPHA")
    shader.uniform_float("color", _ink("plate", 0.92))
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _on_screen(context: bpy.types.Context, points: Array) -> Array:
    """Pixels `[n, 2]` of points in the scene."""
    region, view = context.region, context.region_data
    found = [view3d_utils.location_3d_to_region_2d(region, view, Vector(point)) for point in points]
    return np.array([tuple(at) if at is not None else (-1e6, -1e6) for at in found])


def _numbers(context: bpy.types.Context, made: Production, shown: Inspection, scale: float) -> None:
    """Values on the cells around the one in question, where cells are large enough to carry them."""
    block, (row, _), (column, _) = shown.mark.block, shown.mark.rows, shown.mark.columns
    corners = _on_screen(context, shown.mark.corners(0.0))
    if np.ptp(corners[:, 0]) < CLOSE * scale:
        return
    rows = range(max(row - AROUND, 0), min(row + AROUND + 1, block.shape[0]))
    columns = range(max(column - AROUND, 0), min(column + AROUND + 1, block.shape[1]))
    places = [(r, c) for r in rows for c in columns]
    values = block.values(made.trace)
    blf.size(0, 10 * scale)
    blf.color(0, *srgb(INKS["on dark"].colour), 1.0)
    marks = (replace(shown.mark, rows=(r, r + 1), columns=(c, c + 1)) for r, c in places)
    centres = np.array([mark.centre for mark in marks])
    for (r, c), (x, y) in zip(places, _on_screen(context, centres), strict=True):
        value = values[r, c]
        text = short(value) if np.isfinite(value) else number(value)
        wide, high = blf.dimensions(0, text)
        blf.position(0, x - wide / 2, y - high / 2, 0)
        blf.draw(0, text)


CLASSES = (
    LLM_SCENE_OT_inspect_hover,
    LLM_SCENE_OT_inspect,
    LLM_SCENE_OT_inspect_clear,
    LLM_SCENE_OT_inspect_film,
    LLM_SCENE_OT_open_window,
    LLM_SCENE_OT_inspect_tool,
)


def register() -> None:
    """Add the tool and what it draws; drawing needs a window."""
    if bpy.app.background:
        return
    bpy.utils.register_tool(InspectTool, separator=True)
    view = bpy.types.SpaceView3D
    _handlers.append(view.draw_handler_add(draw_marks, (), "WINDOW", "POST_VIEW"))
    _handlers.append(view.draw_handler_add(draw_text, (), "WINDOW", "POST_PIXEL"))


def unregister() -> None:
    """Take them away."""
    global _current
    _current = None
    while _handlers:
        bpy.types.SpaceView3D.draw_handler_remove(_handlers.pop(), "WINDOW")
    if not bpy.app.background:
        bpy.utils.unregister_tool(InspectTool)
