"""The form in which SentencePiece keeps a map of texts to texts: a double array over bytes, and what it gives.

Normalising with it takes, at each place, the longest key that begins there; where none does, one character passes as it
is. The double array is Darts-clone's (https://github.com/s-yata/darts-clone); equal branches are kept once.
"""

import struct

# A unit of 32 bits: bit 31 marks a value in the lower bits; else bits 0-7 are the label by which the unit is reached,
# bit 8 says that a key ends here, bits 10-30 lead to the base. The child by `label` is at base ^ label, the value at base.
VALUE = 1 << 31
ENDS = 1 << 8
# What no label reaches, not even that of a NUL.
UNUSED = VALUE
LARGEST = 1 << 21


def compile_charsmap(mapping: dict) -> bytes:
    """The bytes that `CharsMapNormalization` of openvino-tokenizers takes as its map.

    >>> len(compile_charsmap({"A": "a"})) > 1024
    True
    """
    texts, starts = bytearray(), {}
    root: dict = {}
    for key, text in mapping.items():
        if not key or "\0" in text:
            raise ValueError(f"{key!r} → {text!r}: an empty key or a NUL in a text cannot be kept")
        if text not in starts:
            starts[text] = len(texts)
            texts += text.encode() + b"\0"
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = starts[text]
    units = _DoubleArray(root).units
    array = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(array)) + array + bytes(texts)


class _DoubleArray:
    def __init__(self, root: dict):
        self.units = [UNUSED] * 256
        self._taken = bytearray(b"\1") + bytearray(255)
        self._bases: set = set()
        self._known: dict = {}
        self._next_place, self._next_base = 1, 0
        base, ends = self._place(root)
        self.units[0] = self._unit(0, 0, base, ends)
        if len(self.units) > LARGEST:
            raise ValueError(f"{len(self.units)} units are more than the offsets reach")

    def _place(self, node: dict) -> tuple:
        """Where the children of a node are, and whether a key ends in it."""
        children = [(byte, self._place(child)) for byte, child in sorted(node.items(), key=_order) if byte is not None]
        content = (node.get(None), tuple(children))
        if content not in self._known:
            labels = [byte for byte, _ in children] + ([0] if None in node else [])
            base = self._base(labels)
            if None in node:
                self.units[base] = VALUE | node[None]
            for byte, (child, ends) in children:
                self.units[base ^ byte] = self._unit(base ^ byte, byte, child, ends)
            self._known[content] = (base, None in node)
        return self._known[content]

    @staticmethod
    def _unit(position: int, label: int, base: int, ends: bool) -> int:
        return (position ^ base) << 10 | (ENDS if ends else 0) | label

    def _base(self, labels: list) -> int:
        """A base that no other node has, with room at each label; the search goes on where the last one ended."""
        if len(labels) == 1:
            while self._taken_at(self._next_place) or self._next_place ^ labels[0] in self._bases:
                self._next_place += 1
            base = self._next_place ^ labels[0]
        else:
            # Bytes that follow one another in UTF-8 share their upper two bits: bases a quarter apart fill a block.
            while self._next_base in self._bases or any(self._taken_at(self._next_base ^ label) for label in labels):
                self._next_base += 64
            base = self._next_base
        self._bases.add(base)
        for label in labels:
            self._taken[base ^ label] = 1
        return base

    def _taken_at(self, position: int) -> bool:
        while position >= len(self.units):
            self.units += [UNUSED] * 256
            self._taken += bytearray(256)
        return bool(self._taken[position])


def _order(item: tuple) -> int:
    return -1 if item[0] is None else item[0]
