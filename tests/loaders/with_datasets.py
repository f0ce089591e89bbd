"""What Hugging Face datasets reads from Parquet files, loaded and streamed: rows, tokens, column types."""

import json
import sys

from datasets import List, load_dataset


def name(feature):
    return f"list<{feature.feature.dtype}>" if isinstance(feature, List) else feature.dtype


loaded = load_dataset("parquet", data_files=sys.argv[1:], split="train")
streamed = load_dataset("parquet", data_files=sys.argv[1:], split="train", streaming=True)
rows = list(streamed)
assert len(rows) == loaded.num_rows, f"{len(rows)} rows streamed, {loaded.num_rows} loaded"
found = {
    "rows": loaded.num_rows,
    "tokens": sum(loaded["n_tokens"]),
    "ids": sum(len(row["input_ids"]) for row in rows),
    "columns": {column: name(feature) for column, feature in loaded.features.items()},
}
print(json.dumps(found))
