"""Staging: what is drawn, said once, between the film and everything that shows it, without Blender."""
