// Draws the charts of the results page. Figures come from the server; ground, ink and grid from the theme.

const HEIGHT_PX = 380;
const FONT_PX = 13;
const narrow = matchMedia("(max-width: 640px)");
const dark = matchMedia("(prefers-color-scheme: dark)");

const config = (name) => ({
  displaylogo: false,
  responsive: true,
  showSendToCloud: false,
  showEditInChartStudio: false,
  plotlyServerURL: "",
  displayModeBar: true,
  modeBarButtons: [
    [button("png", `${name}`, "Download as PNG"), button("svg", `${name}`, "Download as SVG")],
    ["zoom2d", "pan2d", "resetScale2d"],
  ],
});

function button(format, filename, title) {
  return {
    name: `${format}`,
    title,
    icon: format === "png" ? Plotly.Icons.camera : Plotly.Icons.disk,
    click: (plot) => Plotly.downloadImage(plot, { format, filename, width: 900, height: 480, scale: format === "png" ? 3 : 1 }),
  };
}

function themed({ data, layout }) {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  const inks = { muted: of("--ink-muted"), accent: of("--accent") };
  const axis = {
    gridcolor: of("--hairline"),
    linecolor: of("--hairline-strong"),
    zerolinecolor: of("--hairline-strong"),
    automargin: true,
    fixedrange: matchMedia("(pointer: coarse)").matches,
  };
  const ground = of("--ground");
  return {
    data: data.map((trace) => {
      const ink = inks[trace.meta?.ink];
      const marker = { ...trace.marker };
      if (ink) marker.color = ink;
      if (trace.mode === "markers" && trace.marker.symbol !== "line-ew-open") {
        marker.line = { ...marker.line, color: ground, width: 1 };
      }
      if (trace.marker.symbol === "line-ew-open") marker.line = { ...marker.line, color: ink };
      return { ...trace, marker };
    }),
    layout: {
      ...layout,
      annotations: layout.annotations?.map((note) => (narrow.matches && note.name ? { ...note, text: note.name } : note)),
      height: HEIGHT_PX,
      margin: { l: 56, r: 8, t: 56, b: 48 },
      paper_bgcolor: ground,
      plot_bgcolor: ground,
      font: { family: getComputedStyle(document.body).fontFamily, size: FONT_PX, color: of("--ink") },
      xaxis: { ...layout.xaxis, ...axis, zeroline: false },
      yaxis: { ...layout.yaxis, ...axis, title: { ...layout.yaxis.title, font: { size: FONT_PX } } },
      hoverlabel: { bgcolor: of("--ground-raised"), bordercolor: of("--hairline-strong"), font: { color: of("--ink") } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: of("--ink-muted"), activecolor: of("--accent") },
      dragmode: false,
    },
  };
}

function draw(plot, figure) {
  const { data, layout } = themed(figure);
  return Plotly.react(plot, data, layout, config(plot.dataset.name));
}

async function load(plot) {
  const answer = await fetch(plot.dataset.figure, { headers: { Accept: "application/json" } });
  const figure = await answer.json();
  if (!answer.ok) throw new Error(figure.error);
  plot.replaceChildren();
  await draw(plot, figure);
  plot.dataset.state = "drawn";
  const redraw = () => draw(plot, figure);
  document.addEventListener("spinula:theme", redraw);
  for (const change of [dark, narrow]) change.addEventListener("change", redraw);
  if (!plot.dataset.imageAddress) return;
  plot.on("plotly_click", ({ points: [point] }) => {
    if (point.data.meta?.links !== "images") return;
    location.href = plot.dataset.imageAddress.replace("/0/", `/${point.customdata[3]}/`);
  });
}

for (const plot of document.querySelectorAll(".plot")) {
  load(plot).catch((error) => {
    const note = document.createElement("p");
    note.className = "note note-error";
    note.textContent = `This chart could not be drawn: ${error.message} The tables below hold its numbers.`;
    plot.replaceChildren(note);
  });
}
