"""Blender objects: cells, links, labels, lights, cameras and keyframes, all native."""
