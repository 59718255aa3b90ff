// @ts-check
// Draws Plotly figures that the server makes. Ground, ink and grid come from the page's theme; `meta.ink` of a
// trace ("accent", "muted", "ink") names the theme's colour for its marks and lines, `meta.edge` ("ink", "none") that
// around its marks. `meta` of the layout may hold a `note` for the words beneath, a `height`, and `empty` where the
// note says why nothing is drawn.

import { parts, said, sentenceOf } from "./dom.js";

/** @typedef {Record<Ink, string>} Inks The theme's colours by name. */

const HEIGHT_PX = 380;
const FONT_PX = 13;
const narrow = matchMedia("(max-width: 640px)");
const dark = matchMedia("(prefers-color-scheme: dark)");
/** @type {Map<HTMLElement, Figure>} */
const figures = new Map();

/** @param {string} name Of a downloaded file. */
const config = (name) => ({
  displaylogo: false,
  responsive: true,
  showSendToCloud: false,
  showEditInChartStudio: false,
  plotlyServerURL: "",
  displayModeBar: true,
  modeBarButtons: [
    [button("png", name, "Download as PNG"), button("svg", name, "Download as SVG")],
    ["zoom2d", "pan2d", "resetScale2d"],
  ],
});

/** @param {"png" | "svg"} format @param {string} filename @param {string} title */
function button(format, filename, title) {
  return {
    name: format,
    title,
    icon: format === "png" ? Plotly.Icons.camera : Plotly.Icons.disk,
    click: (/** @type {HTMLElement} */ plot) =>
      Plotly.downloadImage(plot, {
        format,
        filename,
        width: 900,
        height: figures.get(plot)?.layout.meta?.height ?? 480,
        scale: format === "png" ? 3 : 1,
      }),
  };
}

/** @param {Trace} trace @param {Inks} inks @param {string} ground */
function themedTrace(trace, inks, ground) {
  if (trace.type === "heatmap") return { ...trace, textfont: { ...trace.textfont, color: inks.ink } };
  const ink = trace.meta?.ink && inks[trace.meta.ink];
  const marker = { ...trace.marker };
  const line = { ...trace.line };
  if (ink) marker.color = line.color = ink;
  const edge = trace.meta?.edge;
  if (marker.symbol === "line-ew-open") marker.line = { ...marker.line, color: ink };
  else if (edge === "ink") marker.line = { ...marker.line, color: inks.ink };
  else if (trace.mode === "markers" && edge !== "none") marker.line = { ...marker.line, color: ground, width: 1 };
  if (trace.error_y) return { ...trace, marker, error_y: { ...trace.error_y, color: ink } };
  return trace.type === "scatter" && trace.mode?.includes("lines") ? { ...trace, marker, line } : { ...trace, marker };
}

/** @param {Figure} figure @param {number} heightPx */
function themed({ data, layout }, heightPx) {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const inks = { muted: of("--ink-muted"), accent: of("--accent"), ink: of("--ink") };
  const axis = {
    gridcolor: of("--hairline"),
    linecolor: of("--hairline-strong"),
    zerolinecolor: of("--hairline-strong"),
    automargin: true,
    fixedrange: matchMedia("(pointer: coarse)").matches,
  };
  const ground = of("--ground");
  const titled = (/** @type {Axis | undefined} */ given) => (given?.title ? { title: { ...given.title, font: { size: FONT_PX } } } : {});
  return {
    data: data.map((trace) => themedTrace(trace, inks, ground)),
    layout: {
      ...layout,
      legend: { ...layout.legend, bgcolor: "rgba(0,0,0,0)" },
      annotations: layout.annotations?.map((note) => (narrow.matches && note.name ? { ...note, text: note.name } : note)),
      height: heightPx,
      margin: { l: 56, r: 16, t: layout.showlegend === false ? 56 : 40, b: 48 },
      paper_bgcolor: ground,
      plot_bgcolor: ground,
      font: { family: getComputedStyle(document.body).fontFamily, size: FONT_PX, color: of("--ink") },
      // A label that reaches beyond the drawing is shown: Plotly would leave it out, and a column would be nameless.
      xaxis: { ...layout.xaxis, ...axis, ...titled(layout.xaxis), zeroline: false, ticklabeloverflow: "allow" },
      yaxis: { ...layout.yaxis, ...axis, ...titled(layout.yaxis) },
      hoverlabel: { bgcolor: of("--ground-raised"), bordercolor: of("--hairline-strong"), font: { color: of("--ink") } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: of("--ink-muted"), activecolor: of("--accent") },
      dragmode: false,
    },
  };
}

/** @param {HTMLElement} plot @param {Figure} figure */
function draw(plot, figure) {
  const heightPx = figure.layout.meta?.height ?? Number(plot.dataset.height ?? HEIGHT_PX);
  plot.style.height = `${heightPx}px`;
  const { data, layout } = themed(figure, heightPx);
  return Plotly.react(plot, data, layout, config(plot.dataset.name ?? "chart"));
}

/** @param {HTMLElement} plot @param {string} sentence @param {string} kind The class of the words. */
function sayInstead(plot, sentence, kind) {
  if (figures.delete(plot)) Plotly.purge(plot);
  const note = document.createElement("p");
  note.className = kind;
  note.textContent = sentence;
  plot.style.height = "auto";
  plot.replaceChildren(note);
}

/**
 * Draw a figure in the element, or draw it again with other numbers; an empty one says why in its place.
 * @param {HTMLElement} plot
 * @param {Figure} figure
 */
export async function showFigure(plot, figure) {
  const { note = "", empty = false } = figure.layout.meta ?? {};
  const [words] = plot.parentElement ? parts(plot.parentElement, "[data-note]") : [];
  if (words) words.textContent = empty ? "" : note;
  if (empty) {
    sayInstead(plot, note, "note");
    plot.dataset.state = "empty";
    return;
  }
  if (!figures.has(plot)) plot.replaceChildren();
  figures.set(plot, figure);
  await draw(plot, figure);
  plot.dataset.state = "drawn";
}

/**
 * Fetch the figure at `data-figure`, draw it and give it back; a failure is told in its place.
 * @param {HTMLElement} plot
 * @param {string} instead
 * @returns {Promise<Figure | null>}
 */
export async function loadFigure(plot, instead = "The tables below hold its numbers.") {
  try {
    const answer = await fetch(said(plot, "figure"), { headers: { Accept: "application/json" } });
    const figure = await answer.json();
    if (!answer.ok) throw new Error(figure.error);
    await showFigure(plot, figure);
    return figure;
  } catch (error) {
    plot.dataset.state = "failed";
    sayInstead(plot, `This chart could not be drawn: ${sentenceOf(error)} ${instead}`, "note note-error");
    return null;
  }
}

function drawAllAgain() {
  for (const [plot, figure] of figures) draw(plot, figure);
}

document.addEventListener("spinula:theme", drawAllAgain);
for (const change of [dark, narrow]) change.addEventListener("change", drawAllAgain);
