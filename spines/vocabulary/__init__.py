"""The words, signs, units and numbers of the field, each defined once. Plain Python: arrays and rows, no Django."""
