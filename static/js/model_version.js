// @ts-check
// The charts of a model version.
import { parts } from "./dom.js";
import { loadFigure } from "./plots.js";

for (const plot of parts(document, ".plot")) loadFigure(plot, "Its numbers are under the chart.");
