"""The gallery of an experiment's spines: crops in sheets, chosen and named many at once."""
