"""Cells can be pinned and followed to their sources, without anything in the file changing."""

import math

import bpy
import numpy as np
import pytest
from mathutils import Vector

from llm_scene.look import LOOKS
from llm_scene.look.views import CAPITAL
from llm_scene.scene.inspection import View
from llm_scene.ui.inspector import inspector_of
from llm_scene.ui.under import copied, hidden, hit, moved

SCORE = "blocks.0.attn.scores[head=2,query=5,key=2]"
SHARE = "blocks.0.attn.pattern[head=1,query=5,key=4]"


def pin(address: str) -> None:
    assert bpy.ops.llm_scene.inspect(address=address) == {"FINISHED"}


def trail() -> list[str]:
    inspector = inspector_of(bpy.context.scene)
    assert inspector is not None
    return [step.explanation.address for step in inspector.trail]


def test_needs_a_scene_of_ours(addon: None) -> None:
    for name in ("inspect", "inspect_clear", "inspect_tool"):
        with pytest.raises(RuntimeError, match="Generate a scene first"):
            getattr(bpy.ops.llm_scene, name)()


def test_pins_walk_to_sources_and_back(generated: bpy.types.Scene) -> None:
    things = {thing.name for thing in bpy.data.objects}
    pin(SCORE)
    inspector = inspector_of(generated)
    assert inspector is not None and inspector.shown is not None
    source = inspector.shown.explanation.inputs[0].address(3)
    pin(source)
    assert trail() == [SCORE, source]
    pin(SCORE)
    assert trail() == [SCORE]
    bpy.ops.llm_scene.inspect_clear()
    assert trail() == [] and inspector.shown is None
    assert {thing.name for thing in bpy.data.objects} == things


def test_the_box_tells_the_true_value(generated: bpy.types.Scene) -> None:
    pin(SCORE)
    inspector = inspector_of(generated)
    assert inspector is not None and inspector.shown is not None
    texts = [text for text, _ in inspector.shown.lines()]
    assert any(inspector.shown.value in text for text in texts)
    assert inspector.shown.explanation.value == inspector.production.trace["blocks.0.attn.scores"][2, 5, 2]


def test_weights_have_values_too(generated: bpy.types.Scene) -> None:
    pin("wte.weight[1,2]")
    inspector = inspector_of(generated)
    assert inspector is not None and inspector.shown is not None
    assert inspector.shown.explanation.value == inspector.production.trace["wte.weight"][1, 2]
    assert inspector.shown.sources == ()


@pytest.mark.parametrize("address", ["", "nonsense", "blocks.0.attn.scores[9,9,9]", "lunch[0,0]"])
def test_a_wrong_address_is_one_sentence(generated: bpy.types.Scene, address: str) -> None:
    with pytest.raises(RuntimeError, match=r"Error: .*[.?]"):
        bpy.ops.llm_scene.inspect(address=address)
    assert trail() == []


