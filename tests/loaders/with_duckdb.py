"""What DuckDB reads from Parquet files: rows, tokens, column types."""

import json
import sys

import duckdb

files = duckdb.read_parquet(sys.argv[1:])
rows, tokens, ids = files.aggregate("count(*), sum(n_tokens), sum(len(input_ids))").fetchall()[0]
found = {
    "rows": rows,
    "tokens": int(tokens),
    "ids": int(ids),
    "columns": dict(zip(files.columns, map(str, files.types))),
}
print(json.dumps(found))
