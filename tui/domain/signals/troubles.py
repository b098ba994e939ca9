"""Lines of a log that say that something went wrong, or that a run has ended."""

from __future__ import annotations

import re
from enum import StrEnum

from tui.domain.signals.end_words import says_training_is_over
from tui.domain.signals.prefix import is_of_wandb, without_prefix


class Trouble(StrEnum):
    """What a line reports; the words are for people."""

    OOM = "out of GPU memory"
    HOST_OOM = "killed: out of memory"
    NCCL = "NCCL error"
    DISK_FULL = "no space left on the disk"
    CRASH = "crash"
    TRACEBACK = "Python traceback"


_SIGNS = (
    (Trouble.OOM, re.compile(r"OutOfMemoryError|CUDA out of memory|HIP out of memory|CUDA_ERROR_OUT_OF_MEMORY|"
                             r"RESOURCE_EXHAUSTED: Out of memory|ResourceExhaustedError: OOM")),
    (Trouble.NCCL, re.compile(r"NCCL (?:error|failure|WARN Timeout)|ncclSystemError|ncclInternalError|ncclRemoteError|"
                              r"ncclUnhandledCudaError|Watchdog caught collective operation timeout|"
                              r"DistBackendError|Connection closed by peer.{0,40}gloo")),
    (Trouble.DISK_FULL, re.compile(r"No space left on device|Disk quota exceeded", re.IGNORECASE)),
    (Trouble.HOST_OOM, re.compile(r"\bOOMKilled\b|oom-kill|Out of memory: Killed process|exitcode: -9\b|"
                                  r"exit code:? 137\b|Cannot allocate memory")),
    (Trouble.CRASH, re.compile(r"Segmentation fault|core dumped|CUDA error: |Xid \(|ChildFailedError|"
                               r"\bAborted\b \(|Fatal Python error|terminate called after throwing|"
                               r"^\s{0,40}(?:[\w.-]{1,60}(?::| {1,20}\|) {1,9})?Killed\s{0,9}$|"
                               r"\b[Tt]raining (?:(?:process|job|run) )?(?:finished|completed|ended|exited|failed)"
                               r" with (?:exit |return )?code:? ?-?[1-9]|"
                               r": line \d{1,6}: {1,9}\d{1,9} Killed\b|failed \(exitcode: |"
                               r"DataLoader worker \(pid.{0,40}(?:is killed by|exited unexpectedly)")),
    (Trouble.TRACEBACK, re.compile(r"Traceback \(most recent call last\)")),
)  # fmt: skip
"""The particular before the general. Each part is a literal, so that a search takes linear time."""

_ENDED = re.compile(
    r"'train_runtime': |`Trainer\.fit` stopped: `max_|\bepochs completed in \d|: finished after \d|"
    r"\[exiting program at iteration|\[after training is done\]|\bwandb: Run summary:|"
    r"\bTraining process has been shut down|\bexited with code 0\b"
)

_SIGN_WORDS = (
    "memory", "nccl", "watchdog", "backenderror", "gloo", "space left", "quota", "oom", "exitcode", "exit code",
    "segmentation", "core dumped", "cuda error", "xid (", "childfailed", "aborted", "fatal python", "traceback",
    "killed", "with code", "return code", "terminate called", "exhausted", "dataloader",
)  # fmt: skip
_END_WORDS = (
    "train_runtime", "trainer.fit", "training", "epochs completed", "finished after", "exiting program", "run summary",
    "exited with",
)  # fmt: skip
"""In lower case, of each pattern above a part that a matching line has: most lines have none, and looking for a word
takes a tenth of the time."""


def trouble(text: str) -> Trouble | None:
    """What a line reports as gone wrong; None if nothing."""
    lowered = text.lower()
    if not any(word in lowered for word in _SIGN_WORDS):
        return None
    bare = without_prefix(text)
    for kind, signs in _SIGNS:
        if signs.search(text) or (bare != text and signs.search(bare)):
            return kind
    return None


def is_end(text: str, *, troubled: bool = False) -> bool:
    """Whether a line says that a run has come to its end. `troubled`: after a trouble without progress since then."""
    lowered = text.lower()
    if not any(word in lowered for word in _END_WORDS):
        return False
    if is_of_wandb(text):
        # wandb sums up what has crashed too, and what it repeats was said before.
        return not troubled and "wandb: Run summary:" in text
    if _ENDED.search(text) is not None:
        return not (troubled and "wandb: " in text)
    # With what stands in front of it: `fold-2:` may be a host of compose as well as a part of a run.
    return says_training_is_over(lowered)
