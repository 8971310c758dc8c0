"""What happens when: chapters, shots, cues, captions, easing, framing."""
