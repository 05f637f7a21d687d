"""Reads the luma plane of each decoded frame once and keeps a few numbers of it."""

import struct
from collections.abc import Iterable, Sequence
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideData
from numpy.typing import NDArray

from chimera.agents.judge.decoding.observation import Band, Luma, Seen

_CELL = 6
"""One cell of the small picture is this many pixels wide at 1080 across the short side."""
_DARK_LUMA = 27
_SCENE_CELL_CHANGE = 10.0
_SCENE_SHARE = 0.005
_SNAPSHOT_SECONDS = 0.1
_SNAPSHOTS_MAX = 6_500
_CROPS_MAX = 8
_BLOCK = 8
_BLOCKINESS_EVERY_SECONDS = 1.0
_QUANTISERS_MAX = 32


class PictureMeter:
    """Feed it frames in order, then ask for what was `seen`. Keeps no frame but small band pictures and the crops."""

    def __init__(self, band: Band, crop_times: Sequence[float], duration: float) -> None:
        self._band = band
        self._wanted = sorted(crop_times)[:_CROPS_MAX]
        self._previous: NDArray[np.float32] | None = None
        self._reference: NDArray[np.float32] | None = None
        self._rows: list[tuple[float, float, float, float, bool, float]] = []
        self._snapshots: list[Luma] = []
        self._snapshot_times: list[float] = []
        self._crops: list[Luma] = []
        self._blockiness: list[float] = []
        self._quantisers = 0
        self._quantiser_seconds = duration / _QUANTISERS_MAX

    def feed(self, frame: av.VideoFrame) -> None:
        """Measure one frame; its time is its presentation time."""
        at = float(frame.time or 0.0)
        luma = _luma(frame)
        cell = max(2, round(_CELL * min(luma.shape) / 1080))
        small = _small(luma, cell)
        top, bottom = (round(edge * small.shape[0]) for edge in (self._band.top, self._band.bottom))
        change, band_change = self._changes(small, top, bottom)
        dark = float(np.mean(small <= _DARK_LUMA))
        is_new = self._is_new_scene(small, top, bottom)
        self._rows.append((at, dark, change, band_change, is_new, self._sampled_quantiser(frame, at)))
        self._previous = small
        if len(self._blockiness) * _BLOCKINESS_EVERY_SECONDS <= at:
            self._blockiness.append(_blockiness(luma))
        if len(self._snapshots) < _SNAPSHOTS_MAX and len(self._snapshots) * _SNAPSHOT_SECONDS <= at:
            self._snapshots.append(small[top:bottom].astype(np.uint8))
            self._snapshot_times.append(at)
        if self._wanted and at >= self._wanted[0]:
            self._wanted.pop(0)
            rows = slice(round(self._band.top * luma.shape[0]), round(self._band.bottom * luma.shape[0]))
            self._crops.append(luma[rows].copy())

    def seen(self) -> Seen | None:
        """Everything measured, or None if no frame came."""
        if not self._rows:
            return None
        times, dark, change, band_change, scene, quantiser = (
            np.array(column) for column in zip(*self._rows, strict=True)
        )
        return Seen(
            times=times.astype(np.float32),
            dark=dark.astype(np.float32),
            change=change.astype(np.float32),
            band_change=band_change.astype(np.float32),
            scene_change=scene.astype(np.bool_),
            quantiser=quantiser.astype(np.float32),
            blockiness=np.array(self._blockiness, dtype=np.float32),
            snapshot_times=np.array(self._snapshot_times, dtype=np.float32),
            snapshots=np.stack(self._snapshots),
            crops=tuple(self._crops),
        )

    def _sampled_quantiser(self, frame: av.VideoFrame, at: float) -> float:
        """32 times, spread over the video: a frame whose side data was read stays in memory until a collection."""
        if self._quantisers >= _QUANTISERS_MAX or at < self._quantisers * self._quantiser_seconds:
            return float("nan")
        self._quantisers += 1
        return _quantiser(frame)

    def _changes(self, small: NDArray[np.float32], top: int, bottom: int) -> tuple[float, float]:
        if self._previous is None or self._previous.shape != small.shape:
            return 255.0, 255.0
        difference = np.abs(small - self._previous)
        return float(difference.max()), float(difference[top:bottom].mean())

    def _is_new_scene(self, small: NDArray[np.float32], top: int, bottom: int) -> bool:
        if self._reference is None or self._reference.shape != small.shape:
            self._reference = small
            return True
        moved = np.abs(small - self._reference) > _SCENE_CELL_CHANGE
        outside = (int(moved[:top].sum()) + int(moved[bottom:].sum())) / moved.size
        if outside < _SCENE_SHARE:
            return False
        self._reference = small
        return True


def _luma(frame: av.VideoFrame) -> Luma:
    """The frame's Y plane; formats other than planar 8-bit YUV are converted first."""
    if not frame.format.name.startswith("yuv") or frame.format.components[0].bits != 8:
        frame = frame.reformat(format="yuv420p")
    plane = frame.planes[0]
    rows: Luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


def _small(luma: Luma, cell: int) -> NDArray[np.float32]:
    """Every `cell`-th row, averaged over `cell` columns: cheap, and steady against encoding noise."""
    rows = luma[::cell, : luma.shape[1] // cell * cell]
    averaged: NDArray[np.float32] = rows.reshape(rows.shape[0], -1, cell).mean(axis=2, dtype=np.float32)
    return averaged


def _blockiness(luma: Luma) -> float:
    """Mean step across the encoder's 8-pixel grid over the mean step elsewhere; 1 is none (after Wang, Bovik, 2000)."""
    rows = luma[:: _BLOCK + 1].astype(np.int16)
    steps = np.abs(np.diff(rows, axis=1))
    on_grid = steps[:, _BLOCK - 1 :: _BLOCK].mean()
    off_grid = np.delete(steps, np.arange(_BLOCK - 1, steps.shape[1], _BLOCK), axis=1).mean()
    return float((on_grid + 0.1) / (off_grid + 0.1))


def _quantiser(frame: av.VideoFrame) -> float:
    """Mean quantisation parameter of the frame's blocks, NaN where the codec does not tell (AVVideoEncParams)."""
    for data in cast("Iterable[SideData]", frame.side_data):
        if data.type.name != "VIDEO_ENC_PARAMS":
            continue
        raw = bytes(data)
        (blocks,) = struct.unpack_from("<I", raw, 0)
        offset, block_bytes = struct.unpack_from("<QQ", raw, 8)
        (base,) = struct.unpack_from("<i", raw, 28)
        if blocks == 0 or offset + blocks * block_bytes > len(raw):
            return float(base)
        table = np.frombuffer(raw, np.uint8, blocks * block_bytes, offset).reshape(blocks, block_bytes)
        return float(base + table[:, 16:20].copy().view("<i4").mean())
    return float("nan")
