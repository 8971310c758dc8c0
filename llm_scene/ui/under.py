"""What is under the mouse: sheets where they are now and can be seen, and moving copies of their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..layout.layout import Layout
from ..layout.picking import Hit, Moved, Picker
from ..scene.marks import MARK, part_of
from ..scene.swarm import CORNERS, FACES
from .ownership import tag_of
from .settings import settings_of

BEFORE = ("moving", "backdrop")  # kinds of material of what stands before sheets in a film


def hit(
    context: bpy.types.Context, picker: Picker, layout: Layout, origin: Vector, direction: Vector
) -> Hit | None:
    """The cell that a ray meets first, itself or a copy on the move; None where anything else is first."""
    scene = context.scene
    relief, unseen = settings_of(scene).relief, hidden(context, layout)
    found = picker.pick(np.array(origin), np.array(direction), relief, unseen, moved(scene, layout))
    nearest = found.distance if found is not None else np.inf
    for thing in _solids(context):
        met = _meets(context, thing, origin, direction)
        if met is not None and met[0] < nearest:
            nearest = met[0]
            found = copied(picker, thing, met[1])
    return found


def sheets(scene: bpy.types.Scene, layout: Layout) -> dict[str, bpy.types.Object]:
    """The objects of a scene's matrices, by the names of their blocks."""
    own = ((part_of(thing), thing) for thing in scene.objects)
    return {name: thing for name, thing in own if name in layout.blocks}


def hidden(context: bpy.types.Context, layout: Layout) -> set[str]:
    """Blocks that the view does not show, for whatever reason, or whose objects are gone."""
    found, shows = sheets(context.scene, layout), _sight(context)
    return {name for name in layout.blocks if name not in found or not shows(found[name])}


def moved(scene: bpy.types.Scene, layout: Layout) -> Moved:
    """How blocks get from where the layout has them to where they are, for those that are elsewhere."""
    found, graph = {}, bpy.context.evaluated_depsgraph_get()
    for name, thing in sheets(scene, layout).items():
        home = Matrix.Translation(layout[name].origin)
        now = thing.evaluated_get(graph).matrix_world
        if now != home:
            found[name] = np.array(now @ home.inverted())
    return found


def _sight(context: bpy.types.Context) -> Callable[[bpy.types.Object], bool]:
    """Tells of an object whether the view shows it in the current frame."""
    graph = context.evaluated_depsgraph_get()
    space = context.space_data if isinstance(context.space_data, bpy.types.SpaceView3D) else None

    def shows(thing: bpy.types.Object) -> bool:
        # The film's keys hide what has been evaluated, and not always what it was made from.
        return not thing.evaluated_get(graph).hide_viewport and bool(thing.visible_get(viewport=space))

    return shows


def _solids(context: bpy.types.Context) -> Iterator[bpy.types.Object]:
    """What hides sheets behind it: moving copies and their wall, and all that the user put up."""
    tag, shows = tag_of(context.scene), _sight(context)
    for thing in context.scene.objects:
        if thing.type != "MESH" or thing.display_type not in ("SOLID", "TEXTURED"):
            continue
        first = next(iter(thing.data.materials), None)
        before = thing.get(MARK) != tag or (first is not None and first.get("kind") in BEFORE)
        if before and shows(thing):
            yield thing


def _meets(
    context: bpy.types.Context, thing: bpy.types.Object, origin: Vector, direction: Vector
) -> tuple[float, int] | None:
    """How far along a ray it meets a thing, and the face there."""
    evaluated = thing.evaluated_get(context.evaluated_depsgraph_get())
    if not len(evaluated.data.polygons) or abs(evaluated.matrix_world.determinant()) < 1e-12:
        return None
    back = evaluated.matrix_world.inverted()
    along = back.to_3x3() @ direction
    there, place, _, face = evaluated.ray_cast(back @ origin, along.normalized())
    return ((place - back @ origin).length / along.length, face) if there else None


def copied(picker: Picker, thing: bpy.types.Object, face: int) -> Hit | None:
    """The cell that one of a moving thing's is a copy of: in some pose it stands where that cell is."""
    shapes = thing.data.shape_keys
    if part_of(thing) == "" or shapes is None:
        return None
    cell = face // FACES
    for pose, key in enumerate(shapes.key_blocks):
        corners = [key.data[CORNERS * cell + n].co for n in range(CORNERS)]
        value = thing.data.attributes[f"value {pose}"].data[CORNERS * cell].value
        found = picker.copied(np.mean(corners, axis=0), value)
        if found is not None:
            return found
    return None