def test_it_speaks_the_language_of_the_interface(
    generated: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector = inspector_of(generated)
    assert inspector.at(SCORE).title == "Block 1 of 3 › Self-attention › Head 3 of 3 › Scores"
    assert inspector.at(SCORE).place == "query 6 “C”, key 3 “A”"
    monkeypatch.setattr("llm_scene.ui.translations.locale", lambda: "zh_HANS")
    assert inspector.at(SCORE).title == "第 1 块，共 3 块 › 自注意力 › 第 3 个头，共 3 个 › 分数 (Scores)"
    shown_at(generated, SCORE)
    before = set(generated.objects)
    bpy.ops.llm_scene.inspect_film(address=SCORE)  # the film speaks English
    made = set(generated.objects) - before
    assert "Scores" in {thing.data.body for thing in made if thing.type == "FONT"}


def test_another_scene_begins_anew(generated: bpy.types.Scene) -> None:
    pin(SCORE)
    bpy.ops.llm_scene.generate()
    assert trail() == []


def test_hidden_matrices_let_the_mouse_pass(generated: bpy.types.Scene) -> None:
    layout = inspector_of(generated).production.layout
    assert not hidden(bpy.context, layout)
    generated.objects["blocks.0.resid_pre"].name = "mine"
    generated.objects["mine"].hide_set(True)
    generated.objects["logits"].users_collection[0].hide_viewport = True
    assert {"blocks.0.resid_pre", "logits"} <= hidden(bpy.context, layout)


def under(scene: bpy.types.Scene, point: tuple[float, float, float]) -> str:
    """The address that a ray from the front finds at a point, "" for none."""
    bpy.context.view_layer.update()
    inspector = inspector_of(scene)
    start = Vector((point[0], point[1] - 6.0, point[2]))
    found = hit(bpy.context, inspector.picker, inspector.production.layout, start, Vector((0, 2, 0)))
    return f"{found.block.name} {found.row} {found.column}" if found is not None else ""


def test_what_is_under_the_mouse(generated: bpy.types.Scene) -> None:
    inspector = inspector_of(generated)
    layout = inspector.production.layout
    block, name = layout["logits"], "logits 1 2"
    here = block.centre(1, 2)
    assert under(generated, here) == name
    sheet = generated.objects["logits"]
    sheet.scale, sheet.location.x = (2, 1, 2), sheet.location.x + 500
    away = tuple(sheet.location + Vector((5, 0, -3)))
    assert under(generated, here) != name
    assert under(generated, away) == name
    shown = inspector.explain("logits", block.cell(1, 2)).put(moved(generated, layout))
    assert shown.mark.centre == pytest.approx(away)
    bpy.ops.mesh.primitive_cube_add(size=2, location=(away[0], away[1] - 3, away[2]))
    assert under(generated, away) == ""
    bpy.context.object.hide_set(True)
    assert under(generated, away) == name


def test_a_moving_copy_leads_to_its_cell(generated: bpy.types.Scene) -> None:
    inspector = inspector_of(generated)
    swarms = [thing for thing in generated.objects if "pose" in thing and thing.data.shape_keys]
    cells = (copied(inspector.picker, swarm, 0) for swarm in swarms)
    assert any(cell is not None for cell in cells)


class TestFilm:
    """Cells that are put into the scene."""

    @pytest.fixture
    def filmed(self, generated: bpy.types.Scene) -> bpy.types.Scene:
        """The scene at a frame whose camera sees the score."""
        shown_at(generated, SCORE)
        return generated

    def test_is_there_for_its_seconds_only(self, filmed: bpy.types.Scene) -> None:
        start, before = filmed.frame_current, set(filmed.objects)
        assert bpy.ops.llm_scene.inspect_film(address=SCORE, seconds=2.0) == {"FINISHED"}
        assert filmed.frame_current == start
        made = set(filmed.objects) - before
        assert len(made) > 6
        end = start + 2 * filmed.render.fps
        for frame, off in ((start - 1, True), (start, False), (end - 1, False), (end, True)):
            filmed.frame_set(frame)
            assert {(thing.hide_render, thing.hide_viewport) for thing in made} == {(off, off)}

    def test_curves_grow_from_the_sources(self, filmed: bpy.types.Scene) -> None:
        start = filmed.frame_current
        bpy.ops.llm_scene.inspect_film(address=SCORE)
        curves = next(thing for thing in filmed.objects if thing.name.startswith("inspected curves"))
        shown = []
        for frame in (start, start + 8, start + filmed.render.fps):
            filmed.frame_set(frame)
            shown.append(curves["reveal"])
        assert shown[0] == 0 < shown[1] < shown[2] == 1

    @pytest.mark.parametrize("size", [(640, 360), (360, 640), (360, 360)])
    def test_it_is_read_wherever_the_camera_flies(
        self, filmed: bpy.types.Scene, size: tuple[int, int]
    ) -> None:
        """Capitals are 12 of 640 pixels high at least, at the same place of the picture, and within it."""
        filmed.render.resolution_x, filmed.render.resolution_y = size
        for address in (SCORE, "wte.weight[1,2]", "blocks.1.mlp.post[3,7]"):
            start, before = shown_at(filmed, address), set(filmed.objects)
            bpy.ops.llm_scene.inspect_film(address=address, seconds=4.0)
            lines = [o for o in set(filmed.objects) - before if o.name.startswith("inspected line")]
            assert 3 <= len(lines) <= 10
            places = []
            for frame in (start, start + 19, start + 48, start + 90):
                filmed.frame_set(frame)
                view = View.of(filmed)
                tall = [height(thing, view) * size[1] * 640 / max(size) for thing in lines]
                assert 12 - 1e-2 < min(tall) < max(tall) + 1e-2 < 16
                corners = [thing.matrix_world @ Vector(c) for thing in lines for c in thing.bound_box]
                places.append([tuple(view.place(corner)) for corner in corners])
            assert np.ptp(places, axis=0)[:, :2].max() < 0.25 / 180  # a quarter of a pixel
            across, up, depth = np.abs(places[0]).T
            assert across.max() < 0.98 and up.max() < 0.8 and depth.min() > filmed.camera.data.clip_start

    def test_its_box_leaves_the_cell_free(self, filmed: bpy.types.Scene) -> None:
        bpy.ops.llm_scene.inspect_film(address=SCORE, seconds=0.5)
        view, mark = View.of(filmed), inspector_of(filmed).at(SCORE).mark
        plate = next(thing for thing in filmed.objects if thing.name.startswith("inspected plate"))
        corners = [view.place(plate.matrix_world @ Vector(corner)) for corner in plate.bound_box]
        low, high = ([pick(c[i] for c in corners) for i in (0, 1)] for pick in (min, max))
        for point in (mark.centre, *mark.corners(0.0)):
            assert not all(a <= b <= c for a, b, c in zip(low, view.place(point)[:2], high, strict=True))

    def test_its_box_goes_where_the_picture_is_free(self, filmed: bpy.types.Scene) -> None:
        """A sheet at the left of the picture, seen close: there is room at its right."""
        x, y, z = inspector_of(filmed).at(SHARE).mark.centre
        close = bpy.data.objects.new("close", bpy.data.cameras.new("close"))
        filmed.collection.objects.link(close)
        close.location, close.rotation_euler = (x + 9, y - 40, z), (math.pi / 2, 0, 0)
        filmed.camera = close
        bpy.context.view_layer.update()
        bpy.ops.llm_scene.inspect_film(address=SHARE, seconds=0.5)
        view, (row, column) = View.of(filmed), inspector_of(filmed).at(SHARE).cross
        plate = next(thing for thing in filmed.objects if thing.name.startswith("inspected plate"))
        left = min(view.place(plate.matrix_world @ Vector(corner))[0] for corner in plate.bound_box)
        assert left > max(view.place(point)[0] for mark in (row, column) for point in mark.corners(0.0))

    def test_takes_the_pinned_cell_and_says_what_is_missing(self, filmed: bpy.types.Scene) -> None:
        with pytest.raises(RuntimeError, match="Pin a cell first"):
            bpy.ops.llm_scene.inspect_film()
        pin(SCORE)
        assert bpy.ops.llm_scene.inspect_film() == {"FINISHED"}
        assert bpy.ops.llm_scene.inspect_film("INVOKE_DEFAULT") == {"FINISHED"}  # as the panel's button does
        rig = filmed.camera.parent
        rig.animation_data.action = None
        rig.rotation_euler.z += math.pi  # the camera looks from the other side
        rig.location.y -= 10_000
        with pytest.raises(RuntimeError, match="does not see this cell"):
            bpy.ops.llm_scene.inspect_film(address=SCORE)

    def test_goes_with_the_scene_and_takes_its_look(self, filmed: bpy.types.Scene) -> None:
        bpy.ops.llm_scene.inspect_film(address=SCORE)
        assert "Inspected" in bpy.data.collections
        filmed.llm_scene_settings.look = "paper"
        ink = bpy.data.materials["LLM Scene inspected ink"]
        assert to_hex(ink) == LOOKS["paper"].ink
        bpy.ops.llm_scene.remove()
        assert "Inspected" not in bpy.data.collections
        assert not [thing for thing in bpy.data.objects if "inspected" in thing.name]


def shown_at(scene: bpy.types.Scene, address: str) -> int:
    """Go to a frame whose picture shows a cell."""
    centre = inspector_of(scene).at(address).mark.centre
    for frame in range(0, scene.frame_end, 12):
        scene.frame_set(frame)
        if View.of(scene).sees(centre):
            return frame
    raise AssertionError("the film never shows the cell")


def height(line: bpy.types.Object, view: View) -> float:
    """Of the capitals of a text, as a part of the picture's height."""
    up = line.matrix_world.to_3x3() @ Vector((0, CAPITAL, 0))  # its type has the size 1
    foot = line.matrix_world.translation
    return (view.place(foot + up)[1] - view.place(foot)[1]) / 2


def to_hex(material: bpy.types.Material) -> str:
    """The colour of letters, as looks write it."""
    mix = next(node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeMix")
    colour = next(i for i in mix.inputs if i.identifier == "A_Color").default_value
    srgb = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in colour[:3]]
    return "#" + "".join(f"{round(255 * c):02x}" for c in srgb)
