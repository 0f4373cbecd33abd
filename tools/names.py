# SPDX-License-Identifier: BSD-2-Clause
"""The table of names that SYMS=y puts into an image; fault/names.c reads it.

First 128 pairs of bytes, then an entry for each function in the order of addresses: how far its
start is behind the one before (7 bits a byte, the lowest first, the top bit: more follow), then its
name, which ends with a zero. A byte of a name from 128 on stands for the pair of that number, whose
bytes may be pairs again. An entry without a name ends what has one.
"""
import collections
import re

PAIRS = 128
DEPTH_MAX = 12  # pairs within pairs: NAMES_DEPTH of fault/names.c
NAME_MAX = 60
GAP = 16
SUFFIX = re.compile(r"\.(isra|constprop|part|cold|lto_priv)\b.*")


def functions(symbols, start, end):
    """[(address, name)] with an empty name where nothing is; one name an address."""
    result, last_end, open_label = [], start, False
    for value, size, is_function, name in sorted(symbols, key=lambda s: (s[0], not s[2], -s[1])):
        if not start <= value < end or not name or name[0] in "$." or \
           not (is_function or value >= last_end) or result and result[-1][0] == value:
            continue
        if value - last_end > GAP and not open_label:
            result.append((last_end, ""))
        result.append((value, SUFFIX.sub("", name)[:NAME_MAX]))
        open_label = not size  # a label goes to the next symbol, a function to its end
        last_end = max(last_end, value + size)
    result.append((end, ""))
    return result


def compress(names):
    """(pairs, encoded names): the most frequent pair becomes a byte, again and again."""
    pairs, depth = [], {}
    words = [list(name.encode()) for name in names]
    while len(pairs) < PAIRS:
        count = collections.Counter()
        for word in words:
            for pair in zip(word, word[1:]):
                if depth.get(pair[0], 0) < DEPTH_MAX - 1 and depth.get(pair[1], 0) < DEPTH_MAX - 1:
                    count[pair] += 1
        best = min(count, key=lambda pair: (-count[pair], pair), default=None)
        if best is None or count[best] < 2:
            break
        token = 128 + len(pairs)
        pairs.append(best)
        depth[token] = 1 + max(depth.get(best[0], 0), depth.get(best[1], 0))
        for word in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == best:
                    word[i:i + 2] = [token]
                i += 1
    return pairs + [(0, 0)] * (PAIRS - len(pairs)), words


def number(value):
    """7 bits a byte."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def table(symbols, start, end):
    """The bytes for symbols (address, size, is a function, name) of the text from start to end."""
    entries = functions(symbols, start, end)
    pairs, words = compress([name for _, name in entries])
    out, at = bytearray(byte for pair in pairs for byte in pair), start
    for (address, _), word in zip(entries, words):
        out += number(address - at) + bytes(word) + b"\0"
        at = address
    return bytes(out) + bytes(-len(out) % 8)
