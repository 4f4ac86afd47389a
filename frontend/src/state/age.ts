// How old a proof is, as the window says it.
import { duration, t } from "../i18n/index.svelte";

/**
 * Younger than this, in milliseconds, is fresh. While all is well an age grows to about 4 s: heartbeats are sent every 3 s, and
 * one counts from when it was sent, once it is answered.
 */
export const FRESH_MS = 5_000;

/**
 * What an age in milliseconds looks like. Those that are fresh look alike, so that nothing is drawn while nothing happens; above,
 * each begun second counts.
 */
export function aged(ms: number): { text: string; ticks: number } {
  if (ms < FRESH_MS) return { text: t("time.below", { n: FRESH_MS / 1000 }), ticks: 1 };
  const seconds = ms / 1000;
  return { text: duration(seconds), ticks: Math.min(10, Math.ceil(seconds)) };
}
