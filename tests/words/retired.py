"""Retired words and patterns, each with what to say in its place. For every text that a person reads.

`found` takes prose: code, commands and quoted names do not belong in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Retired(NamedTuple):
    """One pattern, matched without regard to case; what to say; a sentence that has it."""

    pattern: str
    say: str
    example: str


class Found(NamedTuple):
    """A retired word in a text, and what to say."""

    words: str
    say: str


RETIRED = (
    # Terms of the field
    Retired(r"the past\b", "history", "p plays the past"),
    Retired(r"return(s|ed)? to now|back to now|of now\b", "live", "= returns to now"),
    Retired(r"answer(s|ed|ing)?\b", "response", "RunPod's answer was lost"),
    Retired(r"ask(s|ed|ing)? RunPod|takes? in|taking in", "request, load, refresh, poll", "podtop asks RunPod once"),
    Retired(r"told\b|tell(s|ing)?\b", "show, report", "RunPod tells no price"),
    Retired(r"podtop looks|looks (for|at|into) it", "check", "podtop looks, and sends nothing"),
    Retired(r"(?<!order )mark(s|ed|ing)?\b", "select, selected", "the pods that are marked"),
    Retired(r"look(s|ed|ing)? out", "watch", "podtop looks out for it"),
    Retired(r"strips?\b|shades\b", "heat map", "a strip of shades for each GPU"),
    Retired(r"at one instant|this instant|instants?\b", "time; chart cursor", "read at one instant"),
    Retired(r"signs?\b", "symbol", "what the signs mean"),
    Retired(r"a GPU and hour|h a GPU\b|(?<!within )(?<!in )an hour\b|a month\b", "per", "$2.99/h a GPU"),
    Retired(r"data cent(?:re|ers? here)s?", "data center", "CPUs, data centres, watches"),
    Retired(r"utilisation|colour", "utilization, color (one spelling)", "the colour of its badge"),
    Retired(r"cancell(?:ed|ing)|misspelt", "canceled, misspelled (one spelling)", "deploy: cancelled"),
    Retired(r"(?:lower|upper)-case", "lowercase, uppercase", "no lower-case key"),
    Retired(r"RunPod's console", "the RunPod console", "create a key in RunPod's console"),
    Retired(r"\d+ %", "5%", "no GPU at 5 % or more"),
    Retired(r"instead(?! of)|would do\b", "alternatives", "what would do instead"),
    Retired(r"no way back", "cannot be undone", "There is no way back."),
    Retired(r"burn(s|ed|ing)?\b", "waste", "what idle pods burn"),
    Retired(r"at ease", "ok", "RunPod is at ease"),
    Retired(r"let(s|ting)? to others", "rent out", "machines you let to others"),
    Retired(r"see(s|n)? to it|sees? to\b", "enforce, handle", "let podtop see to it"),
    Retired(r"ordered\b|to order\b", "deploy", "it can be ordered"),
    # Old-fashioned words
    Retired(r"anew", "again", "begin anew"),
    Retired(r"by (itself|themselves)", "automatically", "podtop locks by itself"),
    Retired(r"at the (least|most)", "at least, at most", "two minutes at the most"),
    Retired(r"meanwhile", "in the meantime", "what has changed meanwhile"),
    Retired(r"upon\b", "on", "disks upon GPUs"),
    Retired(r"beside\b", "next to, besides", "podtop beside it"),
    Retired(r"keeps? to\b", "enforce, respect", "RunPod does not keep to them"),
    Retired(r"go(es|ing)? on\b|went on\b", "continue", "pods go on running"),
    Retired(r"so (many|much)\b", "the number of, how much", "with so much disk in all"),
    Retired(r"to be had\b|(?<!what )(?<!if )(?<!as )there is(?! (no|only|one|a))", "available", "when it is to be had"),
    Retired(r"for good\b", "permanently", "not recording for good"),
    Retired(r"an eye\b", "attention", "what needs an eye"),
    Retired(r"stands? (in|at|on|below|there|for)\b", "is shown in, is in", "it stands in the header"),
    Retired(r"a hand on|by hand", "input, manually", "without a hand on the keys"),
    Retired(r"deaf\b", "ignores keys", "the dialog is deaf"),
    Retired(r"trouble", "error, problem", "trouble with RunPod"),
    Retired(r"(?<!read-)(?<!and )(?<!names )alone\b", "only", "draw with ASCII alone"),
    Retired(r"nothing (is known|known|of it|came)", "unknown", "nothing came of it"),
    Retired(r"turn the order|to the shell\b|is over\b", "reverse sort, suspend, has ended", "Turn the order round"),
    Retired(r"never true of|term does not hold\b", "never match, exclude", "never true of an unknown value"),
    Retired(r"sort: menu of|passed unseen", "menu, while podtop was not running", "Sort: menu of the columns"),
    # Sentences that begin with the condition
    Retired(
        r"(?:^|(?<=[.!?:] ))(?:Where|If|Unless|As long as|As far as)\b", "the condition last", "If it fails, retry."
    ),
)


def found(text: str) -> list[Found]:
    """Return what is retired in a text."""
    return [
        Found(match[0], retired.say)
        for retired in RETIRED
        for match in re.finditer(rf"(?<![\w-])(?:{retired.pattern})(?![\w-])", text, re.IGNORECASE)
    ]
