"""The three shipped tools over MCP, one after the other: voice, sound, picture."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from nacl.signing import SigningKey

from chimera.contracts.production import Narration, SoundJob, Soundtrack, Video, VideoJob, VoiceJob
from chimera.core.clock import SystemClock
from chimera.core.vocabulary import Aspect, QualityPreset
from chimera.tools.permit import Permit
from chimera.tools.pricing import job_cost_usd
from chimera.tools.tool_server import ServerCommand
from chimera.tools.toolbox import open_toolbox
from factories_production import an_artist, make_evidence, make_storyboard

TEXTS = ("Bitcoin is rising right now.", "Forty posts named it in a day.", "Ten were to be expected.")


@pytest.mark.slow
async def test_the_shipped_tools_make_a_video_of_a_storyboard(
    command: ServerCommand, cfo_key: SigningKey, approve: Callable[..., Permit], folder: Path
) -> None:
    shipped, permit, told = replace(command, functions={}, limit_seconds=120), approve(), list[float]()
    async with open_toolbox(shipped, cfo_key.verify_key, SystemClock(), an_artist) as toolbox:
        voice_job = VoiceJob(beats=TEXTS, voice="af_heart", speed=1.0)
        spoken = await toolbox.run("voice", uuid4(), folder, voice_job, permit=permit, progress=told.append)
        narration = Narration.model_validate(spoken.result)
        sound_job = SoundJob(narration=narration, mood="calm", seed=1)
        mixed = await toolbox.run("sound", uuid4(), folder, sound_job, permit=permit, progress=told.append)
        video_job = VideoJob(
            storyboard=make_storyboard(texts=TEXTS),
            evidence=make_evidence(),
            soundtrack=Soundtrack.model_validate(mixed.result),
            aspect=Aspect.VERTICAL,
            quality_preset=QualityPreset.DRAFT,
            seed=1,
        )
        drawn = await toolbox.run("video", uuid4(), folder, video_job, permit=permit, progress=told.append)
    video = Video.model_validate(drawn.result)
    assert [word.text for word in narration.words] == " ".join(TEXTS).split()
    assert all(path.is_relative_to(folder) and path.stat().st_size > 0 for path in (video.video, video.thumbnail))
    assert video.duration_ms > narration.duration_ms
    measured = [status.cpu_seconds for status in (spoken, mixed, drawn)]
    assert all(cpu_seconds and job_cost_usd(cpu_seconds, permit.spent_usd + 1) > 0 for cpu_seconds in measured)
