"""What a file name or a row of a sheet says of a picture."""

from dataclasses import dataclass

# As long as the names of animals, cells and conditions may be where they are stored.
LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True)
class SampleFields:
    """Names as written, without space around them; empty where nothing is said."""

    animal: str = ""
    cell: str = ""
    condition: str = ""
