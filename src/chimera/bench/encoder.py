"""The baseline: what a bare H.264 encoder costs for the same frames, with nothing drawn, spoken or checked."""

import time
from io import BytesIO
from pathlib import Path

import av

PRESET = "veryfast"


def bare_encode_cpu_seconds(video: Path) -> float:
    """CPU-seconds that libx264 at preset veryfast needs for the frames of `video`.

    Decoding is measured on its own and taken off.
    """
    decoding = _cpu_seconds(video, encode=False)
    return max(0.0, _cpu_seconds(video, encode=True) - decoding)


def _cpu_seconds(video: Path, *, encode: bool) -> float:
    started_at = time.process_time()
    with av.open(str(video)) as source:
        picture = source.streams.video[0]
        if not encode:
            for _ in source.decode(picture):
                pass
            return time.process_time() - started_at
        with av.open(BytesIO(), "w", format="matroska") as target:
            stream = target.add_stream("libx264", rate=30, options={"preset": PRESET})
            stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
            for frame in source.decode(picture):
                target.mux(stream.encode(frame))
            target.mux(stream.encode(None))
    return time.process_time() - started_at
