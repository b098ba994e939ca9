"""History: the recorder, the archive, playback."""
