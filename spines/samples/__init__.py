"""Which animal, cell and condition a picture is of: from its file name, or from a sample sheet."""

from spines.samples.fields import SampleFields
from spines.samples.pattern import FilenamePattern
from spines.samples.sheet import SampleRow, parse_sample_sheet, read_sample_sheet
from spines.samples.sheet_text import SampleSheetError

__all__ = [
    "FilenamePattern",
    "SampleFields",
    "SampleRow",
    "SampleSheetError",
    "parse_sample_sheet",
    "read_sample_sheet",
]
