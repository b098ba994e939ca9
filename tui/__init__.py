"""podtop: a full-screen terminal monitor for RunPod GPU pods."""

__version__ = "0.2.0"
