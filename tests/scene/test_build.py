"""The scene as an artist finds it: named, sorted, labelled, native."""

from __future__ import annotations

import bpy
import pytest

from llm_scene.layout.signs import name_sign, section_signs
from llm_scene.scene.marks import part_of
from llm_scene.staging.naming import naming
from tests.scene.conftest import Made
from tests.scene.reading import label, matrices


def path_of(thing: bpy.types.Object, root: bpy.types.Collection) -> list[bpy.types.Collection]:
    """The collections from the scene's down to the one that holds an object."""

    def search(collection: bpy.types.Collection) -> list[bpy.types.Collection] | None:
        if thing.name in collection.objects:
            return [collection]
        for child in collection.children:
            rest = search(child)
            if rest is not None:
                return [collection, *rest]
        return None

    return search(root) or []


# --- seen and hit in a view ---


def test_views_without_light_show_colours_and_look_through_shades(nano: Made) -> None:
    used = {slot.material for thing in nano.scene.objects for slot in thing.material_slots if slot.material}
    plain = tuple(bpy.data.materials.new("plain").diffuse_color)
    assert len(used) > 15
    for material in used:
        assert tuple(material.diffuse_color) != plain, material.name
        assert material.diffuse_color[3] == (0.0 if part_of(material) == "veil" else 1.0), material.name


def test_a_click_hits_nothing_that_only_lies_behind(nano: Made) -> None:
    flat = {"wall", "backdrop", "veil"}
    lying = [
        t for t in nano.scene.objects if {part_of(s.material) for s in t.material_slots if s.material} & flat
    ]
    assert len(lying) > 3
    assert all(thing.hide_select for thing in lying)
    assert not any(thing.hide_select for thing in nano.scene.objects if thing not in lying)


# --- sorted ---


def test_matrices_sit_in_collections_nested_as_their_sections(nano: Made) -> None:
    for name, thing in matrices(nano.scene).items():
        section = nano.production.layout[name].section
        below = path_of(thing, nano.scene.collection)[2:]
        assert len(below) == len(section), name
        for depth, collection in enumerate(below, 1):
            assert part_of(collection) == "/".join(section[:depth]), f"{name} sits in {collection.name}"


def test_hiding_a_section_hides_its_matrices(nano: Made) -> None:
    bpy.context.window.scene = nano.scene
    thing = matrices(nano.scene)["blocks.1.attn.scores[head=2]"]
    head = path_of(thing, nano.scene.collection)[-1]
    assert len(head.objects) == 14
    head.hide_viewport = True
    try:
        bpy.context.view_layer.update()
        assert not thing.visible_get()
        assert matrices(nano.scene)["blocks.1.attn.scores[head=1]"].visible_get()
    finally:
        head.hide_viewport = False


def test_every_block_section_and_letter_is_labelled(nano: Made) -> None:
    layout, told = nano.production.layout, naming("en", nano.production.trace.network)
    texts = {thing.name: thing for thing in nano.scene.objects if thing.type == "FONT"}
    for block in layout.blocks.values():
        assert texts[f"name {block.name}"].data.body == name_sign(block).text
        assert texts[f"name {block.name}"].parent.name == block.name  # names go where their sheets go
    for sign in section_signs(layout, told)[0]:
        assert texts[sign.name].data.body == sign.text
    said = "".join(texts[f"token {i}"].data.body for i in range(6))
    assert said == "CBABBC"
    assert texts["predicted 5"].data.body == "A"
    assert texts["token 0"].data.extrude > 0  # letters are solid


def test_labels_stand_where_the_layout_wants_them(nano: Made) -> None:
    label(nano.scene)
    nano.frame(0)
    for block in list(nano.production.layout.blocks.values())[::7]:
        x, y, z = name_sign(block).at
        seen = nano.scene.objects[f"name {block.name}"].matrix_world.translation
        assert tuple(seen) == pytest.approx((x, y - 0.05, z), abs=0.01)


def test_the_legend_is_there_with_numbers(nano: Made) -> None:
    texts = [t.data.body for t in nano.scene.objects if t.type == "FONT" and t.name.startswith("legend ")]
    assert any("Weights" in text for text in texts)
    assert texts.count("0") == 4
    bars = [thing for thing in nano.scene.objects if thing.name.startswith("legend bar ")]
    assert len(bars) == 4
    assert all(bar.data.attributes.get("colour") for bar in bars)


def test_links_join_what_depends_on_each_other(nano: Made) -> None:
    """One object for the links of a kind into a block; every link's tube ends at its last point."""
    layout = nano.production.layout
    wanted = {f"{link.kind} into {link.target}" for link in layout.links}
    assert wanted <= {thing.name for thing in nano.scene.objects}
    assert "trunk into blocks.0.resid_mid" in wanted
    widths = {link.kind: link.width for link in layout.links}
    assert widths["trunk"] > 4 * widths["data"] >= 4 * widths["weight"]


def test_the_camera_belongs_to_the_scene(nano: Made) -> None:
    camera = nano.scene.camera
    assert camera.name in nano.scene.objects
    assert camera.data.dof.use_dof and camera.data.dof.focus_object == camera.parent


# --- native ---


def test_the_file_needs_nothing_from_outside(nano: Made) -> None:
    for font in bpy.data.fonts:
        assert font.filepath == "<builtin>" or font.packed_file is not None, font.name
    assert all(image.packed_file or image.type == "RENDER_RESULT" for image in bpy.data.images)


def test_cell_materials_are_shared(nano: Made) -> None:
    """One material a role and sign, not one a matrix; and no cell lights the room as a lamp."""
    used = {thing.data.materials[0] for thing in matrices(nano.scene).values()}
    assert len(used) == 5
    assert len({thing.modifiers["Cells"].node_group for thing in matrices(nano.scene).values()}) == 1
    assert all(material.cycles.emission_sampling == "NONE" for material in used)
