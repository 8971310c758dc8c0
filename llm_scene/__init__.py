"""Language models as animated, inspectable Blender scenes."""
