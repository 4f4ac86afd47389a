// What a run shows and what may be done next. Pure, but for the language.
import type { Lane, RunServiceView, RunState, RunView, SentenceView, StepState, WayBackView } from "../../api";
import { oneLine } from "../../ui/safe";
import { duration, said, say, t } from "../../i18n/index.svelte";
import { over } from "../../state/app.svelte";

/** It tells by itself how long that has taken, or will. */
export function tellsTime(said: SentenceView): boolean {
  return "spent" in said.parts || "left" in said.parts;
}

/** What a step does; of one that is or was taken back, that it is its undo. */
export function titleOf(step: RunView["steps"][number]): string {
  const title = oneLine(say(step.title));
  return step.state === "undoing" || step.state === "undone" ? t("run.undo", { what: title }) : title;
}

/** How long a way back takes; `""` = that is not known. */
export function priceOf(back: WayBackView): string {
  if (back.seconds === null) return "";
  return t(back.atMost ? "ribbon.atMost" : "ribbon.about", { time: duration(back.seconds) });
}

/** It is over, and nothing of it stands: it took all back, or never wrote. */
export function cameToNothing(state: RunState): boolean {
  return state === "backedOut" || state === "failed";
}

/** It is over, and what it brought is taken back by a rollback of its own. */
export function rollsBack(run: RunView): boolean {
  return run.wayBack.kind === "rollback" && over(run.state);
}

export interface PhaseView {
  phase: string;
  state: StepState;
  /** The step that stands for the phase: the one under way, else the last that has something to say. */
  title: string;
  detail: string;
  /** When it was done, or undone; of one under way, when it began. When an undo begins, nothing tells. */
  at: string | null;
  gate: boolean;
  current: boolean;
  wayBack: number | null;
  wayBackAtMost: boolean;
}

/** Phase of a step, as people know it: they do not know its id. */
export function phaseOf(run: RunView, step: string): string {
  const phase = run.steps.find((s) => s.id === step)?.phase ?? step;
  return said("phase", phase, phase);
}

/** The steps by phase, in their order: a dozen steps are nine words. */
export function phases(run: RunView): PhaseView[] {
  const list: PhaseView[] = [];
  const finished = over(run.state);
  let found = false;
  for (const step of run.steps) {
    let p = list.find((x) => x.phase === step.phase);
    if (!p) {
      p = {
        phase: step.phase,
        state: step.state,
        title: titleOf(step),
        detail: "",
        at: null,
        gate: false,
        current: false,
        wayBack: step.wayBackSeconds,
        wayBackAtMost: step.wayBackAtMost,
      };
      list.push(p);
    }
    p.state = merge(p.state, step.state);
    if (step.id.startsWith("gate-")) p.gate = true;
    if (step.detail.text !== "") p.detail = say(step.detail);
    p.at ??= step.startedAt;
    p.wayBack = step.wayBackSeconds;
    p.wayBackAtMost = step.wayBackAtMost;
  }
  for (const p of list) {
    const idle = p.state === "done" || p.state === "undone";
    if (idle) p.at = lastOf(run.steps.filter((s) => s.phase === p.phase)) ?? p.at;
    else if (p.state === "undoing") p.at = null;
    if (!finished && !found && !idle) {
      p.current = true;
      found = true;
    }
  }
  return list;
}

/** When the last of these ended: what is undone ends in the opposite order. */
function lastOf(steps: RunView["steps"]): string | null {
  const ends = steps.flatMap((s) => s.endedAt ?? []);
  return ends.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;
}

function merge(a: StepState, b: StepState): StepState {
  if (a === b) return a;
  for (const s of ["failed", "undoing", "running"] as const) if (a === s || b === s) return s;
  // Begun and not finished: part of it done, part of it to come.
  if ((a === "done" && b === "pending") || (a === "pending" && b === "done")) return "running";
  return b === "undone" || a === "undone" ? "undone" : b;
}

export interface RibbonPart {
  span: number;
  seconds: number | null;
  /** They are a deadline, no estimate. */
  atMost: boolean;
  flip: boolean;
  here: boolean;
  past: boolean;
}

/**
 * The way back, priced along the phases. The first part is backing out, from the cutover on it is flipping back: that
 * holds from its first write on, long before it is proven.
 */
