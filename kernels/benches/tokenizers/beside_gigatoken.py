"""Megabytes of text per CPU-second of gigatoken, on one thread, for the texts that `tokenizers-bench` takes.

    beside_gigatoken.py TEXTS.csv TOKENIZER.json

Prints the ids' number and sum as the bench does, to be compared, then cold (a first pass by a new tokenizer) and warm (a second): medians of nine rounds.
Needs gigatoken and numpy.
"""

import csv
import statistics
import sys
import time

import numpy
from gigatoken import Tokenizer

TEXTS, ROUNDS = 100_000, 9


def texts(path):
    csv.field_size_limit(1 << 30)
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        column = next(rows).index("text")
        every = [row[column] for row in rows]
    return every[:: max(len(every) // TEXTS, 1)][:TEXTS]


def main():
    given = texts(sys.argv[1])
    megabytes = sum(len(text.encode()) for text in given) / 1e6
    speeds = [[], []]
    for _ in range(ROUNDS):
        tokenizer = Tokenizer(sys.argv[2])
        tokenizer.encode("a")
        for passes in speeds:
            start = time.process_time()
            found = tokenizer.encode_batch(given, parallel=False)
            passes.append(megabytes / (time.process_time() - start))
    ids = numpy.concatenate([numpy.asarray(row) for row in found]).astype(numpy.uint64)
    places = numpy.arange(1, len(ids) + 1, dtype=numpy.uint64)
    print(f"# {len(ids)} ids, each times its place together {(ids * places).sum()} mod 2^64")
    cold, warm = map(statistics.median, speeds)
    print(f"gigatoken\t{cold:.1f}\t{warm:.1f}")


main()
