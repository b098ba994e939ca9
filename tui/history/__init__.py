"""What was seen before: the recorder, the archive, playback."""
