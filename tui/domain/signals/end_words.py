"""Whether a sentence says that training is over: of the run, by now, and not of a part of it or at another time."""

from __future__ import annotations

import re

_OVER = re.compile(
    r"\btraining (?:(?:run|job|loop|process|session) )?(?:(?:is|was|has been|has|have) )?"
    r"(?:(?:now|all|successfully|fully) )?(?P<state>complete|completed|finished|done)\b|"
    r"\b(?P<verb>finished|completed|done)(?: with)?(?: (?:all|the|model)){0,2} training\b"
)
"""In lower case, as all below."""

_NEAR = 160
"""Characters in front of it and behind it that are read."""

_CLAUSE = re.compile(r"(?<!\beta)[.,;:!?…)\]](?=\s)|\s[-–—|>]{1,3}\s")
"""What parts a clause from the one before it."""

_ELSEWHEN = re.compile(
    r"\b(?:when|whenever|once|after(?! (?:about |all |~)?\d)|until|till|before|if|unless|whether|or|will|would|"
    r"should|could|can|may(?![\s-]{1,2}\d)|might|must|not|never|cannot|almost|nearly|expected|estimated|eta|assuming|"
    r"(?:soon|long) as|waiting for|every|each)\b|n't\b|'ll\b|"
    r"\b(?:previous|last|no) $|(?<!100% )\bof (?:the )?$|(?:\b|up)on $|(?<!100)%(?: of)?(?: the)? $|\(f?['\"]$"
)
"""In the same clause in front of it: it is over at another time, in part or in a program's text."""

_PART = (
    r"(?:(?:mini-?|sub-?)?(?:epoch|stage|phase|fold|round|batch|cycle|rollout|shard|chunk|trial|client)|warm-?up|"
    r"tokeni[sz]er|bpe|vocab(?:ulary)?|sentencepiece|actor|critic|discriminator)"
)
_STEP = r"(?:step|iter(?:ation)?)"
_WHICH = r"(?:[ #:=]{0,2}(?:no\. ?)?[\[(]?(?:\d{1,9}|[ivx]{1,4}\b|one\b|two\b|three\b)(?: ?(?:/|of) ?\d{1,9})?[\])]?)"
_PART_BEFORE = re.compile(
    rf"\b(?:{_PART}{_WHICH}?|{_STEP}{_WHICH}(?<!\]))(?:'s)?(?: (?:has|is|was|of))? $|"
    rf"\b{_PART}{_WHICH}[:,]?(?: [-–—|])? $|"
    r"\b(?:tokeni[sz]er|bpe|actor|critic|discriminator): $"
)
_PART_BEHIND = re.compile(
    r"^(?: and (?:validation|validating|evaluation|evaluating))?(?: (?:for|of|on))?"
    rf"(?: (?:this|the|that|current|first|next|one)){{0,2}} (?:{_PART}|{_STEP})\b"
)
"""`training complete for epoch 3`, and not `training finished at epoch 9`, where it stopped early."""

_GOES_ON = re.compile(
    r"\b(?:evaluating|validating)\b|\b(?:evaluation|validation) (?:starts|begins)\b|"
    r"\b(?:starting|beginning|running|proceeding|moving|continuing|switching|going|entering|launching)\b[^.!]{0,30}"
    rf"\b(?:validation|eval|evaluation|tests?|next|{_PART})\b"
)
_SO_FAR = re.compile(
    rf"^[\s:(\[=-]{{0,4}}(?:(?:{_PART}|{_STEP})s?[ #:]{{0,2}})?(?P<done>\d{{1,15}}(?:\.\d{{1,6}})?) ?"
    r"(?:%\s{0,3}(?:$|[)\](|,])|(?:/|of) ?(?P<all>\d{1,15})\b(?![/.]\d))"
)
"""`training done: 50%`, `training completed 3/10 epochs`."""

_NOT_SAID = re.compile(
    r"^\s?\?|^\s?[:=]\s?(?:false|no|none|not|0)\b|"
    r"^[ _-](?:callback|hook|event|handler|marker|flag|signal|notification|e?-?mail|webhook|fraction|ratio|"
    r"percent\w{0,4}|steps?|samples|tokens)\b"
)
_HOW = re.compile(
    r"^ (?:by|using|via|with (?!.{0,12}(?:loss|acc|exit))|on|only|entirely|in (?!\d|~|about|total|under))"
)
"""Behind `training is done`: what it is like, as `in bf16` and `on the GPU`."""

_MODEL = r"(?:model|network|net|run|job|loop|session|process|script|pipeline|policy|agent|lora|adapter|classifier)"
_BEHIND_VERB = re.compile(
    r"^(?:\s*$|\s*[^\w\s?'\"`]|"
    r" (?:early|successfully|now|already|ok|without|because|due|since|and|at|after|as|with|by|within|normally)\b|"
    r" in (?:\d|~|about|total|under|less|only|just|an?\b|approx)|"
    r" (?:for|on|over|of) (?:a total of |all |about |~|the (?:full|whole|entire) )?(?:gpus?\b|cuda|devices?\b|"
    r"epochs|steps|data|(?!\S{1,12} (?:rollouts?|episodes?|chunks?|shards?|batch(?:es)?)\b)\d)|"
    rf" (?:(?:for|of|on) )?(?:(?:the|your|our|this|final|whole|full|entire) ){{0,3}}{_MODEL}\b|"
    r" \d{1,12} (?:epochs|steps|iterations|iters)\b)"
)
"""What may follow `finished training`: all else is what was trained, as a tokenizer is before a run."""


def says_training_is_over(lowered: str) -> bool:
    """Whether a line in lower case says that the training of a run is over."""
    for over in _OVER.finditer(lowered):
        before = lowered[max(0, over.start() - _NEAR) : over.start()]
        behind = lowered[over.end() : over.end() + _NEAR]
        if _is_said(over, behind) and not _is_elsewhen(before) and not _is_of_a_part(before, behind):
            return True
    return False


def _is_elsewhen(before: str) -> bool:
    clause = 0
    for end in _CLAUSE.finditer(before):
        clause = end.end()
    return _ELSEWHEN.search(before, clause) is not None


def _is_of_a_part(before: str, behind: str) -> bool:
    so_far = _SO_FAR.match(behind)
    if so_far is not None and float(so_far["done"]) < float(so_far["all"] or 100):
        return True
    signs = _PART_BEFORE.search(before), _PART_BEHIND.match(behind), _GOES_ON.search(behind)
    return any(sign is not None for sign in signs)


def _is_said(over: re.Match[str], behind: str) -> bool:
    if _NOT_SAID.match(behind) is not None:
        return False
    if over["verb"] is not None:
        return _BEHIND_VERB.match(behind) is not None
    return over["state"] != "done" or " is " not in over[0] or _HOW.match(behind) is None
