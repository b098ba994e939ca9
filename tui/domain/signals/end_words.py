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
    r"should|could|can|may(?![\s/.-]{1,2}\d)|might|must|not|never|cannot|almost|nearly|expected|estimated|eta|assuming|"
    r"(?:soon|long) as|waiting for|every|each)\b|n't\b|'ll\b|"
    r"\b(?:previous|last|no) $|\b(?:found|from|load(?:ed|ing)?)(?: (?:the|an?|\d{1,6}))? $|"
    r"(?<!100% )\bof (?:the )?$|(?:\b|up)on $|(?<!100)%(?: of)?(?: the)? $|\(f?['\"]$"
)
"""In the same clause in front of it: it is over at another time, in part or in a program's text."""

_PART = (
    r"(?:(?:mini-?|sub-?)?(?:epoch|stage|phase|fold|round|batch(?! job)|cycle|rollout|shard|chunk|trial|client)|"
    r"warm-?up|tokeni[sz]er|bpe|vocab(?:ulary)?|sentencepiece|actor|critic|discriminator)"
)
_STEP = r"(?:step|iter(?:ation)?)"
_WHICH = r"(?:[ #:=_-]{0,2}(?:no\. ?)?[\[(]?(?:\d{1,9}|[ivx]{1,4}\b|one\b|two\b|three\b)(?: ?(?:/|of) ?\d{1,9})?[\])]?)"
_PART_BEFORE = re.compile(
    rf"(?:\b|_)(?:{_PART}{_WHICH}?|{_STEP}{_WHICH}(?<!\]))(?:'s)?(?: (?:has|is|was|of))? $|"
    rf"(?:\b|_){_PART}{_WHICH}[:,]?(?: [-–—|])? $|"
    r"\b(?:tokeni[sz]er|bpe|actor|critic|discriminator): $"
)
_PART_BEHIND = re.compile(
    r"^(?: and (?:validation|validating|evaluation|evaluating))?(?: (?:for|of|on))?"
    rf"(?: (?:this|the|that|an?|current|first|second|third|next|one)){{0,2}} (?:{_PART}|{_STEP})\b{_WHICH}?"
)
"""`training complete for epoch 3`, and not `training finished at epoch 9`, where it stopped early."""

_LAST = re.compile(r"(?:epoch|stage|phase|fold|round)\D{0,4}(\d{1,9}) ?(?:/|of) ?\1\b")
"""`epoch 10/10: training complete`: with the last of its parts the run is over."""

_GOES_ON = re.compile(
    r"\b(?:evaluating|validating)\b(?!.{0,40}\b(?:tests?|final|best)\b)|\bvalidation (?:starts|begins)\b|"
    r"\b(?:now|starting|beginning)(?: the)? training\b|\btraining(?: the)? next\b|"
    r"\b(?:starting|beginning|running|proceeding|moving|continuing|switching|going|entering|launching)\b"
    rf"(?!.{{0,30}}\b(?:final|(?:tests?|eval|evaluation) (?:phase|stage|round|set|split))\b)"
    rf"[^.!]{{0,30}}\b(?:validation|next|{_PART})\b"
)
"""A validation is of an epoch as a rule, and an evaluation or a test is what comes once the training is over."""

_SO_FAR = re.compile(
    rf"^[\s:(\[=-]{{0,4}}(?:(?:{_PART}|{_STEP}|model|member|expert|learner)s?[ #:]{{0,2}})?"
    r"(?P<done>\d{1,15}(?:\.\d{1,6})?) ?"
    r"(?:%\s{0,3}(?:$|[\](|,])|(?:/|of) ?(?P<all>\d{1,15})\b(?![/.]\d))"
)
"""`training done: 50%`, `training completed 3/10 epochs`. What is in round brackets is a score of the model."""

_NOT_SAID = re.compile(
    r"^\s?\?|^\s?[:=]\s?(?:false|no|none|not|0)(?: yet)?\s{0,9}(?:$|[,;|)\]}])|"
    r"^[ _-](?:callback|hook|event|handler|marker|flag|signal|notification|e?-?mail|webhook|fraction|ratio|"
    r"percent\w{0,4}|steps?|samples|tokens)\b"
)
_FAILED = re.compile(
    r"^[^.!;]{0,60}\b(?:(?:exit|return|error)[ _-]?(?:code|status)|exit|status|code|rc|exited with)"
    r"\s?[:=(]?\s?-?0{0,3}(?!20\d\b)[1-9]\d{0,9}\b(?!\.\d|[%/])|"
    r"^(?:\s?[:,(\[|–—-]{1,3}\s?| )(?:(?:with|in|as|by|after|due to|because of|an|the|some|status|result|state|"
    r"exit)[:=]? ?){0,3}(?:[1-9]\d{0,5} )?(?:failed(?! to\b)|failures?|abort(?:ed)?|errored|abnormally|unexpectedly|"
    r"signal [1-9]\d?|exceptions?|crash(?:ed)?|errors?(?! ?\S{0,12} ?[:=]? ?[\d.]))\b"
)
"""`training finished with exit code 1`, and not `with error 0.03` nor `webhook: status 200`."""

_HOW = re.compile(
    r"^ (?:by|using|via|with (?!.{0,20}(?:loss|acc|exit|code|score|reward|error|warn|ppl|perplexity|best|final|"
    r"success))|only|entirely|in (?!\d|~|about|(?:a )?total|under|less|just|only|approx|an? (?:hour|minute|day))|"
    r"on (?:(?:the|an?|one|two|four|eight|single|multiple|several|your|each|\d{1,5}) ){0,3}"
    r"(?:[cgt]pus?|cuda|devices?|(?:\w{1,20} )?(?:data\w{0,4}|set|split|images|samples|text))\b)"
)
"""Behind `training is done`: what it is like, as `in bf16` and `on the GPU`."""

_OTHER = re.compile(
    r"^['\"`]|^\s*\?|"
    r"^[ -](?:data\w{0,6}|samples?|examples?|images?|corpus|texts?|files?|features?|sets?|splits?|loaders?|runs|jobs|"
    r"sessions|states?|checkpoints?|ckpts?|weights|logs?|arg\w{0,7}|config\w{0,10}|param\w{0,8}|setup|init\w{0,12}|"
    rf"prep\w{{0,12}}|env\w{{0,8}}|plans?|pass(?:es)?|{_PART}(?:s|es)?|{_STEP}s?)(?![a-z])|"
    r"^(?: (?:for|of|on|over))?(?: (?:the|an?|our|your|first|next)){0,2} (?:reward|value|auxiliary|codebook|index|"
    r"k-?means|pca|quanti[sz]er|vq|vae|unigram|word-?piece|merges|embeddings?|probe|head|layer|block|tree)(?![a-z])|"
    r"^ (?:for|on|over|of) \S{1,12} (?:rollout|chunk|shard|(?:mini-?)?batch)(?:e?s)?\b|"
    r"^ (?:on|over|of) \S{1,12} episodes?\b"
)
"""Behind `finished training`: something that is no run, as a tokenizer and what a run is made of and made from."""


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
    of_part = _PART_BEFORE.search(before) or _PART_BEHIND.match(behind)
    if of_part is not None and _LAST.search(of_part[0]) is None:
        return True
    return _GOES_ON.search(behind) is not None


def _is_said(over: re.Match[str], behind: str) -> bool:
    if _NOT_SAID.match(behind) is not None or _FAILED.match(behind) is not None:
        return False
    if over["verb"] is not None:
        return _OTHER.match(behind) is None
    return over["state"] != "done" or " is " not in over[0] or _HOW.match(behind) is None
