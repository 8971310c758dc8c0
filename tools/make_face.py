"""Make the typeface of our texts: Inter as Blender brings it, at one weight, its outlines without overlaps.

    python tools/make_face.py INTER.woff2 llm_scene/scene/face.woff2

Blender fills letters by the even-odd rule, which leaves holes where strokes of a variable font cross. Needs
fonttools, skia-pathops and brotli. Inter is licensed under the SIL Open Font License 1.1.
"""

import sys

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.removeOverlaps import removeOverlaps
from fontTools.varLib.instancer import instantiateVariableFont

RANGES = ((0x20, 0x24F), (0x2B0, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x214F), (0x2190, 0x2BFF))


def main(source: str, target: str) -> None:
    """Write the face."""
    font = TTFont(source)
    axes = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
    font = instantiateVariableFont(font, axes | {"wght": 500}, inplace=True)
    options = Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp"]
    options.name_IDs = ["*"]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    subsetter.subset(font)
    removeOverlaps(font)
    font.flavor = "woff2"
    font.save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
