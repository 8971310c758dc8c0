"""A film in two languages: the model runs once, the film is told twice, upright the second time."""

import sys
from pathlib import Path

import llm_scene
from llm_scene import Options, Quality

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
model = llm_scene.load("nano-gpt-sort")
english = llm_scene.produce(model, "CBABBC", Options(cut="short"))
chinese = english.retold(language="zh", format="vertical")
draft = Quality("draft", samples=1, resolution=(96, 54))

for name, made in (("english", english), ("chinese", chinese)):
    llm_scene.export(folder / f"{name}.vtt", made)
    llm_scene.render(folder / name, made, draft, frames=[0])  # without `frames`, the whole film
    print(f"{name}: {made.film.captions[0].text}")
