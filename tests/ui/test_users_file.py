"""What is the user's in a file stays the user's, whatever it is called and wherever it comes from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest

from llm_scene.ui.ownership import own_scenes, tag_of

ROOT = Path(__file__).parents[2]
NAMES = (
    "LLM Scene cells",
    "LLM Scene face",
    "LLM Scene room",
    "LLM Scene activation",
    "LLM Scene",
    "Matrices",
)


def cuboids(scene: bpy.types.Scene) -> int:
    """Faces of one matrix of a scene as Blender draws it."""
    scene.frame_set(scene.frame_end)
    shown = bpy.context.evaluated_depsgraph_get()
    matrix = next(thing for thing in scene.collection.all_objects if "Cells" in thing.modifiers)
    mesh = matrix.evaluated_get(shown).to_mesh()
    return len(mesh.polygons)


def old_group() -> bpy.types.NodeTree:
    """A group as an older version might have made it: with fewer inputs."""
    group = bpy.data.node_groups.new("LLM Scene cells", "GeometryNodeTree")
    for direction in ("OUTPUT", "INPUT"):
        group.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    return group


class TestNames:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: bpy.data.node_groups.new("LLM Scene cells", "ShaderNodeTree"),
            old_group,
            lambda: bpy.data.node_groups.new("LLM Scene boxes", "ShaderNodeTree"),
        ],
        ids=["shader", "old", "boxes"],
    )
    def test_a_group_called_as_ours_is_not_taken_for_ours(self, addon: None, make: Any) -> None:
        mine = make()
        mine.use_fake_user = True
        operator = bpy.ops.llm_scene.compare if mine.name.endswith("boxes") else bpy.ops.llm_scene.generate
        bpy.context.scene.llm_scene_settings.compared = {"gpt2-small"}
        assert operator() == {"FINISHED"}
        assert mine.name in ("LLM Scene cells", "LLM Scene boxes") and not mine.nodes
        assert bpy.ops.llm_scene.remove() == {"FINISHED"}
        assert list(bpy.data.node_groups) == [mine]

    def test_whatever_is_called_as_ours_stays_as_it_is(self, addon: None) -> None:
        for name in NAMES:
            for kind in ("materials", "worlds", "texts", "collections", "meshes", "actions", "node_groups"):
                new = getattr(bpy.data, kind).new
                (new(name, "ShaderNodeTree") if kind == "node_groups" else new(name)).use_fake_user = True
            bpy.data.images.new(name, 4, 4).use_fake_user = True
        before = {(type(thing), thing.name) for thing in bpy.data.user_map()}
        bpy.ops.llm_scene.generate()
        settings = bpy.context.scene.llm_scene_settings
        settings.look, settings.gap, settings.labels = "paper", 0.2, False
        bpy.ops.llm_scene.generate()
        bpy.ops.llm_scene.remove()
        assert {(type(thing), thing.name) for thing in bpy.data.user_map()} == before

    def test_a_font_of_the_users_is_not_ours(self, addon: None) -> None:
        path = Path(bpy.utils.system_resource("DATAFILES", path="fonts")) / "DejaVuSansMono.woff2"
        mine = bpy.data.fonts.load(str(path))
        mine.name = "LLM Scene face"
        bpy.ops.llm_scene.generate()
        used = {thing.data.font for thing in bpy.context.scene.objects if thing.type == "FONT"}
        assert mine not in used and mine.packed_file is None and mine.name == "LLM Scene face"

    def test_renamed_parts_are_still_found(self, generated: Any) -> None:
        root = next(c for c in generated.collection.children)
        for collection in (root, *root.children_recursive):
            collection.name = f"my {collection.name}"
        for material in bpy.data.materials:
            material.name = f"my {material.name}"
        settings = generated.llm_scene_settings
        settings.labels, settings.look = False, "paper"
        labels = next(c for c in root.children if c.name == "my Labels")
        assert labels.hide_viewport and any(m.name.startswith("my ") for m in bpy.data.materials)

    def test_parts_that_the_user_removed_are_not_missed(self, generated: Any) -> None:
        root = next(c for c in generated.collection.children)
        for collection in list(root.children):
            bpy.data.collections.remove(collection)
        settings = generated.llm_scene_settings
        settings.labels, settings.gap, settings.look = False, 0.3, "paper"
        bpy.data.collections.remove(root)
        settings.labels, settings.gap, settings.look = True, 0.1, "studio"
        assert bpy.ops.llm_scene.remove() == {"FINISHED"}


class TestEdited:
    def test_a_changed_group_changes_its_own_scene_only(self, generated: Any) -> None:
        expected = cuboids(generated)
        matrix = next(thing for thing in generated.collection.all_objects if "Cells" in thing.modifiers)
        changed = matrix.modifiers["Cells"].node_group
        changed.nodes.clear()
        generated.llm_scene_settings.keep = True
        bpy.ops.llm_scene.generate()
        assert len(own_scenes()) == 2 and bpy.context.scene != generated
        assert cuboids(bpy.context.scene) == expected
        assert not changed.nodes

    def test_what_the_user_hung_on_ours_stands_as_before(self, generated: Any) -> None:
        root = next(c for c in generated.collection.children)
        mine = bpy.data.collections.new("mine")
        root.children.link(mine)
        hat = bpy.data.objects.new("hat", None)
        mine.objects.link(hat)
        hat.parent = next(thing for thing in generated.collection.all_objects if "Cells" in thing.modifiers)
        hat.location = (1, 2, 3)
        bpy.context.view_layer.update()
        place = hat.matrix_world.copy()
        bpy.ops.llm_scene.remove()
        bpy.context.view_layer.update()
        assert mine in set(bpy.context.scene.collection.children) and list(mine.objects) == [hat]
        assert hat.parent is None and hat.matrix_world == place

    def test_a_material_of_the_users_on_our_wall_survives_another_look(self, generated: Any) -> None:
        room = next(c for c in generated.collection.children_recursive if c.name.startswith("Room"))
        wall = next(thing for thing in room.objects if thing.type == "MESH")
        mine = bpy.data.materials.new("mine")
        wall.data.materials[0] = mine
        generated.llm_scene_settings.look = "paper"
        assert "mine" in bpy.data.materials


class TestLinked:
    @pytest.fixture
    def library(self, tmp_path: Path) -> Path:
        """A file with a generated scene in it, as the panel saves it."""
        from llm_scene import ui

        bpy.ops.wm.read_factory_settings()
        ui.register()
        bpy.ops.llm_scene.generate()
        path = tmp_path / "library.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
        ui.unregister()
        return path

    @pytest.fixture
    def beside(self, library: Path, addon: None) -> bpy.types.Scene:
        """A scene generated beside that linked one."""
        with bpy.data.libraries.load(str(library), link=True) as (there, here):
            here.scenes = list(there.scenes)
        bpy.ops.llm_scene.generate()
        return bpy.context.scene

    def test_a_linked_scene_is_not_ours(self, beside: bpy.types.Scene) -> None:
        linked = [scene for scene in bpy.data.scenes if scene.library]
        assert linked and own_scenes() == [beside] and all(tag_of(scene) is None for scene in linked)
        before = {thing.name_full for thing in bpy.data.user_map() if thing.library}
        bpy.ops.llm_scene.remove()
        assert {thing.name_full for thing in bpy.data.user_map() if thing.library} == before

    def test_what_is_saved_alone_needs_no_library(
        self, beside: bpy.types.Scene, library: Path, tmp_path: Path
    ) -> None:
        bpy.ops.llm_scene.save_blend(filepath=str(tmp_path / "alone.blend"))
        library.rename(tmp_path / "moved.blend")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "alone.blend"))
        assert not bpy.data.libraries
        scene = next(scene for scene in bpy.data.scenes if scene.camera is not None)
        bpy.context.window.scene = scene
        assert cuboids(scene) > 0


class TestViews:
    def state(self) -> dict[str, Any]:
        area = next(a for a in bpy.context.window.screen.areas if a.type == "VIEW_3D")
        space = area.spaces.active
        overlay, region = space.overlay, space.region_3d
        return {
            **{name: getattr(overlay, name) for name in dir(overlay) if name.startswith("show_")},
            "shading": (space.shading.type, space.shading.use_scene_lights, space.shading.use_scene_world),
            "clip": space.clip_end,
            "view": (region.view_perspective, tuple(region.view_location), tuple(region.view_rotation)),
            "distance": (region.view_distance, region.view_camera_zoom, tuple(region.view_camera_offset)),
            "camera": space.camera,
        }

    def test_delete_gives_a_view_back_as_it_was(self, addon: None) -> None:
        before = self.state()
        bpy.ops.llm_scene.generate()
        now = self.state()
        assert now != before and now["shading"][0] == "MATERIAL"
        assert all(now[name] == before[name] for name in now if name.startswith("show_"))  # however it ends
        bpy.ops.llm_scene.generate()
        bpy.ops.llm_scene.remove()
        assert self.state() == before

    def test_what_the_user_chose_meanwhile_stays(self, addon: None) -> None:
        bpy.ops.llm_scene.generate()
        area = next(a for a in bpy.context.window.screen.areas if a.type == "VIEW_3D")
        area.spaces.active.shading.type = "WIREFRAME"
        bpy.ops.llm_scene.remove()
        assert area.spaces.active.shading.type == "WIREFRAME"


GENERATE = """
import sys
sys.path.insert(0, {root!r})
from llm_scene.cli import main
raise SystemExit(main(["generate", "--film", "teaser", "-o", {target!r}]))
"""


def studio_configuration(folder: Path, without: str) -> Path:
    """Blender's own colour configuration, which lacks some of its views."""
    own = Path(bpy.utils.system_resource("DATAFILES", path="colormanagement"))
    for name in ("luts", "filmic", "icc"):
        if (own / name).exists():
            (folder / name).symlink_to(own / name)
    lines = (own / "config.ocio").read_text().splitlines()
    kept = [line for line in lines if not any(f"name: {name}," in line for name in without.split("|"))]
    (folder / "config.ocio").write_text("\n".join(line for line in kept if "active_views" not in line))
    return folder / "config.ocio"


@pytest.mark.parametrize(
    ("without", "says"),
    [
        ("Standard", "”; “Khronos PBR Neutral” takes its place"),
        ("Khronos PBR Neutral|Standard|Filmic|AgX|ACES 1.3|ACES 2.0", "”; “Filmic Log” takes its place"),
    ],
)
def test_a_studios_colour_configuration_is_worked_with(tmp_path: Path, without: str, says: str) -> None:
    config = studio_configuration(tmp_path, without)
    code = GENERATE.format(root=str(ROOT), target=str(tmp_path / "a.blend"))
    environment = {**os.environ, "OCIO": str(config)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert says in run.stderr and "Traceback" not in run.stderr
    assert (tmp_path / "a.blend").is_file()
