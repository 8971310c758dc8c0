"""Run inside Blender, with its window: what a user does with the installed extension.

    blender --window-geometry 0 0 1600 1000 --python window.py -- FOLDER

Moves the mouse and presses keys through xdotool, takes screenshots by ImageMagick's import, and leaves these
and what it saw in FOLDER.
"""

import importlib
import json
import subprocess
import sys
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

PACKAGE = "bl_ext.user_default.llm_scene.llm_scene"
SCORE = "blocks.0.attn.scores[head=2,query=5,key=2]"
FOLDER = Path(sys.argv[sys.argv.index("--") + 1])
SEEN: dict[str, object] = {}


class View:
    """The 3D view of the first window, and the mouse in it."""

    def __init__(self) -> None:
        self.window = bpy.context.window_manager.windows[0]

    @property
    def area(self) -> bpy.types.Area:
        """The largest one: another after the workspace has changed."""
        areas = (area for area in self.window.screen.areas if area.type == "VIEW_3D")
        return max(areas, key=lambda area: area.width * area.height)

    @property
    def space(self) -> bpy.types.SpaceView3D:
        return self.area.spaces.active

    def region(self, kind: str) -> bpy.types.Region:
        return next(region for region in self.area.regions if region.type == kind)

    def context(self, kind: str = "WINDOW"):
        return bpy.context.temp_override(window=self.window, area=self.area, region=self.region(kind))

    def move(self, x: float, y: float) -> None:
        """Put the mouse there; pixels from the lower left corner."""
        self.x, self.y = round(x), round(y)
        xdotool("mousemove", str(self.x), str(self.window.height - self.y))

    def click(self) -> None:
        xdotool("click", "1")

    def shot(self, name: str) -> None:
        subprocess.run(["import", "-window", "root", str(FOLDER / f"{name}.png")], check=True)

    def place(self, point: tuple[float, float, float]) -> tuple[float, float]:
        """A point of the scene in pixels of the window."""
        region = self.region("WINDOW")
        at = location_3d_to_region_2d(region, self.space.region_3d, Vector(point))
        return region.x + at.x, region.y + at.y


def xdotool(*words: str) -> None:
    subprocess.run(["xdotool", *words], check=True)


def own(scene: bpy.types.Scene) -> bool:
    return isinstance(scene.get("llm_scene"), str)


def user() -> Iterator[float]:
    """What the user does; yields the seconds until the next thing."""
    view = View()
    view.space.show_region_ui = True
    yield 1.0
    view.region("UI").active_panel_category = "LLM Scene"
    yield 1.0
    view.move(view.area.x + 200, view.area.y + 200)
    view.shot("fresh")

    with view.context():
        bpy.ops.llm_scene.generate("INVOKE_DEFAULT")
    yield 0.3
    xdotool("key", "Escape")
    yield 2.0
    SEEN["scenes after Esc"] = [scene.name for scene in bpy.data.scenes]

    view.window.scene.llm_scene_settings.cut = "teaser"
    with view.context():
        bpy.ops.llm_scene.generate("INVOKE_DEFAULT")
    yield 0.5
    view.shot("building")
    for _ in range(100):
        yield 1.0
        if own(view.window.scene):
            break
    scene = view.window.scene
    SEEN["generated"] = own(scene)
    for _ in range(120):
        yield 0.5
        if len(view.window.screen.areas) == 2 and view.space.region_3d.view_perspective == "CAMERA":
            break
    yield 6.0  # shaders
    view.shot("generated")
    SEEN["workspace"] = workspace(view.window)
    SEEN["picture"] = picture(view)

    view.window.scene.llm_scene_settings.fps = "60"  # a film of another length
    with view.context():
        bpy.ops.llm_scene.generate("INVOKE_DEFAULT")
    for _ in range(100):
        yield 1.0
        if view.window.scene.render.fps == 60:
            break
    yield 2.0
    SEEN["again"] = {"name": view.window.scene.name, "timeline": reach(view.window)}
    scene = view.window.scene

    for page in range(4):
        side = view.region("UI")
        view.move(side.x + 60, side.y + 60)
        if page:
            xdotool(*["click", "5"] * 14)
        yield 2.0
        view.shot(f"panel-{page + 1}")

    inspector = importlib.import_module(f"{PACKAGE}.ui.inspector")
    found = inspector.inspector_of(scene).at(SCORE)
    x, y, z = found.mark.centre
    data = bpy.data.cameras.new("close")
    close = bpy.data.objects.new("close", data)
    scene.collection.objects.link(close)
    close.location, close.rotation_euler, data.lens, data.clip_end = (
        (x + 3, y - 18, z),
        (1.57, 0, 0.1),
        35,
        5e3,
    )
    view.space.camera, view.space.use_local_camera = close, True
    with view.context():
        bpy.ops.llm_scene.inspect_tool()
    scene.frame_set(scene.frame_end)
    yield 3.0
    view.move(*view.place(found.mark.centre))
    yield 0.5
    view.move(view.x + 1, view.y)
    yield 1.0
    looked = inspector.looked_at(scene)
    SEEN["hovered"] = looked and looked.hovered and looked.hovered.explanation.address
    view.shot("hover")
    view.click()
    yield 1.0
    SEEN["pinned"] = [step.explanation.address for step in looked.trail]
    view.move(view.x + 200, view.y - 260)
    yield 1.0
    view.shot("pinned")
    view.move(*view.place(found.mark.centre))
    scene.camera = close
    yield 0.5
    xdotool("keydown", "Control_L")
    yield 0.5
    view.click()
    yield 0.5
    xdotool("keyup", "Control_L")
    yield 2.0
    SEEN["filmed"] = "Inspected" in bpy.data.collections
    with view.context("UI"):  # the mouse is not over a cell when the panel's button is pressed
        SEEN["filmed from the panel"] = bpy.ops.llm_scene.inspect_film("INVOKE_DEFAULT") == {"FINISHED"}
    xdotool("key", "Escape")
    yield 1.0
    SEEN["after Esc"] = len(looked.trail)
    view.shot("filmed")

    view.space.use_local_camera = False
    scene.camera = scene.objects["Film camera"]
    scene.llm_scene_settings.look = "paper"
    yield 4.0
    view.shot("paper")
    scene.llm_scene_settings.look = "studio"
    yield 3.0
    scene.frame_set(scene.frame_start)
    with view.context():
        bpy.ops.screen.animation_play()
    yield 3.0
    with view.context():
        bpy.ops.screen.animation_cancel(restore_frame=False)
    SEEN["played to"] = scene.frame_current
    scene.llm_scene_settings.quality = "draft"
    scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 160, 90, 1
    with view.context():
        scene.frame_start, scene.frame_end = 40, 43
        bpy.ops.llm_scene.render("INVOKE_DEFAULT", filepath=str(FOLDER / "film.mp4"))
    yield 1.0
    view.shot("dialog")
    xdotool("key", "Return")
    yield 3.0
    view.shot("rendering")
    for _ in range(120):
        yield 1.0
        if (FOLDER / "film.mp4").exists():
            break
    SEEN["rendered"] = (FOLDER / "film.mp4").exists()
    yield 1.0
    SEEN["ended"] = yield from exported(view, FOLDER / "ended.html", "Escape")
    SEEN["exported"] = yield from exported(view, FOLDER / "page.html")
    with view.context():
        bpy.ops.llm_scene.export_gltf(filepath=str(FOLDER / "scene.glb"))

    preferences = bpy.context.preferences.view
    if bpy.app.build_options.international:
        preferences.language, preferences.use_translate_interface = "zh_HANS", True
        yield 2.0
        view.shot("chinese")
        preferences.language = "en_US"
        yield 1.0
    with view.context():
        bpy.ops.llm_scene.remove()
    for _ in range(60):
        yield 0.5
        if "LLM Scene" not in bpy.data.workspaces:
            break
    SEEN["after Delete"] = [space.name for space in bpy.data.workspaces if space.name.startswith("LLM")]
    SEEN["back in"] = view.window.workspace.name


