// What a rollout, going back, or another verb would be about.
import type { Key } from "../i18n/index.svelte";
import { path } from "../graph/store";
import type { App } from "./app.svelte";

/** What can be done to a workload; each opens a walk that ends in a plan. */
export type Verb = "rollOut" | "rollBack" | "scale" | "restart" | "pause" | "resume";

/** Verbs that leave the version as it is: the strategies of the same names. */
export const PLAIN = ["scale", "restart", "pause", "resume"] as const satisfies readonly Verb[];
export type PlainVerb = (typeof PLAIN)[number];

/** Kinds that take a verb, and what is said where none of them is selected. */
interface Takers {
  kinds: readonly string[];
  none: Key;
}

const DEPLOYMENT: Takers = { kinds: ["Deployment"], none: "off.noDeployment" };
const SCALED: Takers = { kinds: ["Deployment", "StatefulSet"], none: "off.noScale" };
const ANY: Takers = { kinds: ["Deployment", "StatefulSet", "DaemonSet"], none: "off.noWorkload" };

const OF: Record<Verb, Takers> = {
  rollOut: DEPLOYMENT,
  rollBack: ANY,
  scale: SCALED,
  restart: ANY,
  pause: DEPLOYMENT,
  resume: DEPLOYMENT,
};

/** What is said where nothing that takes the verb is selected. */
export function noTarget(verb: Verb): Key {
  return OF[verb].none;
}

export function isPlain(verb: string): verb is PlainVerb {
  return PLAIN.some((p) => p === verb);
}

/** Whether a kind takes that verb. */
export function takes(kind: string, verb: Verb): boolean {
  return OF[verb].kinds.includes(kind);
}

/** Kinds that are pods or own some. */
const WITH_LOGS = ["Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"];

/** Whether an object has logs, by its id. */
export function hasLogs(id: string | null): boolean {
  return WITH_LOGS.includes(id?.split("/")[0] ?? "");
}

/** The one workload on the way of what is selected (a Service, a pod), when it is of a kind that can. */
export function leadsTo(app: App, verb: Verb): string | null {
  if (app.selected === null || !app.graph.nodes.has(app.selected)) return null;
  const nodes = [...path(app.graph, app.selected)].flatMap((id) => app.graph.nodes.get(id) ?? []);
  const all = new Set(nodes.filter((n) => takes(n.kind, verb)).map((n) => n.object));
  return all.size === 1 ? ([...all][0] ?? null) : null;
}

/** The selected workload, when it is of a kind that can. */
export function target(app: App, verb: Verb): string | null {
  const node = app.selected === null ? undefined : app.graph.nodes.get(app.selected);
  return node && takes(node.kind, verb) ? node.object : null;
}
