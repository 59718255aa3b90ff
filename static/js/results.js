// The charts of the results page; a click on an image's point opens the image.
import { loadFigure } from "./plots.js";

for (const plot of document.querySelectorAll(".plot")) {
  loadFigure(plot).then(() => {
    if (!plot.dataset.imageAddress || plot.dataset.state !== "drawn") return;
    plot.on("plotly_click", ({ points: [point] }) => {
      if (point.data.meta?.links !== "images") return;
      location.href = plot.dataset.imageAddress.replace("/0/", `/${point.customdata[3]}/`);
    });
  });
}
