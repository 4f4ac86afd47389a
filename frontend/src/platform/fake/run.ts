// A run at any of its stages, as the core tells it, with the figures of its probes and the log of a pod.
import type { ProbeView, RunView } from "../../api/generated";
import { RECORDED, RUNS } from "./recorded";
import { ago, sentence } from "./world";

export type Stage = keyof typeof RUNS;
export const STAGES = Object.keys(RUNS) as Stage[];

const took = (ms: number) => sentence("{status} in {ms} ms", { status: "200", ms: `${ms}` });
const wiggle = (base: number, seed: number) =>
  Array.from(
    { length: 70 },
    (_, i) => base + Math.round(2 * Math.sin(i * seed) + ((i * 7 + seed * 10) % 19 < 1 ? base * 2.2 : 0)),
  );

/** What answers at the entry and in a pod of green, once there is something to ask. */
function probes(run: RunView): ProbeView[] {
  const green = run.lanes[1];
  if (!green?.exists || green.ready === 0 || green.ready < green.wanted) return [];
  const figures = { total: 600, errors: 0 };
  return [
    {
      ...figures,
      source: "https://shop.example.com/cart",
      lane: green.share === 0 ? "blue" : "green",
      p50: 11,
      p99: 40,
      last: took(11),
      age: 0,
      series: wiggle(11, 0.7),
    },
    {
      ...figures,
      source: "cart-green-1-00",
      lane: "green",
      p50: 12,
      p99: 41,
      last: took(12),
      age: 1,
      series: wiggle(13, 1.3),
    },
  ];
}

/** The run as it would be told now. */
export function run(stage: Stage, context = "prod-kr"): RunView {
  const since = Date.now() - RECORDED;
  const moved = JSON.stringify(RUNS[stage]).replace(/(?<=")\d{4}-\d\d-\d\dT[\d:.]+Z(?=")/g, (at) =>
    new Date(Date.parse(at) + since).toISOString(),
  );
  const view = { ...(JSON.parse(moved) as RunView), context };
  const driven = !["left", "elsewhere"].includes(view.state);
  view.evidence.probes = driven ? probes(view) : [];
  const at = (seconds: number) => ago(seconds / 60).slice(11, 21);
  if (driven && view.evidence.events.length > 0)
    view.evidence.log = [
      `${at(2.7)} grpc: serving on :9090`,
      `${at(1.9)} cache: 118,402 entries, 97.8 % hit`,
      `${at(1.4)} GET /ready 200 2 ms`,
      `${at(1.1)} pool: 40 of 40 warm`,
      `${at(1)} GET /ready 200 3 ms`,
    ];
  return view;
}

/** The same run so many seconds later, when nothing of it was seen meanwhile. */
export function unseen(run: RunView, seconds: number): RunView {
  const older = <T extends { age: number | null }>(of: T): T => ({
    ...of,
    age: of.age === null ? null : of.age + seconds,
  });
  const { probes, endpoints } = run.evidence;
  const evidence = { ...run.evidence, probes: probes.map(older), endpoints: endpoints.map(older) };
  return { ...run, evidence, gate: run.gate && { ...run.gate, checks: run.gate.checks.map(older) } };
}
