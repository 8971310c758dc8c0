"""Nothing of ours warns: what Blender will drop is not used, and every file that is opened is closed."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = """
import sys
sys.path.insert(0, {root!r})
import bpy
from llm_scene import ui
ui.register()
settings = bpy.context.scene.llm_scene_settings
settings.cut, settings.quality = "teaser", "draft"
bpy.ops.llm_scene.generate()
scene = bpy.context.scene
scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 64, 36, 1
bpy.ops.llm_scene.render(filepath={film!r}, first=5, last=5)
bpy.ops.llm_scene.export_gltf(filepath={film!r}.replace(".mp4", ".glb"))
ui.unregister()
"""


def test_generate_render_and_export_without_a_warning(tmp_path: Path) -> None:
    code = WORK.format(root=str(ROOT), film=str(tmp_path / "a.mp4"))
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "always", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    ours = re.findall(rf"^{re.escape(str(ROOT / 'llm_scene'))}\S*: \w*Warning.*$", done.stderr, re.MULTILINE)
    assert not ours and (tmp_path / "a.mp4").is_file() and (tmp_path / "a.glb").is_file()