def workspace(window: bpy.types.Window) -> dict[str, object]:
    """What the add-on's workspace is like, and that the user's is as it was."""
    before = bpy.data.workspaces["Layout"]
    return {
        "name": window.workspace.name,
        "pinned": window.workspace.use_pin_scene,
        "areas": sorted(area.ui_type for area in window.screen.areas),
        "before": sorted(area.ui_type for screen in before.screens for area in screen.areas),
        "shading before": [
            area.spaces.active.shading.type
            for screen in before.screens
            for area in screen.areas
            if area.type == "VIEW_3D"
        ],
    }


def picture(view: View) -> dict[str, object]:
    """How the film is seen: through its camera, how much of the view's width it takes, over what time."""
    region = view.region("WINDOW")
    frame = view.window.scene.camera.data.view_frame(scene=view.window.scene)
    matrix = view.window.scene.camera.matrix_world
    across = [location_3d_to_region_2d(region, view.space.region_3d, matrix @ corner).x for corner in frame]
    return {
        "through": view.space.region_3d.view_perspective,
        "shading": view.space.shading.type,
        "share": (max(across) - min(across)) / region.width,
        "cursor": view.space.overlay.show_cursor,
        "timeline": reach(view.window),
        "sync": view.window.scene.sync_mode,
        "tab": view.region("UI").active_panel_category,
    }


def reach(window: bpy.types.Window) -> float:
    """How much of the timeline's width the film takes."""
    area = next(area for area in window.screen.areas if area.ui_type == "TIMELINE")
    region = next(region for region in area.regions if region.type == "WINDOW")
    at = [region.view2d.view_to_region(frame, 0, clip=False)[0] for frame in (0, window.scene.frame_end)]
    return (at[1] - at[0]) / region.width


def exported(view: View, path: Path, key: str = "") -> Generator[float, None, tuple[bool, bool, bool]]:
    """Write a page, press a key meanwhile: whether that was begun, has ended, and left a file."""
    under_way = importlib.import_module(f"{PACKAGE}.ui.task")._under_way
    with view.context():
        bpy.ops.llm_scene.export_page("INVOKE_DEFAULT", filepath=str(path))
    for _ in range(40):
        yield 0.5
        if browser() is not None and browser()[1].spaces.active.params is not None:
            break
    yield 2.0  # it is drawn
    window, area = browser()
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.file.execute()
    view.move(view.area.x + 300, view.area.y + 300)
    for _ in range(40):
        yield 0.1
        if begun := "export" in under_way:
            break
    view.shot(f"exporting {path.stem}")
    if key:
        xdotool("key", key)
    for _ in range(120):
        yield 0.5
        if ended := "export" not in under_way:
            break
    return begun, ended, path.exists()


def browser() -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """The file browser and its window."""
    areas = ((window, area) for window in bpy.context.window_manager.windows for area in window.screen.areas)
    return next(((window, area) for window, area in areas if area.type == "FILE_BROWSER"), None)


def main() -> None:
    """Let the user's steps follow one another, then write down what was seen and quit."""
    steps = user()

    def step() -> float | None:
        try:
            return next(steps)
        except StopIteration:
            pass
        except Exception:
            SEEN["failed"] = traceback.format_exc()
        (FOLDER / "seen.json").write_text(json.dumps(SEEN), encoding="utf-8")
        bpy.ops.wm.quit_blender()
        return None

    bpy.app.timers.register(step, first_interval=4.0)


main()
