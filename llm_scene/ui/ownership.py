"""What in a file is the add-on's own, and how to take it away without touching anything else.

Everything that a call of `build` makes carries the scene's tag under `MARK`. What a user adds, copies to
another scene or gives a fake user is theirs and stays.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator

import bpy

from ..scene.faces import unused_faces_removed
from ..scene.marks import MARK, is_local


def everything() -> Iterator[bpy.types.ID]:
    """All data-blocks of the file."""
    for prop in bpy.data.bl_rna.properties:
        if prop.type == "COLLECTION":
            yield from getattr(bpy.data, prop.identifier)


def marked(tag: str) -> list[bpy.types.ID]:
    """All data-blocks of this file that bear a tag; none that is linked from another file."""
    return [thing for thing in everything() if is_local(thing) and thing.get(MARK) == tag]


def tag_of(scene: bpy.types.Scene | None) -> str | None:
    """The tag of a scene whose data-blocks are all marked; None for any other scene."""
    tag = scene.get(MARK) if scene is not None and is_local(scene) else None
    return tag if isinstance(tag, str) else None


def own_scenes() -> list[bpy.types.Scene]:
    """The scenes that the add-on made in this file, in the order of their names."""
    return [scene for scene in bpy.data.scenes if tag_of(scene) is not None]


@contextlib.contextmanager
def claimed(tag: str | None = None) -> Iterator[str]:
    """Marks what the block makes with a tag, or a new one; takes all of it away where the block fails."""
    before = {thing.session_uid for thing in everything()}
    tag = tag or uuid.uuid4().hex

    def made() -> list[bpy.types.ID]:
        return [thing for thing in everything() if thing.session_uid not in before]

    try:
        with unused_faces_removed():
            yield tag
    except BaseException:
        bpy.data.batch_remove(made())
        raise
    for thing in made():
        thing[MARK] = tag


def remove(scene: bpy.types.Scene, heir: bpy.types.Scene) -> None:
    """Take a scene of the add-on away; windows and the user's objects move on to `heir`."""
    tag = tag_of(scene)
    if tag is None:
        raise ValueError(f"{scene.name} was not made by this add-on")
    for window in (w for manager in bpy.data.window_managers for w in manager.windows):
        if window.scene == scene:
            window.scene = heir
    _bequeath(scene, tag, heir)
    bpy.data.batch_remove([scene, *(thing for thing in marked(tag) if _goes(thing, scene))])
    _remove_orphans(tag)
    _hand_on(tag, heir)


def _bequeath(scene: bpy.types.Scene, tag: str, heir: bpy.types.Scene) -> None:
    """Hand the user's collections and objects over to another scene, where they stand as before."""
    ours = {thing for thing in marked(tag) if isinstance(thing, (bpy.types.Collection, bpy.types.Object))}
    mine = [c for c in (scene.collection, *scene.collection.children_recursive) if c in ours]
    for each in (scene.collection, *mine):
        for child in each.children:
            if child not in ours and child not in set(heir.collection.children):
                heir.collection.children.link(child)
    for thing in scene.collection.all_objects:
        if thing in ours:
            continue
        if set(thing.users_scene) == {scene}:
            heir.collection.objects.link(thing)
        if thing.parent in ours and thing.parent.get(MARK) == tag:
            place, thing.parent = thing.matrix_world.copy(), None
            thing.matrix_world = place


def plain_name(thing: bpy.types.ID) -> str:
    """A name without the number that keeps it unique."""
    stem, dot, number = thing.name.rpartition(".")
    return stem if dot and len(number) == 3 and number.isdigit() else thing.name


def take_plain_names(scene: bpy.types.Scene) -> None:
    """Give what was built beside another scene the names that are free since that one has gone."""
    tag, called = tag_of(scene), f"{scene.name} "
    for thing in marked(tag or ""):
        name = plain_name(thing)
        if name.startswith(called):  # the film's action
            name = f"{plain_name(scene)} {name.removeprefix(called)}"
        if thing.name != name:
            thing.name = name


def _goes(thing: bpy.types.ID, scene: bpy.types.Scene) -> bool:
    """Whether a marked thing leaves together with its scene, because nothing else shows it."""
    if isinstance(thing, bpy.types.Object):
        return set(thing.users_scene) <= {scene}
    if isinstance(thing, bpy.types.Collection):
        return not any(thing in other.children_recursive for other in _roots(scene))
    return False


def _roots(scene: bpy.types.Scene) -> Iterable[bpy.types.Collection]:
    return [other.collection for other in bpy.data.scenes if other != scene]


def _remove_orphans(tag: str) -> None:
    """Remove marked data that nobody uses any more, until there is none: materials hold node groups."""
    while kept := {thing for thing in marked(tag) if not thing.use_fake_user}:
        # `users` counts a font once more than it is used
        orphans = [thing for thing, users in bpy.data.user_map(subset=kept).items() if not users]
        if not orphans:
            return
        bpy.data.batch_remove(orphans)


def _hand_on(tag: str, heir: bpy.types.Scene) -> None:
    """What another scene of the add-on shares belongs to that one now; the rest has become the user's."""
    following = tag_of(heir) or next(map(tag_of, own_scenes()), None)
    for thing in marked(tag):
        if following is None:
            del thing[MARK]
        else:
            thing[MARK] = following
