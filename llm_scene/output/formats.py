"""The forms in which a production can leave: the command line, the panel and the menus offer what is here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..choices import check, choice, choices, listed, named
from ..errors import UserError
from ..layout.budget import Detail
from ..staging.production import Production
from ..staging.quality import Quality
from ..steps import WRITING, Steps, finished, within
from ..writing import AnyPath, check_target
from .render.containers import CONTAINERS

if TYPE_CHECKING:
    import bpy

    from .render.pace import Progress


@dataclass(frozen=True)
class Gltf:
    """What there is to choose about a .glb."""

    mode: str = choice(
        "texture",
        "Cells",
        "How the file carries the cells",
        noun="glTF mode",
        items=named(
            ("texture", "Picture", "A box a matrix over one picture: small, opens everywhere"),
            ("instances", "Instances", "Real cuboids through EXT_mesh_gpu_instancing, for web developers"),
            ("mesh", "Mesh", "Merged cuboids with coloured corners, for programs that edit"),
        ),
    )
    chapter_clips: bool = choice(False, "Chapter Clips", "Also write a clip for each chapter")
    scale: float = choice(
        1.0,
        "Metres a Cell",
        "How large a cell is, in metres: 0.001 puts a model on a table",
        noun="The scale",
        low=1e-6,
        soft_high=1.0,
    )

    def __post_init__(self) -> None:
        check(self)


Report = Callable[["Progress"], None] | None  # is told how far a film is


@dataclass(frozen=True)
class Format:
    """A kind of output, and how a production leaves as one."""

    name: str
    title: str
    description: str  # a sentence without its period
    icon: str  # of the panel's button
    suffixes: tuple[str, ...]  # none: a folder, which is asked for by the format's name
    write: Callable[..., Steps[None]]  # (path, production, report, *values of `choices`), in small steps
    choices: tuple[type, ...] = ()
    usual: Mapping[str, Any] = field(default_factory=dict)  # what is chosen here unless something else is
    check: Callable[[Path], None] = check_target  # raises UserError where nothing can be written
    keep: Callable[[Path, bpy.types.Scene], Steps[None]] | None = None  # writes a scene as it is in Blender
    blender: bool = True  # whether Blender is needed
    own: str = ""  # the name of the panel's operator, where that is not made from the format's

    @property
    def scenic(self) -> bool:
        """Whether it is a Blender scene that is written or rendered."""
        return Detail in self.choices

    @property
    def operator(self) -> str:
        """The panel's operator that writes it."""
        return f"llm_scene.{self.own or f'export_{self.name}'}"

    def values(self, chosen: Mapping[str, Any]) -> list[Any]:
        """The values of `choices` that hold what was chosen. Raises UserError for what there is not."""
        known = {name: kind for kind in self.choices for name in choices(kind)}
        if unknown := [name for name in chosen if name not in known]:
            raise UserError(f"{self.title} has no choice “{_argument(unknown[0])}”: leave it out.")
        wanted = {**self.usual, **chosen}
        return [
            kind(**{name: value for name, value in wanted.items() if known[name] is kind})
            for kind in self.choices
        ]


def _argument(name: str) -> str:
    """What any format's choice is called on the command line; else the name itself."""
    kinds = (kind for form in FORMATS.values() for kind in form.choices)
    return next((choices(kind)[name].argument for kind in kinds if name in choices(kind)), name)


def _gltf(path: Path, made: Production, report: Report, chosen: Gltf) -> Steps[None]:
    from .gltf import write_gltf

    return write_gltf(path, made, **vars(chosen))


def _page(path: Path, made: Production, report: Report) -> Steps[None]:
    from .page import write_page

    return write_page(path, made)


def _captions(path: Path, made: Production, report: Report) -> Steps[None]:
    from .captions import write_captions

    yield 0.0, WRITING
    write_captions(path, made)


def _blend(path: Path, made: Production, report: Report, quality: Quality, detail: Detail) -> Steps[None]:
    scene = yield from _staged(made, quality, detail)
    yield from within(_keep_blend(path, scene), BUILT, 1.0)


