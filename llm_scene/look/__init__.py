"""The art direction in one place: rooms, light, colour maps, inks, relief.

A look is one `Look`; whoever adds one to `LOOKS` finds it in the command line, the panel, the scene, the
web page and glTF.
"""

from .colour import Rgb, between, linear, srgb, to_linear, to_srgb
from .light import FRONT, Light, Sun
from .look import DIM, FLASH, INK_DIM, INKS, Ink, Look
from .looks import COLOUR_MAPS, LOOKS, look_of
from .paper import PAPER
from .ramp import MAPS, ROSE, Ramp
from .studio import STUDIO
from .values import BEVEL, GAP, RECESS, RELIEF, THIN, colours, normalise, reads_dark, relief_of, scale_of

__all__ = [
    "BEVEL",
    "COLOUR_MAPS",
    "DIM",
    "FLASH",
    "FRONT",
    "GAP",
    "INKS",
    "INK_DIM",
    "LOOKS",
    "MAPS",
    "PAPER",
    "RECESS",
    "RELIEF",
    "ROSE",
    "STUDIO",
    "THIN",
    "Ink",
    "Light",
    "Look",
    "Ramp",
    "Rgb",
    "Sun",
    "between",
    "colours",
    "linear",
    "look_of",
    "normalise",
    "reads_dark",
    "relief_of",
    "scale_of",
    "srgb",
    "to_linear",
    "to_srgb",
]
