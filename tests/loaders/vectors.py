"""The vectors of documents, as a library reads them from Parquet files.

    vectors.py LIBRARY FILE…

LIBRARY is pyarrow, polars, duckdb or datasets. Prints, by the id of each document, the numbers of its vector, the column `embedding`:
those of `int8` with their scale, those of `binary` as bits, the highest of a byte first.
"""

import json
import sys


def with_pyarrow(files):
    import pyarrow.dataset

    table = pyarrow.dataset.dataset(files).to_table(columns=["tweet_id", "embedding"])
    return table.to_pylist()


def with_polars(files):
    import polars

    return polars.read_parquet(files, columns=["tweet_id", "embedding"]).to_dicts()


def with_duckdb(files):
    import duckdb

    found = duckdb.read_parquet(files).project("tweet_id, embedding")
    return [dict(zip(found.columns, row)) for row in found.fetchall()]


def with_datasets(files):
    from datasets import load_dataset

    loaded = load_dataset("parquet", data_files=files, split="train")
    return list(loaded.select_columns(["tweet_id", "embedding"]))


def numbers(vector):
    if isinstance(vector, dict):
        return [vector["scale"] * value for value in vector["values"]]
    if isinstance(vector, bytes):
        return [byte >> bit & 1 for byte in vector for bit in reversed(range(8))]
    return [float(number) for number in vector]


def main(library, *files):
    rows = globals()[f"with_{library}"](list(files))
    print(json.dumps({row["tweet_id"]: numbers(row["embedding"]) for row in rows}))


main(*sys.argv[1:])
