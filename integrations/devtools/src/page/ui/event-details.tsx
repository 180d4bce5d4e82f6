import { count, duration } from "../model/format.ts";
import { durationOf, pathOf, type PageEvent, selfTimeOf, titleOf } from "../model/page-event.ts";
import { Status } from "./parts.tsx";

interface Props {
  readonly event: PageEvent;
  /** The event where the error was thrown, if it is another one. */
  readonly origin: PageEvent | undefined;
  readonly from: number;
  readonly now: number;
  readonly isLive: boolean;
  onSelect(event: PageEvent | undefined): void;
}

/** Everything that is known of one event. */
export function EventDetails({ event, origin, from, now, isLive, onSelect }: Props) {
  const { status, error, payload, endPayload, tags, children } = event;
  const above = pathOf(event).slice(0, -1);
  return (
    <aside class="details" aria-label="Details of the event">
      <header>
        <h2>{titleOf(event)}</h2>
        <button
          type="button"
          class="plain"
          onClick={() => onSelect(undefined)}
          aria-label="Close the details"
        >
          ✕
        </button>
      </header>
      <dl class="facts">
        <dt>status</dt>
        <dd>
          <Status status={status} hasWord isLive={isLive} />
        </dd>
        <dt>duration</dt>
        <dd>{duration(durationOf(event, now))}</dd>
        <dt>self time</dt>
        <dd>{duration(selfTimeOf(event, now))}</dd>
        <dt>started</dt>
        <dd>{duration(event.start - from)} after the first event</dd>
        {children !== undefined && (
          <>
            <dt>inside</dt>
            <dd>
              {count(children.length)} {children.length === 1 ? "event" : "events"}
            </dd>
          </>
        )}
        {tags !== undefined && (
          <>
            <dt>tags</dt>
            <dd>
              {Object.entries(tags)
                .map(([name, value]) => `${name}=${value}`)
                .join(", ")}
            </dd>
          </>
        )}
      </dl>
      {error !== undefined && (
        <section>
          <h3>Error</h3>
          <p class="error-name">{error.name}</p>
          <pre>{error.message}</pre>
        </section>
      )}
      {error === undefined && status === "error" && (
        <section>
          <h3>Error</h3>
          {origin === undefined ? (
            <p>It was thrown in an event inside this one.</p>
          ) : (
            <p>
              Thrown in{" "}
              <button type="button" class="link" onClick={() => onSelect(origin)}>
                {titleOf(origin)}
              </button>
              : {origin.error?.name} {origin.error?.message}
            </p>
          )}
        </section>
      )}
      {above.length > 0 && (
        <section>
          <h3>Inside of</h3>
          <ol class="path">
            {above.map((each) => (
              <li key={each.id}>
                <button type="button" class="link" onClick={() => onSelect(each)}>
                  {titleOf(each)}
                </button>
              </li>
            ))}
          </ol>
        </section>
      )}
      <Payload title="At its start" value={payload} />
      <Payload title="At its end" value={endPayload} />
      <p class="quiet">
        event {event.id}, trace {event.trace}
      </p>
    </aside>
  );
}

function Payload({ title, value }: { title: string; value: object | undefined }) {
  if (value === undefined) return null;
  return (
    <section>
      <h3>{title}</h3>
      <pre>{JSON.stringify(value, undefined, 2)}</pre>
    </section>
  );
}
