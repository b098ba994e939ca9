"""What podtop runs on a pod over ssh: a script of fixed commands that only read. Pure.

It is sent to `sh -s` as its input: no shell on the pod reads it as an argument. Of the user's settings it has paths
and the name of a pane, which consist of characters that mean nothing to a shell but * and ?. Nothing that a pod has
written becomes part of it but numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from tui.domain.signals.metric_files import TRACKIO, WANDB
from tui.domain.signals.rules import PodSignals
from tui.format.digits import whole_number

AT_ONCE = 65_536
"""Bytes of a log, or of a file of metrics in text, that are read at once; what is before them is left out."""

EVENTS_AT_ONCE = 262_144
"""The same of a file of TensorBoard or wandb, of which nothing can be left out."""

COMMAND = ("sh", "-s")
"""What ssh is asked to run."""

MOST_OUTPUT = 2 << 20
"""Bytes of its output that are read at most."""

HEAD = """\
M={marker}
new() {{
  name=$1 inode=$2 from=$3 most=$4 skips=$5; shift 5
  file=$(ls -dt -- "$@" 2>/dev/null | head -n 1)
  [ -f "$file" ] || return 0
  set -- $(stat -L -c '%i %s %Y' -- "$file")
  [ "$1" = "$inode" ] && [ "$2" -ge "$from" ] || from=0
  [ "$skips" = 1 ] && [ $(($2 - from)) -gt "$most" ] && from=$(($2 - most))
  printf '\\n%s %s %s %s ' "$M" "$name" "$1" "$from"
  printf '%s %s\\n' "$2" $(($(date +%s) - $3))
  tail -c +$((from + 1)) -- "$file" | head -c "$most"
}}
"""
"""A function that prints what is new in the newest of some files, behind a line that says what it is."""

MACHINE = """\
printf '\\n%s gpus\\n' "$M"
nvidia-smi --query-gpu=index,memory.used \\
  --format=csv,noheader,nounits 2>/dev/null | head -c 4096
printf '\\n%s apps\\n' "$M"
nvidia-smi --query-compute-apps=pid,process_name,used_memory \\
  --format=csv,noheader,nounits 2>/dev/null | head -c 4096
printf '\\n%s ps\\n' "$M"
ps -eo pid=,rss=,comm= --sort=-rss 2>/dev/null | head -n 16 | head -c 4096
"""
"""GPUs, the processes on them, and the processes with most memory; of these the names, and not their arguments."""

DISKS = """\
printf '\\n%s df\\n' "$M"
df -kP -- {mounts} 2>/dev/null | head -c 4096
"""

PANE = """\
printf '\\n%s pane\\n' "$M"
tmux capture-pane -p -J -S -100 -t {pane} 2>/dev/null |
  grep -av '^ *$' | tail -n 100 | head -c 65536
"""
"""What a pane shows. Its empty rows are left out: below a few lines in a high pane they are all there is at the end."""


ROWS = """\
rows() {{
  name=$1 inode=$2 from=$3; shift 3
  file=$(ls -dt -- "$@" 2>/dev/null | head -n 1)
  [ -f "$file" ] || return 0
  set -- $(stat -L -c '%i %s %Y' -- "$file")
  [ "$1" = "$inode" ] || from=0
  printf '\\n%s %s %s %s ' "$M" "$name" "$1" "$from"
  printf '%s %s\\n' "$2" $(($(date +%s) - $3))
  python3 -c '
import json, pathlib, sqlite3, sys
file, last = pathlib.Path(sys.argv[1]).absolute(), int(sys.argv[2])
query = \"\"\"SELECT id, timestamp, step, CAST(metrics AS TEXT)
           FROM metrics WHERE id > ? ORDER BY id DESC LIMIT 300\"\"\"
log = [pathlib.Path(str(file) + end).exists() for end in ("-wal", "-shm")]
how = "?mode=ro&readonly_shm=1" if all(log) else "?immutable=1"
table = sqlite3.connect(file.as_uri() + how, uri=True, timeout=1)
for row in table.execute(query, (last,)).fetchall()[::-1]:
    print(json.dumps(row))
' "$file" "$from" 2>/dev/null | head -c 65536
}}
"""
"""A function that prints what is new in the table of trackio, which is opened for reading only. Where a program has it
open, its log of changes is read too; where none has, SQLite would create one, unless it is called immutable."""


class Position(Struct, frozen=True):
    """How far a file was read: its inode, and the bytes of it. Of no file as yet: zeros."""

    inode: int = 0
    at: int = 0


def script(rules: PodSignals, marker: str, positions: Mapping[str, Position]) -> str:
    """The script for a pod.

    marker:    a word that begins the lines which say what follows; drawn for each time.
    positions: how far the log ("log") and the files of metrics ("m0", "m1", ...) were read.
    """
    parts = [HEAD.format(marker=marker)]
    if rules.files:
        parts.append(_new("log", rules.files, positions, AT_ONCE, skips=True))
    if rules.tmux:
        parts.append(PANE.format(pane=rules.tmux))
    if any(path.endswith(TRACKIO) for path in rules.metrics):
        parts.append(ROWS.format())
    for number, path in enumerate(rules.metrics):
        if path.endswith(TRACKIO):
            known = positions.get(f"m{number}", Position())
            parts.append(f"rows m{number} {known.inode} {known.at} {path}\n")
            continue
        is_events = "tfevents" in path or path.endswith(WANDB)
        most = EVENTS_AT_ONCE if is_events else AT_ONCE
        parts.append(_new(f"m{number}", (path,), positions, most, skips=not is_events))
    if rules.machine:
        parts.append(MACHINE)
        if rules.disks:
            parts.append(DISKS.format(mounts=" ".join(rules.disks)))
    return "".join(parts)


def _new(name: str, paths: tuple[str, ...], positions: Mapping[str, Position], most: int, *, skips: bool) -> str:
    position = positions.get(name, Position())
    return f"new {name} {position.inode} {position.at} {most} {int(skips)} {' '.join(paths)}\n"


class Part(Struct, frozen=True):
    """A part of the output.

    inode, begin, size: of a file: which, from where on it was read, and how large it is. age: seconds since it changed.
    """

    name: str
    body: bytes
    inode: int = 0
    begin: int = 0
    size: int = 0
    age: float = 0.0

    @property
    def position(self) -> Position:
        """How far it is read now."""
        return Position(self.inode, self.begin + len(self.body))


MOST_PARTS = 32


def parts(output: bytes, marker: str) -> Iterator[Part]:
    """The parts of the output; what is not as the script writes it is left out."""
    for piece in output.split(f"\n{marker} ".encode())[1 : MOST_PARTS + 1]:
        head, newline, body = piece.partition(b"\n")
        texts = head.decode("ascii", "replace").split()
        if not newline or not texts:
            continue
        if len(texts) == 1:
            yield Part(texts[0], body)
        elif len(texts) == 5 and all(_is_number(word) for word in texts[1:]):
            inode, begin, size, age = map(int, texts[1:])
            yield Part(texts[0], body, inode, begin, size, float(max(0, age)))


def _is_number(word: str) -> bool:
    return whole_number(word.removeprefix("-"), 19) is not None
