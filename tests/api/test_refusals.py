"""Why RunPod refused, out of its own sentences: known ones have a reason, the most telling first."""

from __future__ import annotations

import pytest

from tui.api.errors import Rejected
from tui.api.models import Problem
from tui.api.refusals import Reason, reasons_of

REAL = {
    "There are no longer any instances available with the requested specifications. Please refresh and try again.":
        (Reason.NONE_FITS,),
    "There are no longer any instances available with enough disk space.": (Reason.NO_DISK, Reason.NONE_FITS),
    "There are not enough free GPUs on the host machine to start this pod.": (Reason.GPUS_TAKEN, Reason.HOST_SHORT),
    "There are not enough free memory on the host machine to start this pod.":
        (Reason.MEMORY_TAKEN, Reason.HOST_SHORT),
    "There are not enough free vCPUs.": (Reason.HOST_SHORT,),
    "This machine does not have the resources to deploy your pod. Please try a different machine":
        (Reason.HOST_UNABLE,),
    "could not find any pods with required specifications": (Reason.NONE_FITS,),
    "Insufficient balance to resume this on-demand pod. You need at least $3.59 (current: $3.01, deficit: $0.58).":
        (Reason.NO_FUNDS,),
    "Something went wrong. Please try again later or contact support.": (Reason.VAGUE,),
    "pod not found to terminate": (Reason.NOT_FOUND,),
    "a message nobody knows": (),
    "": (),
}  # fmt: skip


@pytest.mark.parametrize(("message", "reasons"), REAL.items())
def test_real_messages_have_their_reasons(message: str, reasons: tuple[Reason, ...]) -> None:
    assert reasons_of(message) == reasons_of(message.upper()) == reasons


def test_a_refusal_has_the_reasons_of_all_it_says() -> None:
    error = Rejected((Problem("Insufficient balance"), Problem("SOMETHING WENT WRONG")))
    assert error.reasons == (Reason.NO_FUNDS, Reason.VAGUE)
    assert Rejected(()).reasons == ()
