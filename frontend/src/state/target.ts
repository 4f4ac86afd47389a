// What a rollout, going back, or another verb would be about.
import type { App } from "./app.svelte";

/** What can be done to a workload; each opens a walk that ends in a plan. */
export type Verb = "rollOut" | "rollBack" | "scale" | "restart" | "pause" | "resume";

/** Verbs that leave the version as it is: the strategies of the same names. */
export const PLAIN = ["scale", "restart", "pause", "resume"] as const satisfies readonly Verb[];
export type PlainVerb = (typeof PLAIN)[number];

const OF: Record<Verb, readonly string[]> = {
  rollOut: ["Deployment"],
  rollBack: ["Deployment", "StatefulSet", "DaemonSet"],
  scale: ["Deployment", "StatefulSet"],
  restart: ["Deployment", "StatefulSet", "DaemonSet"],
  pause: ["Deployment"],
  resume: ["Deployment"],
};

export function isPlain(verb: string): verb is PlainVerb {
  return PLAIN.some((p) => p === verb);
}

/** Whether a kind takes that verb. */
export function takes(kind: string, verb: Verb): boolean {
  return OF[verb].includes(kind);
}

/** The selected workload, when it is of a kind that can. */
export function target(app: App, verb: Verb): string | null {
  const node = app.selected === null ? undefined : app.graph.nodes.get(app.selected);
  return node && takes(node.kind, verb) ? node.object : null;
}
