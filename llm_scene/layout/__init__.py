"""What stands where: a place for every matrix, section, label and link."""

from .arrange import arrange
from .plan import Block, Box, Layout, Letter, Link, Section

__all__ = ["Block", "Box", "Layout", "Letter", "Link", "Section", "arrange"]
