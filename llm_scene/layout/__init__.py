"""What stands where: a place for every matrix, section, label and link."""

from .arrange import arrange
from .layout import Arrangement, Block, Box, Layout, Letter, Link, Section

__all__ = ["Arrangement", "Block", "Box", "Layout", "Letter", "Link", "Section", "arrange"]
