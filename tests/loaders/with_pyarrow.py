"""What pyarrow reads from Parquet files: rows, tokens, column types."""

import json
import sys

import pyarrow
import pyarrow.compute
import pyarrow.dataset


def name(kind):
    return f"list<{kind.value_type}>" if pyarrow.types.is_list(kind) else str(kind)


table = pyarrow.dataset.dataset(sys.argv[1:]).to_table()
lengths = pyarrow.compute.list_value_length(table["input_ids"])
found = {
    "rows": table.num_rows,
    "tokens": pyarrow.compute.sum(table["n_tokens"]).as_py(),
    "ids": pyarrow.compute.sum(lengths).as_py(),
    "columns": {field.name: name(field.type) for field in table.schema},
}
print(json.dumps(found))
