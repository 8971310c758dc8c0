"""The ways from the command line to files: what they leave, and what they refuse before any work."""

import builtins
from pathlib import Path

import bpy
import pytest

from llm_scene.cli import main, parser
from tests.refusal import assert_refused

SMALL = ["--resolution", "64x36", "--samples", "1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("generate -o missing/a.blend", "The folder missing does not exist"),
        ("generate -o a.png", "should end in .blend"),
        ("generate -o a.blend --look neon", "no look 'neon'"),
        ("generate -o a.blend --heads ring", "no arrangement of heads 'ring': choose one of grid, fan"),
        (
            "export -o a.glb --blocks heap",
            "no arrangement of blocks 'heap': choose one of plan, row, columns, helix",
        ),
        ("generate -o a.blend --render-preset best", "no render preset 'best'"),
        ("generate -o a.blend --language tlh", "no language of captions 'tlh'"),
        ("generate -o a.blend --prompt XYZ", "X"),
        ("generate -o a.blend --bits 12", "Bits must be 8 or 16, not 12"),
        ("generate -o a.blend --cuboids 0", "a whole number, 1 to 1000000000, not 0"),
        ("generate -o a.blend --window blocks.0.mlp.pre[1,2]", "a window opens in slabs only"),
        ("generate -o a.blend --cuboids 3000 --window h.0.mlp.c_fc.weight[999,0]", "999"),
        ("render -o missing/a.mp4", "The folder missing does not exist"),
        ("render -o a.avi", ".mp4, .webm, .mov"),
        ("render -o a.mp4 --frames 0-99999", "The film has frames 0 to"),
        ("render -o a.mp4 --frames 9-3", "The film has frames 0 to"),
        ("render -o a.mp4 --frames x", "no range of frames"),
        ("render -o a.mp4 --resolution 0x9", "no size such as"),
        ("render -o a.mp4 --samples 0", "a whole number, 1 to 65536, not 0"),
        ("render -o a.mp4 --chapters mlp,lunch", "no chapter 'lunch': choose one of overview, tokens"),
        ("render -o a.mp4 --film teaser --chapters norm", "no chapter “norm”"),
        ("render -o a.mp4 --film trailer", "no film 'trailer'"),
        ("render -o busy", "holds other files"),
        ("export -o a.gltf", "should end in .glb"),
        ("export -o a.html --mode mesh", "Web Page has no choice “mode”"),
        ("export -o a.glb --render-preset final", "glTF has no choice “render-preset”"),
        ("export -o a.blend --samples 0", "a whole number, 1 to 65536, not 0"),
        ("export -o missing/a.mp4", "The folder missing does not exist"),
        ("farm -o busy", "holds other files"),
        ("captions -o a.txt", ".srt or .vtt"),
        ("demo -o file", "is a file"),
    ],
)
def test_mistakes_are_one_sentence_and_change_nothing(
    arguments: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "letter.txt").touch()
    assert_refused(arguments, says, tmp_path, capsys)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ModuleNotFoundError("No module named 'bpy'", name="bpy"), 'pip install "llm-scene[blender]"'),
        (ImportError("libXi.so.6: cannot open shared object file"), "install libXi.so.6"),
    ],
)
def test_without_blender_the_way_out_is_said(
    error: ImportError,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: object, **named: object) -> object:
        if name == "bpy":
            raise error
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert main(["render", "-o", str(tmp_path / "film.mp4")]) == 2
    assert says in capsys.readouterr().err


def test_a_rendered_part_is_a_video_with_its_frames_beside_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film.mp4"
    command = ["render", "-o", str(film), "--frames", "40-42", *SMALL]
    bpy.ops.wm.read_factory_settings(use_empty=True)  # as a new process is; names repeat else
    assert main(command) == 0
    out, err = capfd.readouterr()
    assert out.splitlines()[-1].startswith(f"{film} is ready: 0.1 s")
    assert "Fra:" not in out
    assert "3 of 3 frames" in err
    assert sorted(p.name for p in (tmp_path / "film.frames").glob("*.png")) == [
        f"{f:05}.png" for f in (40, 41, 42)
    ]
    pictures = sorted((tmp_path / "film.frames").glob("*.png"))
    first = [(p.read_bytes(), p.stat().st_mtime_ns) for p in pictures]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert main(command) == 2  # the film is there
    assert "give --force to replace it" in capfd.readouterr().err
    assert main([*command, "--force"]) == 0
    assert [(p.read_bytes(), p.stat().st_mtime_ns) for p in pictures] == first


def test_detail_is_chosen_by_options(tmp_path: Path) -> None:
    path = tmp_path / "scene.blend"
    detail = ["--cuboids", "3000", "--bits", "16", "--window", "h.1.mlp.c_fc.weight[3,5]"]
    bpy.ops.wm.read_factory_settings(use_empty=True)  # names repeat else
    assert main(["generate", "-o", str(path), "--film", "teaser", *detail]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(path))
    slab = bpy.data.objects["h.1.mlp.c_fc.weight"]
    assert len(slab["window"].data.vertices) == 128 * 48
    assert slab.data.materials[0]["page"][2] == 16
    assert "Cells" not in slab.modifiers


def test_a_scene_is_arranged_as_asked_for(tmp_path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    path = tmp_path / "scene.blend"
    command = ["generate", "-o", str(path), "--film", "teaser", "--heads", "grid", "--blocks", "helix"]
    assert main(command) == 0
    bpy.ops.wm.open_mainfile(filepath=str(path))
    queries = [bpy.data.objects[f"blocks.0.attn.q[head={head}]"].location for head in range(3)]
    assert len({at.y for at in queries}) == 1 and len({(at.x, at.z) for at in queries}) == 3
    first, last = (bpy.data.objects[f"blocks.{layer}.resid_post"].location for layer in (0, 2))
    assert last.z > first.z and last.y > first.y


def test_generate_and_captions_leave_their_files(tmp_path: Path) -> None:
    assert main(["generate", "-o", str(tmp_path / "scene.blend"), "--film", "teaser"]) == 0
    assert main(["captions", "-o", str(tmp_path / "film.vtt"), "--language", "zh"]) == 0
    assert (tmp_path / "scene.blend").stat().st_size > 100_000
    assert (tmp_path / "film.vtt").read_text(encoding="utf-8").startswith("WEBVTT\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.vtt", "scene.blend"]


@pytest.mark.parametrize(
    "line", ["generate -o a.blend", "compare gpt3 -o a.blend", "export -o a.glb", "captions -o a.srt"]
)
def test_a_file_that_is_there_may_hold_work_and_stays(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command = line.split()
    mine = tmp_path / command[-1]
    mine.write_text("mine")
    assert main(command) == 2
    assert "give --force to replace it" in capfd.readouterr().err
    assert mine.read_text() == "mine"
    assert parser().parse_args([*command, "--force"]).force


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *(("demo", name) for name in ("nano-gpt-sort.blend", "nano-gpt-sort.mp4", "manifest.json")),
        *(("look", name) for name in ("contact-sheet.webp", "measures.json", "measures.md")),
    ],
)
def test_demo_and_look_replace_only_what_they_wrote(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_bytes(b"mine")
    assert_refused(f"{command} -o {tmp_path}/out", f"{name} is not as LLM Scene wrote it", tmp_path, capsys)
