"""The question of arming, or disarming, the idle stop of a pod. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.domain.action import Point
from tui.domain.auto_question import NO_RULE, is_pattern, line, points
from tui.ui.primitives.question import Question

if TYPE_CHECKING:
    from tui.domain.auto import AutoRules
    from tui.services.idle_stops import Standing


def question(pod: str, name: str, cost: float | None, standing: Standing, rules: AutoRules) -> Question:
    """What arming means for a pod; if it is armed, what disarming means."""
    after, targets = standing.after, standing.targets
    word = name or pod
    if after is None:
        return Question(
            f"Auto-stop {word} when idle", ((f"No rule stops {word} when it is idle.", "text"),),
            (Point("rule", f"{NO_RULE[:1].upper()}{NO_RULE[1:]}, and restart podtop."),), "Arm", (None, ()),
            stop="nothing to arm",
        )  # fmt: skip
    if targets:
        patterns = [target for target in targets if is_pattern(target)]
        others = (Point("covers", f"Also disarms all other pods named {', '.join(patterns)}.", "warn"),)
        return Question(
            f"Disarm auto-stop of {word}", ((f"podtop no longer stops {word} when it is idle.", "text"),),
            others if patterns else (), "Disarm", (after, targets),
        )  # fmt: skip
    billed = (Point("saves", f"${cost:.2f}/h each time"),) if cost is not None else ()
    return Question(
        f"Auto-stop {word} when idle", ((line(word, after), "text"),), (*billed, *points(rules.per_day, "t")), "Arm",
        (after, targets),
    )  # fmt: skip
