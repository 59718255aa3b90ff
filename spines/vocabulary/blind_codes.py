"""What a blinded image is called: a code that follows from its number, and tells nothing of it."""

from __future__ import annotations

import hashlib
import secrets

_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 6
_NUMBER_BITS = 46


def blind_code(number: int) -> str:
    """Six signs that are not mistaken for each other.

    >>> blind_code(1), blind_code(2)
    ('9Y4-7TC', 'VAH-4WZ')
    """
    left = int.from_bytes(hashlib.sha256(f"blinded image {number}".encode()).digest()[:8])
    signs = ""
    for _ in range(_LENGTH):
        left, sign = divmod(left, len(_SIGNS))
        signs += _SIGNS[sign]
    return f"{signs[:3]}-{signs[3:]}"


def unordered_number() -> int:
    """The number of a new image of a blinded experiment: addresses then do not tell what was uploaded together."""
    return (1 << _NUMBER_BITS) + secrets.randbits(_NUMBER_BITS)
