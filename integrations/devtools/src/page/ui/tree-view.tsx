import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, duration, share } from "../model/format.ts";
import { durationOf, pathOf, type PageEvent, titleOf } from "../model/page-event.ts";
import type { RunModel } from "../model/run-model.ts";
import { searchEvents } from "../model/search-events.ts";
import { type TreeOrder, type TreeRow, treeRows } from "../model/tree-rows.ts";
import { Empty, Status } from "./parts.tsx";

interface Props {
  readonly model: RunModel;
  readonly version: number;
  readonly now: number;
  readonly selected: PageEvent | undefined;
  /** Whether more can happen. */
  readonly isLive: boolean;
  onSelect(event: PageEvent | undefined): void;
}

/** Must be the height of the style sheet. */
const rowHeight = 30;
/** Rows beyond what is seen, above and below. */
const spare = 10;

/** Traces as trees, with repeated siblings folded; or what a search finds. */
export function TreeView({ model, version, now, selected, isLive, onSelect }: Props) {
  const [folded, setFolded] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [order, setOrder] = useState<TreeOrder>("slowest");
  const [text, setText] = useState("");
  const [failedOnly, setFailedOnly] = useState(false);
  const isSearch = text.trim() !== "" || failedOnly;
  // The top is open, as a page that shows a single line says little.
  const isTop = useMemo(() => new Set(model.roots.slice(0, 50).map(({ id }) => id)), [version]);
  const isExpanded = (key: string): boolean => folded.get(key) ?? isTop.has(key);
  const rows = useMemo(
    () => (isSearch ? [] : treeRows(model.roots, isExpanded, order, now)),
    [version, folded, order, isSearch],
  );
  const result = useMemo(
    () => (isSearch ? searchEvents(model.events, { text, failedOnly }, now) : undefined),
    [version, text, failedOnly],
  );
  if (model.seen === 0) {
    return (
      <Empty title="No event yet">
        <p>
          Run something inside <code>manager.asTrace("name", …)</code> or{" "}
          <code>manager.event("query", …)</code>: jobs and requests appear below it.
        </p>
      </Empty>
    );
  }
  const toggle = (row: TreeRow, to: boolean): void => setFolded(new Map([...folded, [row.key, to]]));
  return (
    <div class="tree-view">
      <div class="toolbar">
        <label>
          <span class="unseen">Search events by type, text or error</span>
          <input
            type="search"
            placeholder="Type, text or error"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={failedOnly}
            onChange={({ currentTarget }) => setFailedOnly(currentTarget.checked)}
          />{" "}
          failed only
        </label>
        <label class="check">
          order{" "}
          <select
            value={order}
            onChange={({ currentTarget }) => setOrder(currentTarget.value === "first" ? "first" : "slowest")}
          >
            <option value="slowest">slowest first</option>
            <option value="first">as they started</option>
          </select>
        </label>
      </div>
      {result === undefined ? (
        <Tree rows={rows} selected={selected} isLive={isLive} onToggle={toggle} onSelect={onSelect} />
      ) : (
        <Found result={result} now={now} onSelect={onSelect} />
      )}
    </div>
  );
}

interface TreeProps {
  readonly rows: readonly TreeRow[];
  readonly selected: PageEvent | undefined;
  readonly isLive: boolean;
  onToggle(row: TreeRow, isExpanded: boolean): void;
  onSelect(event: PageEvent | undefined): void;
}

function Tree({ rows, selected, isLive, onToggle, onSelect }: TreeProps) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [active, setActive] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const current = Math.min(active, rows.length - 1);
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + spare);
  const go = (index: number): void => {
    const to = Math.max(0, Math.min(rows.length - 1, index));
    setActive(to);
    const element = box.current;
    if (!element) return;
    const y = to * rowHeight;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = y + rowHeight - element.clientHeight;
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    const row = rows[current];
    if (row === undefined) return;
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => (row.isExpanded === false ? onToggle(row, true) : go(current + 1)),
      ArrowLeft: () => (row.isExpanded ? onToggle(row, false) : go(parentOf(rows, current))),
      Enter: () => (row.event === undefined ? onToggle(row, !row.isExpanded) : onSelect(row.event)),
    };
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  return (
    <>
      <div class="tree-head" aria-hidden="true">
        <span>event</span>
        <span class="number">time</span>
        <span class="number">share</span>
        <span class="number wide">self</span>
        <span class="number wide">average</span>
        <span class="number wide">longest</span>
      </div>
      <div
        class="tree"
        ref={box}
        role="tree"
        tabIndex={0}
        aria-label="Events by trace"
        aria-activedescendant={rows.length > 0 ? `row-${current}` : undefined}
        onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
        onKeyDown={onKey}
      >
        <div role="none" class="tree-all" style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, last).map((row, index) => (
            <Row
              key={row.key}
              row={row}
              index={first + index}
              isActive={first + index === current}
              isSelected={row.event !== undefined && row.event === selected}
              isLive={isLive}
              onToggle={onToggle}
              onSelect={(event) => {
                setActive(first + index);
                onSelect(event);
              }}
            />
          ))}
        </div>
      </div>
    </>
  );
}

