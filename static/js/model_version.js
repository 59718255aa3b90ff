// The charts of a model version.
import { loadFigure } from "./plots.js";

for (const plot of document.querySelectorAll(".plot")) loadFigure(plot, "Its numbers are under the chart.");
