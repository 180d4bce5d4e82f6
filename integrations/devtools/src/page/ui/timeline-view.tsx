import { useEffect, useRef, useState } from "preact/hooks";
import { count, duration } from "../model/format.ts";
import { labelOf, type PageEvent, titleOf } from "../model/page-event.ts";
import type { RunModel } from "../model/run-model.ts";
import { marksOf } from "../model/troubles.ts";
import { eventAt, seenOf } from "../model/visible-events.ts";
import { Empty } from "./parts.tsx";
import {
  axisHeight,
  colourOf,
  drawTimeline,
  type Palette,
  readPalette,
  rowHeight,
  type TimelineWindow,
} from "./timeline-drawing.ts";

interface Props {
  readonly model: RunModel;
  readonly now: number;
  readonly selected: PageEvent | undefined;
  onSelect(event: PageEvent | undefined): void;
}

/** Shorter than a clock tells apart. */
const shortest = 0.01;

/** Events on rows over time. Nothing is moved until the person does so: then it stays where they look. */
export function TimelineView({ model, now, selected, onSelect }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  /** `undefined`: all of it, and what comes. */
  const [span, setSpan] = useState<{ from: number; to: number } | undefined>();
  const [scroll, setScroll] = useState(0);
  const [hint, setHint] = useState("");
  const size = useSize(canvas);
  const palette = usePalette(canvas);
  const whole = { from: model.from, to: Math.max(model.exit === undefined ? now : model.to, model.from + 1) };
  const margin = (whole.to - whole.from) * 0.01;
  const { from, to } = span ?? { from: whole.from - margin, to: whole.to + margin };
  const mostScroll = Math.max(
    0,
    model.layout.rows.length * rowHeight - (size.height - axisHeight) + rowHeight,
  );
  const window: TimelineWindow = { from, to, scroll: Math.min(scroll, mostScroll) };

  const zoom = (factor: number, at = 0.5): void => {
    const centre = from + (to - from) * at;
    const length = Math.max(shortest, Math.min((to - from) * factor, (whole.to - whole.from) * 2));
    setSpan({ from: centre - length * at, to: centre + length * (1 - at) });
  };
  const pan = (share: number): void => {
    const by = (to - from) * share;
    if (to + by < whole.from || from + by > whole.to) return;
    setSpan({ from: from + by, to: to + by });
  };
  const scrollBy = (pixels: number): void =>
    setScroll((before) => Math.max(0, Math.min(mostScroll, before + pixels)));
  const eventUnder = (x: number, y: number): PageEvent | undefined => {
    const row = model.layout.rows[Math.floor((y - axisHeight + window.scroll) / rowHeight)];
    const time = from + (x / Math.max(1, size.width)) * (to - from);
    return row && y >= axisHeight ? eventAt(row, time, ((to - from) / size.width) * 4, now) : undefined;
  };

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || !palette || size.width === 0) return;
    const ratio = globalThis.devicePixelRatio;
    element.width = Math.round(size.width * ratio);
    element.height = Math.round(size.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawTimeline(context, { model, window, ...size, now, palette, selected });
  });

  // An event that is chosen elsewhere is brought into view.
  useEffect(() => {
    if (selected === undefined) return;
    const end = Number.isNaN(selected.end) ? now : selected.end;
    if (end < from || selected.start > to) {
      const half = Math.max((end - selected.start) * 2, (to - from) / 8);
      setSpan({ from: selected.start - half, to: end + half });
    }
    const y = selected.row * rowHeight;
    if (y < window.scroll || y > window.scroll + size.height - axisHeight - rowHeight)
      setScroll(Math.max(0, y - 60));
  }, [selected]);

  const marks = marksOf(model);
  const isEmpty = model.seen === 0 && marks.length === 0;
  useWheel(canvas, isEmpty, (event) => {
    event.preventDefault();
    const { width } = size;
    if (event.ctrlKey || event.metaKey)
      zoom(Math.exp(event.deltaY / 300), event.offsetX / Math.max(1, width));
    else if (event.shiftKey) pan(event.deltaY / Math.max(1, width));
    else {
      if (event.deltaX !== 0) pan(event.deltaX / Math.max(1, width));
      scrollBy(event.deltaY);
    }
  });
  const drag = useDrag(
    (dx, dy) => {
      pan(-dx / Math.max(1, size.width));
      scrollBy(-dy);
    },
    (x, y) => onSelect(eventUnder(x, y)),
  );

  if (isEmpty) {
    return (
      <Empty title="No event yet">
        <p>
          Events of <code>@llx</code> packages appear here as they happen: jobs, requests, and your own with{" "}
          <code>manager.event("query", …)</code> or <code>traced</code>.
        </p>
      </Empty>
    );
  }

  const onKey = (event: KeyboardEvent): void => {
    const actions: Readonly<Record<string, () => void>> = {
      "+": () => zoom(0.7),
      "=": () => zoom(0.7),
      "-": () => zoom(1.4),
      "0": () => setSpan(undefined),
      ArrowLeft: () => pan(-0.2),
      ArrowRight: () => pan(0.2),
      ArrowUp: () => scrollBy(-3 * rowHeight),
      ArrowDown: () => scrollBy(3 * rowHeight),
    };
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };

  return (
    <div class="timeline">
      <div class="toolbar">
        <button type="button" onClick={() => zoom(0.5)} aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => zoom(2)} aria-label="Zoom out">
          −
        </button>
        <button type="button" onClick={() => pan(-0.3)} aria-label="Earlier">
          ←
        </button>
        <button type="button" onClick={() => pan(0.3)} aria-label="Later">
          →
        </button>
        <button type="button" onClick={() => setSpan(undefined)} disabled={span === undefined}>
          Show all
        </button>
        <span class="quiet number">
          {duration(seenOf(whole, { from, to }))} of {duration(whole.to - whole.from)},{" "}
          {count(model.layout.rows.length)} rows
        </span>
      </div>
      <p class="legend">
        {[...model.types].slice(0, 20).map(([type, number]) => (
          <span key={type}>
            <span class={`swatch b${colourOf(number)}`} aria-hidden="true" /> {type}
          </span>
        ))}
        <span>
          <span class="swatch failed-swatch" aria-hidden="true" /> failed
        </span>
        {model.pauses.length > 0 && (
          <span>
            <span class="swatch band-swatch" aria-hidden="true" /> pause
          </span>
        )}
        {[...new Set(marks.map(({ word }) => word))].map((word) => (
          <span key={word} class="status error">
            ▲ {word}
          </span>
        ))}
      </p>
      <div
        class="canvas"
        role="application"
        tabIndex={0}
        aria-label={`Timeline of ${count(model.seen)} events. Plus and minus zoom, arrows move, 0 shows all. The tree has the same events as text.`}
        onKeyDown={onKey}
      >
        <canvas
          ref={canvas}
          {...drag}
          onMouseMove={(event) => {
            const under = eventUnder(event.offsetX, event.offsetY);
            setHint(under === undefined ? "" : describe(under, now));
          }}
          onMouseLeave={() => setHint("")}
        />
      </div>
      <p class="quiet hint">
        {hint || "Drag to move, Ctrl and the wheel to zoom; click an event for its details."}
      </p>
    </div>
  );
}

