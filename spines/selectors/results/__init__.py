"""The figures of experiments: counts, densities, measures, comparisons. The animal is the unit."""