def _staged(made: Production, quality: Quality, detail: Detail) -> Steps[bpy.types.Scene]:
    from .render.production import stage

    return within(stage(made, quality, detail), 0.0, BUILT)


def _keep_blend(path: Path, scene: bpy.types.Scene) -> Steps[None]:
    from .blend import write_blend

    return write_blend(scene, path)


def _film(path: Path, made: Production, report: Report, quality: Quality, detail: Detail) -> Steps[None]:
    from .render.production import render

    yield 0.0, "rendering"
    render(path, made, quality, detail, progress=report)


def _check_film(path: Path) -> None:
    from .render.local import check_output

    check_output(path)


def _farm(path: Path, made: Production, report: Report, quality: Quality, detail: Detail) -> Steps[None]:
    scene = yield from _staged(made, quality, detail)
    yield from within(_keep_farm(path, scene), BUILT, 1.0)


def _keep_farm(path: Path, scene: bpy.types.Scene) -> Steps[None]:
    from .render.farm import farm_steps

    return farm_steps(scene, path)


def _check_farm(path: Path) -> None:
    from .render.farm import check_farm

    check_farm(path)


BUILT = 0.6  # of the time that a .blend takes goes into its scene
FINAL = {"preset": "final"}  # for pictures that are rendered elsewhere, later
FORMATS = {
    each.name: each
    for each in (
        Format(
            "gltf",
            "glTF",
            "Write the scene with its colours and its film as a .glb file, for the web and other programs",
            "EXPORT",
            (".glb",),
            _gltf,
            (Gltf,),
        ),
        Format(
            "page",
            "Web Page",
            "Write one .html file that plays the film in a browser and explains every cell, all offline",
            "URL",
            (".html",),
            _page,
        ),
        Format(
            "captions",
            "Subtitles",
            "Write the film's captions as subtitles, .srt or .vtt",
            "TEXT",
            (".srt", ".vtt"),
            _captions,
            blender=False,
        ),
        Format(
            "blend",
            "Blender File",
            "Write this scene alone into a .blend that opens and renders without this add-on",
            "FILE_BLEND",
            (".blend",),
            _blend,
            (Quality, Detail),
            FINAL,
            keep=_keep_blend,
            own="save_blend",
        ),
        Format(
            "film",
            "Film",
            "Render the film into a video; the next render goes on from the frames that are there",
            "RENDER_ANIMATION",
            tuple(CONTAINERS),
            _film,
            (Quality, Detail),
            check=_check_film,
        ),
        Format(
            "farm",
            "Farm Folder",
            "Write a folder for a render farm: the scene, a job type for Flamenco, and how to submit it",
            "NETWORK_DRIVE",
            (),
            _farm,
            (Quality, Detail),
            FINAL,
            check=_check_farm,
            keep=_keep_farm,
            own="farm_folder",
        ),
    )
}


def format_of(path: Path, among: Sequence[str] = tuple(FORMATS)) -> Format:
    """The format that a file's suffix names. Raises UserError where there is none."""
    found = [FORMATS[name] for name in among if path.suffix.lower() in FORMATS[name].suffixes]
    if not found:
        known = [suffix for name in among for suffix in FORMATS[name].suffixes]
        raise UserError(f"{path} should end in {listed(known)}.")
    return found[0]


def export(path: AnyPath, made: Production, form: str = "", report: Report = None, **chosen: Any) -> None:
    """Write a production as its file's suffix says, or in the format named `form`.

    `chosen` are choices of that format; `report` is told how far a film is. Raises UserError, one sentence,
    where there is no such format or choice, or the file cannot be written.
    """
    path = Path(path)
    if form and form not in FORMATS:
        raise UserError(f"There is no format {form!r}: choose one of {listed(tuple(FORMATS))}.")
    found = FORMATS[form] if form else format_of(path)
    values = found.values(chosen)
    found.check(path)
    finished(found.write(path, made, report, *values))
