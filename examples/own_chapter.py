"""A chapter of one's own: a caption, a way for the camera, and a matrix that lights up."""

import sys
from dataclasses import replace
from pathlib import Path

import llm_scene
from llm_scene import Options
from llm_scene.film.film import Caption, Chapter, Cue, Film, Shot
from llm_scene.film.framing import frame, overview

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
made = llm_scene.produce(llm_scene.load("nano-gpt-sort"), "CBABBC", Options(cut="teaser"))
wall = made.layout.find("mlp.post", 0)  # [neuron, position]: the widest activations of the first block

away, near = overview(made.layout), frame([wall.box], -20.0, 10.0)  # azimuth and elevation in degrees
chapter = Chapter(
    "neurons",
    "Neurons",
    start=0.0,
    end=8.0,
    shots=(Shot(0.0, 4.0, (), away, near), Shot(4.0, 8.0, (wall.name,), near, near)),
    cues=(Cue(wall.name, "highlight", 4.0, 5.0, 0.0, 0.8, "smooth"),),
    captions=(Caption(1.0, 7.0, "neurons", "Here stand the neurons of the first block."),),
)
mine = replace(made, film=Film("mine", (chapter,)))

llm_scene.export(folder / "neurons.glb", mine)
llm_scene.export(folder / "neurons.srt", mine)
print(mine.film)
