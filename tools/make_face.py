"""Make the typefaces of our texts from those that Blender brings.

    python tools/make_face.py INTER.woff2 llm_scene/scene/face.woff2
    python tools/make_face.py "Noto Sans CJK Regular.woff2" llm_scene/scene/han.otf

Inter, at one weight, its outlines without overlaps: Blender fills letters by the even-odd rule, which leaves
holes where strokes of a variable font cross. Noto Sans CJK, its common Chinese letters, uncompressed: Blender
unpacks a whole face for every new letter, and the whole face has 11 MB. Needs fonttools, skia-pathops and
brotli. Both are licensed under the SIL Open Font License 1.1.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.removeOverlaps import removeOverlaps
from fontTools.varLib.instancer import instantiateVariableFont

Ranges = tuple[tuple[int, int], ...]
RANGES: Ranges = ((0x20, 0x24F), (0x2B0, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x214F), (0x2190, 0x2BFF))
SIGNS: Ranges = ((0x20, 0x17F), (0x370, 0x3FF), (0x2000, 0x206F), (0x2190, 0x22FF), (0x3000, 0x303F),
                 (0xFF00, 0xFFEF))  # fmt: skip
COMMON = range(0xB0, 0xD8)  # rows of GB 2312 with its 3,755 letters of the first level
RARE = "浏骰"  # what our own Chinese has beside these


def main(source: str, target: str) -> None:
    """Write a face."""
    font = TTFont(source)
    font = _one_weight(font) if "fvar" in font else _common(font)
    font.flavor = "woff2" if Path(target).suffix == ".woff2" else None
    font.save(target)


def _one_weight(font: TTFont) -> TTFont:
    axes = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
    font = instantiateVariableFont(font, axes | {"wght": 500}, inplace=True)
    _keep(font, RANGES, "", ["kern", "mark", "mkmk", "ccmp"])
    removeOverlaps(font)
    return font


def _common(font: TTFont) -> TTFont:
    codes = bytes(x for row in COMMON for place in range(0xA1, 0xFF) for x in (row, place))
    for table in ("vhea", "vmtx", "VORG", "GSUB", "GPOS", "GDEF", "BASE"):
        if table in font:
            del font[table]
    _keep(font, SIGNS, codes.decode("gb2312", "ignore") + RARE, [])
    return font


def _keep(font: TTFont, ranges: Ranges, letters: str, features: list[str]) -> None:
    """Leave out all other letters."""
    options = Options()
    options.layout_features, options.name_IDs = features, ["*"]
    options.notdef_outline, options.hinting = True, bool(features)
    subsetter = Subsetter(options)
    codes = [code for low, high in ranges for code in range(low, high + 1)]
    subsetter.populate(unicodes=codes, text=letters)
    subsetter.subset(font)


if __name__ == "__main__":
    main(*sys.argv[1:])
