"""Changes of look act on the scene that stands, and end where a new scene would begin."""

import re
from typing import Any

import bpy
import numpy as np
import pytest

from llm_scene.look import COLOUR_MAPS, INKS, look_of
from llm_scene.output.render.fingerprint import digests
from llm_scene.scene.build import LETTERED
from llm_scene.scene.marks import part_of
from llm_scene.ui import library
from llm_scene.ui.appearance import parts, shown_parts
from llm_scene.ui.ownership import everything, tag_of


def constants(tree: Any) -> list[Any]:
    """Everything that is set in a node tree."""
    found: list[Any] = []
    for node in tree.nodes:
        for socket in node.inputs:
            value = getattr(socket, "default_value", None)
            found.append(tuple(value) if hasattr(value, "__len__") else value)
        if node.type == "VALTORGB":
            found.append([(e.position, tuple(e.color)) for e in node.color_ramp.elements])
    return found


def palette(scene: Any) -> dict[str, list[Any]]:
    """What every material, group and world of a scene is set to."""
    tag = tag_of(scene)
    own = [*bpy.data.materials, *bpy.data.node_groups, *bpy.data.worlds]
    return {
        one.name.split(".")[0]: constants(getattr(one, "node_tree", None) or one)
        for one in own
        if one.get("llm_scene") == tag
    }


def beside_colours(scene: Any) -> dict[str, str]:
    """All that a scene's pictures depend on, but for materials and their groups."""
    return {name: said for name, said in digests(scene).items() if not name.startswith(("Mat", "Shader"))}


def depth(scene: Any, name: str) -> float:
    """How deep a matrix is, evaluated."""
    evaluated = scene.objects[name].evaluated_get(bpy.context.evaluated_depsgraph_get())
    return float(np.ptp([corner[1] for corner in evaluated.bound_box]))


@pytest.fixture
def quick(addon: None) -> Any:
    bpy.context.scene.llm_scene_settings.cut = "teaser"
    bpy.ops.llm_scene.generate()
    return bpy.context.scene


def test_another_look_is_what_a_new_scene_would_have(generated: Any) -> None:
    count = len(list(everything()))
    generated.llm_scene_settings.look = "paper"
    changed = palette(generated)
    assert len(list(everything())) == count
    bpy.ops.llm_scene.generate()
    assert palette(bpy.context.scene) == changed


@pytest.mark.parametrize("colour_map", COLOUR_MAPS)
@pytest.mark.parametrize("look", ["studio", "paper"])
def test_every_colour_map_can_be_chosen(generated: Any, look: str, colour_map: str) -> None:
    before = palette(generated)
    generated.llm_scene_settings.look = look
    generated.llm_scene_settings.colour_map = colour_map
    assert (palette(generated) == before) == (look == "studio" and colour_map == "look")


def test_a_colour_map_touches_colours_and_nothing_else(quick: Any) -> None:
    before, painted = beside_colours(quick), palette(quick)
    quick.llm_scene_settings.colour_map = "grey"
    touched = {name for name, said in beside_colours(quick).items() if said != before[name]}
    assert all(name.startswith("Mesh legend bar") for name in touched)
    changed = {name for name, values in palette(quick).items() if values != painted[name]}
    assert changed and all("colours of" in name for name in changed)


def test_what_an_artist_changed_stays(quick: Any) -> None:
    scene, mine = quick, bpy.data.worlds.new("mine")
    materials = {m["kind"]: m for m in bpy.data.materials if "kind" in m}
    tree = materials["cell"].node_tree
    node = tree.nodes.new("ShaderNodeBrightContrast")
    node.name = "mine"
    wall = next(n for n in materials["wall"].node_tree.nodes if n.type == "EMISSION")
    wall.inputs["Strength"].default_value = 0.77
    scene.world, scene.view_settings.view_transform = mine, "AgX"
    lamp, fill = scene.objects["Key light"], scene.objects["Fill light"]
    lamp.data.energy, lamp.rotation_euler = 12.0, (0.1, 0.2, 0.3)
    sheet, links = scene.objects["probs"], [(k.from_node.name, k.to_node.name) for k in tree.links]
    material, before = sheet.data.materials[0], fill.data.energy
    scene.llm_scene_settings.look = "paper"
    assert (scene.world, scene.view_settings.view_transform) == (mine, "AgX")
    assert lamp.data.energy == 12.0 and lamp.rotation_euler.z == pytest.approx(0.3)
    assert fill.data.energy == pytest.approx(look_of("paper").light.suns[1].strength) != before
    assert tree.nodes["mine"] and [(k.from_node.name, k.to_node.name) for k in tree.links] == links
    assert wall.inputs["Strength"].default_value == pytest.approx(0.77)
    assert sheet.data.materials[0] == material
    scene.llm_scene_settings.look = "studio"
    assert lamp.data.energy == 12.0 and fill.data.energy == pytest.approx(before)


def test_there_and_back_is_where_it_began(quick: Any) -> None:
    before, painted = digests(quick), palette(quick)
    for look, colour_map in (("paper", "look"), ("paper", "grey"), ("studio", "grey"), ("studio", "look")):
        quick.llm_scene_settings.look, quick.llm_scene_settings.colour_map = look, colour_map
    assert palette(quick) == painted
    assert {name for name, said in digests(quick).items() if said != before.get(name)} == set()


