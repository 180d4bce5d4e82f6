/** One line of a chart. */
interface Series {
  readonly name: string;
  /** An index of the palette. */
  readonly colour: number;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn as steps: the value holds until the next point. */
  readonly isStepped?: boolean;
  readonly isDashed?: boolean;
}

/** A stretch of time that is marked across the chart. */
export interface Band {
  readonly from: number;
  readonly to: number;
}

interface Props {
  readonly label: string;
  readonly series: readonly Series[];
  readonly bands?: readonly Band[];
  readonly from: number;
  readonly to: number;
  /** The highest value, with its unit. */
  readonly top: string;
}

const width = 600;
const height = 90;

/**
 * Lines over time. A few hundred points need no library; as SVG it scales with the page and takes its colours from the style
 * sheet.
 */
export function Chart({ label, series, bands = [], from, to, top }: Props) {
  const most = Math.max(1e-9, ...series.flatMap(({ points }) => points.map(([, y]) => y)));
  const x = (time: number): number => ((time - from) / Math.max(1, to - from)) * width;
  const y = (value: number): number => height - 2 - (value / most) * (height - 8);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {bands.map((band, index) => (
          <rect
            key={index}
            class="band"
            x={x(band.from)}
            y={0}
            width={Math.max(2, x(band.to) - x(band.from))}
            height={height}
          />
        ))}
        <line class="axis" x1={0} y1={height - 2} x2={width} y2={height - 2} />
        {series.map(({ name, colour, points, isStepped, isDashed }) => (
          <path
            key={name}
            class={`line c${colour}${isDashed ? " dashed" : ""}`}
            d={pathOf(points, x, y, isStepped ?? false, to)}
          />
        ))}
      </svg>
      <figcaption>
        <span class="legend">
          {series.map(({ name, colour, isDashed }) => (
            <span key={name}>
              <span class={`swatch b${colour}${isDashed ? " dashed" : ""}`} aria-hidden="true" /> {name}
            </span>
          ))}
          {bands.length > 0 && (
            <span>
              <span class="swatch band-swatch" aria-hidden="true" /> pause
            </span>
          )}
        </span>
        <span class="quiet">top: {top}</span>
      </figcaption>
    </figure>
  );
}

function pathOf(
  points: Series["points"],
  x: (time: number) => number,
  y: (value: number) => number,
  isStepped: boolean,
  to: number,
): string {
  let path = "";
  for (const [time, value] of points) {
    const [px, py] = [x(time).toFixed(1), y(value).toFixed(1)];
    if (path === "") path = `M${px},${py}`;
    else path += isStepped ? `H${px}V${py}` : `L${px},${py}`;
  }
  return isStepped && path !== "" ? `${path}H${x(to).toFixed(1)}` : path;
}
