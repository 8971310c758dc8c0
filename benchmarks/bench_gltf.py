"""How long the export takes and how large the files are, nano-GPT with a film."""

import time

from llm_scene.film.compose import Story, compose
from llm_scene.film.words import words
from llm_scene.layout import arrange
from llm_scene.layout.look import LOOKS
from llm_scene.models import load
from llm_scene.output.gltf import MODES, glb

BUDGETS = {"texture": "1.5 s, 1.2 MB", "instances": "1.5 s, 1.5 MB", "mesh": "1.5 s, 25 MB"}


def rows() -> list[tuple[str, str, str]]:
    """The best of three exports in every mode."""
    model = load(preset="nano-gpt-sort")
    trace = model.trace([2, 1, 0, 1, 1, 2])
    layout = arrange(model.network, 6, [*"CBABBC", *"AABBCC"])
    film = compose(layout, trace, words("en"), Story("nano-GPT", "CBABBC", "A"))
    found = []
    for mode in MODES:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            data = glb(layout, trace, film, LOOKS["studio"], mode=mode)
            times.append(time.perf_counter() - start)
        found.append((f"glTF, {mode}", f"{min(times):.2f} s, {len(data) / 1e6:.2f} MB", BUDGETS[mode]))
    return found
