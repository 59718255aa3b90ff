"""Reading from an ONNX file what its last layer reads, and giving that as one more output.

An ONNX file is a protocol buffer. Of its fields only the graph (7), its nodes (1) and outputs (12), and of a node its
inputs (1) and operator (4) matter here, so no package is needed that would have to come along on every worker.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

GRAPH, NODE, OUTPUT = 7, 1, 12
NODE_INPUT, NODE_OPERATOR = 1, 4
NAME, BYTES = 1, 2
LAYERS = (b"MatMul", b"Gemm")
_WIDTHS = {1: 8, 5: 4}
"""Bytes of the wire types of fixed width."""


def read_by_last_layer(path: Path) -> str:
    """The name of the tensor that the last fully connected layer reads; "" where there is no such layer."""
    with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        name = b""
        for at, end in _parts(mapped, 0, len(mapped), GRAPH):
            for node in _parts(mapped, at, end, NODE):
                if any(mapped[a:b] in LAYERS for a, b in _parts(mapped, *node, NODE_OPERATOR)):
                    first, last = next(_parts(mapped, *node, NODE_INPUT))
                    name = mapped[first:last]
        return name.decode()


def with_output(model: bytes, name: str) -> bytes:
    """The ONNX file with a tensor as its last output: messages that follow each other are one, their lists joined."""
    return model + _message(GRAPH, _message(OUTPUT, _message(NAME, name.encode())))


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | BYTES) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    some = []
    while number > 0x7F:
        some.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*some, number])


def _parts(of: mmap.mmap, at: int, end: int, field: int) -> Iterator[tuple[int, int]]:
    """Where the parts of a message lie that are of this field."""
    while at < end:
        key, at = _read_varint(of, at)
        wire = key & 7
        if wire == BYTES:
            length, at = _read_varint(of, at)
            if key >> 3 == field:
                yield at, at + length
            at += length
        elif wire == 0:
            _, at = _read_varint(of, at)
        else:
            at += _WIDTHS[wire]


def _read_varint(of: mmap.mmap, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = of[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
