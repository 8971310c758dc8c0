"""The exported file, read back: by hand, by Blender, and by the Khronos validator where it is there."""

import json
import os
import re
import shutil
import subprocess
import zlib
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.film.film import Caption, Chapter, Cue, Film, Shot
from llm_scene.film.framing import frame, overview
from llm_scene.film.front import lines_done
from llm_scene.film.props import Swarm
from llm_scene.layout import Arrangement, arrange
from llm_scene.layout.drawn import Text
from llm_scene.layout.layout import Letter
from llm_scene.look import LOOKS, Look, colours, linear, scale_of
from llm_scene.models import load
from llm_scene.models.reading import read
from llm_scene.output.formats import Gltf
from llm_scene.output.gltf import MODES, export_gltf, glb
from llm_scene.output.gltf.camera import one_lens
from llm_scene.output.gltf.document import UNITS, Clip, Document, Part
from llm_scene.output.gltf.swarms import _states
from llm_scene.scene.outlines import outline
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce
from llm_scene.staging.things import things
from tests.output.glb_files import read_glb

LOOK = LOOKS["studio"]
LIMITS = {"texture": 0.65e6, "instances": 0.95e6, "mesh": 25e6}  # bytes
# With the set pieces of the full film: hundreds of moving cells, numbers and formulas.
WITH_PIECES = {"texture": 1.5e6, "instances": 1.8e6, "mesh": 25e6}
TYPES = {5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
SIZES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


@cache
def staged() -> Production:
    """The letter sorter with a film of two shots and a cut between them, every matrix in its turn."""
    model = load(preset="nano-gpt-sort")
    trace = model.trace([2, 1, 0, 1, 1, 2])
    reading = replace(read(trace, model.tokenizer), candidates=())
    layout = arrange(model.network, 6, reading, Arrangement(heads="fan"))
    blocks = [block for block in layout.blocks.values() if block.role != "weight"]
    matrices = list(dict.fromkeys(block.matrix.name for block in blocks))
    starts = np.linspace(0.5, 9.0, len(matrices) + 1)
    cues = []
    for block in blocks:  # heads side by side
        i = matrices.index(block.matrix.name)
        easing = "smooth" if i % 7 == 0 else "linear"
        cues.append(Cue(block.name, "reveal", starts[i], starts[i + 1], 0.0, 1.35, easing))
    cues += [Cue(f"predicted {i}", "hidden", 0.0, 9.5, 1.0, 0.0, "step") for i in range(6)]
    cues.append(Cue("trunk into blocks.0.resid_mid", "reveal", 2.0, 3.0, 0.0, 1.5))
    wide = overview(layout)
    near = frame([layout.find("probs").box], -20, 10, lens=wide.lens)
    far = frame([layout.find("tokens").box], 150, 20, lens=wide.lens)
    shots = (Shot(0.0, 4.0, tuple(layout.blocks), wide, near), Shot(4.0, 10.0, ("tokens",), far, wide))
    captions = (Caption(0.0, 4.0, "opening", "“Zwölf” Boxkämpfer"),)
    film = Film("Sorting", (Chapter("all", "Everything", 0.0, 10.0, shots, tuple(cues), captions),))
    return Production(model, reading, trace, layout, film, Options())


@cache
def exported(mode: str) -> bytes:
    return glb(staged(), mode=mode)


class Glb:
    """A parsed file."""

    def __init__(self, mode: str = "texture", data: bytes | None = None) -> None:
        self.json, self.buffer = read_glb(data or exported(mode))
        self.nodes = {node["name"]: node for node in self.json["nodes"]}

    def array(self, index: int) -> np.ndarray:
        accessor = self.json["accessors"][index]
        size, kind = SIZES[accessor["type"]], TYPES[accessor["componentType"]]
        if "sparse" not in accessor:
            return self._numbers(accessor, accessor["count"], size, kind)
        sparse, found = accessor["sparse"], np.zeros((accessor["count"], size), kind)
        which = self._numbers(
            sparse["indices"], sparse["count"], 1, TYPES[sparse["indices"]["componentType"]]
        )
        found[which[:, 0]] = self._numbers(sparse["values"], sparse["count"], size, kind)
        return found

    def _numbers(self, where: dict, count: int, size: int, kind: type) -> np.ndarray:
        """An array `[count, size]` of a view."""
        view = self.json["bufferViews"][where["bufferView"]]
        start, row = view["byteOffset"] + where.get("byteOffset", 0), size * np.dtype(kind).itemsize
        stride = view.get("byteStride", row)
        rows = np.frombuffer(self.buffer, np.uint8, count * stride, start).reshape(-1, stride)
        return np.ascontiguousarray(rows[:, :row]).view(kind)

    def values(self, index: int) -> np.ndarray:
        """An array of an animation, whose integers are shares of their range."""
        found = self.array(index)
        return found / np.iinfo(found.dtype).max if found.dtype.kind in "iu" else found

    def view(self, index: int) -> bytes:
        view = self.json["bufferViews"][index]
        return self.buffer[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def track(self, name: str, path: str) -> tuple[np.ndarray, np.ndarray, str]:
        """(times, values, interpolation) of a node."""
        animation = self.json["animations"][0]
        node = self.json["nodes"].index(self.nodes[name])
        (channel,) = (c for c in animation["channels"] if c["target"] == {"node": node, "path": path})
        sampler = animation["samplers"][channel["sampler"]]
        return (
            self.array(sampler["input"])[:, 0],
            self.values(sampler["output"]),
            sampler.get("interpolation", "LINEAR"),
        )

    def moves(self, name: str, path: str) -> bool:
        """Whether a node has such a track."""
        target = {"node": self.json["nodes"].index(self.nodes[name]), "path": path}
        return any(channel["target"] == target for channel in self.json["animations"][0]["channels"])

    def rests(self, name: str) -> bool:
        """Whether a node has a size where nothing is played: itself, and all above it."""
        above = {child: node["name"] for node in self.json["nodes"] for child in node.get("children", [])}
        sized, node = True, name
        while sized and node is not None:
            sized = all(self.nodes[node].get("scale", [1, 1, 1]))
            node = above.get(self.json["nodes"].index(self.nodes[node]))
        return sized

    def primitives(self, name: str) -> list[dict]:
        return self.json["meshes"][self.nodes[name]["mesh"]]["primitives"]


def turned(point: tuple[float, float, float]) -> list[float]:
    return [point[0], point[2], -point[1]]


def as_linear(rgb: np.ndarray) -> np.ndarray:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


AFTER = 0.02  # seconds: a viewer's keys are on single-precision times


@pytest.mark.parametrize("mode", MODES)
class TestEveryMode:
    def test_is_small(self, mode: str) -> None:
        assert len(exported(mode)) <= LIMITS[mode]

    def test_is_small_with_the_full_film_over_all_positions(self, mode: str) -> None:
        model = load("nano-gpt-sort", None, [])
        made = produce(model, model.encode_prompt("CBABBC"))
        assert made.trace.n_positions == model.config.n_ctx
        assert len(glb(made, mode=mode)) <= WITH_PIECES[mode]

    def test_has_the_same_bytes_every_time(self, mode: str) -> None:
        assert glb(staged(), mode=mode) == exported(mode)

    def test_has_a_node_for_every_block_at_its_place(self, mode: str) -> None:
        layout = staged().layout
        file = Glb(mode)
        for block in layout.blocks.values():
            assert file.nodes[block.name]["translation"] == pytest.approx(turned(block.origin), abs=1e-6)

    def test_takes_every_arrangement(self, mode: str) -> None:
        model = load(preset="nano-gpt-sort")
        made = produce(model, [2, 1, 0], Options(cut="teaser", heads="grid", blocks="helix"))
        file = Glb(data=glb(made, mode=mode))
        depths = set()
        for block in made.layout.blocks.values():
            place = file.nodes[block.name]["translation"]
            assert place == pytest.approx(turned(block.origin), abs=1e-6)
            depths.add(place[2])
        assert len(depths) == 2, "flights at the front and at the back"

    def test_nests_nodes_by_section(self, mode: str) -> None:
        layout = staged().layout
        file = Glb(mode)
        above = {child: node for node in file.json["nodes"] for child in node.get("children", [])}
        for block in layout.blocks.values():
            path, node = [], above[file.json["nodes"].index(file.nodes[block.name])]
            while node is not None:
                path.insert(0, node["extras"]["section"])
                node = above.get(file.json["nodes"].index(node))
            assert tuple(path) == block.section

    def test_tells_what_a_matrix_is(self, mode: str) -> None:
        """Each sheet's node what only it knows, the scene what all heads have in common."""
        layout, trace = staged().layout, staged().trace
        file = Glb(mode)
        matrices = file.json["scenes"][0]["extras"]["matrices"]
        assert set(matrices) == {block.matrix.name for block in layout.blocks.values()}
        for block in layout.blocks.values():
            extras, values = file.nodes[block.name]["extras"], block.values(trace)
            common, op = matrices[extras["matrix"]], block.matrix.op
            assert (extras["matrix"], extras.get("head")) == (block.matrix.name, block.head)
            assert (tuple(extras["shape"]), tuple(common["axes"])) == (block.shape, block.axes)
            assert (common["label"], common["role"]) == (block.label, block.role)
            assert common["scale"] == pytest.approx(scale_of(trace[block.matrix.name]), rel=1e-5)
            finite = values[np.isfinite(values)]
            assert extras["range"] == pytest.approx([finite.min(), finite.max()], rel=1e-5)
            assert common.get("formula") == (op.formula if op else None)
            assert common.get("inputs") == (list(block.matrix.inputs) if op else None)

    def test_tells_chapters_and_captions(self, mode: str) -> None:
        file = Glb(mode)
        scene = file.json["scenes"][0]["extras"]
        (animation,) = file.json["animations"]
        assert animation["name"] == "Sorting"
        assert scene["chapters"] == [{"name": "all", "title": "Everything", "start": 0.0, "end": 10.0}]
        assert scene["captions"][0]["text"] == "“Zwölf” Boxkämpfer"
        assert scene["background"] == LOOK.wall
        assert scene["tokens"] == [2, 1, 0, 1, 1, 2]

    def test_keys_rise_and_the_clip_spans_the_film(self, mode: str) -> None:
        file = Glb(mode)
        times = [file.array(s["input"])[:, 0] for s in file.json["animations"][0]["samplers"]]
        assert all(np.all(np.diff(t) > 0) for t in times)
        assert min(t[0] for t in times) == 0
        assert max(t[-1] for t in times) == pytest.approx(10.0)

    def test_stays_within_what_viewers_draw_well(self, mode: str) -> None:
        file = Glb(mode)
        meshes = [node["mesh"] for node in file.json["nodes"] if "mesh" in node]
        if mode != "mesh":  # whose large blocks come in several pieces
            assert sum(len(file.json["meshes"][mesh]["primitives"]) for mesh in meshes) <= 305
        assert len(file.json["materials"]) <= 100

    def test_passes_the_validator_of_khronos(self, mode: str, tmp_path: Path) -> None:
        folder = os.environ.get("GLTF_VALIDATOR")
        if not folder or shutil.which("node") is None:
            pytest.skip("GLTF_VALIDATOR names no node_modules folder with gltf-validator")
        path = tmp_path / "model.glb"
        path.write_bytes(exported(mode))
        script = (
            "const data = require('fs').readFileSync(process.argv[1]);"
            "require('gltf-validator').validateBytes(new Uint8Array(data))"
            ".then(report => console.log(JSON.stringify(report.issues)))"
        )
        environment = {**os.environ, "NODE_PATH": folder}
        run = subprocess.run(
            ["node", "-e", script, str(path)], env=environment, capture_output=True, text=True, check=True
        )
        issues = json.loads(run.stdout)
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


class TestDocument:
    def test_arrays_that_are_part_of_others_are_not_stored_again(self) -> None:
        document = Document("test")
        arrays = [np.arange(low, high, dtype=np.float32) for low, high in ((4, 9), (0, 50), (60, 62), (3, 5))]
        places = [document.accessor(array) for array in arrays]
        document.node("one")
        file = Glb(data=document.glb())
        assert all((file.array(at)[:, 0] == array).all() for at, array in zip(places, arrays, strict=True))
        assert len(file.buffer) == 4 * (50 + 2)

    def test_arrays_stand_at_multiples_of_four_bytes(self) -> None:
        document = Document("test")
        arrays = [np.array(numbers, np.uint16) for numbers in ((7, 8, 9, 10, 11), (8, 9), (9, 10), (5, 6, 7))]
        places = [document.accessor(array) for array in arrays]
        document.node("one")
        file = Glb(data=document.glb())
        assert all((file.array(at)[:, 0] == array).all() for at, array in zip(places, arrays, strict=True))
        assert all(accessor.get("byteOffset", 0) % 4 == 0 for accessor in file.json["accessors"])

    def test_meshes_are_shared_but_for_those_with_targets(self) -> None:
        """Blender keeps the weights of targets with the mesh."""
        document = Document("test")
        corners = np.eye(3, dtype=np.float32)
        plain = [document.primitive(0, np.arange(3), POSITION=corners) for _ in range(2)]
        moved = [
            document.pooled([Part(0, np.arange(3), {"POSITION": corners}, [corners])])[0] for _ in range(2)
        ]
        assert [document.mesh(part) for part in plain] == [0, 0]
        assert [document.mesh(part) for part in moved] == [1, 2]

    def test_parts_share_arrays_and_show_their_own_of_them(self) -> None:
        document = Document("test")
        corners = [np.random.default_rng(seed).random((3 + seed, 3)).astype(np.float32) for seed in range(3)]
        parts = [Part(seed, np.array([2, 0, 1]), {"POSITION": c}, [2 * c]) for seed, c in enumerate(corners)]
        made = document.pooled(parts)
        document.node("one")
        file = Glb(data=document.glb())
        (shared,) = {part["attributes"]["POSITION"] for part in made}
        (moved,) = {part["targets"][0]["POSITION"] for part in made}
        for seed, part in enumerate(made):
            own = file.array(part["indices"])[:, 0]
            assert part["material"] == seed
            assert (file.array(shared)[own] == corners[seed][[2, 0, 1]]).all()
            assert (file.array(moved)[own] == 2 * corners[seed][[2, 0, 1]]).all()

    @pytest.mark.parametrize(("reach", "unit"), [(130, 0.004), (200, 0.008), (999, 0.032), (2000, 1)])
    def test_places_are_counted_in_the_finest_unit_that_can(self, reach: float, unit: float) -> None:
        document = Document("test", counted=True)
        corners = np.random.default_rng(1).uniform(-reach, reach, (6, 3)).astype(np.float32)
        assert document.unit(reach, 7) == unit
        assert Document("test").unit(reach) == 1
        (part,) = document.pooled([Part(0, np.arange(6), {"POSITION": corners}, [corners / 2])], unit)
        mesh = document.mesh(part, unit=unit)
        for size in (1.0, 0.5):
            document.node(f"size {size}", mesh=mesh, scale=[size, size, size])
        file = Glb(data=document.glb())
        for size in (1.0, 0.5):
            assert file.nodes[f"size {size}"]["scale"] == pytest.approx([size * unit] * 3)
        for share, at in ((1, part["attributes"]["POSITION"]), (0.5, part["targets"][0]["POSITION"])):
            found = file.array(at)
            assert found.dtype == (np.float32 if unit == 1 else np.int16)
            assert np.abs(found * unit - share * corners).max() <= 0.51 * unit * (unit != 1)
            told = file.json["accessors"][at]
            assert told["min"] == pytest.approx(found.min(axis=0))
            assert told["max"] == pytest.approx(found.max(axis=0))
            assert "normalized" not in told
        counted = [] if unit == 1 else ["KHR_mesh_quantization"]
        assert file.json.get("extensionsRequired", []) == file.json.get("extensionsUsed", []) == counted

    def test_displacements_are_told_of_those_that_move(self) -> None:
        """Of all, where nearly all do, or none, as places are: then the list of which is shared."""
        document = Document("test", counted=True)
        corners = np.random.default_rng(1).uniform(1, 9, (80, 3)).astype(np.float32)
        ways = [corners * (np.arange(80) % 4 < moving)[:, None] for moving in (0, 1, 3, 4)]
        unit = document.unit(9)
        (part,) = document.pooled([Part(0, np.arange(6), {"POSITION": corners}, ways)], unit)
        document.node("one")
        file = Glb(data=document.glb())
        arrays = [part["attributes"]["POSITION"], *(target["POSITION"] for target in part["targets"])]
        told = [file.json["accessors"][array] for array in arrays]
        assert [accessor["sparse"]["count"] for accessor in told] == [80, 80, 20, 80, 80]
        assert len({json.dumps(accessor["sparse"]["indices"]) for accessor in told}) == 2
        for array, meant in zip(arrays, [corners, *ways], strict=True):
            assert np.abs(file.array(array) * unit - meant).max() < 0.51 * unit

    def test_few_places_are_told_as_they_are(self) -> None:
        document = Document("test", counted=True)
        corners = np.random.default_rng(1).uniform(1, 9, (12, 3)).astype(np.float32)
        document.pooled([Part(0, np.arange(6), {"POSITION": corners}, [corners])], document.unit(9))
        assert not any("sparse" in accessor for accessor in document.parts["accessors"])

    def test_keys_less_take_nothing_further_from_its_way_than_allowed(self) -> None:
        document, times, way = Document("test"), np.arange(9.0), np.array([0, 1, 2, 3.1, 4, 5, 6.4, 7, 8]) / 8
        for stray in (0.025, 0.006):
            clip = Clip(document, "film", {})
            clip.track(document.node("one"), "weights", times, way[:, None], stray=stray)
            clip.track(document.node("held"), "scale", times, (way > 0.55)[:, None] * np.ones(3), step=True)
            clip.close()
        file, found = Glb(data=document.glb()), []
        for stray, clip in zip((0.025, 0.006), file.json["animations"], strict=True):
            kept, weights, held = (file.values(clip["samplers"][i][key])[:, 0]
                                   for i, key in ((0, "input"), (0, "output"), (1, "output")))  # fmt: skip
            assert np.abs(np.interp(times, kept, weights) - way).max() <= stray + 1e-5
            assert (held == (kept >= 5)).all() and 5 in kept
            found.append(len(kept))
        assert found[0] < found[1] < len(times)

    def test_what_is_gone_in_the_end_is_under_one_node_that_has_a_size_while_the_film_plays(self) -> None:
        document = Document("test")
        clip = Clip(document, "film", {})
        for size in (0.0, 1.0):
            node = document.node(f"node {size}", translation=[1, 2, 3], scale=[1, 1, 1])
            clip.track(node, "translation", [0, 1], np.array([(1, 2, 3), (4, 5, 6)]))
            clip.track(node, "scale", [0, 1], np.array([(1, 1, 1), [size] * 3]))
            clip.settle(node)
        clip.close()
        gone, passing, there = document.parts["nodes"]
        assert gone == {"name": "node 0.0"}
        assert passing == {"name": "Comes and goes", "scale": [0, 0, 0], "children": [0]}
        assert there == {"name": "node 1.0", "translation": [4, 5, 6]}
        assert document.scene["nodes"] == [1, 2]
        times, scales, _ = Glb(data=document.glb()).track("Comes and goes", "scale")
        assert (times.tolist(), scales.tolist()) == ([0], [[1, 1, 1]])


def test_is_as_large_as_asked_for() -> None:
    """One node above all others: the film inside is the same."""
    small, whole = (read_glb(glb(staged(), scale=scale))[0] for scale in (0.001, 1.0))
    (top,) = small["scenes"][0]["nodes"]
    assert small["nodes"][top]["scale"] == [0.001] * 3
    assert small["nodes"][top]["children"] == whole["scenes"][0]["nodes"]
    assert small["animations"] == whole["animations"]


def test_what_moves_is_counted_but_for_programs_that_edit() -> None:
    for mode in MODES:
        file = Glb(mode)
        kinds = {(accessor["type"], accessor["componentType"]) for accessor in file.json["accessors"]}
        counted = ("VEC3", 5122) in kinds
        assert (
            counted
            == (mode != "mesh")
            == ("KHR_mesh_quantization" in file.json.get("extensionsRequired", []))
        )


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_says_what_scale_there_is_not(scale: float) -> None:
    with pytest.raises(UserError, match="scale"):
        Gltf(scale=scale)


class TestTexture:
    def test_shows_every_cell_in_its_colour(self) -> None:
        layout, trace = staged().layout, staged().trace
        file = Glb()
        pixels = atlas(file)
        height, width, _ = pixels.shape
        for block in layout.blocks.values():
            corners = file.array(file.primitives(block.name)[0]["attributes"]["TEXCOORD_0"])[:4] / 65535
            (left, low), (right, high) = corners[0], corners[2]  # of the front face
            rows, columns = block.shape
            x = ((left + (right - left) * (np.arange(columns) + 0.5) / columns) * width).astype(int)
            y = ((high + (low - high) * (np.arange(rows) + 0.5) / rows) * height).astype(int)
            shown = pixels[y[:, None], x[None]] / 255
            meant = colours(block.values(trace), block.matrix, LOOK, scale_of(trace[block.matrix.name]))
            assert np.abs(shown - meant).max() < 0.04

    def test_boxes_have_the_size_of_their_blocks(self) -> None:
        layout = staged().layout
        file = Glb()
        for block in layout.blocks.values():
            assert file.nodes[block.name]["scale"] == [block.shape[1], block.shape[0], 1]

    def test_leaves_little_of_its_picture_empty(self) -> None:
        height, width, _ = atlas(Glb()).shape
        cells = sum(block.n_cells for block in staged().layout.blocks.values())
        assert 36 * cells > 0.6 * height * width

    def test_is_nearest_when_magnified_and_trilinear_when_minified(self) -> None:
        file = Glb()
        (sampler,) = (s for s, t in zip(file.json["samplers"], file.json["textures"], strict=True)
                      if file.json["images"][t["source"]]["name"] == "Cells")  # fmt: skip
        assert (sampler["magFilter"], sampler["minFilter"]) == (9728, 9987)

    def test_large_sheets_show_some_of_their_cells_where_not_all_fit(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("llm_scene.output.gltf.cells.LARGEST", 640)
        made = staged()
        file = Glb(data=glb(made))
        every = {name: node["extras"].get("every", [1, 1]) for name, node in file.nodes.items()
                 if "matrix" in node.get("extras", {})}  # fmt: skip
        assert set(every) == set(made.layout.blocks)
        for name, block in made.layout.blocks.items():
            assert all(
                step == 1 or step <= count // 32 for step, count in zip(every[name], block.shape, strict=True)
            )
        assert max(max(steps) for steps in every.values()) > 1

    def test_says_when_there_are_too_many_matrices(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llm_scene.output.gltf.cells.LARGEST", 128)
        with pytest.raises(UserError, match="do not fit"):
            glb(staged())


def atlas(file: Glb) -> np.ndarray:
    """The picture of cells, decoded by hand: its rows are unfiltered."""
    (image,) = (i for i in file.json["images"] if i["name"] == "Cells")
    data = file.view(image["bufferView"])
    found, at = {}, 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found[data[at + 4 : at + 8]] = data[at + 8 : at + 8 + length]
        at += 12 + length
    width, height = (int.from_bytes(found[b"IHDR"][i : i + 4], "big") for i in (0, 4))
    rows = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, width + 1)
    again = rows[:, 0] == 2  # a row that adds nothing to the one above
    assert not rows[again, 1:].any()
    assert not rows[~again, 0].any()
    first = np.maximum.accumulate(np.where(again, 0, np.arange(height)))
    return np.frombuffer(found[b"PLTE"], np.uint8).reshape(-1, 3)[rows[first, 1:]]


class TestInstances:
    def test_are_as_many_as_cells_in_their_colours_at_their_places(self) -> None:
        layout, trace = staged().layout, staged().trace
        file = Glb("instances")
        for block in layout.blocks.values():
            attributes = file.nodes[block.name]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"]
            places, shown = file.array(attributes["TRANSLATION"]), file.array(attributes["_COLOR_0"])
            assert len(places) == len(shown) == block.n_cells
            last = np.array(turned(block.origin)) + places[-1]
            assert last[:2] == pytest.approx(
                np.array(turned(block.centre(*(n - 1 for n in block.shape))))[:2]
            )
            meant = colours(block.values(trace), block.matrix, LOOK, scale_of(trace[block.matrix.name]))
            assert np.abs(shown[:, :3] / 255 - as_linear(meant).reshape(-1, 3)).max() < 0.003

    def test_know_when_they_light_up(self) -> None:
        layout, film = staged().layout, staged().film
        file = Glb("instances")
        block = layout.find("mlp.pre", 1)
        attributes = file.nodes[block.name]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"]
        times = file.array(attributes["_T_ON"]).reshape(block.shape)
        assert np.all(np.diff(times.T.ravel()) > 0)  # column by column
        for row, column in ((0, 0), (100, 2), (191, 5)):
            order = (column * block.shape[0] + row) / (block.n_cells - 1)
            assert film.value(block.name, "reveal", float(times[row, column])) == pytest.approx(
                order, abs=1e-3
            )


class TestMesh:
    def test_has_a_cuboid_a_cell_with_its_colour_in_front(self) -> None:
        layout, trace = staged().layout, staged().trace
        file = Glb("mesh")
        for block in layout.blocks.values():
            parts = [p["attributes"] for p in file.primitives(block.name)]
            shown = np.concatenate([file.array(part["COLOR_0"]) for part in parts]).reshape(-1, 8, 4)
            assert len(shown) == block.n_cells
            meant = colours(block.values(trace), block.matrix, LOOK, scale_of(trace[block.matrix.name]))
            assert np.abs(shown[:, :4, :3] / 255 - as_linear(meant).reshape(-1, 1, 3)).max() < 0.003


class TestFilm:
    def test_covers_hide_what_is_not_computed(self) -> None:
        """At every frame as many whole columns (or rows) are covered as the film has not begun."""
        layout, film = staged().layout, staged().film
        file = Glb()
        for kind, axis in (("resid_pre", 0), ("attn.scores", 1), ("mlp.post", 0)):
            block = layout.find(kind, 0, 0 if kind == "attn.scores" else None)
            name = next(n for n in file.nodes if n.startswith("cover ") and block.matrix.name == n.split()[1])
            times, scales, interpolation = file.track(name, "scale")
            assert interpolation == "STEP"
            lines = block.shape[1 - axis]
            for shown in range(film.n_frames):
                # keys stand half a frame early
                value = film.value(block.name, "reveal", (shown + 0.5) / film.fps)
                key = scales[np.searchsorted(times, shown / film.fps, side="right") - 1]
                begun = int(np.floor(min(value, 1) * lines)) + (1 if 0 < value < 1 else 0)
                assert abs((lines - begun) - np.floor(key[axis])) <= 1

    def test_covers_hide_all_sides(self) -> None:
        """Before anything is computed a cover stands off its sheets all round, and no two planes meet."""
        layout, file = staged().layout, Glb()
        for kind in ("resid_pre", "attn.scores", "mlp.post", "probs"):
            block = next(b for b in layout.blocks.values() if b.kind == kind)
            name = next(n for n in file.nodes if n.startswith("cover ") and block.matrix.name == n.split()[1])
            corners = file.array(file.primitives(name)[0]["attributes"]["POSITION"])[:24]
            _, scales, _ = file.track(name, "scale")
            box = corners * scales[0] + file.nodes[name]["translation"]
            sheet = np.array([turned(tuple(corner)) for corner in block.box.corners()])
            assert (box.min(axis=0) < sheet.min(axis=0) - 0.05).all()
            assert (box.max(axis=0) > sheet.max(axis=0) + 0.05).all()

    def test_a_front_runs_through_the_line_being_computed(self) -> None:
        """What is left of the line is covered up to its end, and a glow is behind it."""
        film, file = staged().film, Glb()
        fronts = [name for name in file.nodes if re.fullmatch(r"front (row|column) \d+\.\d+", name)]
        for kind, down in (("mlp.pre", True), ("attn.pattern", False)):
            block = staged().layout.find(kind, 0, None if down else 0)
            lines, length = block.shape[::-1] if down else block.shape
            (cue,) = film.tracks[block.name, "reveal"]
            jump = 1e-3 * lines * cue.b / (cue.end - cue.start)  # share of a line's time that its end takes
            near = 0.15 + jump * length
            for t in np.linspace(cue.start, cue.end, 40)[1:-1]:
                done = lines_done(film.value(block.name, "reveal", float(t)), staged().layout.n_prompt, lines)
                if done >= lines or not jump < done % 1 < 1 - jump:  # where the next line begins
                    continue
                time = float(t) - 0.5 / film.fps  # keys stand half a frame early
                corner = np.array(turned(block.origin))
                meant = corner[1] - done % 1 * length if down else corner[0] + done % 1 * length
                (name,) = (
                    n for n in fronts if self.sizes(file, n, time)[0].all() and ("column" in n) == down
                )
                rest, glow = self.sizes(file, name, time)
                times, places, _ = file.track(name, "translation")
                place = [np.interp(time, times, axis) for axis in places.T]
                axis = 1 if down else 0
                assert place[axis] == pytest.approx(meant, abs=near)
                assert rest[axis] == pytest.approx((1 - done % 1) * length + 0.1, abs=near)
                assert glow[axis] == pytest.approx(0.4 * (done % 1) * length, abs=near)

    def test_fronts_are_seen_only_while_something_is_computed(self) -> None:
        film, file = full().film, Glb(data=glb(full()))
        cues = [cue for block in full().layout.blocks for cue in film.tracks.get((block, "reveal"), ())]
        busy = [(cue.start, cue.end) for cue in cues if cue.b > cue.a]
        for name in file.nodes:
            if re.match(r"(rest|glow) (row|column)", name):
                times, sizes, _ = file.track(name, "scale")
                for t, size in zip((times[1:] + times[:-1]) / 2, (sizes[1:] + sizes[:-1]) / 2, strict=True):
                    if size.all():
                        assert any(start - 0.05 < t < end + 0.05 for start, end in busy), (name, t)

    @staticmethod
    def sizes(file: Glb, front: str, t: float) -> list[np.ndarray]:
        """Of the cover and of the glow that go with a front."""
        tracks = [file.track(front.replace("front", part, 1), "scale") for part in ("rest", "glow")]
        return [np.array([np.interp(t, times, axis) for axis in sizes.T]) for times, sizes, _ in tracks]

    def test_ends_with_everything_uncovered_and_begins_covered(self) -> None:
        file = Glb()
        covers = [name for name in file.nodes if name.startswith("cover ")]
        assert len(covers) > 50
        for name in covers:
            _, scales, _ = file.track(name, "scale")
            assert scales[0].min() > 0
            assert not scales[-1].any()
            assert file.nodes[name]["scale"] == [0, 0, 0]  # a still viewer shows the finished state

    def test_predictions_appear_and_the_trunk_grows(self) -> None:
        file = Glb()
        predicted = [name for name in file.nodes if name.startswith("predicted ")]
        assert predicted
        for name in predicted:
            times, scales, interpolation = file.track(name, "scale")
            assert interpolation == "STEP"
            assert times[-1] == pytest.approx(9.5 - 0.5 / 24)
            assert (scales[0].any(), scales[-1].all()) == (False, True)
        times, scales, _ = file.track("trunk into blocks.0.resid_mid", "scale")
        whole = file.nodes["trunk into blocks.0.resid_mid"]["scale"]  # that of its unit
        assert (times[-1], scales[-1].tolist()) == (pytest.approx(2 + 2 / 3), pytest.approx(whole))

    def test_equal_letters_that_move_are_the_same_vertices(self) -> None:
        file = Glb()
        letters = {letter.name: letter for letter in staged().layout.letters}
        shapes: dict[tuple[str, float], set[int]] = {}
        for name in file.nodes.keys() & letters.keys() - {"predicted 4"}:  # with what has no equals
            places = file.primitives(name)[0]["attributes"]["POSITION"]
            shapes.setdefault((letters[name].text, letters[name].size), set()).add(places)
        assert shapes.keys() == {("C", 4.5), ("A", 4.5)}
        assert all(len(same) == 1 for same in shapes.values())

    def test_chapters_are_clips_of_their_own_by_option(self) -> None:
        film = staged().film
        middle = film.duration / 2
        whole = film.chapters[0]
        halves = (
            replace(whole, name="first", end=middle),
            Chapter("second", "Second", middle, film.duration, (), (), ()),
        )
        parted = Film(film.name, halves)
        data = glb(replace(staged(), film=parted), chapter_clips=True)
        told = read_glb(data)[0]
        assert [clip["name"] for clip in told["animations"]] == [film.name, "first", "second"]
        read = Glb(data=data)
        full, *parts = (
            {
                (c["target"]["node"], c["target"]["path"]): clip["samplers"][c["sampler"]]
                for c in clip["channels"]
            }
            for clip in told["animations"]
        )
        for part, start in zip(parts, (0.0, middle), strict=True):
            assert part.keys() == full.keys()
            for target, sampler in part.items():
                times, values = read.array(sampler["input"])[:, 0], read.values(sampler["output"])
                assert times[0] == 0 and np.all(np.diff(times) > 0) and times[-1] <= middle + 1e-5
                known = read.values(full[target]["output"])
                of = read.array(full[target]["input"])[:, 0]
                at = max(int(np.searchsorted(of, start, "right")) - 1, 0)
                if sampler.get("interpolation") == "STEP" or of[at] == start:
                    assert np.allclose(values[0], known[at], atol=1e-5)

    def test_the_camera_follows_the_path_through_cuts(self) -> None:
        film = staged().film
        file = Glb()
        times, places, _ = file.track("Film camera", "translation")
        turning, turns, _ = file.track("Film camera", "rotation")
        assert np.all((turns[1:] * turns[:-1]).sum(axis=1)[np.diff(turning) > 0.01] > 0)
        assert len(times) < 0.8 * film.n_frames
        for shown in range(film.n_frames):
            t = shown / film.fps
            pose = film.pose(t)
            place = [np.interp(t, times, places[:, i]) for i in range(3)]
            assert np.linalg.norm(np.array(place) - turned(pose.eye)) < 0.004 * pose.distance
            turn = np.array([np.interp(t, turning, turns[:, i]) for i in range(4)])
            x, y, z, w = turn / np.linalg.norm(turn)
            forward = [-2 * (x * z + y * w), -2 * (y * z - x * w), -(1 - 2 * (x * x + y * y))]
            towards = np.array(turned(pose.target)) - turned(pose.eye)
            assert np.array(forward) @ towards / np.linalg.norm(towards) > 1 - 1e-5

    def test_another_lens_frames_the_same_subject(self) -> None:
        layout, film = staged().layout, staged().film
        (chapter,) = film.chapters
        first, second = chapter.shots
        wide = frame([layout.box], -38, 14, lens=18)
        shots = (Shot(0.0, 4.0, first.subject, wide, wide), second)
        other = Film("Zoom", (Chapter("all", "", 0.0, 10.0, shots, chapter.cues, ()),))
        data, _ = read_glb(glb(replace(staged(), film=other)))
        camera = next(node for node in data["nodes"] if "camera" in node)
        assert data["cameras"][0]["perspective"]["yfov"] == pytest.approx(
            2 * np.arctan(18 / second.b.lens * 9 / 16)
        )
        far = np.linalg.norm(np.array(camera["translation"]) - turned(wide.target))
        assert far > 1.2 * wide.distance


@cache
def full() -> Production:
    """The letter sorter with its whole film."""
    model = load("nano-gpt-sort", None, [])
    return produce(model, model.encode_prompt("CBABBC"))


OF_SWARM = r"( \d+)?(, cells \d+)?"  # what a swarm's nodes add to its name


def paint_of(file: Glb, node: dict) -> int | None:
    """The material of a node, if it shows anything."""
    return file.json["meshes"][node["mesh"]]["primitives"][0]["material"] if "mesh" in node else None


def shown(file: Glb, name: str, t: float) -> bool:
    """Whether a node has a size at a time."""
    if not file.moves(name, "scale"):
        return True
    times, scales, _ = file.track(name, "scale")
    return bool(scales[max(0, np.searchsorted(times, t, side="right") - 1)].all())


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG has it: 1 to 21."""
    dark, light = sorted(float(np.dot((0.2126, 0.7152, 0.0722), linear(code))) for code in (one, other))
    return (light + 0.05) / (dark + 0.05)


class TestWall:
    """Whatever colour a viewer's room has, writing is read before the wall."""

    @pytest.mark.parametrize("look", LOOKS.values(), ids=str)
    def test_writing_can_be_read(self, look: Look) -> None:
        for ink in ("ink", "accent", "faint", "names"):
            assert contrast(look.inked(ink)[0], look.wall) > 3, ink

    @pytest.mark.parametrize("preset", ["nano-gpt-sort", "tiny-austen"])
    def test_all_writing_is_before_it(self, preset: str) -> None:
        model = load(preset=preset)
        made = produce(model, model.encode_prompt("CBABBC" if preset == "nano-gpt-sort" else "It is"))
        file = Glb(data=glb(made))
        (part,) = file.json["meshes"][file.nodes["Wall"]["mesh"]]["primitives"]
        corners = file.array(part["attributes"]["POSITION"])
        low, high = corners.min(axis=0), corners.max(axis=0)
        for thing in things(made.layout, made.trace, made.film):
            if isinstance(thing.form, Text | Letter):
                x, y, z = turned(thing.form.at)
                wide = np.subtract(*outline(thing.form.text).bounds[::-1])[0] * thing.form.size
                before = {"left": 0.0, "centre": 0.5, "right": 1.0}[getattr(thing.form, "align", "centre")]
                assert low[0] < x - before * wide, thing.name
                assert x + (1 - before) * wide < high[0], thing.name
                assert low[1] < y < high[1], thing.name
                assert z > low[2], thing.name


class TestSetPieces:
    def test_moving_cells_are_where_the_film_has_them(self) -> None:
        film, file, checked = full().film, Glb(data=glb(full())), 0
        cells = next(i for i, m in enumerate(file.json["materials"]) if m["name"] == "Moving cells")
        for swarm in (prop for prop in film.props if (prop.name, "pose") in film.tracks):
            assert isinstance(swarm, Swarm)
            cue = film.tracks[swarm.name, "pose"][0]
            if cue.end - cue.start < 1 / film.fps:
                continue  # behind a cut: it changes its colours within a frame, too
            changes = [
                c for channel in ("hidden", "rose") for c in film.tracks.get((swarm.name, channel), ())
            ]
            edges = [t for change in changes for t in (change.start, change.end)]
            for t in (cue.start, 0.4 * cue.start + 0.6 * cue.end, cue.end):
                if any(abs(t - edge) < AFTER for edge in edges):
                    t += AFTER  # when what changes there has changed
                pose = film.value(swarm.name, "pose", t)
                k = min(int(pose), len(swarm.places) - 2)
                meant = swarm.places[k] + (pose - k) * (swarm.places[k + 1] - swarm.places[k])
                if film.value(swarm.name, "hidden", t, 0.0) > 0.5:
                    continue
                checked += 1
                own = re.compile(re.escape(swarm.name) + OF_SWARM)
                parts = [
                    n for n in file.json["nodes"] if own.fullmatch(n["name"]) and paint_of(file, n) == cells
                ]
                seen = [n for n in parts if shown(file, n["name"], t)]  # in one of its colours
                found = np.concatenate([middles(file, part, t) for part in seen])
                meant = np.array([turned(tuple(place)) for place in meant])
                assert len(found) == len(meant)
                apart = np.linalg.norm(found[:, None] - meant[None], axis=2)
                way = float(np.ptp(swarm.places, axis=0).max())
                for axis in (0, 1):  # each cell has a place, and each place a cell
                    assert apart.min(axis=axis).max() < 0.05 + 0.03 * way, (swarm.name, t)
        assert checked > 400

    def test_of_a_swarm_one_colouring_is_seen_at_a_time(self) -> None:
        """All of them come and go at the same times, which are stored once."""
        film, file, checked = full().film, Glb(data=glb(full())), 0
        cells = next(i for i, m in enumerate(file.json["materials"]) if m["name"] == "Moving cells")
        for swarm in (prop for prop in film.props if isinstance(prop, Swarm)):
            own = re.compile(re.escape(swarm.name) + r" \d+")
            names = [n for n in file.nodes if own.fullmatch(n) and paint_of(file, file.nodes[n]) == cells]
            if len(names) < 2 or swarm.places.shape[1] == 1:
                continue
            checked += 1
            times = file.track(names[0], "scale")[0]
            assert all((file.track(name, "scale")[0] == times).all() for name in names), swarm.name
            for t in ((times[1:] + times[:-1]) / 2)[np.diff(times) > 0.1].tolist():
                hidden = film.value(swarm.name, "hidden", t, 0.0) > 0.5
                assert sum(shown(file, name, t) for name in names) == (not hidden), (swarm.name, t)
        assert checked > 30

    def test_colours_that_look_the_same_are_one(self) -> None:
        places = np.zeros((4, 2, 3))
        values = np.array([(0.5, 0.2), (0.52, 0.2), (0.54, 0.2), (0.9, 0.2)])
        states = _states(Swarm("swarm", "activation", True, places, places, values))
        assert [(state.first, state.last) for state in states] == [(0, 1), (2, 2), (3, 3)]

    def test_all_shapes_are_within_what_a_viewer_takes_for_their_bounds(self) -> None:
        """Babylon.js leaves out what is not in view without its targets."""
        file = Glb(data=glb(full()))
        parts = [part for mesh in file.json["meshes"] for part in mesh["primitives"] if "targets" in part]
        assert parts
        for part in parts:
            bounds = file.json["accessors"][part["attributes"]["POSITION"]]
            own = np.unique(file.array(part["indices"]))
            corners = file.array(part["attributes"]["POSITION"])
            for target in part["targets"]:
                moved = (corners + file.array(target["POSITION"]))[own]
                assert (moved >= bounds["min"]).all() and (moved <= bounds["max"]).all()

    def test_what_moves_is_found_by_name_in_three(self) -> None:
        file = Glb(data=glb(full()))
        plain = [re.sub(r"[\[\].:/]", "", node["name"].replace(" ", "_")) for node in file.json["nodes"]]
        assert [name for name, count in Counter(plain).items() if count > 1] == []

    def test_covers_are_told_from_what_they_cover_from_afar(self) -> None:
        film = one_lens(full().film)
        (camera,) = Glb(data=glb(full())).json["cameras"]
        far = max(pose.distance for shot in film.shots for pose in (shot.a, shot.b))
        step = far**2 / camera["perspective"]["znear"] / 2**24  # of a depth in 24 bits
        assert step < 0.05  # they stand 0.15 out

    def test_what_the_film_hides_has_no_size(self) -> None:
        film, file = full().film, Glb(data=glb(full()))
        texts = [prop for prop in film.props if prop.name in file.nodes]
        assert len(texts) > 20
        for prop in texts:
            edges = [t for cue in film.tracks.get((prop.name, "hidden"), ()) for t in (cue.start, cue.end)]
            for t in (edge + 0.1 for edge in edges):
                if t < film.duration and all(abs(t - edge) > 0.05 for edge in edges):
                    assert shown(file, prop.name, t) == (film.value(prop.name, "hidden", t) < 0.5), prop.name

    def test_links_of_equal_sections_are_the_same_vertices(self) -> None:
        """Also where the film moves some of one section: those are apart in all."""
        file = Glb(data=glb(full()))
        drawn = [file.primitives(f"Links/Transformer {layer}") for layer in range(3)]
        assert drawn[0] == drawn[1] == drawn[2]

    def test_much_writing_has_its_colours_from_materials(self) -> None:
        file = Glb(data=glb(full()))
        written = [part for part in file.primitives("Labels") if "TEXCOORD_0" in part["attributes"]]
        surfaces = [file.json["materials"][part["material"]]["pbrMetallicRoughness"] for part in written]
        assert len({tuple(surface["baseColorFactor"]) for surface in surfaces}) == len(written) > 1
        assert not any("COLOR_0" in part["attributes"] for part in written)

    def test_turns_and_weights_are_shares_of_whole_numbers(self) -> None:
        file = Glb(data=glb(full()))
        (animation,) = file.json["animations"]
        kinds: dict[str, set[tuple[int, bool]]] = {}
        for channel in animation["channels"]:
            told = file.json["accessors"][animation["samplers"][channel["sampler"]]["output"]]
            kind = told["componentType"], told.get("normalized", False)
            kinds.setdefault(channel["target"]["path"], set()).add(kind)
        floats = {(5126, False)}
        assert kinds == {
            "translation": floats, "scale": floats, "rotation": {(5122, True)}, "weights": {(5123, True)},
        }  # fmt: skip
        _, turns, _ = file.track("Film camera", "rotation")
        assert np.linalg.norm(turns, axis=1) == pytest.approx(1, abs=1e-4)

    def test_a_viewer_that_plays_nothing_sees_the_end(self) -> None:
        film, file = full().film, Glb(data=glb(full()))
        for name in file.nodes:
            if (name, "hidden") in film.tracks:
                gone = film.value(name, "hidden", film.duration) > 0.5
                assert file.rests(name) != gone, name
        assert file.rests("Labels")

    def test_candidates_grow_as_in_the_film(self) -> None:
        film, file = full().film, Glb(data=glb(full()))
        for rank in range(len(full().layout.candidates)):
            name = f"candidate {rank} bar"
            times, scales, _ = file.track(name, "scale")
            scales = scales / min(UNITS)
            for t in np.linspace(0, film.duration, 400).tolist():
                meant = film.value(name, "scale_x", t, 1.0) * (film.value(name, "hidden", t) < 0.5)
                cues = [c for channel in ("hidden", "scale_x") for c in film.tracks.get((name, channel), ())]
                if all(abs(t - edge) > 0.05 for cue in cues for edge in (cue.start, cue.end)):
                    found = np.interp(t, times, scales[:, 0])
                    assert found == pytest.approx(meant, abs=0.02 + 0.03 * float(scales.max()))


def middles(file: Glb, node: dict, t: float) -> np.ndarray:
    """The middles `[n, 3]` of the cells of a node at a time."""
    primitive = file.json["meshes"][node["mesh"]]["primitives"][0]
    own = np.unique(file.array(primitive["indices"]))  # nodes share arrays
    corners = file.array(primitive["attributes"]["POSITION"])[own].astype(float)
    tracks = {c["target"]["path"]: c["sampler"] for c in file.json["animations"][0]["channels"]
              if file.json["nodes"][c["target"]["node"]] is node}  # fmt: skip

    def at(path: str, size: int) -> np.ndarray:
        if path not in tracks:  # it never changes
            return np.array(node.get(path, [float(path == "scale")] * size))
        sampler = file.json["animations"][0]["samplers"][tracks[path]]
        times, values = file.array(sampler["input"])[:, 0], file.values(sampler["output"]).reshape(-1, size)
        if sampler.get("interpolation") == "STEP":
            return values[max(0, np.searchsorted(times, t, side="right") - 1)]
        return np.array([np.interp(t, times, column) for column in values.T])

    targets = primitive.get("targets", [])
    for share, target in zip(at("weights", len(targets)) if targets else (), targets, strict=True):
        corners += share * file.array(target["POSITION"])[own]
    return (corners * at("scale", 3)).reshape(-1, 8, 3).mean(axis=1) + at("translation", 3)


class TestBlender:
    def test_reads_it_back(self, empty_scene: None, tmp_path: Path) -> None:
        import bpy

        layout, film = staged().layout, staged().film
        path = tmp_path / "model.glb"
        export_gltf(path, staged())
        bpy.context.scene.render.fps = film.fps
        bpy.ops.import_scene.gltf(filepath=str(path))
        for block in layout.blocks.values():
            thing = bpy.data.objects[block.name]
            assert tuple(thing.matrix_world.translation) == pytest.approx(block.origin, abs=1e-3)
            assert tuple(thing.dimensions) == pytest.approx((block.shape[1], 1, block.shape[0]), abs=1e-3)
            assert thing["matrix"] == block.matrix.name
        camera = bpy.data.objects["Film camera"]
        ends = [tuple(action.frame_range) for action in bpy.data.actions]
        assert min(a for a, _ in ends) == pytest.approx(0)
        assert max(b for _, b in ends) == pytest.approx(film.duration * film.fps, abs=0.01)
        for shown in (0, 50, 100, 239):
            bpy.context.scene.frame_set(shown)
            pose = film.pose(shown / film.fps)
            away = np.array(camera.matrix_world.translation) - pose.eye
            assert np.linalg.norm(away) < 0.004 * pose.distance
        assert camera.data.angle_y == pytest.approx(2 * np.arctan(18 / pose.lens * 9 / 16), abs=1e-4)


class TestErrors:
    def test_a_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="does not exist"):
            export_gltf(tmp_path / "missing" / "model.glb", staged())

    def test_an_unknown_mode_leaves_what_was_there(self, tmp_path: Path) -> None:
        path = tmp_path / "model.glb"
        path.write_bytes(b"before")
        with pytest.raises(UserError, match="texture, instances, mesh"):
            export_gltf(path, staged(), mode="voxels")
        assert path.read_bytes() == b"before"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(self: Path, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(UserError, match="disk is full"):
            export_gltf(tmp_path / "model.glb", staged())
        assert not list(tmp_path.iterdir())

    def test_no_film_is_a_still(self) -> None:
        data, _ = read_glb(glb(staged(), still=True))
        assert "animations" not in data
        assert not any(node["name"].startswith("cover") for node in data["nodes"])
