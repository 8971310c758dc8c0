"""Rendering: frames that are resumed, on this computer, a cluster or a farm, and the video made of them."""
