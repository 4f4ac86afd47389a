// What a rollout, or going back, would be about.
import type { App } from "./app.svelte";

const ROLLS_OUT = ["Deployment"];
const ROLLS_BACK = [...ROLLS_OUT, "StatefulSet", "DaemonSet"];

/** The selected workload, when it is of a kind that can. */
export function target(app: App, command: "rollOut" | "rollBack"): string | null {
  const node = app.selected === null ? undefined : app.graph.nodes.get(app.selected);
  const kinds = command === "rollOut" ? ROLLS_OUT : ROLLS_BACK;
  return node && kinds.includes(node.kind) ? node.object : null;
}
