"""The same cues as files: SubRip (SRT) and WebVTT (W3C), escaped so that no player reads markup into them; pure."""

from collections.abc import Sequence

from chimera.contracts.production import CaptionCue

_WORD_JOINER = "\u2060"


def srt(cues: Sequence[CaptionCue]) -> str:
    """SubRip text. It has no escapes: an invisible word joiner keeps `<` and `{` from starting a tag."""
    blocks = []
    for number, cue in enumerate(cues, start=1):
        text = _one_block(cue.text).replace("-->", "→")
        for opener in "<{":
            text = text.replace(opener, opener + _WORD_JOINER)
        blocks.append(f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(cues: Sequence[CaptionCue]) -> str:
    """WebVTT text, with `&`, `<` and `>` as character references."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = _one_block(cue.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{text}\n")
    return "\n".join(blocks)


def _one_block(text: str) -> str:
    """An empty line would end the cue early."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _clock(milliseconds: int, mark: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{rest:03d}"
