// What pages load as plain scripts, as far as our own scripts call it; and the events that htmx and pages send.
import type OSD from "openseadragon";

declare global {
  const OpenSeadragon: typeof OSD;

  const htmx: {
    ajax(method: string, address: string, context: { target: string; swap: string }): Promise<void>;
  };

  const Plotly: {
    react(plot: HTMLElement, data: Trace[], layout: object, config: object): Promise<unknown>;
    purge(plot: HTMLElement): void;
    downloadImage(plot: HTMLElement, options: object): Promise<string>;
    Icons: { camera: object; disk: object };
  };

  /** An element that Plotly has drawn in. */
  interface PlotElement extends HTMLElement {
    on(name: "plotly_click", listener: (click: { points: ClickedPoint[] }) => void): void;
  }

  interface ClickedPoint {
    data: Trace;
    customdata: unknown[];
  }

  /** A trace of a figure that the server made; what plots.js does not look at is handed on. */
  interface Trace {
    type: string;
    mode?: string;
    meta?: { ink?: Ink; edge?: "ink" | "none"; links?: string };
    marker?: { symbol?: string; color?: string; line?: object };
    line?: { color?: string };
    error_y?: object;
    textfont?: object;
  }

  type Ink = "accent" | "muted" | "ink";

  interface Axis {
    title?: object;
  }

  interface Figure {
    data: Trace[];
    layout: {
      meta?: { note?: string; empty?: boolean; height?: number };
      legend?: object;
      showlegend?: boolean;
      annotations?: { name?: string; text: string }[];
      shapes?: { x0: number; x1: number }[];
      xaxis?: Axis;
      yaxis?: Axis;
    };
  }

  interface HtmxAnswer {
    xhr: XMLHttpRequest;
    shouldSwap: boolean;
    isError: boolean;
  }

  interface DocumentEventMap {
    "htmx:beforeSwap": CustomEvent<HtmxAnswer>;
    "htmx:responseError": CustomEvent<HtmxAnswer>;
    "htmx:sendError": CustomEvent;
    "htmx:afterSettle": CustomEvent;
    "spinula:theme": CustomEvent;
    "spinula:finished": CustomEvent;
  }

  interface HTMLElementEventMap {
    "htmx:xhr:progress": CustomEvent<{ loaded: number; total: number }>;
    "htmx:afterRequest": CustomEvent;
  }
}
