// @ts-check
// OpenSeadragon as the pages use it: a picture that is moved and enlarged, every pixel as it is.

/**
 * @param {HTMLElement} element
 * @param {object} tileSource
 * @param {() => void} failed Called when the picture cannot be drawn.
 * @param {{hasMap?: boolean}} how With a map of the whole picture in its corner, which says where one is.
 */
export function openViewer(element, tileSource, failed, { hasMap = false } = {}) {
  const viewer = OpenSeadragon({
    element,
    showNavigationControl: false,
    showNavigator: hasMap,
    navigatorPosition: "TOP_RIGHT",
    navigatorSizeRatio: 0.16,
    navigatorAutoFade: false,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true },
    drawer: "canvas",
    imageSmoothingEnabled: false,
    maxZoomPixelRatio: 24,
    visibilityRatio: 0.8,
    animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.4,
    tileSources: tileSource,
  });
  viewer.canvas.tabIndex = -1;
  if (hasMap) viewer.navigator.element.ariaHidden = "true";
  viewer.addHandler("canvas-key", (event) => {
    event.preventDefaultAction = true;
  });
  viewer.addHandler("open-failed", failed);
  return viewer;
}
