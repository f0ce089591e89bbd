"""Vectors as sentence-transformers gives them, for `udfs/tests/embedding_reference.rs`.

    embedding_reference.py MODEL

MODEL is the folder of a model. Reads texts on stdin, a JSON string a line, and writes the vector of each as little-endian f32 on
stdout. Needs `sentence-transformers` and no network.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"


def main(folder):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")
    texts = [json.loads(line) for line in sys.stdin]
    vectors = model.encode(texts, batch_size=16, show_progress_bar=False, convert_to_numpy=True)
    sys.stdout.buffer.write(vectors.astype("<f4").tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
