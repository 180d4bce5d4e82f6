import { writeFileSync } from "node:fs";
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** One bar. */
export interface Bar {
  /** The group of bars that it is compared in. */
  readonly section: string;
  readonly client: string;
  /** Seconds. */
  readonly cpu: number;
}

/** Draws the CPU time of each client, section by section, and writes the picture as SVG. */
export async function plot(title: string, bars: readonly Bar[], file: URL): Promise<void> {
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 12,
    title: { text: title, anchor: "start", fontSize: 14, offset: 10 },
    vconcat: [...Map.groupBy(bars, ({ section }) => section)].map(([section, values]) => ({
      title: { text: section, anchor: "start", fontSize: 12, fontWeight: "normal" as const },
      data: { values },
      width: 420,
      height: { step: 22 },
      encoding: {
        // As wide in all sections, so that these begin at the same place.
        y: {
          field: "client",
          type: "nominal" as const,
          sort: null,
          title: null,
          axis: { minExtent: 80 },
        },
        x: { field: "cpu", type: "quantitative" as const, title: null, axis: { grid: false } },
      },
      layer: [
        {
          mark: "bar" as const,
          encoding: {
            color: { condition: { test: "datum.client === 'ours'", value: "#1a7f64" }, value: "#b8c0c8" },
          },
        },
        {
          mark: { type: "text" as const, align: "left" as const, dx: 4 },
          encoding: { text: { field: "cpu", type: "quantitative" as const, format: ".1f" } },
        },
      ],
    })),
  };
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  writeFileSync(file, `${await view.toSVG()}\n`);
}
