"""Vectors as the reference gives them, for `kernels/tests/encoder_reference.rs`, and token ids for its bench.

    encoder_reference.py vectors MODEL DATA COUNT
    encoder_reference.py ids MODEL DATA COUNT

MODEL is the folder of a sentence-transformers model (`config.json`, `model.safetensors`, `tokenizer.json`), DATA one with
`csv/tweets_texts.csv.zst` and `csv/davidson_labeled_data.csv.zst`. Takes COUNT of the texts, in a seeded order: for `vectors`
first some of each script, with an empty text and overlong ones among them; for `ids` as they come. Writes, for each, the number
of ids and the ids, as little-endian u32, and for `vectors` its vector, as f32, on stdout. Texts are cut at 256 tokens; vectors
are the mean of all tokens, of length 1, in f32 and without padding. Needs `pyarrow` and `tokenizers`, for `vectors` also `torch`
and `transformers`, and no network.
"""

import array
import csv
import io
import os
import random
import sys
import unicodedata

LONGEST = 256
AT_MOST_TOKENS = 4096


def column(path, name):
    import pyarrow

    with pyarrow.input_stream(path, compression="zstd") as stream:
        text = io.StringIO(stream.read().decode(), newline="")
    csv.field_size_limit(1 << 30)
    return [row[name] for row in csv.DictReader(text)]


def script(text):
    """The first word of the name of the first letter beyond Latin, or LATIN."""
    for character in text:
        if character.isalpha():
            name = unicodedata.name(character, "UNKNOWN").split()[0]
            if name not in ("LATIN", "FEMININE", "MASCULINE"):
                return name
    return "LATIN"


def real_texts(data):
    texts = column(f"{data}/csv/tweets_texts.csv.zst", "text")
    texts += column(f"{data}/csv/davidson_labeled_data.csv.zst", "tweet")
    random.Random(1).shuffle(texts)
    return texts


def of_many_scripts(texts, count):
    chosen = ["", " ", "a", "\u65e5\u672c\u8a9e", " ".join(texts[:40]), " ".join(texts[40:43])]
    by_script = {}
    for text in texts:
        by_script.setdefault(script(text), []).append(text)
    print({name: len(some) for name, some in by_script.items()}, file=sys.stderr)
    place = 0
    while len(chosen) < count and any(place < len(some) for some in by_script.values()):
        chosen += [some[place] for some in by_script.values() if place < len(some)]
        place += 1
    return chosen[:count]


def tokenized(model, texts):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{model}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def vectors(model, texts):
    """The vector of each text; those of equal length together, so that there is no padding."""
    import torch
    from transformers import AutoModel

    torch.set_grad_enabled(False)
    model = AutoModel.from_pretrained(model, dtype=torch.float32).eval()
    found = [None] * len(texts)
    places = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    while places:
        tokens = len(texts[places[0]])
        batch = [place for place in places[: max(1, AT_MOST_TOKENS // tokens)] if len(texts[place]) == tokens]
        places = places[len(batch) :]
        ids = torch.tensor([texts[place] for place in batch])
        mean = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(dim=1)
        for place, vector in zip(batch, torch.nn.functional.normalize(mean)):
            found[place] = vector.numpy()
    return found


def main(kind, model, data, count):
    os.environ["HF_HUB_OFFLINE"] = "1"
    texts = real_texts(data)
    texts = of_many_scripts(texts, int(count)) if kind == "vectors" else texts[: int(count)]
    texts = tokenized(model, texts)
    found = vectors(model, texts) if kind == "vectors" else None
    out = sys.stdout.buffer
    for place, ids in enumerate(texts):
        out.write(array.array("I", [len(ids), *ids]).tobytes())
        if found:
            out.write(found[place].tobytes())
    out.flush()


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in ("vectors", "ids"):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
