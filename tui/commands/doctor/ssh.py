"""SSH: the program, and the keys that it may use."""

from __future__ import annotations

import os
from pathlib import Path

from tui.commands.doctor.finding import Finding, error, ok, warning
from tui.commands.doctor.subject import Subject
from tui.files import paths, presence, reading
from tui.system import subprocesses

PATIENCE = 2.0
"""Seconds that the agent gets to respond."""

DEFAULTS = ("id_ed25519", "id_ed25519_sk", "id_ecdsa", "id_ecdsa_sk", "id_rsa")
"""Keys in ~/.ssh that ssh tries by default, as in ssh_config(5)."""


async def agent_keys(subject: Subject) -> int | None:
    """Number of keys in the agent; None without one that responds."""
    if not subject.environ.get("SSH_AUTH_SOCK") or subject.which("ssh-add") is None:
        return None
    try:
        code, output = await subprocesses.run(
            ("ssh-add", "-l"), subject.environ, subject.config.hidden, patience=PATIENCE, reads=True
        )
    except (OSError, ValueError):
        return None
    # 1: it has no keys; 2: there is no agent.
    return len(output.splitlines()) if code == 0 else 0 if code == 1 else None


def ssh(subject: Subject, in_agent: int | None) -> Finding:
    """Whether `s` can start ssh, and which keys that has."""
    program = subject.which("ssh")
    if program is None:
        return warning("ssh not found: podtop cannot connect to pods", "Install an SSH client.")
    agent = "no agent" if in_agent is None else f"agent with {in_agent} key{'' if in_agent == 1 else 's'}"
    if name := subject.config.ssh.key_file:
        return _of_key_file(f"{program}; {agent}", paths.expanded(name))
    folder = Path(subject.environ.get("HOME", "/")) / ".ssh"
    there = [name for name in DEFAULTS if presence.is_file(folder / name)]
    text = f"{program}; {agent}; {', '.join(there) or 'no default key'}"
    if not in_agent and not there:
        return warning(text, "Create a key (ssh-keygen -t ed25519) and add its .pub file to the RunPod account.")
    return ok(text)


def _of_key_file(text: str, path: Path) -> Finding:
    if not presence.is_file(path) or not os.access(path, os.R_OK):
        return error(f"{text}; key_file {path} cannot be read", "Correct [ssh] key_file in config.toml.")
    if not reading.is_private(path.stat().st_mode):
        return warning(f"{text}; others can read {path}, so ssh refuses it", f"chmod 600 {path}")
    return ok(f"{text}; {path}")
