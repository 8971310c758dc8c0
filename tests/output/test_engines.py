"""The exported .glb in other people's engines: three.js and Babylon.js play it in a browser.

GLTF_ENGINES names a node_modules folder that holds three, babylonjs and babylonjs-loaders.
"""

import functools
import http.server
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from llm_scene.models import load
from llm_scene.output.gltf import MODES, glb
from llm_scene.output.gltf.camera import one_lens
from llm_scene.scene.build import build
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce

sys.path.insert(0, str(Path(__file__).parent))
from browser import Tab, browser, chromium

ENGINES = os.environ.get("GLTF_ENGINES", "")
SIZE = (480, 270)
TIMES = (0.5, 4.5, 8.0)  # seconds, before the bars that the file does not have
TILES = (9, 16)
PAGES = {
    "three": """<!doctype html><link rel="icon" href="data:,"><body style="margin:0">
<canvas id="c" width="480" height="270"></canvas>
<script type="importmap">{"imports": {"three": "/node/three/build/three.module.js"}}</script>
<script type="module">
import * as THREE from "three";
import { GLTFLoader } from "/node/three/examples/jsm/loaders/GLTFLoader.js";
const canvas = document.getElementById("c");
const renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
const gltf = await new GLTFLoader().loadAsync("/scene.glb");
const extras = gltf.scene.userData;
renderer.setClearColor(extras.background);
const mixer = new THREE.AnimationMixer(gltf.scene);
mixer.clipAction(gltf.animations[0]).play();
window.duration = gltf.animations[0].duration;
window.show = (t) => {
  mixer.setTime(t);
  gltf.scene.updateMatrixWorld(true);
  renderer.render(gltf.scene, gltf.cameras[0]);
  window.calls = renderer.info.render.calls;
  return true;
};
window.ready = true;
</script>""",
    "babylon": """<!doctype html><link rel="icon" href="data:,"><body style="margin:0">
<canvas id="c" width="480" height="270"></canvas>
<script src="/node/babylonjs/babylon.js"></script>
<script src="/node/babylonjs-loaders/babylonjs.loaders.min.js"></script>
<script>
(async () => {
  const engine = new BABYLON.Engine(document.getElementById("c"), true, { preserveDrawingBuffer: true });
  const scene = new BABYLON.Scene(engine);
  BABYLON.SceneLoader.ShowLoadingScreen = false;
  await BABYLON.SceneLoader.AppendAsync("/", "scene.glb", scene);
  scene.clearColor = BABYLON.Color4.FromHexString("BACKGROUNDff");
  scene.activeCamera = scene.cameras[0];
  const [group] = scene.animationGroups;
  group.play();
  group.pause();
  window.duration = (group.to - group.from) / group.targetedAnimations[0].animation.framePerSecond;
  window.show = (t) => {
    group.goToFrame(t * group.targetedAnimations[0].animation.framePerSecond);
    scene.render();
    return true;
  };
  await scene.whenReadyAsync();
  window.ready = true;
})();
</script>""",
}

pytestmark = [
    pytest.mark.skipif(not ENGINES, reason="GLTF_ENGINES names no folder with three and babylonjs"),
    pytest.mark.skipif(chromium() is None, reason="there is no Chromium"),
]


@pytest.fixture(scope="module")
def made() -> Production:
    model = load("nano-gpt-sort", None, [])
    return produce(model, model.encode_prompt("CBABBC"), Options(cut="teaser"))


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as found:
        found.resize(*SIZE)
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder that is served, with the engines under /node, and its address."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "node").symlink_to(ENGINES)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def picture(path: Path) -> np.ndarray:
    """Pixels `[height, width, 3]` of a file."""
    image = bpy.data.images.load(str(path))
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    found = pixels.reshape(image.size[1], image.size[0], -1)[::-1, :, :3]
    bpy.data.images.remove(image)
    return found


def tiles(pixels: np.ndarray) -> np.ndarray:
    """How much there is to see in each tile of a picture, whatever light lies on the floor."""
    rows, columns = TILES
    grey = pixels.mean(axis=-1)
    blocks = grey.reshape(rows, grey.shape[0] // rows, columns, grey.shape[1] // columns)
    return blocks.std(axis=(1, 3)).ravel()


@pytest.fixture(scope="module")
def rendered(made: Production, tmp_path_factory: pytest.TempPathFactory) -> dict[float, np.ndarray]:
    """Blender's pictures, by time, through the file's one lens."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = build(replace(made, film=one_lens(made.film)))
    bpy.context.window.scene = scene
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.camera.data.dof.use_dof = False
    found = {}
    for time in TIMES:
        path = tmp_path_factory.mktemp("blender") / "frame.png"
        scene.frame_set(round(time * made.film.fps))
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        found[time] = tiles(picture(path))
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", PAGES)
def test_plays_and_shows_what_blender_shows(
    engine: str,
    mode: str,
    made: Production,
    site: tuple[Path, str],
    tab: Tab,
    rendered: dict[float, np.ndarray],
    tmp_path: Path,
) -> None:
    folder, address = site
    (folder / "scene.glb").write_bytes(glb(made, mode=mode))
    page = PAGES[engine].replace("BACKGROUND", made.look.wall)
    (folder / "index.html").write_text(page, encoding="utf-8")
    tab.open(f"{address}/index.html?{engine}-{mode}")
    tab.wait("window.ready === true")
    assert tab.run("window.duration") == pytest.approx(made.film.duration, abs=0.1)
    for time in TIMES:
        tab.run(f"show({time})")
        shot = tmp_path / f"{engine}-{mode}-{time}.png"
        tab.screenshot(shot)
        likeness = np.corrcoef(tiles(picture(shot)), rendered[time])[0, 1]
        assert likeness > 0.55, (time, likeness)
    assert not [line for line in tab.complaints() if "GL Driver" not in line]
    if engine == "three":
        assert tab.run("window.calls") <= 300
