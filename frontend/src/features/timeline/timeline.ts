// Where on the timeline what changed stands, and what it has room to say. Pure.
import type { ChangeSort, ChangeView, IncidentView, TroubleView } from "../../api";
import { across as onAxis, keyOf, ticks as stepsOf } from "../incident/incident";

/** So far back it reaches, in milliseconds. */
export const SPAN = 30 * 60_000;

const axis = (now: number) => ({ from: now - SPAN, to: now });

/** What one lane is of. */
export type Of = ChangeSort | "trouble";
export const LANES: readonly Of[] = ["rollout", "scale", "config", "traffic", "trouble"];

/** Something that happened: a change, or a trouble that began. */
export interface Happening {
  of: Of;
  object: string;
  /** Milliseconds since the epoch; of a trouble also earlier than the timeline reaches. */
  at: number;
  text: string;
  /** What fails now, and what may have made it fail. */
  hot: boolean;
  /** What most likely made it fail. */
  most: boolean;
}

/** One mark: what happened at about the same time in one lane. */
export interface Mark {
  of: Of;
  x: number;
  /** Newest first. */
  all: Happening[];
  text: string;
  hot: boolean;
  /** The text stands on the left. */
  flip: boolean;
  /** Room for the text, in pixels; 0 = none. */
  room: number;
}

/** Half of a glyph, and what lies between things, in pixels. */
const HALF = 5;
const GAP = 8;
/** A text that is cut shorter than this says nothing, in pixels. */
const LEAST = 48;

/** What is told now, and what was told before: a cluster forgets who wrote before the last writer, and all that was deleted. */
export function remembered(seen: ChangeView[], v: IncidentView, now: number): ChangeView[] {
  const told = new Set(v.changes.map(keyOf));
  const before = seen.filter((c) => !told.has(keyOf(c)) && Date.parse(c.at) >= now - SPAN);
  return [...v.changes, ...before.map((c) => ({ ...c, likely: "unknown" as const }))];
}

/** What happened in the last half hour, oldest first, and what has been failing, also for longer. */
export function happenings(
  v: IncidentView,
  now: number,
  words: {
    change: (c: ChangeView) => string;
    trouble: (t: TroubleView) => string;
  },
): Happening[] {
  const from = now - SPAN;
  const changes = v.changes
    .map((c) => ({
      of: c.sort,
      object: c.object,
      at: Date.parse(c.at),
      text: words.change(c),
      hot: v.troubles.length > 0 && (c.likely === "most" || c.likely === "part"),
      most: v.troubles.length > 0 && c.likely === "most",
    }))
    .filter((h) => h.at >= from);
  const troubles = v.troubles.flatMap((t) =>
    t.since === null
      ? []
      : [
          {
            of: "trouble" as const,
            object: t.object,
            at: Date.parse(t.since),
            text: words.trouble(t),
            hot: true,
            most: false,
          },
        ],
  );
  return [...changes, ...troubles].sort((a, b) => a.at - b.at);
}

/** Where a time stands on a lane of that width; what lies beyond an end stands at it. */
export function across(at: number, now: number, width: number): number {
  return onAxis(Math.max(now - SPAN, Math.min(at, now)), axis(now), width, HALF);
}

/** What a mark speaks of: the likeliest cause before what fails, and what is hot before the newest. */
export function first(of: Happening[]): Happening | undefined {
  return of.find((h) => h.most) ?? of.find((h) => h.hot) ?? of[0];
}

/**
 * The marks of one lane: what stands too close becomes one; a text stands where it has room, on the right before the left.
 * In a strip all lanes are one: only what is hot speaks, always on the right, where no text reads as another mark's, and what
 * would leave it no room becomes one with it.
 */
export function marks(
  all: Happening[],
  now: number,
  width: number,
  wide: (text: string) => number,
  strip = false,
): Mark[] {
  const out: Mark[] = [];
  for (const h of all) {
    const x = across(h.at, now, width);
    const last = out.at(-1);
    const apart = strip && last?.hot ? 2 * HALF + GAP + 4 + LEAST : 2 * HALF + 4;
    if (last && x - last.x < apart) {
      last.all.unshift(h);
      last.hot ||= h.hot;
    } else out.push({ of: h.of, x, all: [h], text: "", hot: h.hot, flip: false, room: 0 });
  }
  let free = 0;
  out.forEach((m, i) => {
    const told = first(m.all);
    if (!told) return;
    m.of = told.of;
    m.text = m.all.length > 1 ? `${told.text} +${m.all.length - 1}` : told.text;
    const right = (out[i + 1]?.x ?? width + HALF) - HALF - GAP - (m.x + HALF + 4);
    const left = m.x - HALF - 4 - free;
    const need = strip && !m.hot ? 0 : wide(m.text);
    m.flip = !strip && need > right && left > right;
    const room = Math.max(0, m.flip ? left : right);
    m.room = need <= room ? need : room >= LEAST ? room : 0;
    free = (m.flip || m.room === 0 ? m.x + HALF : m.x + HALF + 4 + m.room) + GAP;
  });
  return out;
}

/** Full five minutes of the last half hour. */
export function ticks(now: number): number[] {
  return stepsOf(axis(now), 5 * 60_000);
}
