"""What the parts of a model are called in a language: in the inspector, on the page, in the scene."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from ..film.words import Words, words
from ..layout.naming import Naming
from ..network import sections
from ..network.graph import Network

FOLDER = Path(__file__).parent / "languages"  # what films do not say, by the English texts
SYMBOL = 2  # letters of a label that is a symbol, and the same in all languages


def naming(language: str, network: Network) -> Naming:
    """The names in a language of captions. Beside sheets, English has the names of the field."""
    told, own = words(language), _own(language)
    names = own.get("names", {}) | told.names
    signs = {label: name for label, name in names.items() if len(label) > SYMBOL} if own else {}
    return Naming(_parts(told, network, names), names, signs, own.get("phrases", {}) | told.phrases)


def _own(language: str) -> dict[str, dict[str, str]]:
    path = FOLDER / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _parts(told: Words, network: Network, names: dict[str, str]) -> dict[str, str]:
    """Blocks, heads and experts counted from one, others as their chapters."""
    parts = {part for matrix in network for part in matrix.section}
    parts |= {sections.head(head) for head in range(network.config.n_head)}
    numbered = {part: part.rsplit(" ", 1)[0] for part in parts if part[-1].isdigit()}
    counts = Counter(numbered.values())
    titles = names | {title: told.titles[key] for key, title in words("en").titles.items()}
    return {
        part: told.part(part, counts[numbered[part]]) if part in numbered else titles.get(part, part)
        for part in sorted(parts)
    }
