"""Changes of look on a scene that stands: materials, room, cells and labels, without building again."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np

from ..errors import UserError
from ..layout import names
from ..layout.inspection import Mark
from ..layout.legend import TITLES
from ..look import Light, Look, Sun, to_linear
from ..network import sections
from ..scene import cells, materials, room, slab_material, window
from ..scene.build import LETTERED
from ..scene.compat import modifier_input
from ..scene.engines import set_view
from ..scene.marks import MARK, is_local, part_of
from ..scene.nodes import inputs
from ..scene.roles import Roles
from ..staging.production import Production
from .ownership import marked, tag_of
from .repaint import change, repaint
from .translations import tr

PAINTED = (bpy.types.Material, bpy.types.World, bpy.types.ShaderNodeTree)  # what a look may colour


def set_look(scene: bpy.types.Scene, before: Look, after: Look) -> None:
    """Let a scene of the add-on change from one look to another.

    Whatever is still as the look before left it becomes as the next has it; what an artist changed, added or
    exchanged stays, be it a node, a lamp, the world or the view transform.
    """
    worn, wanted = Roles(before), Roles(after)
    fresh: list[bpy.types.ID] = []
    for thing in [m for m in marked(tag_of(scene) or "") if isinstance(m, PAINTED)]:
        old, new = _made_anew(thing, worn), _made_anew(thing, wanted)
        if old is not None and new is not None:
            repaint(thing, old, new)
            fresh += [old, new]
    bpy.data.batch_remove({*fresh, *worn.made, *wanted.made})
    _relight(scene, before.light, after.light)
    _recolour_legend(scene, before, after)


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
    """Show or hide names, dimensions, section titles and the legend; the film has names of its own."""
    for name in LETTERED:
        for collection in parts(scene, name):
            collection.hide_viewport = not show


def shows(scene: bpy.types.Scene, part: str) -> bool:
    """Whether a part of a scene that can be hidden is shown."""
    return not all(collection.hide_viewport for collection in parts(scene, shown_parts(scene)[part]))


def show(scene: bpy.types.Scene, part: str, shown: bool) -> None:
    """Show or hide a part of a scene, in the view and in the film."""
    for collection in parts(scene, shown_parts(scene)[part]):
        collection.hide_viewport = collection.hide_render = not shown


def shown_parts(scene: bpy.types.Scene) -> dict[str, str]:
    """What a scene has that can be hidden part by part, with its name in paths: its links, and every head.

    Heads are called as people count them: "Head 1" is the first of every block.
    """
    found = {_last(collection) for collection in _own(scene)}
    heads = sorted(head for last in found if (head := sections.head_of(last)) is not None)
    links = {"Links": "Links"} if "Links" in found else {}
    return links | {sections.head(head + 1): sections.head(head) for head in heads}


def called(part: str) -> str:
    """The same in the language of the interface."""
    number = part.partition(" ")[2]
    return tr("Head {n}", n=number) if number else tr("Links")


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
    groups = {part_of(t): t for t in marked(tag_of(scene) or "") if isinstance(t, bpy.types.ShaderNodeTree)}
    roles = Roles(look, groups)
    material = own[0] if own else materials.cell_material(roles, block.role, block.matrix.signed)
    return window.open_window(slab, block, made.trace, place, material, made.layout.n_prompt)


def part(scene: bpy.types.Scene, name: str) -> bpy.types.Collection | None:
    """A part of the scene, "Legend", "Room", "Screen" …; None where it is gone."""
    return next((c for c in _own(scene) if part_of(c) == name), None)


def parts(scene: bpy.types.Scene, name: str) -> list[bpy.types.Collection]:
    """All parts of a kind, wherever they lie: "Links", "Labels", "Head 2" …."""
    return [c for c in _own(scene) if _last(c) == name]


def _own(scene: bpy.types.Scene) -> Iterator[bpy.types.Collection]:
    tag = tag_of(scene)
    return (c for c in scene.collection.children_recursive if c.get(MARK) == tag)


def _last(collection: bpy.types.Collection) -> str:
    return part_of(collection).rpartition("/")[2]


def root(scene: bpy.types.Scene) -> bpy.types.Collection:
    """The collection of all that was generated for a scene, or the scene's own where the user removed it."""
    tag = tag_of(scene)
    own = (c for c in scene.collection.children if is_local(c) and c.get(MARK) == tag)
    return next(own, scene.collection)


def _made_anew(thing: bpy.types.ID, roles: Roles) -> bpy.types.ID | None:
    """A thing of ours as it would be built in a look; None where it looks alike in all of them."""
    kind, look = thing.get("kind") if part_of(thing) else None, roles.look  # another version's is left alone
    if isinstance(thing, bpy.types.World):
        return room.world(look)
    match kind:
        case "colours":
            return roles.colours(thing["role"], thing["signed"])
        case "surface":
            return roles.surface(thing["role"])
        case "ink":
            return materials.ink_material(look, thing["ink"])
        case "screen":
            return materials.screen_material(look)
        case "veil":
            return materials.veil_material(look)
        case "link":
            return materials.link_material(look, thing["link"])
        case "cell":
            return materials.cell_material(roles, thing["role"], thing["signed"])
        case "slab":
            return slab_material.in_look(thing, roles, thing["role"], thing["signed"])
        case "moving":
            return materials.swarm_material(roles, thing["role"], thing["signed"], thing["poses"])
        case "wall" | "backdrop":
            return room.painted(look, kind)
    return None


def _relight(scene: bpy.types.Scene, before: Light, after: Light) -> None:
    """Another room's suns and view transform, where those of the room before are as they were."""
    tag = tag_of(scene)
    lamps = {part_of(t): t for t in scene.collection.all_objects if t.type == "LIGHT" and t.get(MARK) == tag}
    worn, wanted = ({sun.name: sun for sun in light.suns} for light in (before, after))
    for name in wanted.keys() - worn.keys() - lamps.keys():
        lamp = room.sun_object(wanted[name])
        lamp[MARK] = lamp.data[MARK] = tag
        (part(scene, "Room") or root(scene)).objects.link(lamp)
    for name in lamps.keys() & worn.keys():
        if name in wanted:
            _turn(lamps[name], worn[name], wanted[name])
        else:
            bpy.data.batch_remove([lamps[name].data, lamps[name]])
    if before.tone != after.tone and scene.view_settings.view_transform == before.tone:
        set_view(scene, after.tone)


def _turn(lamp: bpy.types.Object, before: Sun, after: Sun) -> None:
    """Let a lamp change from one sun to another."""
    old, new = room.sun_object(before), room.sun_object(after)
    change(lamp, "rotation_euler", old, new)
    for field in ("energy", "color", "angle"):
        change(lamp.data, field, old.data, new.data)
    bpy.data.batch_remove([old.data, old, new.data, new])


def _recolour_legend(scene: bpy.types.Scene, before: Look, after: Look) -> None:
    bars = {names.legend_bar(title): (role, signed) for role, signed, title in TITLES}
    found = part(scene, "Legend")
    for thing in found.objects if found is not None else ():
        if part_of(thing) not in bars or "colour" not in thing.data.attributes:
            continue
        role, signed = bars[part_of(thing)]
        if before.ramp(role, signed) == after.ramp(role, signed):
            continue
        attribute = thing.data.attributes["colour"]
        values = np.linspace(-1 if signed else 0, 1, len(attribute.data))
        rgb = to_linear(after.ramp(role, signed).colours(values))
        rgba = np.concatenate([rgb, np.ones((len(rgb), 1))], axis=1)
        attribute.data.foreach_set("color", rgba.astype(np.float32).ravel())
        thing.data.update()
