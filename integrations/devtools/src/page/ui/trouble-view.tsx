import { count, duration } from "../model/format.ts";
import type { PageEvent } from "../model/page-event.ts";
import type { ErrorGroup, RunModel } from "../model/run-model.ts";
import { titleOfWarning, troublesOf } from "../model/troubles.ts";
import { Empty } from "./parts.tsx";

interface Props {
  readonly model: RunModel;
  onSelect(event: PageEvent): void;
}

/** What went wrong: deadlocks, stalls, errors by kind, what was left behind. */
export function TroubleView({ model, onSelect }: Props) {
  const { deadlocks, errors, stalls, warnings, count: all } = troublesOf(model);
  const at = (time: number): string => `${duration(Math.max(0, time - model.from))} after the first event`;
  if (all === 0) {
    return (
      <Empty title="Nothing went wrong">
        <p>Errors appear here by kind, with stalls, deadlocks, and jobs that were left behind.</p>
        <p>
          Deadlocks are found for semaphores with <code>detectDeadlocks</code>, or for all with{" "}
          <code>devtools --detect-deadlocks node …</code>
        </p>
      </Empty>
    );
  }
  return (
    <div>
      {deadlocks.map(({ message, time, count: times, events }) => (
        <Group
          key={message}
          title="Deadlock"
          message={message}
          times={times}
          place={`${events === undefined ? "outside of any event" : `in ${events.type}`}; ${at(time)}`}
          events={events}
          onSelect={onSelect}
        />
      ))}
      {stalls.toReversed().map(({ time, report, source }) => (
        <article key={`${source} ${time}`} class="card trouble">
          <h3>
            <span aria-hidden="true">▲</span> Stall
          </h3>
          <p class="quiet">{at(time)}</p>
          <pre>{report}</pre>
        </article>
      ))}
      {errors.map((group) => (
        <Group
          key={group.first.id}
          title={group.name}
          message={group.message}
          times={group.count}
          place={`in ${group.type}; first ${at(group.first.start)}`}
          events={group}
          onSelect={onSelect}
        />
      ))}
      {warnings.toReversed().map(({ time, code, message }, index) => (
        <article key={index} class="card trouble">
          <h3>
            <span aria-hidden="true">▲</span> {titleOfWarning(code)}
          </h3>
          <p class="quiet">
            {code}, {at(time)}
          </p>
          <pre>{message}</pre>
        </article>
      ))}
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  readonly message: string;
  readonly times: number;
  /** Where and when. */
  readonly place: string;
  readonly events: ErrorGroup | undefined;
  onSelect(event: PageEvent): void;
}

function Group({ title, message, times, place, events, onSelect }: GroupProps) {
  return (
    <article class="card trouble">
      <h3>
        <span class="status error" aria-hidden="true">
          ✕
        </span>{" "}
        {title} {times > 1 && <span class="quiet">×{count(times)}</span>}
      </h3>
      <p class="quiet">{place}</p>
      <pre>{message}</pre>
      {events !== undefined && (
        <p class="actions">
          <button type="button" onClick={() => onSelect(events.first)}>
            Show the first
          </button>
          {events.last !== events.first && (
            <button type="button" onClick={() => onSelect(events.last)}>
              Show the latest
            </button>
          )}
        </p>
      )}
    </article>
  );
}
