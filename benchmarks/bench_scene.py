"""From token ids to a scene: nano-GPT at all its 11 positions with its full film, and without it."""

from __future__ import annotations

from .measure import Process, in_turns, process, seconds
from .report import Row, budget, ratio, table

PROMPT = (2, 1, 0, 1, 1, 2, 0, 1, 1, 1, 2)
REPEAT = 5
FILM, BARE = True, False


def rows() -> list[Row]:
    """What it takes, against what it may take."""
    with process() as filmed, process() as bare:
        return [composed(), *built(filmed, bare, REPEAT), generated()]


def composed() -> Row:
    """The film by itself: it is composed from the trace and the places."""
    from llm_scene.layout import arrange
    from llm_scene.models import load
    from llm_scene.staging.production import produce

    model = load("nano-gpt-sort")
    whole, without = "with its film", "without"
    works = {
        whole: lambda: produce(model, PROMPT),
        without: lambda: (model.trace(PROMPT), arrange(model.network, len(PROMPT))),
    }
    times = {name: 1e3 * min(found) for name, found in in_turns(works, REPEAT).items()}
    figure, other = f"{times[whole]:.0f} ms", f"without a film: {times[without]:.0f} ms"
    return Row("nano-GPT, trace, layout and full film", figure, other, ratio(times[whole], times[without]))


def built(filmed: Process, bare: Process, repeat: int) -> list[Row]:
    """The steps from plain values to a scene that plays, in turns with and without a film."""
    ours, others = [], []
    for _ in range(repeat):
        ours.append(filmed(make, FILM))
        others.append(bare(make, BARE))
    (mine, play), (other, _) = (tuple(map(min, zip(*each, strict=True))) for each in (ours, others))
    return [
        Row(
            "nano-GPT, scene with keyframes, shown",
            f"{mine:.2f} s, {filmed(counts)}",
            f"without a film: {other:.2f} s",
            ratio(mine, other),
            budget(mine, 1.5, " s"),
        ),
        Row("nano-GPT, a further frame, evaluated", f"{1e3 * play:.1f} ms"),
    ]


def make(film: bool) -> tuple[float, float]:
    """Seconds until nano-GPT's scene is shown, and for a frame more; in a process of its own."""
    import bpy

    from llm_scene.models import load
    from llm_scene.scene.build import build
    from llm_scene.staging.production import produce

    bpy.ops.wm.read_factory_settings(use_empty=True)
    made = produce(load("nano-gpt-sort"), PROMPT)
    scenes: list[bpy.types.Scene] = []
    frames = range(1, 200, 20)

    def show() -> None:
        scenes.append(build(made, still=not film))
        bpy.context.window.scene = scenes[0]
        bpy.context.view_layer.update()

    def play() -> None:
        for frame in frames:
            scenes[0].frame_set(frame)

    return seconds(show), seconds(play) / len(frames)


def generated() -> Row:
    """The panel's Generate as Blender starts with it, the model's file read and its film composed."""
    with process() as panel:
        spent = min(panel(generate) for _ in range(REPEAT))
    return Row("nano-GPT, the panel's Generate", f"{spent:.2f} s")


def generate() -> float:
    """Seconds of the operator in a fresh file."""
    import bpy

    from llm_scene import ui

    bpy.ops.wm.read_factory_settings()
    ui.register()
    try:
        return seconds(lambda: bpy.ops.llm_scene.generate())
    finally:
        ui.unregister()


def counts() -> str:
    """How much of what the scene shows."""
    from llm_scene.layout import arrange
    from llm_scene.models import load

    blocks = arrange(load("nano-gpt-sort").network, len(PROMPT)).blocks.values()
    return f"{sum(block.n_cells for block in blocks):,} cells in {len(blocks)} matrices"


if __name__ == "__main__":
    print(table(rows()))
