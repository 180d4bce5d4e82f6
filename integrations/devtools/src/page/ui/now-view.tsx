import type { RecordedSemaphore } from "../../record/devtools-record.ts";
import type { CallProgress } from "../model/call-progress.ts";
import { count, duration, rate, share, shortPlace } from "../model/format.ts";
import { durationOf, pathOf, type PageEvent, titleOf } from "../model/page-event.ts";
import type { RunModel } from "../model/run-model.ts";
import { Bar, Empty, Figure } from "./parts.tsx";

const mostJobs = 8;
const mostEvents = 50;

interface Props {
  readonly model: RunModel;
  readonly now: number;
  /** Whether more can happen. */
  readonly isLive: boolean;
  onSelect(event: PageEvent): void;
}

/** What runs now, and what it waits for. */
export function NowView({ model, now, isLive, onSelect }: Props) {
  const { calls } = model;
  const running = runningEvents(model);
  const waiting = [...model.limits.all.values()].flatMap(({ now: state, label }) =>
    state !== undefined && state.waiting > 0 ? [{ label, state }] : [],
  );
  if (calls.length === 0 && running.length === 0 && waiting.length === 0) {
    return isLive ? (
      <Empty title="Nothing runs now">
        <p>
          Calls of <code>runJobs</code>, <code>mapJobs</code> and <code>streamJobs</code> appear here, and
          open events of any kind.{" "}
          {model.seen > 0 ? "What has already happened is in the timeline and the tree." : ""}
        </p>
      </Empty>
    ) : (
      <Empty title="Nothing runs any more">
        <p>What it did is in the timeline and the tree; what went wrong is under trouble.</p>
      </Empty>
    );
  }
  return (
    <div class="now">
      {calls.length > 0 && (
        <section aria-labelledby="calls">
          <h2 id="calls">Calls</h2>
          {calls.map((progress, index) => (
            <Call key={index} progress={progress} now={now} />
          ))}
        </section>
      )}
      {waiting.length > 0 && (
        <section aria-labelledby="waiting">
          <h2 id="waiting">Waiting for permits</h2>
          {waiting.map(({ label, state }, index) => (
            <Waiting key={index} label={label} state={state} />
          ))}
        </section>
      )}
      {running.length > 0 && (
        <section aria-labelledby="running">
          <h2 id="running">{isLive ? "Running, longest first" : "Left open at the end"}</h2>
          <div class="scroll-x" role="region" aria-label="Running events" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th>event</th>
                  <th class="number">age</th>
                  <th>inside of</th>
                </tr>
              </thead>
              <tbody>
                {running.slice(0, mostEvents).map((event) => (
                  <tr key={event.id}>
                    <td>
                      <button type="button" class="link" onClick={() => onSelect(event)}>
                        {titleOf(event)}
                      </button>
                    </td>
                    <td class="number">{duration(durationOf(event, now))}</td>
                    <td class="quiet">{placeOf(event)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {running.length > mostEvents && (
            <p class="quiet">… and {count(running.length - mostEvents)} more</p>
          )}
        </section>
      )}
    </div>
  );
}

/** Open events that wait for no other one, oldest first. */
function runningEvents(model: RunModel): PageEvent[] {
  const around = new Set<PageEvent>();
  for (const { parent } of model.open) if (parent !== undefined) around.add(parent);
  return [...model.open]
    .filter((event) => !around.has(event))
    .toSorted((one, other) => one.start - other.start);
}

function placeOf(event: PageEvent): string {
  const [top] = pathOf(event);
  const above = pathOf(event).slice(0, -1).map(titleOf);
  const name = top?.traceName;
  return (
    (name === undefined || name === above[0] || name === event.type ? above : [name, ...above]).join(" › ") ||
    "–"
  );
}

function Call({ progress, now }: { progress: CallProgress; now: number }) {
  const { call, left, since } = progress;
  const {
    desc,
    trace,
    done,
    running,
    started,
    total,
    pausedFor,
    semaphore,
    workers,
    jobs,
    refused = 0,
  } = call;
  const waiting = started - done - running;
  const oldest = jobs.toSorted((one, other) => (other.age ?? 0) - (one.age ?? 0)).slice(0, mostJobs);
  return (
    <article class="card">
      <h3>
        {desc} {trace !== undefined && <span class="quiet">in {trace}</span>}
      </h3>
      <Bar value={done} max={total ?? Math.max(started, 1)} label={`${desc}: jobs done`} />
      <dl class="figures">
        <Figure
          name="done"
          value={
            total === undefined ? count(done) : `${count(done)} of ${count(total)} (${share(done, total)})`
          }
        />
        <Figure name="running" value={`${count(running)} of ${count(workers)}`} />
        <Figure name="waiting" value={count(waiting)} />
        {refused > 0 && <Figure name="refused" value={count(refused)} />}
        <Figure name="rate" value={rate(progress.rate)} />
        <Figure name="time left" value={left === undefined ? "–" : duration(left)} />
        <Figure name="seen for" value={duration(Math.max(0, now - since))} />
      </dl>
      {pausedFor > 0 && (
        <p class="notice">
          <strong>Paused:</strong> the service asks to wait; the next attempt is in {duration(pausedFor)}.
        </p>
      )}
      {oldest.length > 0 && (
        <ul class="jobs">
          {oldest.map(({ index, attempt, state, age }) => (
            <li key={`${index}/${attempt}`}>
              <span>
                job {index}
                {attempt > 1 ? `, attempt ${attempt}` : ""}
              </span>
              <span>{stateOf(state, semaphore)}</span>
              <span class="number">{age === undefined ? "" : duration(age)}</span>
            </li>
          ))}
        </ul>
      )}
      {jobs.length > mostJobs && <p class="quiet">… and {count(jobs.length - mostJobs)} more</p>}
    </article>
  );
}

function stateOf(state: string, semaphore: string | undefined): string {
  if (state !== "waits for a permit") return state;
  return semaphore === undefined
    ? "waits until its limit lets it start"
    : `waits for a permit of ${semaphore}`;
}

function Waiting({ label, state }: { label: string; state: RecordedSemaphore }) {
  const { holders, waiters, waiting, permits, available } = state;
  return (
    <article class="card">
      <h3>{label}</h3>
      <p>
        {count(waiting)} waiting; {count(permits - available)} of {count(permits)} permits in use
      </p>
      <ul class="jobs">
        {waiters.slice(0, mostJobs).map(({ where, permits: wanted, age }, index) => (
          <li key={`w${index}`}>
            <span title={where}>{shortPlace(where)}</span>
            <span>waits for {wanted}</span>
            <span class="number">{duration(age)}</span>
          </li>
        ))}
        {holders.slice(0, mostJobs).map(({ where, permits: held, age }, index) => (
          <li key={`h${index}`}>
            <span title={where}>{shortPlace(where)}</span>
            <span>holds {held}</span>
            <span class="number">{duration(age)}</span>
          </li>
        ))}
      </ul>
    </article>
  );
}
