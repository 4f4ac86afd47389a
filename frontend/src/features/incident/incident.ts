// What the incident screen is about. Pure.
import type { ChangeSort, ChangeView, IncidentView } from "../../api";
import type { Graph } from "../../graph/store";

/** The glyph of a sort, as on the time axis. */
export const GLYPH: Record<ChangeSort, string> = { rollout: "▲", scale: "◆", config: "▤", traffic: "⇄" };

/** The namespace to begin with: of what is selected, else of what fails, else the first one that is shown. */
export function place(graph: Graph, selected: string | null, shown: string): string {
  const of = (id: string | null) => (id === null ? undefined : graph.nodes.get(id)?.namespace);
  const chosen = of(selected);
  if (chosen) return chosen;
  let [degraded, any] = ["", ""];
  for (const { health, namespace } of graph.nodes.values()) {
    if (namespace === "") continue;
    if (health === "failing") return namespace;
    if (health === "degraded") degraded ||= namespace;
    any ||= namespace;
  }
  return degraded || shown || any;
}

/** Identity of a change over two looks. */
export function keyOf(c: ChangeView): string {
  return `${c.object} ${c.at} ${c.sort}`;
}

/** When the trouble began: of what has been unwell for longest; null = nothing is, or nothing tells. */
export function began(v: IncidentView): number | null {
  const all = v.troubles.flatMap((t) => (t.since === null ? [] : [Date.parse(t.since)]));
  return all.length > 0 ? Math.min(...all) : null;
}

export interface Mark {
  n: number;
  x: number;
  row: number;
}

/** Half of the width of a mark, in pixels: so much is left free at both ends of the axis. */
export const HALF = 15;

/** A part of the past, in milliseconds since the epoch. */
export interface Axis {
  from: number;
  to: number;
}

/** The part of the past that the axis shows: from the oldest of the likeliest changes on, ten minutes at least. */
export function span(v: IncidentView, now: number): Axis {
  const likely = v.changes.slice(0, 6).map((c) => Date.parse(c.at));
  const oldest = Math.min(now - 600_000, ...likely, began(v) ?? now);
  const day = now - 86_400_000;
  return { from: Math.max(day, oldest - (now - oldest) * 0.04), to: now };
}

/** Where a time stands on an axis of that width, with half of a mark left free at both ends, in pixels. */
export function across(at: number, { from, to }: Axis, width: number, half = HALF): number {
  return half + ((at - from) / (to - from)) * (width - 2 * half);
}

/** The full steps on an axis; a step is in milliseconds. */
export function ticks({ from, to }: Axis, step: number): number[] {
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

/** Where changes stand on an axis of that width, in rows so that no two lie over each other. */
export function marks(v: IncidentView, now: number, width: number): Mark[] {
  const axis = span(v, now);
  const ends: number[] = [];
  const all = v.changes
    .map((c, i) => ({ n: i + 1, at: Date.parse(c.at) }))
    .filter((m) => m.at >= axis.from && m.at <= axis.to)
    .sort((a, b) => a.at - b.at);
  return all.map(({ n, at }) => {
    const x = across(at, axis, width);
    let row = ends.findIndex((end) => end + 2 * HALF + 4 <= x);
    if (row < 0) row = ends.length;
    ends[row] = x;
    return { n, x, row };
  });
}
