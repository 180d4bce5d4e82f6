import { count, duration } from "../model/format.ts";
import type { LimitHistory } from "../model/limit-history.ts";
import type { PageEvent } from "../model/page-event.ts";
import type { RunModel } from "../model/run-model.ts";
import { type Band, Chart } from "./charts.tsx";
import { Empty, Figure } from "./parts.tsx";

interface Props {
  readonly model: RunModel;
  readonly now: number;
  onSelect(event: PageEvent): void;
}

/** Each limit: in use, waiting, over time; and when services asked to wait. */
export function LimitsView({ model, now, onSelect }: Props) {
  const limits = [...model.limits.all.values()];
  const { pauses } = model;
  if (limits.length === 0 && pauses.length === 0) {
    return (
      <Empty title="No limits were in use">
        <p>
          A <code>Semaphore</code> or <code>AdaptiveLimiter</code> appears once its permits are taken, and the
          rate limiter of a call while the call runs. Give it a <code>label</code>, and you find it here by
          that name. Pauses that a service asks for appear too.
        </p>
      </Empty>
    );
  }
  const bands = pauses.map(({ start, end }) => ({ from: start, to: Number.isNaN(end) ? now : end }));
  // All have the same axis: what happens at the same time is below each other.
  const from = Math.min(...limits.map(({ samples }) => samples[0]!.time));
  const ends = limits.map(({ samples, now: state }) => (state ? now : samples.at(-1)!.time));
  const axis = { from, to: Math.max(from + 1, ...ends) };
  return (
    <div>
      {limits.map((limit) => (
        <Limit key={`${limit.source} ${limit.label}`} limit={limit} bands={bands} axis={axis} />
      ))}
      {pauses.length > 0 && <Pauses pauses={pauses} now={now} from={model.from} onSelect={onSelect} />}
    </div>
  );
}

function Limit({ limit, bands, axis }: { limit: LimitHistory; bands: readonly Band[]; axis: Band }) {
  const { label, samples, now: state, mostInUse, mostWaiting, refused } = limit;
  const permits = samples.at(-1)!.permits;
  const most = Math.max(mostInUse, mostWaiting, ...samples.map((sample) => sample.permits));
  return (
    <article class="card">
      <h3>{label}</h3>
      <dl class="figures">
        <Figure
          name="in use"
          value={`${count(state === undefined ? 0 : state.permits - state.available)} of ${count(permits)}`}
        />
        <Figure name="waiting" value={count(state?.waiting ?? 0)} />
        <Figure name="most in use" value={count(mostInUse)} />
        <Figure name="most waiting" value={count(mostWaiting)} />
        <Figure name="refused" value={count(refused)} />
      </dl>
      <Chart
        label={`${label}: permits in use, limit and waiters over time`}
        from={axis.from}
        to={axis.to}
        top={count(most)}
        bands={bands.filter((band) => band.to >= axis.from && band.from <= axis.to)}
        series={[
          {
            name: "limit",
            colour: 7,
            isDashed: true,
            isStepped: true,
            points: samples.map((s) => [s.time, s.permits]),
          },
          { name: "in use", colour: 0, isStepped: true, points: samples.map((s) => [s.time, s.inUse]) },
          { name: "waiting", colour: 1, isStepped: true, points: samples.map((s) => [s.time, s.waiting]) },
        ]}
      />
    </article>
  );
}

function reasonOf({ payload }: PageEvent): string {
  const reason = payload?.["reason"];
  return typeof reason === "string" ? reason : "the service refuses";
}

function Pauses({
  pauses,
  now,
  from,
  onSelect,
}: {
  pauses: readonly PageEvent[];
  now: number;
  from: number;
  onSelect(event: PageEvent): void;
}) {
  return (
    <section aria-labelledby="pauses">
      <h2 id="pauses">Pauses that services asked for</h2>
      <div class="scroll-x" role="region" aria-label="Pauses" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>reason</th>
              <th class="number">at</th>
              <th class="number">wait</th>
              <th>now</th>
            </tr>
          </thead>
          <tbody>
            {pauses.toReversed().map((pause) => (
              <tr key={pause.id}>
                <td>
                  <button type="button" class="link" onClick={() => onSelect(pause)}>
                    {reasonOf(pause)}
                  </button>
                </td>
                <td class="number">{duration(pause.start - from)}</td>
                <td class="number">{duration(Number(pause.payload?.["wait"] ?? Number.NaN))}</td>
                <td>
                  {pause.status === "open"
                    ? `paused for ${duration(now - pause.start)}`
                    : `over after ${duration(pause.end - pause.start)}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
