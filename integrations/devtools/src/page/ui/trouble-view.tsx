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
      {deadlocks.map((group) => (
        <Group key={group.first.id} title="Deadlock" group={group} at={at} onSelect={onSelect} />
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
        <Group key={group.first.id} title={group.name} group={group} at={at} onSelect={onSelect} />
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
  readonly group: ErrorGroup;
  at(time: number): string;
  onSelect(event: PageEvent): void;
}

function Group({ title, group, at, onSelect }: GroupProps) {
  const { message, type, first, last, count: times } = group;
  return (
    <article class="card trouble">
      <h3>
        <span class="status error" aria-hidden="true">
          ✕
        </span>{" "}
        {title} {times > 1 && <span class="quiet">×{count(times)}</span>}
      </h3>
      <p class="quiet">
        in {type}; first {at(first.start)}
      </p>
      <pre>{message}</pre>
      <p class="actions">
        <button type="button" onClick={() => onSelect(first)}>
          Show the first
        </button>
        {last !== first && (
          <button type="button" onClick={() => onSelect(last)}>
            Show the latest
          </button>
        )}
      </p>
    </article>
  );
}
