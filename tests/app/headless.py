"""Run inside Blender, without a window: what a script does with the installed extension.

    blender -b --python headless.py -- FOLDER

Leaves what it saw in FOLDER/seen.json.
"""

import importlib
import json
import sys
from pathlib import Path

import bpy

ADDON = "bl_ext.user_default.llm_scene"


def main(folder: Path) -> None:
    """Generate, render two frames, export, save, undo, disable."""
    seen: dict[str, object] = {"enabled": ADDON in bpy.context.preferences.addons}
    cube = bpy.data.objects["Cube"]
    bpy.ops.ed.undo_push(message="before")
    settings = bpy.context.scene.llm_scene_settings
    settings.cut, settings.quality = "teaser", "draft"
    bpy.ops.llm_scene.generate("EXEC_DEFAULT", True)
    scene = bpy.context.scene
    seen["scene"] = scene.name
    seen["matrices"] = sum("Cells" in thing.modifiers for thing in scene.objects)
    seen["cube"] = cube.name in bpy.data.scenes["Scene"].objects
    scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 160, 90, 1
    bpy.ops.llm_scene.render(filepath=str(folder / "film.mp4"), first=60, last=61)
    bpy.ops.llm_scene.export_gltf(filepath=str(folder / "scene.glb"))
    bpy.ops.llm_scene.save_blend(filepath=str(folder / "scene.blend"))
    view = bpy.context.preferences.view
    if bpy.app.build_options.international:
        view.language, view.use_translate_interface = "zh_HANS", True
        translations = importlib.import_module(f"{ADDON}.llm_scene.ui.translations")
        own = translations.texts(translations.FOLDER / "zh_HANS.toml")
        context = translations.CONTEXT
        seen["not ours"] = [
            text for text in own if bpy.app.translations.pgettext_iface(text, context) != own[text]
        ]
        view.language = "en_US"
    bpy.ops.ed.undo()
    seen["after undo"] = sorted(scene.name for scene in bpy.data.scenes)
    bpy.ops.ed.redo()
    seen["after redo"] = sorted(scene.name for scene in bpy.data.scenes)
    bpy.ops.preferences.addon_disable(module=ADDON)
    seen["left"] = [name for name in dir(bpy.types) if "llm_scene" in name.lower()]
    (folder / "seen.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]))
