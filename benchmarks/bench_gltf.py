"""How long the export takes and how large the files are, nano-GPT with its full film."""

import time

from llm_scene.models import load
from llm_scene.output.gltf import MODES, glb
from llm_scene.output.production import produce

BUDGETS = {"texture": "1.5 s, 1.2 MB", "instances": "1.5 s, 1.5 MB", "mesh": "1.5 s, 25 MB"}


def rows() -> list[tuple[str, str, str]]:
    """The best of three exports in every mode."""
    model = load(preset="nano-gpt-sort")
    made = produce(model, model.encode_prompt("CBABBC"))
    found = []
    for mode in MODES:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            data = glb(made.layout, made.trace, made.film, made.look, mode=mode)
            times.append(time.perf_counter() - start)
        found.append((f"glTF, {mode}", f"{min(times):.2f} s, {len(data) / 1e6:.2f} MB", BUDGETS[mode]))
    return found
