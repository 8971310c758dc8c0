"""A scene: a model and a prompt as a .blend that opens and renders anywhere."""

import sys
from pathlib import Path

import llm_scene
from llm_scene import Options

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
model = llm_scene.load("nano-gpt-sort")
made = llm_scene.produce(model, "CBABBC", Options(cut="teaser", look="paper"))
scene = llm_scene.build(made)
llm_scene.save(scene, folder / "sorting.blend")
print(f"{len(made.layout.blocks)} matrices, {made.film.duration:.1f} s of film: {folder / 'sorting.blend'}")
