"""The web page of nano-GPT with its full film: how long its export takes and how large it is.

Two languages and two framings are in it; the model runs once for them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from .measure import process, seconds
from .report import Row, budget, table

REPEAT = 3


def rows() -> list[Row]:
    """The best of several exports."""
    with process() as ours:
        spent, size = min(ours(export) for _ in range(REPEAT))
    return [Row("nano-GPT as a web page", f"{spent:.2f} s, {size:.2f} MB", budget=budget(size, 3, " MB"))]


def export() -> tuple[float, float]:
    """Seconds from the prompt to a page, and its MB."""
    from llm_scene.models import load
    from llm_scene.output.page import export_page
    from llm_scene.staging.production import produce

    model = load("nano-gpt-sort")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        spent = seconds(lambda: export_page(path, produce(model, model.encode_prompt("CBABBC"))))
        return spent, path.stat().st_size / 1e6


if __name__ == "__main__":
    print(table(rows()))
