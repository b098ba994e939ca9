"""`python -m tui` is `podtop`: the frame first, and within it all the rest, its imports too."""

import gc
import signal
import sys


def main() -> int:
    """Run podtop; returns its exit code."""
    try:
        from tui.commands.frame import framed

        code = framed(_program)
        # There is nothing left that an interruption could tell of.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return code


def _program() -> int:
    if sys.argv[1:2] == ["--complete"]:
        # A person waits for it at each press of tab: nothing else is imported.
        from tui.commands.recorded import show

        return show(sys.argv[2:])
    # What is imported lives as long as the program: the garbage collector need not look at it, now or later.
    gc.disable()
    from tui.cli import run

    gc.freeze()
    gc.enable()
    return run()


if __name__ == "__main__":
    sys.exit(main())
