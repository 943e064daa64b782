"""Ways to damage the bytes of a file, each drawn from a seeded generator: the same seed damages the same way."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable

HEADER = 2000
"""Most of what decides is at the beginning of a file."""
WORDS = (
    b"0", b"-1", b"1", b"2", b"3", b"255", b"65535", b"65536", b"2147483647", b"4294967295", b"1e400", b"-1e-400",
    b"nan", b"inf", b"3,5", b"1e9", b"0.0000001", b"99999999999999999999", b"", b"\\", b"x", b"(nan,0,0)", b"none",
)  # fmt: skip
LENGTHS = (0, 1, 2, 3, 7, 255, 256, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
ELEMENTS = (
    b"\x28\x00\x10\x00US\x02\x00\xff\xff",
    b"\x28\x00\x11\x00US\x02\x00\x00\x00",
    b"\x28\x00\x08\x00IS\x0a\x002000000000",
    b"\x28\x00\x30\x00DS\x08\x001e400\\0 ",
    b"\x08\x00\x15\x11SQ\x00\x00\xff\xff\xff\xff",
    b"\xfe\xff\x00\xe0\xff\xff\xff\xff",
    b"\xfe\xff\xdd\xe0\x00\x00\x00\x00",
    b"\xe0\x7f\x10\x00OW\x00\x00\xff\xff\xff\xff",
    b"\x08\x00\x05\x00CS\x04\x00\\\\\\\\",
    b"\x20\x00\x32\x00DS\x0e\x00nan\\nan\\-1e999",
    b"\x09\x00\x10\x00UN\x00\x00\xf0\xff\xff\xff",
)
"""DICOM elements that claim what cannot be: sizes, lengths, numbers, sequences without an end."""


def flip_bits(data: bytearray, choose: random.Random) -> None:
    for _ in range(choose.randint(1, 12)):
        data[_place(data, choose)] ^= 1 << choose.randrange(8)


def cut(data: bytearray, choose: random.Random) -> None:
    del data[choose.randrange(len(data)) :]


def drop(data: bytearray, choose: random.Random) -> None:
    start = _place(data, choose)
    del data[start : start + choose.choice((1, 2, 4, 8, 64, 1000))]


def repeat(data: bytearray, choose: random.Random) -> None:
    start, size = _place(data, choose), choose.choice((1, 2, 8, 100, 4000))
    data[start:start] = data[start : start + size] * choose.choice((1, 2, 50))


def overwrite_length(data: bytearray, choose: random.Random) -> None:
    """Write a number that a length or a size may not have over two, four or eight bytes, in either order."""
    value, kind = choose.choice(LENGTHS), choose.choice("HIQ")
    packed = struct.pack(choose.choice("<>") + kind, value & ((1 << 8 * struct.calcsize(kind)) - 1))
    start = _place(data, choose)
    data[start : start + len(packed)] = packed


def overwrite_float(data: bytearray, choose: random.Random) -> None:
    value = choose.choice((0.0, -1.0, 1e-30, 1e30, float("nan"), float("inf"), 0.5, 1e9))
    start = _place(data, choose)
    packed = struct.pack(choose.choice("<>") + choose.choice("fd"), value)
    data[start : start + len(packed)] = packed


def splice_element(data: bytearray, choose: random.Random) -> None:
    start = _place(data, choose)
    data[start:start] = choose.choice(ELEMENTS)


def replace_number(data: bytearray, choose: random.Random) -> None:
    """Write another word in place of a number in text."""
    numbers = list(re.finditer(rb"-?\d[\d.]*", bytes(data[: 4 * HEADER])))
    if numbers:
        found = choose.choice(numbers)
        data[found.start() : found.end()] = choose.choice(WORDS)


def replace_line(data: bytearray, choose: random.Random) -> None:
    """Write another value after a colon or an equals sign: the grammar of text headers."""
    lines = list(re.finditer(rb"(?<=[:=]) ?[^\n:=]{1,80}", bytes(data[: 4 * HEADER])))
    if lines:
        found = choose.choice(lines)
        data[found.start() : found.end()] = b" " + b" ".join(choose.choices(WORDS, k=choose.randint(1, 4)))


def exchange(data: bytearray, choose: random.Random) -> None:
    """Exchange two stretches of the file."""
    size = choose.choice((4, 8, 64))
    first, second = sorted((_place(data, choose), _place(data, choose)))
    if second - first >= size:
        data[first : first + size], data[second : second + size] = (
            data[second : second + size],
            data[first : first + size],
        )


def clear(data: bytearray, choose: random.Random) -> None:
    start, size = _place(data, choose), choose.choice((1, 4, 16, 400))
    data[start : start + size] = bytes([choose.choice((0, 0xFF))]) * len(data[start : start + size])


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flip_bits, cut, drop, repeat, overwrite_length, overwrite_float, splice_element, replace_number, replace_line,
    exchange, clear,
)  # fmt: skip


def mutate(content: bytes, choose: random.Random) -> bytes:
    """Return a file's bytes after one to four mutations."""
    data = bytearray(content)
    for _ in range(choose.choice((1, 1, 1, 2, 2, 3, 4))):
        if not data:
            break
        choose.choice(MUTATIONS)(data, choose)
    return bytes(data)


def _place(data: bytearray, choose: random.Random) -> int:
    """Return a place, three times in four within the header."""
    end = min(len(data), HEADER) if choose.random() < 0.75 else len(data)
    return choose.randrange(end)
