"""The semantic engine: its parts without the model's weights, and with them where the extra is installed."""

import json
import struct

import numpy as np
import pytest

from graph.linking import encoder as encoding
from graph.linking.candidates import FEATURES
from graph.linking.encoder import SIZE, Encoder, load_encoder, model_folder
from graph.linking.ranker import Ranker, load_ranker
from graph.linking.semantic import SEMANTIC_FEATURES, SemanticLinker
from graph.taxonomy.graph import SkillGraphBuilder

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "drive", "##r", "taxi", "écran", "ecran", ",", "中"]


def tensors():
    """Weights of the right shapes, seeded: the architecture at work without the model."""
    random = np.random.default_rng(1)
    shapes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), SIZE),
        "embeddings.position_embeddings.weight": (512, SIZE),
        "embeddings.token_type_embeddings.weight": (2, SIZE),
        "embeddings.LayerNorm.weight": (SIZE,),
        "embeddings.LayerNorm.bias": (SIZE,),
    }
    for layer in range(encoding.LAYERS):
        name = f"encoder.layer.{layer}"
        for part, rows, columns in [
            *((f"attention.self.{each}", SIZE, SIZE) for each in ("query", "key", "value")),
            ("attention.output.dense", SIZE, SIZE),
            ("intermediate.dense", 4 * SIZE, SIZE),
            ("output.dense", SIZE, 4 * SIZE),
        ]:
            shapes[f"{name}.{part}.weight"], shapes[f"{name}.{part}.bias"] = (rows, columns), (rows,)
        for part in ("attention.output", "output"):
            shapes[f"{name}.{part}.LayerNorm.weight"] = shapes[f"{name}.{part}.LayerNorm.bias"] = (SIZE,)
    return {
        name: random.normal("LayerNorm.weight" in name, 0.1, shape).astype(np.float32) for name, shape in shapes.items()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder, header, parts, size = tmp_path_factory.mktemp("model"), {}, [], 0
    for name, values in tensors().items():
        raw = values.tobytes()
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [size, size + len(raw)]}
        parts.append(raw)
        size += len(raw)
    head = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + b"".join(parts))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def small(folder, monkeypatch):
    raw = (folder / "model.safetensors").read_bytes()
    monkeypatch.setattr(encoding, "SHA256", encoding.hashlib.sha256(raw).hexdigest())
    return Encoder(folder)


def test_other_weights_are_refused(folder):
    with pytest.raises(ValueError, match="not the weights"):
        Encoder(folder)


def test_words_are_cut_into_the_longest_known_pieces(small):
    def pieces(text):
        return [VOCABULARY[each] for each in small.tokens(text)[1:-1]]

    assert pieces("Driver, TAXI") == ["drive", "##r", ",", "taxi"]
    assert pieces("écran\u200b中taxi") == ["ecran", "中", "taxi"]
    assert pieces("unheard") == ["[UNK]"]
    assert pieces("d" * 1_000) == ["[UNK]"]
    assert pieces("") == []
    assert len(small.tokens("taxi " * 10_000)) == encoding.MAX_TOKENS


def test_a_vector_depends_on_its_text_alone(small):
    """Neither the batch nor its padding shows."""
    texts = ["taxi", "drive taxi , driver", "", "taxi taxi taxi taxi taxi taxi"]
    together = small.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        assert small.encode([text])[0] == pytest.approx(vector, abs=1e-5)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_labels_are_encoded_once_and_kept(small, graph, tmp_path):
    builder = SkillGraphBuilder()
    builder.add_skills(list(graph.skills.values())[:20], [])
    graph, told = builder.build(), []
    size = len(SEMANTIC_FEATURES)
    ranker = Ranker(
        names=SEMANTIC_FEATURES, mean=np.zeros(size), spread=np.ones(size), weights=np.ones(size), slope=1.0, offset=0.0
    )
    first = SemanticLinker(graph, small, cache=tmp_path, ranker=ranker, progress=lambda *each: told.append(each))
    assert told[-1] == (len(graph.skills), len(graph.skills))
    assert len(list(tmp_path.iterdir())) == 1
    told.clear()
    again = SemanticLinker(graph, small, cache=tmp_path, ranker=ranker, progress=lambda *each: told.append(each))
    assert told == []
    found, same = first.candidates("drive a taxi"), again.candidates("drive a taxi")
    assert (found.features == same.features).all()
    assert found.features.shape == (len(found.owners), len(FEATURES) + 4)
    assert len(first.link("drive a taxi", limit=5)) == 5


def test_the_ranker_in_use_has_every_feature():
    assert load_ranker("semantic_linker.json", SEMANTIC_FEATURES).weights.shape == (len(SEMANTIC_FEATURES),)


@pytest.mark.skipif(model_folder() is None, reason="the extra `semantic` is not installed")
def test_meaning_finds_what_spelling_does_not():
    encoder = load_encoder()
    vectors = encoder.encode(["physician", "medical doctor", "bicycle"])
    assert vectors[0] @ vectors[1] > 0.7 > vectors[0] @ vectors[2]