function parentOf(rows: readonly TreeRow[], index: number): number {
  const { level } = rows[index]!;
  for (let above = index - 1; above >= 0; above--) if (rows[above]!.level < level) return above;
  return index;
}

interface RowProps {
  readonly row: TreeRow;
  readonly index: number;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly isLive: boolean;
  onToggle(row: TreeRow, isExpanded: boolean): void;
  onSelect(event: PageEvent): void;
}

function Row({ row, index, isActive, isSelected, isLive, onToggle, onSelect }: RowProps) {
  const { label, level, event, isExpanded, failed, open, total, around, self, average, longest } = row;
  const act = (): void => {
    if (event !== undefined) onSelect(event);
    else if (isExpanded !== undefined) onToggle(row, !isExpanded);
  };
  return (
    <div
      id={`row-${index}`}
      class={`tree-row${isActive ? " active" : ""}${isSelected ? " selected" : ""}`}
      role="treeitem"
      aria-level={level}
      aria-expanded={isExpanded}
      aria-selected={isSelected}
      style={{ top: `${index * rowHeight}px` }}
      onClick={act}
    >
      <span class="tree-label" style={{ paddingLeft: `${Math.min(level - 1, 20) * 16}px` }}>
        <span
          class="toggle"
          aria-hidden="true"
          onClick={(click) => {
            if (isExpanded === undefined) return;
            click.stopPropagation();
            onToggle(row, !isExpanded);
          }}
        >
          {isExpanded === undefined ? "" : isExpanded ? "▾" : "▸"}
        </span>
        {event !== undefined && <Status status={event.status} isLive={isLive} />}
        <span class="tree-name">{label}</span>
        {row.count > 1 && <span class="quiet">×{count(row.count)}</span>}
        {event === undefined && failed > 0 && (
          <span class="status error">
            ✕ {count(failed)} <span class="row-word">failed</span>
          </span>
        )}
        {event === undefined && open > 0 && (
          <span class="status open">
            ● {count(open)} <span class="row-word">{isLive ? "running" : "left open"}</span>
          </span>
        )}
      </span>
      <span class="number">{Number.isNaN(total) ? "" : duration(total)}</span>
      <span class="number">{around === undefined || Number.isNaN(total) ? "" : share(total, around)}</span>
      <span class="number wide">{Number.isNaN(self) ? "" : duration(self)}</span>
      <span class="number wide">{row.count > 1 ? duration(average) : ""}</span>
      <span class="number wide">{row.count > 1 ? duration(longest) : ""}</span>
    </div>
  );
}

interface FoundProps {
  readonly result: { readonly found: readonly PageEvent[]; readonly count: number };
  readonly now: number;
  onSelect(event: PageEvent): void;
}

function Found({ result, now, onSelect }: FoundProps) {
  const { found, count: all } = result;
  return (
    <section aria-label="Events that were found" class="found">
      <p class="quiet" role="status">
        {all === 0
          ? "Nothing matches: try a part of a type, a name or an error."
          : `${count(all)} found, slowest first`}
        {all > found.length ? `; the first ${count(found.length)} are listed` : ""}
      </p>
      <ul>
        {found.map((event) => (
          <li key={event.id}>
            <button type="button" class="link" onClick={() => onSelect(event)}>
              <Status status={event.status} /> {titleOf(event)}
            </button>
            <span class="number">{duration(durationOf(event, now))}</span>
            <span class="quiet">
              {event.error === undefined
                ? pathOf(event).slice(0, -1).map(titleOf).join(" › ")
                : event.error.message}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
