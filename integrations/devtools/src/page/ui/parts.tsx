import type { ComponentChildren } from "preact";
import type { PageEvent } from "../model/page-event.ts";

const marks: Readonly<Record<PageEvent["status"], { readonly mark: string; readonly word: string }>> = {
  open: { mark: "●", word: "running" },
  ok: { mark: "✓", word: "ok" },
  error: { mark: "✕", word: "failed" },
  aborted: { mark: "◌", word: "aborted" },
};

/** A status by its shape and its word, not by its colour alone. */
export function Status({
  status,
  hasWord = false,
  isLive = true,
}: {
  status: PageEvent["status"];
  hasWord?: boolean;
  /** Whether more can happen: if not, what is open does not run. */
  isLive?: boolean;
}) {
  const { mark, word } = status === "open" && !isLive ? { mark: "●", word: "left open" } : marks[status];
  return (
    <span class={`status ${status}`}>
      <span aria-hidden="true">{mark}</span>
      <span class={hasWord ? "" : "unseen"}> {word}</span>
    </span>
  );
}

/** What a view says that has nothing to show, and what to do about it. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <div>{children}</div>
    </div>
  );
}

/** A number with its name. */
export function Figure({ name, value }: { name: string; value: ComponentChildren }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** A bar that says how much of a whole. */
export function Bar({ value, max, label }: { value: number; max: number; label: string }) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={Math.min(value, max)}
    >
      <div class="bar-fill" style={{ width: `${(100 * share).toFixed(2)}%` }} />
    </div>
  );
}
