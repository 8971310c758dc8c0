"""glTF: the whole scene with its film in one .glb that every viewer opens."""

from .export import MODES, export_gltf, glb

__all__ = ["MODES", "export_gltf", "glb"]
