"""glTF: the whole scene with its film in one .glb that every viewer opens."""

from .export import MODES, check_mode, export_gltf, glb, write_gltf

__all__ = ["MODES", "check_mode", "export_gltf", "glb", "write_gltf"]
