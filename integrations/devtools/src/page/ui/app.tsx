import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { count, duration } from "../model/format.ts";
import type { PageEvent } from "../model/page-event.ts";
import type { RunModel } from "../model/run-model.ts";
import { troublesOf } from "../model/troubles.ts";
import type { Connection } from "./connection.ts";
import { CostView } from "./cost-view.tsx";
import { EventDetails } from "./event-details.tsx";
import { LimitsView } from "./limits-view.tsx";
import { NowView } from "./now-view.tsx";
import { TimelineView } from "./timeline-view.tsx";
import { TreeView } from "./tree-view.tsx";
import { TroubleView } from "./trouble-view.tsx";

const views = ["now", "timeline", "tree", "limits", "cost", "trouble"] as const;
type View = (typeof views)[number];
const titles: Readonly<Record<View, string>> = {
  now: "Now",
  timeline: "Timeline",
  tree: "Tree",
  limits: "Limits",
  cost: "Cost",
  trouble: "Trouble",
};

/** The page. */
export function App({ connection }: { connection: Connection }) {
  const [view, setView] = useState<View>(() => viewOf(location.hash));
  const [chosen, setChosen] = useState<PageEvent>();
  useTicks(connection);
  const { model, state } = connection;
  // Another run has taken the place of the one it was chosen in.
  const selected = chosen !== undefined && model.event(chosen.id) === chosen ? chosen : undefined;
  const isOver = model.exit !== undefined;
  // Without a connection, nobody knows what still runs.
  const isStill = isOver || state !== "connected" || model.to === Number.NEGATIVE_INFINITY;
  const now = isStill ? model.to : Math.max(model.to, Date.now());
  const isLive = !isOver && state !== "complete";
  const open = (next: View): void => {
    setView(next);
    history.replaceState(undefined, "", `#${next}`);
  };
  useKeys((key) => {
    const index = Number(key) - 1;
    if (views[index] !== undefined) open(views[index]);
    if (key === "Escape") setChosen(undefined);
  });
  return (
    <div class="page">
      <Head model={model} state={state} now={now} isLive={isLive} />
      <Tabs view={view} model={model} onOpen={open} />
      <div class={`body${selected === undefined ? "" : " with-details"}`}>
        <main class="main">
          <div
            id="panel"
            role="tabpanel"
            aria-labelledby={`tab-${view}`}
            class={`view view-${view}`}
            tabIndex={0}
          >
            {view === "now" && <NowView model={model} now={now} isLive={isLive} onSelect={setChosen} />}
            {view === "timeline" && (
              <TimelineView model={model} now={now} selected={selected} onSelect={setChosen} />
            )}
            {view === "tree" && (
              <TreeView
                model={model}
                version={connection.version}
                now={now}
                selected={selected}
                isLive={isLive}
                onSelect={setChosen}
              />
            )}
            {view === "limits" && <LimitsView model={model} now={now} onSelect={setChosen} />}
            {view === "cost" && <CostView model={model} />}
            {view === "trouble" && <TroubleView model={model} onSelect={setChosen} />}
          </div>
        </main>
        {selected !== undefined && (
          <EventDetails
            event={selected}
            origin={model.event(selected.errorFrom)}
            from={model.from}
            now={now}
            isLive={isLive}
            onSelect={setChosen}
          />
        )}
      </div>
    </div>
  );
}

interface HeadProps {
  readonly model: RunModel;
  readonly state: Connection["state"];
  readonly now: number;
  /** Whether more can happen. */
  readonly isLive: boolean;
}

function Head({ model, state, now, isLive }: HeadProps) {
  const { processes, seen, errors, open, exit, skipped, forgotten, from } = model;
  const programs = [...new Set([...processes.values()].map(({ program }) => program))];
  const connection =
    exit !== undefined
      ? `ended: ${typeof exit === "number" ? `exit code ${exit}` : exit}`
      : state === "connected"
        ? "live"
        : state === "complete"
          ? "a record"
          : state === "lost"
            ? "no connection to the program; trying again"
            : "connecting";
  return (
    <header class="head">
      <h1>{programs.length === 0 ? "devtools" : programs.join(", ")}</h1>
      <p class={`connection ${exit !== undefined ? "ended" : state}`} role="status">
        <span aria-hidden="true">
          {exit !== undefined || state === "complete" ? "■" : state === "connected" ? "●" : "○"}
        </span>{" "}
        {connection}
      </p>
      <p class="counts number">
        <span>
          {count(seen)} {seen === 1 ? "event" : "events"}
        </span>
        <span>
          {count(open.size)} {isLive ? "running" : "left open"}
        </span>
        <span class={errors > 0 ? "status error" : ""}>
          {count(errors)} {errors === 1 ? "error" : "errors"}
        </span>
        {seen > 0 && <span>{duration(Math.max(0, now - from))}</span>}
      </p>
      {skipped > 0 && (
        <p class="notice wide-notice">
          {count(skipped)} events came too fast to be shown here: the views are of the rest. A record has them
          all (<code>--record</code>).
        </p>
      )}
      {forgotten > 0 && (
        <p class="notice wide-notice">
          The oldest {count(forgotten)} events are no longer listed; counts, cost and errors include them.
        </p>
      )}
    </header>
  );
}

function Tabs({ view, model, onOpen }: { view: View; model: RunModel; onOpen(view: View): void }) {
  const troubles = troublesOf(model).count;
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = views[(views.indexOf(view) + step + views.length) % views.length]!;
    onOpen(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={onKey}>
      {views.map((each) => (
        <button
          key={each}
          id={`tab-${each}`}
          type="button"
          role="tab"
          aria-selected={each === view}
          aria-controls="panel"
          tabIndex={each === view ? 0 : -1}
          onClick={() => onOpen(each)}
        >
          {titles[each]}
          {each === "trouble" && troubles > 0 && (
            <span class="badge">
              {count(troubles)}
              <span class="unseen"> found</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}

function viewOf(hash: string): View {
  return views.find((each) => hash === `#${each}`) ?? "now";
}

/** Draws anew when something has changed, and each second while something runs: ages grow. */
function useTicks(connection: Connection): void {
  const [, setTick] = useState(0);
  useLayoutEffect(() => connection.drawn());
  useEffect(() => {
    const tick = (): void => setTick((before) => before + 1);
    const leave = connection.subscribe(tick);
    const timer = setInterval(() => {
      if (connection.model.exit === undefined && connection.model.open.size > 0) tick();
    }, 500);
    return () => {
      leave();
      clearInterval(timer);
    };
  }, [connection]);
}

/** Keys that work everywhere but where a person writes. */
function useKeys(onKey: (key: string) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const isWriting = event.target instanceof Element && event.target.matches("input, select, textarea");
      if (event.ctrlKey || event.metaKey || event.altKey || (isWriting && event.key !== "Escape")) return;
      onKey(event.key);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
