"""The web page: one file that plays the film, lets one walk around in it and explains every cell."""

from .export import export_page, page, write_page

__all__ = ["export_page", "page", "write_page"]
