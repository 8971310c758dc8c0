"""How light becomes pixels: engines and their settings, from a draft to a final film."""

from __future__ import annotations

import bpy

from ..errors import note
from ..staging.quality import PRESETS, Quality, RenderPreset, size_for
from .compat import EEVEE

STANDARD = "Standard"  # the view transform that leaves colours as they are
NEUTRAL = "Khronos PBR Neutral"  # leaves most of them so
CLEAR = 128  # surfaces that a look may pass: both sides of each cell, in a row of what is not written yet
DEVICES = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")  # the fastest way to use a card comes first


def choose(owner: bpy.types.bpy_struct, name: str, *wanted: str) -> str:
    """Set a menu to the first of `wanted` that it has, and return what it shows then.

    Builds of Blender and a studio's colour configuration may lack what others have: that is noted, and where
    all of `wanted` are missing, the menu stays as it is.
    """
    for value in wanted:
        try:
            setattr(owner, name, value)
        except TypeError:
            continue
        break
    found: str = getattr(owner, name)
    if found != wanted[0]:
        title = owner.bl_rna.properties[name].name
        note(
            f"{title}: this Blender has no “{wanted[0]}”; “{found}” takes its place."
            if found
            else f"{title}: this Blender has no “{wanted[0]}”; nothing takes its place."
        )
    return found


def set_view(scene: bpy.types.Scene, tone: str) -> None:
    """Choose how light becomes colours, by the name of Blender's view transform, or as close as there is."""
    soft = ("Filmic", "AgX") if tone != STANDARD else ()  # highlights roll off
    choose(scene.view_settings, "view_transform", tone, *soft, STANDARD, "Un-tone-mapped", "sRGB", NEUTRAL)
    choose(scene.view_settings, "look", "None")


def apply_quality(scene: bpy.types.Scene, quality: Quality, aspect: float = 16 / 9) -> None:
    """Set a scene to render in a quality, its pictures `aspect` times as wide as high."""
    apply_preset(scene, PRESETS[quality.preset], aspect)
    if quality.resolution is not None:
        scene.render.resolution_x, scene.render.resolution_y = quality.resolution
    if quality.samples is not None:
        scene.eevee.taa_render_samples = quality.samples
        if scene.render.engine == "CYCLES":
            scene.cycles.samples = quality.samples


def apply_preset(scene: bpy.types.Scene, preset: RenderPreset, aspect: float = 16 / 9) -> None:
    """Set a scene to render with a preset, its pictures `aspect` times as wide as high."""
    render = scene.render
    render.resolution_x, render.resolution_y = size_for(preset.size, aspect)
    render.resolution_percentage = 100
    render.use_persistent_data = True  # the geometry never changes during the film
    scene.eevee.taa_render_samples = preset.samples
    if preset.engine == "EEVEE":
        choose(render, "engine", EEVEE)
        return
    if choose(render, "engine", "CYCLES", EEVEE) != "CYCLES":  # switched off: it is an add-on
        return
    cycles = scene.cycles
    cycles.samples = preset.samples
    cycles.use_adaptive_sampling = False
    cycles.use_light_tree = False  # for a few suns, choosing among them costs more than it saves
    _denoise(cycles, fast=preset.samples < 32)
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = preset.bounces
    cycles.transparent_max_bounces = CLEAR
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
    cycles.use_denoising = choose(cycles, "denoiser", "OPENIMAGEDENOISE") == "OPENIMAGEDENOISE"
    if not cycles.use_denoising:
        return
    cycles.denoising_quality = "FAST" if fast else "HIGH"
    cycles.denoising_prefilter = "FAST" if fast else "ACCURATE"
