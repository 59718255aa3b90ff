// Draws Plotly figures that the server makes. Ground, ink and grid come from the page's theme; `meta.ink` of a
// trace ("accent", "muted", "ink") names the theme's colour for its marks and lines.

const HEIGHT_PX = 380;
const FONT_PX = 13;
const narrow = matchMedia("(max-width: 640px)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const figures = new Map();

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

function themedTrace(trace, inks, ground) {
  const ink = inks[trace.meta?.ink];
  const marker = { ...trace.marker };
  const line = { ...trace.line };
  if (ink) marker.color = line.color = ink;
  if (trace.mode === "markers" && marker.symbol !== "line-ew-open") marker.line = { ...marker.line, color: ground, width: 1 };
  if (marker.symbol === "line-ew-open") marker.line = { ...marker.line, color: ink };
  return trace.type === "scatter" && trace.mode.includes("lines") ? { ...trace, marker, line } : { ...trace, marker };
}

function themed({ data, layout }, heightPx) {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  const inks = { muted: of("--ink-muted"), accent: of("--accent"), ink: of("--ink") };
  const axis = {
    gridcolor: of("--hairline"),
    linecolor: of("--hairline-strong"),
    zerolinecolor: of("--hairline-strong"),
    automargin: true,
    fixedrange: matchMedia("(pointer: coarse)").matches,
  };
  const ground = of("--ground");
  const titled = (given) => (given?.title ? { title: { ...given.title, font: { size: FONT_PX } } } : {});
  return {
    data: data.map((trace) => themedTrace(trace, inks, ground)),
    layout: {
      ...layout,
      annotations: layout.annotations?.map((note) => (narrow.matches && note.name ? { ...note, text: note.name } : note)),
      height: heightPx,
      margin: { l: 56, r: 8, t: layout.showlegend === false ? 56 : 40, b: 48 },
      paper_bgcolor: ground,
      plot_bgcolor: ground,
      font: { family: getComputedStyle(document.body).fontFamily, size: FONT_PX, color: of("--ink") },
      xaxis: { ...layout.xaxis, ...axis, ...titled(layout.xaxis), zeroline: false },
      yaxis: { ...layout.yaxis, ...axis, ...titled(layout.yaxis) },
      hoverlabel: { bgcolor: of("--ground-raised"), bordercolor: of("--hairline-strong"), font: { color: of("--ink") } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: of("--ink-muted"), activecolor: of("--accent") },
      dragmode: false,
    },
  };
}

function draw(plot) {
  const { data, layout } = themed(figures.get(plot), Number(plot.dataset.height ?? HEIGHT_PX));
  return Plotly.react(plot, data, layout, config(plot.dataset.name));
}

/** Draw a figure in the element, or draw it again with other numbers. */
export async function showFigure(plot, figure) {
  if (!figures.has(plot)) plot.replaceChildren();
  figures.set(plot, figure);
  await draw(plot);
  plot.dataset.state = "drawn";
}

/** Fetch the figure at `data-figure` and draw it; a failure is told in its place. */
export async function loadFigure(plot, instead = "The tables below hold its numbers.") {
  try {
    const answer = await fetch(plot.dataset.figure, { headers: { Accept: "application/json" } });
    const figure = await answer.json();
    if (!answer.ok) throw new Error(figure.error);
    await showFigure(plot, figure);
  } catch (error) {
    const note = document.createElement("p");
    note.className = "note note-error";
    note.textContent = `This chart could not be drawn: ${error.message} ${instead}`;
    plot.replaceChildren(note);
    figures.delete(plot);
  }
}

function drawAllAgain() {
  for (const plot of figures.keys()) draw(plot);
}

document.addEventListener("spinula:theme", drawAllAgain);
for (const change of [dark, narrow]) change.addEventListener("change", drawAllAgain);
