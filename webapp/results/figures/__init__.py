"""The charts of an experiment, one module a kind: Plotly figures, and their numbers as rows.

Each chart is a pair of functions of the experiment, the filters and the `ChartChoice`. What a reader must know of this
one drawing (how many of how many are drawn; why nothing is) stands in `layout.meta` as `note`; `empty` is true where
nothing can be drawn. Grounds, inks and grid lines come from the page's theme, so figures leave them out.
"""
