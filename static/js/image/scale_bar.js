// A bar of a round length in µm at the present zoom.

const WIDEST_PX = 160;

/** Show the bar; `umPerScreenPx` is null where the image has no pixel size. */
export function drawScaleBar(umPerScreenPx) {
  if (umPerScreenPx === null) return;
  const longest = WIDEST_PX * umPerScreenPx;
  const power = 10 ** Math.floor(Math.log10(longest));
  const length = [5, 2, 1].map((step) => step * power).find((candidate) => candidate <= longest);
  document.getElementById("scale-bar").hidden = false;
  document.getElementById("scale-bar-line").style.width = `${length / umPerScreenPx}px`;
  document.getElementById("scale-bar-length").textContent = `${Number(length.toPrecision(2))} µm`;
}
