import { duration } from "../model/format.ts";
import { labelOf, type PageEvent, titleOf } from "../model/page-event.ts";
import type { RunModel } from "../model/run-model.ts";
import { marksOf, type TroubleMark } from "../model/troubles.ts";
import { visiblePieces } from "../model/visible-events.ts";

/** In CSS pixels. */
export const rowHeight = 20;
export const axisHeight = 24;

/** The part of the timeline that is seen. */
export interface TimelineWindow {
  readonly from: number;
  readonly to: number;
  /** Pixels above the first visible row. */
  readonly scroll: number;
}

/** Colours of the style sheet, for the canvas. */
export interface Palette {
  readonly types: readonly string[];
  readonly onTypes: readonly string[];
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly background: string;
  readonly error: string;
  readonly pause: string;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    types: [0, 1, 2, 3, 4, 5, 6].map((index) => read(`--c${index}`)),
    onTypes: [0, 1, 2, 3, 4, 5, 6].map((index) => read(`--on-c${index}`)),
    text: read("--text"),
    quiet: read("--quiet"),
    line: read("--line"),
    background: read("--background"),
    error: read("--error"),
    pause: read("--pause"),
  };
}

/** There are more types than colours: then some share one. */
export const colourOf = (number: number): number => number % 7;

interface Drawing {
  readonly model: RunModel;
  readonly window: TimelineWindow;
  readonly width: number;
  readonly height: number;
  readonly now: number;
  readonly palette: Palette;
  readonly selected: PageEvent | undefined;
}

const font = "12px system-ui, sans-serif";

/** Draws the visible part: work grows with the pixels, not with the events. */
export function drawTimeline(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { model, window, width, height, now, palette } = drawing;
  const { from, to, scroll } = window;
  const scale = width / Math.max(0.001, to - from);
  const xOf = (time: number): number => (time - from) * scale;
  context.font = font;
  context.textBaseline = "middle";
  context.fillStyle = palette.background;
  context.fillRect(0, 0, width, height);
  drawAxis(context, drawing, xOf);
  context.save();
  context.beginPath();
  context.rect(0, axisHeight, width, height - axisHeight);
  context.clip();
  drawPauses(context, drawing, xOf);
  const { rows } = model.layout;
  const first = Math.max(0, Math.floor(scroll / rowHeight));
  const last = Math.min(rows.length - 1, Math.ceil((scroll + height - axisHeight) / rowHeight));
  for (let index = first; index <= last; index++) {
    const y = axisHeight + index * rowHeight - scroll;
    for (const piece of visiblePieces(rows[index]!, from, to, 1.5 / scale, now)) {
      drawPiece(context, drawing, piece, y, xOf);
    }
  }
  for (const mark of marksOf(model)) drawMark(context, drawing, xOf(mark.time), mark.word);
  context.restore();
}

function drawPiece(
  context: CanvasRenderingContext2D,
  { model, width, palette, selected }: Drawing,
  piece: ReturnType<typeof visiblePieces>[number],
  y: number,
  xOf: (time: number) => number,
): void {
  const { event, count, hasFailed } = piece;
  const left = Math.max(-4, xOf(piece.from));
  const right = Math.min(width + 4, xOf(piece.to));
  const wide = Math.max(1.5, right - left);
  const colour = colourOf(model.types.get(event.type) ?? 0);
  context.fillStyle = palette.types[colour]!;
  context.fillRect(left, y + 2, wide, rowHeight - 4);
  if (event.status === "open") {
    // Its end is not known yet: the edge is drawn as teeth.
    context.fillStyle = palette.background;
    for (let tooth = 0; tooth < 4; tooth++) context.fillRect(left + wide - 3, y + 4 + tooth * 4, 3, 2);
  }
  if (hasFailed) {
    // By its shape too: a line below, and a cross where there is room.
    context.fillStyle = palette.error;
    context.fillRect(left, y + rowHeight - 5, wide, 3);
  }
  if (event === selected) {
    context.strokeStyle = palette.text;
    context.lineWidth = 2;
    context.strokeRect(left, y + 2, wide, rowHeight - 4);
  }
  if (wide < 48) return;
  const start = Math.max(2, left + 5);
  const room = right - start - 4;
  const cross = hasFailed ? "✕ " : "";
  const label = count > 1 ? `${count} × ${labelOf(event)}` : titleOf(event);
  context.fillStyle = palette.onTypes[colour]!;
  const text = clipped(context, cross + label, room);
  if (text !== "") context.fillText(text, start, y + rowHeight / 2);
}

const widths = new Map<string, number>();

/** Measuring takes longer than drawing, and the same labels come again in every frame. */
function widthOf(context: CanvasRenderingContext2D, text: string): number {
  let width = widths.get(text);
  if (width === undefined) {
    width = context.measureText(text).width;
    if (widths.size >= 10_000) widths.clear();
    widths.set(text, width);
  }
  return width;
}

/** Widths of characters differ little: measured once for each text, its end is found by the average. */
function clipped(context: CanvasRenderingContext2D, text: string, room: number): string {
  const wide = widthOf(context, text);
  if (wide <= room) return text;
  const length = Math.floor((text.length * room) / wide) - 1;
  return length < 3 ? "" : `${text.slice(0, length)}…`;
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { model, window, width, height, palette }: Drawing,
  xOf: (time: number) => number,
): void {
  const { from, to } = window;
  const step = niceStep((to - from) / Math.max(2, width / 110));
  const origin = model.from;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  for (let time = origin + Math.ceil((from - origin) / step) * step; time <= to; time += step) {
    const x = Math.round(xOf(time)) + 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    context.fillStyle = palette.quiet;
    const offset = time - origin;
    const text = Math.abs(offset) < step / 2 ? "0" : duration(offset);
    if (x + 4 + widthOf(context, text) <= width) context.fillText(text, x + 4, axisHeight / 2);
  }
  context.beginPath();
  context.moveTo(0, axisHeight - 0.5);
  context.lineTo(width, axisHeight - 0.5);
  context.stroke();
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-4)));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

function drawPauses(
  context: CanvasRenderingContext2D,
  { model, window, height, now, palette }: Drawing,
  xOf: (time: number) => number,
): void {
  for (const { start, end } of model.pauses) {
    const until = Number.isNaN(end) ? now : end;
    if (until < window.from || start > window.to) continue;
    const left = xOf(start);
    context.fillStyle = palette.pause;
    context.fillRect(left, axisHeight, Math.max(2, xOf(until) - left), height - axisHeight);
  }
}

const markLines: readonly TroubleMark["word"][] = ["stall", "deadlock", "deadlock suspected"];

function drawMark(
  context: CanvasRenderingContext2D,
  { height, width, palette }: Drawing,
  x: number,
  word: TroubleMark["word"],
): void {
  if (x < 0 || x > width) return;
  context.strokeStyle = palette.error;
  context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(x, axisHeight);
  context.lineTo(x, height);
  context.stroke();
  context.setLineDash([]);
  const text = `▲ ${word}`;
  const wide = widthOf(context, text);
  // Beside the line, on the side where there is room; on lines of their own, as several may come close together.
  const left = x + 4 + wide > width ? x - 4 - wide : x + 4;
  const y = height - 12 - 18 * markLines.indexOf(word);
  context.fillStyle = palette.background;
  context.fillRect(left - 2, y - 8, wide + 4, 16);
  context.fillStyle = palette.error;
  context.fillText(text, left, y);
}
