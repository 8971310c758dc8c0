"""What happens when: chapters, shots, cues and captions on a clock in seconds."""

from .film import Caption, Chapter, Cue, Film, Pose, Shot

__all__ = ["Caption", "Chapter", "Cue", "Film", "Pose", "Shot"]
