"""How light becomes pixels: engines and their settings, from a draft to a final film."""

from __future__ import annotations

import bpy

from ..staging.quality import PRESETS, Quality, RenderPreset, size_for
from .compat import EEVEE

DEVICES = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")  # the fastest way to use a card comes first


def apply_quality(scene: bpy.types.Scene, quality: Quality, aspect: float = 16 / 9) -> None:
    """Set a scene to render in a quality, its pictures `aspect` times as wide as high."""
    apply_preset(scene, PRESETS[quality.preset], aspect)
    if quality.resolution is not None:
        scene.render.resolution_x, scene.render.resolution_y = quality.resolution
    if quality.samples is not None:
        scene.cycles.samples = scene.eevee.taa_render_samples = quality.samples


def apply_preset(scene: bpy.types.Scene, preset: RenderPreset, aspect: float = 16 / 9) -> None:
    """Set a scene to render with a preset, its pictures `aspect` times as wide as high."""
    render = scene.render
    render.resolution_x, render.resolution_y = size_for(preset.size, aspect)
    render.resolution_percentage = 100
    render.use_persistent_data = True  # the geometry never changes during the film
    render.use_motion_blur = False
    if preset.engine == "EEVEE":
        render.engine = EEVEE
        scene.eevee.taa_render_samples = preset.samples
        return
    render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.samples = preset.samples
    cycles.use_adaptive_sampling = False
    _denoise(cycles, fast=preset.samples < 32)
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = preset.bounces
    cycles.transparent_max_bounces = 4
    cycles.transmission_bounces = cycles.volume_bounces = 0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.seed = 0
    cycles.use_animated_seed = False  # steady grain is calmer than a flickering one


def pick_device(scene: bpy.types.Scene) -> str:
    """Let Cycles render a scene on the graphics cards of this computer; their names, "" where there are none.

    What is chosen belongs to Blender's preferences, so call it in processes that render and nothing else.
    """
    addon = bpy.context.preferences.addons.get("cycles")
    if scene.render.engine != "CYCLES" or addon is None:
        return ""
    cards = addon.preferences
    for kind in DEVICES:
        try:
            cards.compute_device_type = kind
        except TypeError:  # this build of Blender knows no such cards
            continue
        cards.refresh_devices()
        found = [device for device in cards.devices if device.type == kind]
        if found:
            for device in cards.devices:
                device.use = device in found
            scene.cycles.device = "GPU"
            return ", ".join(dict.fromkeys(device.name for device in found))
    cards.compute_device_type = "NONE"
    return ""


def _denoise(cycles: bpy.types.bpy_struct, *, fast: bool) -> None:
    """Take the noise out, where this build of Blender can: some distributions leave the denoiser out."""
    try:
        cycles.denoiser = "OPENIMAGEDENOISE"
    except TypeError:
        cycles.use_denoising = False
        return
    cycles.use_denoising = True
    cycles.denoising_quality = "FAST" if fast else "HIGH"
    cycles.denoising_prefilter = "FAST" if fast else "ACCURATE"