function describe(event: PageEvent, now: number): string {
  const end = Number.isNaN(event.end) ? now : event.end;
  const inside = event.parent === undefined ? "" : `, in ${labelOf(event.parent)}`;
  const status = event.status === "ok" ? "" : ` (${event.status === "open" ? "running" : event.status})`;
  return `${titleOf(event)}${status}: ${duration(end - event.start)}${inside}`;
}

function useSize(canvas: { readonly current: HTMLElement | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = canvas.current?.parentElement;
    if (!element) return undefined;
    const observer = new ResizeObserver(() =>
      setSize((before) => {
        const { clientWidth: width, clientHeight: height } = element;
        return before.width === width && before.height === height ? before : { width, height };
      }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [canvas.current]);
  return size;
}

/** Follows the change between light and dark. */
function usePalette(canvas: { readonly current: HTMLElement | null }): Palette | undefined {
  const [palette, setPalette] = useState<Palette>();
  useEffect(() => {
    const read = (): void => setPalette(readPalette(document.documentElement));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    read();
    dark.addEventListener("change", read);
    return () => dark.removeEventListener("change", read);
  }, [canvas.current]);
  return palette;
}

/** The wheel must be kept from scrolling the page, which a listener of the framework cannot do. */
function useWheel(
  canvas: { readonly current: HTMLElement | null },
  isEmpty: boolean,
  onWheel: (event: WheelEvent) => void,
): void {
  const latest = useRef(onWheel);
  latest.current = onWheel;
  useEffect(() => {
    const element = canvas.current;
    const listen = (event: WheelEvent): void => latest.current(event);
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  }, [isEmpty]);
}

/** Moves by dragging, with mouse, pen or finger; a press that does not move is a click. */
function useDrag(onMove: (dx: number, dy: number) => void, onClick: (x: number, y: number) => void) {
  const start = useRef<{ x: number; y: number; hasMoved: boolean } | undefined>(undefined);
  return {
    onPointerDown: (event: PointerEvent) => {
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      start.current = { x: event.clientX, y: event.clientY, hasMoved: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const from = start.current;
      if (from === undefined) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.hasMoved && Math.hypot(dx, dy) < 4) return;
      start.current = { x: event.clientX, y: event.clientY, hasMoved: true };
      onMove(dx, dy);
    },
    onPointerUp: (event: PointerEvent) => {
      if (start.current?.hasMoved === false) onClick(event.offsetX, event.offsetY);
      start.current = undefined;
    },
    onPointerCancel: () => {
      start.current = undefined;
    },
  };
}
