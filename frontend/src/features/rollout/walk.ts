// What a walk may do next. Pure, so that the gates can be tested.
import type { FindingView, JsonValue, ParamView, PlanView, WorkloadView } from "../../api";

export type WalkStep = "what" | "how" | "check" | "plan";

export interface Wish {
  mode: "images" | "template";
  images: Record<string, string>;
  template: string;
}

/** Containers whose image really changes. */
export function changed(w: WorkloadView, wish: Wish): { container: string; image: string }[] {
  return w.containers
    .map((c) => ({ container: c.name, image: (wish.images[c.name] ?? c.image).trim(), was: c.image }))
    .filter((c) => c.image !== "" && c.image !== c.was)
    .map(({ container, image }) => ({ container, image }));
}

export function saysSomething(w: WorkloadView, wish: Wish): boolean {
  return wish.mode === "template"
    ? wish.template.trim() !== "" && wish.template !== w.template
    : changed(w, wish).length > 0;
}

/** Where a rollback goes: a revision of the history, or the template from before a run. */
export type To = { revision: number; run?: undefined } | { run: string; revision?: undefined };

/** What is chosen to begin with: what was before the run whose undo is meant, else the revision that is advised. */
export function placeToBegin(w: WorkloadView, undo: string | null): To | null {
  const run = w.before.find((b) => b.run === undo && b.excluded === null);
  if (run) return { run: run.run };
  const advised = w.revisions.find((r) => r.advised);
  return advised ? { revision: advised.number } : null;
}

export interface Grouped {
  stops: FindingView[];
  look: FindingView[];
  done: FindingView[];
}

export function group(findings: FindingView[]): Grouped {
  return {
    stops: findings.filter((f) => f.severity === "block"),
    look: findings.filter((f) => f.severity === "warn" || f.severity === "info"),
    done: findings.filter((f) => f.severity === "fixed"),
  };
}

/** Start is only possible for a checked plan without a finding that stops it, typed where it has to be. */
export function startable(plan: PlanView | null, typed: string, context: string): boolean {
  if (!plan || !plan.checked || !plan.startable) return false;
  if (plan.findings.some((f) => f.severity === "block")) return false;
  return plan.confirm !== "type" || typed === context;
}

/** What a field holds, as the parameter's type; `undefined` = leave it out, `null` = it cannot be. */
export function parse(param: ParamView, text: string): JsonValue | undefined | null {
  const value = text.trim();
  switch (param.kind) {
    case "integer": {
      if (value === "") return undefined;
      if (!/^\d+$/.test(value)) return null;
      const n = Number(value);
      return (param.min !== null && n < param.min) || (param.max !== null && n > param.max) ? null : n;
    }
    case "choice":
      return value === "" ? undefined : param.choices.includes(value) ? value : null;
    case "text":
      // Emptied on purpose is a value; never filled in is none.
      return value === "" && (param.default === null || param.default === undefined) ? undefined : value;
    case "textList": {
      const lines = text
        .split("\n")
        .map((l) => l.trim())
        .filter((l) => l !== "");
      return lines;
    }
  }
}

export function initial(param: ParamView): string {
  const d = param.default;
  if (d === null || d === undefined) return "";
  if (Array.isArray(d)) return d.join("\n");
  return typeof d === "object" ? JSON.stringify(d) : String(d);
}

export function params(list: ParamView[], texts: Record<string, string>): { [key: string]: JsonValue } | null {
  const out: { [key: string]: JsonValue } = {};
  for (const p of list) {
    const text = texts[p.name] ?? initial(p);
    const value = parse(p, text);
    if (value === null) return null;
    // What was not touched is left out: a default that the plan finds by itself weighs less than a wish.
    if (value !== undefined && text !== initial(p)) out[p.name] = value;
  }
  return out;
}
