"""Other ways to bring a matrix into Blender as cuboids, each written as well as it can be.

Every function takes values `[rows, columns]` in -1 to 1 and returns objects that are in no scene yet.
"""

from __future__ import annotations

import bpy
import numpy as np

from llm_scene.network.ops import Array

from .measure import SkippedError

RELIEF, GAP = 0.4, 0.1
# A unit cuboid, open at the back like ours: corners (x, y, z) and its front, bottom, right, top, left.
CORNERS = np.array([(x, y, z) for y in (0, 1) for z in (0, 1) for x in (0, 1)], np.float32)
FACES = np.array([(0, 1, 3, 2), (0, 4, 5, 1), (1, 5, 7, 3), (3, 7, 6, 2), (2, 6, 4, 0)], np.int32)


def one_object_a_cell(values: Array, material: bpy.types.Material) -> list[bpy.types.Object]:
    """An object for every cell, all of one mesh; the value is a custom property for the shader."""
    mesh = bpy.data.meshes.new("cell")
    mesh.from_pydata(_corners(np.zeros((1, 1)))[0], [], FACES)
    mesh.materials.append(material)
    cells = []
    for (row, column), value in np.ndenumerate(values):
        cell = bpy.data.objects.new("cell", mesh)
        depth = 1 + RELIEF * abs(value)
        cell.location = (column, 1 - depth, -row)
        cell.scale.y = depth
        cell["value"] = float(value)
        cells.append(cell)
    return cells


def merged_mesh(values: Array, material: bpy.types.Material) -> list[bpy.types.Object]:
    """One mesh of all cuboids, written in bulk from arrays; the value is a vertex attribute."""
    n = values.size
    faces = (FACES[None] + 8 * np.arange(n, dtype=np.int32)[:, None, None]).ravel()  # [n * 5 * 4]
    mesh = bpy.data.meshes.new("cells")
    mesh.vertices.add(8 * n)
    mesh.vertices.foreach_set("co", _corners(values).ravel())
    mesh.loops.add(20 * n)
    mesh.loops.foreach_set("vertex_index", faces)
    mesh.polygons.add(5 * n)
    mesh.polygons.foreach_set("loop_start", np.arange(0, 20 * n, 4, dtype=np.int32))
    mesh.update(calc_edges=True)
    attribute = mesh.attributes.new("value", "FLOAT", "POINT")
    attribute.data.foreach_set("value", np.repeat(values.ravel(), 8))
    mesh.materials.append(material)
    return [bpy.data.objects.new("cells", mesh)]


def databpy_points(values: Array, material: bpy.types.Material) -> list[bpy.types.Object]:
    """Points with the attributes that ours have, written by databpy, under the same geometry nodes."""
    try:
        import databpy
    except (ImportError, SyntaxError):  # of Blender 4.5's Python, which it is not written for
        raise SkippedError("databpy, for Blender 5 only, is not installed") from None
    from llm_scene.scene.cells import cell_group
    from llm_scene.scene.compat import modifier_input
    from llm_scene.scene.nodes import inputs

    rows, columns = (axis.ravel() for axis in np.indices(values.shape))
    places = np.stack([columns + 0.5, np.ones(values.size), -rows - 0.5], axis=1)
    cells = databpy.create_bob(places, name="cells")
    order = (rows + columns * len(values)) / values.size
    attributes = {"raw": values, "value": values, "row": rows, "column": columns, "order": order}
    for name, numbers in {**attributes, "state": np.zeros(values.size)}.items():
        cells.store_named_attribute(numbers.ravel().astype(np.float32), name)
    cells.object.data.materials.append(material)
    modifier = cells.object.modifiers.new("Cells", "NODES")
    modifier.node_group = group = cell_group()
    for name, value in (("Material", material), ("Bevel", 0.0), ("Relief", RELIEF)):
        modifier_input(modifier, inputs(group)[name], value)
    for collection in cells.object.users_collection:
        collection.objects.unlink(cells.object)
    return [cells.object]


def _corners(values: Array) -> Array:
    """Vertices `[n, 8, 3]` of a cuboid a cell, higher where the value is larger."""
    rows, columns = (axis.ravel() for axis in np.indices(values.shape))
    places = np.stack([columns, np.ones(values.size), -rows - 1], axis=1).astype(np.float32)
    corners = np.tile(CORNERS * (1 - GAP, 1, 1 - GAP) + (GAP / 2, -1, GAP / 2), (values.size, 1, 1))
    corners[:, :, 1] *= 1 + RELIEF * np.abs(values).reshape(-1, 1)
    return (corners + places[:, None]).astype(np.float32)
