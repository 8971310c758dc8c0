"""What was changed by hand is known, and no Generate throws it away unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from llm_scene.scene.compat import modifier_input
from llm_scene.scene.marks import part_of
from llm_scene.scene.nodes import inputs
from llm_scene.scene.retime import curves
from llm_scene.ui.edits import TITLES, edits
from llm_scene.ui.ownership import own_scenes


@pytest.fixture
def quick(addon: None) -> bpy.types.Scene:
    bpy.context.scene.llm_scene_settings.cut = "teaser"
    bpy.ops.llm_scene.generate()
    return bpy.context.scene


def own(scene: Any, kind: str) -> Any:
    """The first object of ours of a kind."""
    return next(thing for thing in scene.objects if thing.type == kind and part_of(thing))


def matrix(scene: Any) -> Any:
    return next(thing for thing in scene.objects if "Cells" in thing.modifiers)


def write(scene: Any) -> None:
    own(scene, "FONT").data.body = "mine"


def move_a_key(scene: Any) -> None:
    curves(scene)[0].keyframe_points[0].co.x += 1


def move(scene: Any) -> None:
    matrix(scene).location.x += 1


def take_away(scene: Any) -> None:
    bpy.data.objects.remove(matrix(scene))


def give_another_measure(scene: Any) -> None:
    modifier = matrix(scene).modifiers["Cells"]
    modifier_input(modifier, inputs(modifier.node_group)["Relief"], 0.1)


def restyle(scene: Any) -> None:
    group = next(g for g in bpy.data.node_groups if part_of(g) and g.name.startswith("LLM Scene surface"))
    node = next(n for n in group.nodes if any(s.name == "Roughness" for s in n.inputs))
    node.inputs["Roughness"].default_value = 0.9


def relight(scene: Any) -> None:
    own(scene, "LIGHT").data.energy += 1


def hide_a_head(scene: Any) -> None:
    bpy.ops.llm_scene.show(part="Head 1")


BY_HAND = {
    "Texts": [write],
    "Timing": [move_a_key, lambda scene: bpy.ops.llm_scene.retime(length=9)],
    "Objects": [move, take_away, give_another_measure],
    "Materials": [restyle],
    "Light": [relight],
    "Hidden Parts": [hide_a_head],
}


def test_what_is_changed_by_hand_is_named(quick: bpy.types.Scene) -> None:
    assert BY_HAND.keys() == set(TITLES)
    assert edits(quick) == []
    done = set()
    for title, changes in BY_HAND.items():
        for change in changes:
            change(quick)
            done.add(title)
            assert set(edits(quick)) == done, change


def test_what_the_panel_changes_and_what_time_does_is_no_edit(quick: Any, tmp_path: Path) -> None:
    settings = quick.llm_scene_settings
    for name, value in {"look": "paper", "gap": 0.3, "labels": False, "quality": "draft"}.items():
        setattr(settings, name, value)
        assert edits(quick) == [], name
    quick.frame_set(77)
    bpy.context.view_layer.update()
    assert edits(quick) == []
    restyle(quick)
    settings.look = "studio"
    assert edits(quick) == ["Materials"]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert edits(bpy.context.scene) == ["Materials"]


@pytest.mark.parametrize(
    ("maker", "called"), [("generate", "LLM Scene.001"), ("compare", "LLM Scene comparison")]
)
def test_a_changed_scene_stays_beside_the_new_one(quick: Any, maker: str, called: str) -> None:
    make = getattr(bpy.ops.llm_scene, maker)
    users = next(scene for scene in bpy.data.scenes if scene not in own_scenes())
    users.llm_scene_settings.compared = {"gpt2-small"}
    write(quick)
    bpy.context.window.scene = users
    assert make() == {"FINISHED"}
    assert [scene.name for scene in own_scenes()] == ["LLM Scene", called]
    assert own(quick, "FONT").data.body == "mine" and quick.llm_scene_settings.keep
    bpy.context.window.scene = users
    make()  # takes the place of the one that nobody touched
    assert [scene.name for scene in own_scenes()] == ["LLM Scene", called]
    assert own(quick, "FONT").data.body == "mine"


def test_of_itself_as_well_unless_it_may_go(quick: Any) -> None:
    move(quick)
    bpy.ops.llm_scene.generate(earlier="REPLACE")
    assert [scene.name for scene in own_scenes()] == ["LLM Scene"] and edits(bpy.context.scene) == []
    move(bpy.context.scene)
    bpy.ops.llm_scene.generate()
    assert len(own_scenes()) == 2


def test_what_was_only_typed_into_another_scenes_panel_stays(quick: Any) -> None:
    quick.llm_scene_settings.prompt = "CCC"
    users = next(scene for scene in bpy.data.scenes if scene not in own_scenes())
    bpy.context.window.scene = users
    bpy.ops.llm_scene.generate()
    assert len(own_scenes()) == 2 and quick.llm_scene_settings.prompt == "CCC"