export function ribbon(list: PhaseView[], flips: boolean): RibbonPart[] {
  const cut = list.findIndex((p) => p.phase === "cut-over");
  const current = list.findIndex((p) => p.current);
  const at = flips && current >= 0 ? Math.max(current, cut + 1) : current;
  const parts: (RibbonPart & { key: string; from: number })[] = [];
  list.forEach((p, i) => {
    const flip = cut >= 0 && i > cut;
    // Before the cutover the price is that of its most expensive step: one figure that can be relied on.
    const dearest = list.slice(0, cut + 1).reduce((a, b) => ((b.wayBack ?? 0) > (a.wayBack ?? 0) ? b : a), p);
    const { wayBack: seconds, wayBackAtMost: atMost } = i <= cut ? dearest : p;
    const key = `${flip} ${seconds}`;
    const last = parts.at(-1);
    if (last && last.key === key) last.span++;
    else parts.push({ span: 1, seconds, atMost, flip, here: false, past: false, key, from: i });
  });
  for (const part of parts) {
    part.here = at >= part.from && at < part.from + part.span;
    part.past = at >= part.from + part.span;
  }
  return parts.map(({ span, seconds, atMost, flip, here, past }) => ({ span, seconds, atMost, flip, here, past }));
}

export type Next =
  | { is: "gate"; gate: string; clear: boolean }
  | { is: "resume" }
  | { is: "takeOver"; by: string; aliveAt: string | null }
  | { is: "answer" }
  | { is: "wait"; title: string; detail: string }
  | { is: "over" };

/** The one next action, or what the run waits for. */
export function next(run: RunView): Next {
  switch (run.state) {
    case "waiting":
      return run.gate
        ? { is: "gate", gate: run.gate.name, clear: run.gate.clear }
        : { is: "wait", title: "", detail: "" };
    case "held":
    case "stuck":
      return { is: "answer" };
    case "left":
      // Let go by another workstation: taken over rather than resumed, and nobody is in the way.
      return run.driver?.elsewhere ? { is: "takeOver", by: run.driver.by, aliveAt: null } : { is: "resume" };
    case "elsewhere":
      return { is: "takeOver", by: run.driver?.by ?? "", aliveAt: run.driver?.aliveAt ?? null };
    case "ready":
    case "running":
    case "backingOut": {
      const step = run.steps.find((s) => s.state === "running" || s.state === "undoing");
      if (!step) return { is: "wait", title: "", detail: "" };
      return { is: "wait", title: titleOf(step), detail: oneLine(say(step.detail)) };
    }
    case "done":
    case "backedOut":
    case "failed":
      return { is: "over" };
  }
}

export function ended(state: RunState): boolean {
  return over(state) || state === "stuck";
}

export type Flow = "full" | "part" | "open" | "declared" | "unknown" | "absent";

/** Share of new connections of one Service that a colour takes, from its selector and its ready endpoints. */
export function flow(service: RunServiceView, lane: Lane, exists: boolean): { flow: Flow; share: number | null } {
  if (!exists) return { flow: "absent", share: null };
  const mine = lane === "blue" ? service.blue : service.green;
  const total = (service.blue ?? 0) + (service.green ?? 0);
  const selected = service.selects === lane || service.selects === "both";
  if (service.selects === "unknown") return { flow: "unknown", share: null };
  if (!selected) return { flow: "open", share: 0 };
  if (mine === null) return { flow: "unknown", share: null };
  if (mine === 0) return { flow: "declared", share: 0 };
  const share = service.selects === "both" ? mine / total : 1;
  return { flow: share < 1 ? "part" : "full", share };
}

/** The workload of a run that has no second colour and moves no traffic (a rollback); null = it has colours. */
export function alone(run: RunView): string | null {
  return run.services.length === 0 && run.lanes.length === 1 ? (run.lanes[0]?.deployment ?? null) : null;
}

/** Where the pipes of a run lie in a picture of that height: entries at the left, two lanes at the right. */
export function pipes(services: number, height: number) {
  const gap = 10;
  const lane = (height - gap) / 2;
  const room = lane * 0.62;
  const slot = Math.min(38, room / Math.max(1, services));
  const full = Math.max(6, Math.min(28, slot - 8));
  const entry = (i: number) => (height * (i + 0.5)) / services;
  const end = (i: number, which: Lane) => {
    const middle = which === "blue" ? lane / 2 - 4 : height - lane / 2 + 2;
    return middle + (i - (services - 1) / 2) * slot;
  };
  return { full, entry, end };
}
