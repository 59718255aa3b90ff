"""Which animal, cell and condition a picture is of: from its file name, or from a sample sheet."""

from spines.samples.fields import SampleFields
from spines.samples.pattern import FilenamePattern
from spines.samples.sheet import SampleRow, SampleSheetError, parse_sample_sheet

__all__ = ["FilenamePattern", "SampleFields", "SampleRow", "SampleSheetError", "parse_sample_sheet"]