def test_a_role_is_restyled_in_one_place(quick: Any) -> None:
    """All materials of a role share its groups, which the asset browser offers."""
    groups = [g for g in bpy.data.node_groups if g.get("kind") in ("colours", "surface")]
    assert groups and all(group.asset_data and not group.use_fake_user for group in groups)
    for material in bpy.data.materials:
        if material.get("kind") in ("cell", "moving"):
            used = [n.node_tree for n in material.node_tree.nodes if n.type == "GROUP"]
            assert {(g["kind"], g["role"]) for g in used if "kind" in g} == {
                ("colours", material["role"]),
                ("surface", material["role"]),
            }
            assert not [n for n in material.node_tree.nodes if n.type == "VALTORGB"]


def test_what_is_seen_of_a_sheet_is_worked_out_in_one_place(quick: Any) -> None:
    """All materials of matrices share the groups that no look changes, before and after a change of look."""

    def shared() -> list[set[str]]:
        cells = [m for m in bpy.data.materials if m.get("kind") == "cell"]
        used = [[n.node_tree for n in m.node_tree.nodes if n.type == "GROUP"] for m in cells]
        return [{group.name for group in groups if "kind" not in group} for groups in used]

    before = shared()
    assert len(before) > 2 and set.union(*before) == {"LLM Scene footprint", "LLM Scene plate"}
    assert all("LLM Scene footprint" in names for names in before)
    quick.llm_scene_settings.look = "paper"
    assert shared() == before
    assert sum(group.name.startswith("LLM Scene plate") for group in bpy.data.node_groups) == 1


def test_every_ink_is_in_use(generated: Any) -> None:
    here = {ink for ink in INKS if not ink.startswith("inspected")}
    assert {f"LLM Scene {name}" for name in here} <= set(palette(generated))


def test_relief_acts_at_once(generated: Any) -> None:
    flat = depth(generated, "probs")
    generated.llm_scene_settings.relief = 4.0
    assert depth(generated, "probs") > flat + 1


def test_labels_can_be_hidden(generated: Any) -> None:
    def hidden() -> set[tuple[bool, bool]]:
        return {(c.hide_viewport, c.hide_render) for kind in LETTERED for c in parts(generated, kind)}

    before = hidden()
    assert before == {(True, True)}  # the film's shots have names of their own
    generated.llm_scene_settings.labels = True
    assert hidden() == {(False, True)}
    generated.llm_scene_settings.labels = False
    assert hidden() == before


def test_a_section_is_one_collection_and_heads_can_be_hidden(quick: Any) -> None:
    paths = {part_of(c): c for c in quick.collection.children_recursive}
    for head in ("Transformer 1/Self-attention/Head 2", "Transformer 0/MLP", "Embedding"):
        kinds = {child.name.rpartition(" / ")[2].partition(".")[0] for child in paths[head].children}
        assert {"Links", "Labels"} <= kinds and paths[head].objects
    sheets = [o for o in quick.objects if "sheet" in o or "cell" in o]
    made = library.production_of(quick).layout
    for sheet in sheets:
        assert tuple(sheet.location) == pytest.approx(made[part_of(sheet)].origin)
    for thing in quick.objects:
        if thing.name.startswith("data into") and thing.type == "MESH":
            assert thing.location.length > 0  # it stands where it begins
    bpy.ops.llm_scene.show(part="Head 3")
    gone = [o.name for o in sheets if not o.visible_get()]
    assert len(gone) > 3 * 5 and all("head=2" in name for name in gone)
    assert all(o.visible_get() for o in sheets if o.name not in gone and not o.hide_viewport)
    bpy.ops.llm_scene.show(part="Head 3")
    assert all(o.visible_get() for o in sheets)
    assert list(shown_parts(quick)) == ["Links", "Head 1", "Head 2", "Head 3"]
    for none in ("Head 0", "Head 4", "head"):
        with pytest.raises(RuntimeError, match="no such part"):
            bpy.ops.llm_scene.show(part=none)


def test_collections_are_named_as_people_count(quick: Any) -> None:
    names = {part_of(c): c.name for c in quick.collection.children_recursive}
    head = "Block 1 of 3 / Self-attention / Head 1 of 3"
    assert names["Transformer 0/Self-attention/Head 0"] == head
    assert names["Transformer 0/Self-attention/Head 0/Labels"] == f"{head} / Labels"
    assert not [name for name in names.values() if re.search(r"[. ]0", name)]


def test_settings_of_another_scene_do_nothing(generated: Any) -> None:
    before = palette(generated)
    bpy.data.scenes["Scene"].llm_scene_settings.look = "paper"
    assert palette(generated) == before


def test_moved_and_renamed_things_are_found(generated: Any) -> None:
    (labels,) = (c for c in parts(generated, "Labels") if c.name.startswith("Output"))
    sheet = generated.objects["probs"]
    mine = bpy.data.collections.new("Mine")
    generated.collection.children.link(mine)
    next(c for c in generated.collection.children_recursive if labels.name in c.children).children.unlink(
        labels
    )
    mine.children.link(labels)
    labels.name = "Names of mine"
    for holder in sheet.users_collection:
        holder.objects.unlink(sheet)
    mine.objects.link(sheet)
    generated.llm_scene_settings.labels = True
    assert not labels.hide_viewport
    flat = depth(generated, "probs")
    generated.llm_scene_settings.relief = 4.0
    assert depth(generated, "probs") > flat + 1
