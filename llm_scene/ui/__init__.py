"""Blender's face: properties, operators, panels, inspector, preferences, translations."""
