"""Which pods podtop reads signals of, and how: the table [signals] of config.toml. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase

from msgspec import Struct

LOG, SSH = "log", "ssh"


class PodSignals(Struct, frozen=True):
    """How the pods of one pattern are read.

    sources: "log" is RunPod's log stream, "ssh" the pod itself; in this order.
    preset:  the name of a preset; empty: it is detected.
    pattern: a regular expression of the user's, in place of presets; empty: none.
    files:   paths or patterns of log files that are read by ssh; of several files the newest.
    tmux:    a pane of tmux that is read by ssh; empty: none.
    metrics: paths or patterns of files with metrics that are read by ssh.
    machine: whether GPU processes, memory and disks are read by ssh.
    disks:   mounts whose use is read.
    """

    sources: tuple[str, ...] = (LOG,)
    preset: str = ""
    pattern: str = ""
    files: tuple[str, ...] = ()
    tmux: str = ""
    metrics: tuple[str, ...] = ()
    machine: bool = True
    disks: tuple[str, ...] = ("/", "/workspace")


class SignalRules(Struct, frozen=True):
    """The table [signals].

    profiles: the profiles with which pods are read; without a profile in use, pods are read by their patterns alone.
    every:    seconds between two readings of a pod by ssh.
    quote:    whether notifications may have the line that an alert is about.
    keep_log: lines of each pod's log that the recording keeps; 0: none.
    pods:     patterns of names of pods: the first that matches counts. A pod that matches none is never read.
    """

    profiles: tuple[str, ...] = ()
    every: float = 30.0
    quote: bool = False
    keep_log: float = 0.0
    pods: tuple[tuple[str, PodSignals], ...] = ()

    def applies_to(self, profile: str | None) -> bool:
        """Whether anything is read with a profile, None: without one."""
        return bool(self.pods) and (not profile or profile in self.profiles)

    def of(self, name: str) -> PodSignals | None:
        """How a pod of this name is read; None: not at all."""
        for pattern, rules in self.pods:
            if name and fnmatchcase(name, pattern):
                return rules
        return None


DEMO = SignalRules(pods=(("*", PodSignals()),))
"""In a demo, whose pods are nobody's, all of them are read unless the settings name some."""
