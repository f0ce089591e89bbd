"""Token ids as the reference tokenizers give them, for `udfs/tests/tokenizer_reference.rs`.

    tokenizer_reference.py tiktoken NAME RANKS          ranks of tiktoken's encoding NAME
    tokenizer_reference.py gpt2 VOCAB MERGES            vocab.json and merges.txt of GPT-2
    tokenizer_reference.py json TOKENIZER               a Hugging Face tokenizer.json

Reads one JSON string a line on stdin. Writes, for each text, the number of ids and the ids, all as
little-endian u32, on stdout. Text is ordinary text: a special token spelt in it isn't that token;
how many texts that concerns is said on stderr. Needs `tokenizers` and `tiktoken`, and no network.
"""

import array
import json
import sys

BATCH = 10_000


def from_tiktoken(name, ranks_path):
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe
    from tiktoken_ext import openai_public

    # The pattern is tiktoken's own; only its ranks come from the file instead of the network.
    openai_public.load_tiktoken_bpe = lambda url, expected_hash=None: load_tiktoken_bpe(ranks_path, expected_hash)
    encoding = tiktoken.Encoding(**getattr(openai_public, name)())
    return encoding.encode_ordinary_batch, encoding.special_tokens_set


def from_tokenizer(tokenizer):
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special}

    def encode(texts):
        return [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]

    return encode, special


def reference(kind, *paths):
    if kind == "tiktoken":
        return from_tiktoken(*paths)
    from tokenizers import Tokenizer, models, pre_tokenizers

    if kind == "gpt2":
        tokenizer = Tokenizer(models.BPE.from_file(*paths))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        return from_tokenizer(tokenizer)
    if kind == "json":
        return from_tokenizer(Tokenizer.from_file(*paths))
    raise SystemExit(f"unknown kind {kind!r}; give tiktoken, gpt2 or json")


def batches(lines):
    batch = []
    for line in lines:
        batch.append(json.loads(line))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def main():
    encode, special = reference(*sys.argv[1:])
    concerned = 0
    for texts in batches(sys.stdin.buffer):
        concerned += sum(any(token in text for token in special) for text in texts)
        for ids in encode(texts):
            record = array.array("I", [len(ids), *ids])
            assert record.itemsize == 4
            if sys.byteorder == "big":
                record.byteswap()
            sys.stdout.buffer.write(record.tobytes())
    print(f"{concerned} texts spell a special token", file=sys.stderr)


main()
