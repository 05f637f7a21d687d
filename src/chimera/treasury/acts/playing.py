"""Carries an act out."""

from chimera.treasury.acts import answering, closing, pausing
from chimera.treasury.acts.act import Act, Answer, Expire, Lapse, Pause, Played, Resume, Scene, Settle, Void


def play(act: Act, scene: Scene) -> Played:
    """Carry the act out on the scene's lines.

    Raises:
        NotFound, Conflict, Forbidden, ValidationFailed, BudgetExceeded, SpendPaused: nothing was changed.
    """
    match act:
        case Answer():
            return answering.answer(act, scene)
        case Settle():
            return closing.settle(act, scene)
        case Void():
            return closing.void(act, scene)
        case Expire():
            return closing.expire(act, scene)
        case Lapse():
            return answering.lapse(act, scene)
        case Pause():
            return pausing.pause(act, scene)
        case Resume():
            return pausing.resume(act, scene)
