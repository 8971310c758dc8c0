"""llm_scene as a library: what `import llm_scene` offers, and the examples that show it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import llm_scene

ROOT = Path(__file__).parents[1]
LEFT = {
    "trace": set(),
    "scene": {"sorting.blend"},
    "film_in_two_languages": {"english", "english.vtt", "chinese", "chinese.vtt"},
    "own_chapter": {"neurons.glb", "neurons.srt"},
}


def test_all_that_is_offered_is_there() -> None:
    assert set(llm_scene.__all__) == set(llm_scene._HOMES)
    for name in llm_scene.__all__:
        assert getattr(llm_scene, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        llm_scene.nothing  # noqa: B018


def test_importing_it_loads_nothing() -> None:
    program = "import sys, llm_scene; sys.exit('numpy' in sys.modules or 'bpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    ") or not line)
    exec(code, {})
    assert {path.name for path in tmp_path.iterdir()} == {"sorting.html"}


def test_paths_may_be_texts(tmp_path: Path) -> None:
    saved = str(ROOT / "presets" / "nano-gpt-sort")
    model = llm_scene.load(folder=saved)
    assert [preset.name for preset in llm_scene.list_presets([str(ROOT / "presets")])]
    made = llm_scene.produce(model, [0, 1, 2], llm_scene.Options(cut="teaser"))
    llm_scene.export(f"{tmp_path}/sorting.srt", made)
    llm_scene.save(llm_scene.build(made), f"{tmp_path}/sorting.blend")
    draft = llm_scene.Quality("draft", samples=1, resolution=(96, 54))
    llm_scene.render(f"{tmp_path}/frames", made, draft, frames=[0])
    assert {path.name for path in tmp_path.iterdir()} == {"sorting.srt", "sorting.blend", "frames"}
    with pytest.raises(llm_scene.UserError, match="none"):
        llm_scene.convert(f"{tmp_path}/none.gguf", f"{tmp_path}/model")


def test_every_example_is_tested() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(LEFT)


@pytest.mark.parametrize("name", LEFT)
def test_examples_run(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py"), str(tmp_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == LEFT[name]
    assert done.stdout.strip()
