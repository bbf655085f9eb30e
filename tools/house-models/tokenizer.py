"""Byte-level BPE, trained and applied in plain Python.

The idea: text is cut into words (GPT-2's pattern), each word is a string of bytes written as printable
characters, and the most frequent adjacent pair is merged until the vocabulary is full. Special tokens are never
cut. Ties between equally frequent pairs go to the pair that sorts first, so the same text gives the same
tokenizer byte for byte. Sources: Sennrich et al. 2016 (arXiv 1508.07909), section 3.2; Radford et al. 2019,
section 2.2.
"""
import argparse
import collections
import gzip
import heapq
import json
import pathlib
import re
import sys
import unicodedata

END, USER, ASSISTANT, CALL, RESULT, PROMPT = range(6)
NAMED = ["end", "user", "assistant", "call", "result", "prompt"]
SPECIAL = [f"<|{name}|>" for name in NAMED + [f"reserved_{i}" for i in range(10)]]
STOPS = (END, USER, RESULT)  # what a model's own turn ends with
VOCABULARY = 4096


def _character_class(major):
    """Regular-expression ranges of one Unicode category ('L' letters, 'N' numbers); `re` has no \\p{L}."""
    ranges, start = [], None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] == major
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(ranges)


_L, _N = _character_class("L"), _character_class("N")
WORDS = re.compile(rf"'s|'t|'re|'ve|'m|'ll|'d| ?[{_L}]+| ?[{_N}]+| ?[^\s{_L}{_N}]+|\s+(?!\S)|\s+")
SPECIALS = re.compile("(" + "|".join(re.escape(token) for token in SPECIAL) + ")")


def _byte_characters():
    """GPT-2's table: printable bytes stand for themselves, the other 68 for characters from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {byte: chr(byte) for byte in printable}
    others = (byte for byte in range(256) if byte not in table)
    return {**table, **{byte: chr(256 + i) for i, byte in enumerate(others)}}


BYTES = _byte_characters()
CHARACTERS = {character: byte for byte, character in BYTES.items()}


def _word_counts(lines):
    counts = collections.Counter()
    for line in lines:
        for segment in SPECIALS.split(line):
            if segment and segment not in SPECIAL:
                counts.update(WORDS.findall(segment))
    return counts


def _merge(word, pair):
    merged, i = [], 0
    while i < len(word):
        if tuple(word[i:i + 2]) == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return merged


def train(lines, size=VOCABULARY):
    """-> (vocabulary in id order, merges in rank order)."""
    counts = _word_counts(lines)
    words = [[BYTES[byte] for byte in word.encode()] for word in counts]
    frequency = list(counts.values())
    pairs, homes = collections.Counter(), collections.defaultdict(set)
    for index, word in enumerate(words):
        for pair in zip(word, word[1:]):
            pairs[pair] += frequency[index]
            homes[pair].add(index)
    vocabulary, merges = SPECIAL + sorted(BYTES.values()), []
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(heap)
    while len(vocabulary) < size:
        count, best = heapq.heappop(heap)
        if pairs[best] != -count:  # a stale entry: its pair's count has changed since
            if pairs[best] > 0:
                heapq.heappush(heap, (-pairs[best], best))
            continue
        merges.append(best)
        vocabulary.append(best[0] + best[1])
        changed = set()
        for index in list(homes[best]):
            for pair in zip(words[index], words[index][1:]):
                pairs[pair] -= frequency[index]
                homes[pair].discard(index)
            words[index] = _merge(words[index], best)
            for pair in zip(words[index], words[index][1:]):
                pairs[pair] += frequency[index]
                homes[pair].add(index)
                changed.add(pair)
        for pair in changed:
            heapq.heappush(heap, (-pairs[pair], pair))
    return vocabulary, merges


class Tokenizer:
    """Text <-> token ids. `encode` finds special tokens in the text; `decode` writes them out again."""

    def __init__(self, vocabulary, merges):
        self.tokens = vocabulary
        self.ids = {token: i for i, token in enumerate(vocabulary)}
        self.ranks = {tuple(pair): i for i, pair in enumerate(merges)}
        self.known = {}

    @classmethod
    def load(cls, folder):
        model = json.loads((pathlib.Path(folder) / "tokenizer.json").read_text())["model"]
        pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
        return cls(sorted(model["vocab"], key=model["vocab"].get), pairs)

    def _word(self, text):
        if text not in self.known:
            word = [BYTES[byte] for byte in text.encode()]
            while len(word) > 1:
                rank, best = min((self.ranks.get(pair, len(self.ranks)), pair) for pair in zip(word, word[1:]))
                if rank == len(self.ranks):
                    break
                word = _merge(word, best)
            self.known[text] = [self.ids[piece] for piece in word]
        return self.known[text]

    def encode(self, text):
        ids = []
        for segment in SPECIALS.split(text):
            if segment in self.ids and segment in SPECIAL:
                ids.append(self.ids[segment])
            else:
                for word in WORDS.findall(segment):
                    ids += self._word(word)
        return ids

    def decode(self, ids):
        parts, pending = [], bytearray()
        for i in ids:
            token = self.tokens[i]
            if i < len(SPECIAL):
                parts += [pending.decode(errors="replace"), token]
                pending = bytearray()
            else:
                pending += bytes(CHARACTERS[character] for character in token)
        return "".join(parts) + pending.decode(errors="replace")


def hugging_face(vocabulary, merges):
    """The value of tokenizer.json."""
    byte_level = {"trim_offsets": True, "use_regex": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
        "vocab": {token: i for i, token in enumerate(vocabulary)},
        "merges": [" ".join(pair) for pair in merges],
    }
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": token, **flags} for i, token in enumerate(SPECIAL)],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, **byte_level},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, **byte_level},
        "model": model,
    }


def open_text(path):
    """Plain or gzipped."""
    return gzip.open(path, "rt", encoding="utf-8") if str(path).endswith(".gz") else open(path, encoding="utf-8")


def main():
    arguments = argparse.ArgumentParser(description="Train the tokenizer; writes OUT/tokenizer.json.")
    arguments.add_argument("--text", nargs="+", required=True, help="training dialogues, one a line")
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    lines = (line.rstrip("\n") for name in options.text for line in open_text(name))
    vocabulary, merges = train(lines)
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(hugging_face(vocabulary, merges), ensure_ascii=False)
    (out / "tokenizer.json").write_text(text, encoding="utf-8")
    print(f"{len(vocabulary)} tokens, {len(merges)} merges")


if __name__ == "__main__":
    main()
