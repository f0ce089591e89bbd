"""What polars reads from Parquet files: rows, tokens, column types."""

import json
import sys

import polars

frame = polars.scan_parquet(sys.argv[1:])
sums = frame.select(
    rows=polars.len(),
    tokens=polars.col("n_tokens").sum(),
    ids=polars.col("input_ids").list.len().sum(),
).collect()
found = sums.row(0, named=True)
found["columns"] = {name: str(kind) for name, kind in frame.collect_schema().items()}
print(json.dumps(found))
