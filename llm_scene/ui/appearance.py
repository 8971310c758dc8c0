"""Changes of look on a scene that stands: materials, room, cells and labels, without building again."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np

from ..errors import UserError
from ..layout import names
from ..layout.inspection import Mark
from ..layout.layout import Box
from ..layout.legend import TITLES
from ..look import Look, to_linear
from ..scene import cells, materials, room, slab_material, window
from ..scene.build import LETTERED
from ..scene.compat import modifier_input
from ..scene.marks import MARK, is_local, part_of
from ..scene.nodes import inputs
from ..staging.production import Production
from .ownership import marked, tag_of
from .translations import tr


def set_look(scene: bpy.types.Scene, look: Look) -> None:
    """Give a scene of the add-on another look."""
    tag = tag_of(scene)
    # By their names: taking one out of the file can take away our hold of others.
    for name in [m.name for m in marked(tag or "") if isinstance(m, bpy.types.Material)]:
        old = bpy.data.materials.get((name, None))  # of this file
        new = _material(old, look) if old is not None else None
        if new is not None:
            _exchange(old, new)
    _refurnish(scene, look)
    _recolour_legend(scene, look)


def set_measure(scene: bpy.types.Scene, name: str, value: float) -> None:
    """Set a measure of the cells ("Gap", "Relief" or "Bevel") on every matrix."""
    for matrix in matrices(scene):
        group = group_of(matrix)
        if group is None:
            matrix["cell"][list(cells.DEFAULTS).index(name)] = value
        elif name in inputs(group):
            modifier_input(matrix.modifiers["Cells"], inputs(group)[name], value)
        matrix.update_tag()


def group_of(matrix: bpy.types.Object) -> bpy.types.NodeTree | None:
    """The node group that draws a matrix as cuboids; None for a slab."""
    modifier = matrix.modifiers.get("Cells")
    return modifier.node_group if modifier is not None and modifier.type == "NODES" else None


def show_labels(scene: bpy.types.Scene, show: bool) -> None:
    """Show or hide names, dimensions, section titles and the legend."""
    for (name,) in LETTERED:
        collection = part(scene, name)
        if collection is not None:
            collection.hide_viewport = collection.hide_render = not show


def matrices(scene: bpy.types.Scene) -> Iterator[bpy.types.Object]:
    """The objects that show matrices, as cuboids or as slabs."""
    for thing in scene.objects:
        if part_of(thing) and (group_of(thing) is not None or "cell" in thing):
            yield thing


def open_window(scene: bpy.types.Scene, made: Production, mark: Mark, look: Look) -> bpy.types.Object:
    """Stand cuboids around a cell of a slab. Raises UserError where its matrix is no slab."""
    block = mark.block
    slab = next((t for t in matrices(scene) if part_of(t) == block.name and "cell" in t), None)
    if slab is None:
        raise UserError(tr("This matrix is drawn as cuboids already."))
    wanted = {"kind": "cell", "role": block.role, "signed": block.matrix.signed}
    own = [
        m
        for m in bpy.data.materials
        if is_local(m)
        and m.get(MARK) == tag_of(scene)
        and all(m.get(key) == value for key, value in wanted.items())
    ]
    place = mark.rows[0], mark.columns[0]
    material = own[0] if own else materials.cell_material(look, block.role, block.matrix.signed)
    return window.open_window(slab, block, made.trace, place, material, made.layout.n_prompt)


def part(scene: bpy.types.Scene, name: str) -> bpy.types.Collection | None:
    """A part of the scene, "Matrices", "Links", "Labels", "Legend", "Room" …; None where it is gone."""
    tag = tag_of(scene)
    own = (c for c in scene.collection.children_recursive if c.get(MARK) == tag)
    return next((c for c in own if part_of(c) == name), None)


def root(scene: bpy.types.Scene) -> bpy.types.Collection:
    """The collection of all that was generated for a scene, or the scene's own where the user removed it."""
    tag = tag_of(scene)
    own = (c for c in scene.collection.children if is_local(c) and c.get(MARK) == tag)
    return next(own, scene.collection)


def _material(old: bpy.types.Material, look: Look) -> bpy.types.Material | None:
    """The same material in another look; None where it looks alike in all of them."""
    kind = old.get("kind") if part_of(old) else None  # that of another version is left alone
    if kind == "ink":
        return materials.ink_material(look, old["ink"])
    if kind == "screen":
        return materials.screen_material(look)
    if kind == "veil":
        return materials.veil_material(look)
    if kind == "link":
        return materials.link_material(look, old["link"])
    if kind == "cell":
        return materials.cell_material(look, old["role"], old["signed"])
    if kind == "slab":
        return slab_material.in_look(old, look, old["role"], old["signed"])
    if kind == "moving":
        return materials.swarm_material(look, old["role"], old["signed"], old["poses"])
    if kind == "backdrop":
        return room.backdrop_material(look)
    return None


def _exchange(old: bpy.types.ID, new: bpy.types.ID) -> None:
    """Put one data-block in another's place, under its name."""
    name, new[MARK] = old.name, old[MARK]
    old.user_remap(new)
    bpy.data.batch_remove([old])
    new.name = name


def _refurnish(scene: bpy.types.Scene, look: Look) -> None:
    """Another light and background in the same place; what a user put into the room stays."""
    tag, into = tag_of(scene), part(scene, "Room") or root(scene)
    gone = [thing for thing in into.objects if thing.get(MARK) == tag]
    data = [thing.data for thing in gone if thing.data.get(MARK) == tag]
    grounds = [m for thing in data for m in getattr(thing, "materials", ()) if m and m.get(MARK) == tag]
    world = scene.world
    bpy.data.batch_remove([*gone, *data, *grounds])
    before = set(into.objects)
    room.furnish(scene, look, box_of(scene), into)
    if world is not None and world.get(MARK) == tag:
        bpy.data.batch_remove([world])
    made: list[bpy.types.ID] = [scene.world]
    for thing in set(into.objects) - before:
        made += [thing, thing.data, *getattr(thing.data, "materials", ())]
    for thing in made:
        thing[MARK] = tag


def box_of(scene: bpy.types.Scene) -> Box:
    """The volume that the matrices take, from where they stand."""
    boxes = []
    for thing in matrices(scene):
        x, y, z = thing.location
        points = np.empty(3 * len(thing.data.vertices), np.float32)
        thing.data.vertices.foreach_get("co", points)
        low, high = points.reshape(-1, 3).min(axis=0), points.reshape(-1, 3).max(axis=0)
        half = 0.5 if group_of(thing) is not None else 0.0  # points are the middles of cells
        lowest, rightmost = float(low[2]) - half, float(high[0]) + half
        boxes.append(Box((x, y, z + lowest), (x + rightmost, y + 1, z)))
    return Box.around(boxes or [Box((0, 0, 0), (1, 1, 1))])


def _recolour_legend(scene: bpy.types.Scene, look: Look) -> None:
    bars = {names.legend_bar(title): (role, signed) for role, signed, title in TITLES}
    found = part(scene, "Legend")
    for thing in found.objects if found is not None else ():
        if part_of(thing) not in bars or "colour" not in thing.data.attributes:
            continue
        role, signed = bars[part_of(thing)]
        attribute = thing.data.attributes["colour"]
        values = np.linspace(-1 if signed else 0, 1, len(attribute.data))
        rgb = to_linear(look.ramp(role, signed).colours(values))
        rgba = np.concatenate([rgb, np.ones((len(rgb), 1))], axis=1)
        attribute.data.foreach_set("color", rgba.astype(np.float32).ravel())
        thing.data.update()
