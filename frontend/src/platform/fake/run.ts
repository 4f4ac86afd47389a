// A run at any of its stages, as the core tells it, with the figures of its probes and the log of a pod.
import type { ProbeView, RunView } from "../../api/generated";
import { RECORDED, RUNS } from "./recorded";
import { sentence } from "./world";

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
  if (!green?.exists || green.ready < green.wanted) return [];
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
  if (driven && view.evidence.events.length > 0)
    view.evidence.log = [
      "14:32:16.1 grpc: serving on :9090",
      "14:32:16.9 cache: 118,402 entries, 97.8 % hit",
      "14:32:17.4 GET /ready 200 2 ms",
      "14:32:17.7 pool: 40 of 40 warm",
      "14:32:17.8 GET /ready 200 3 ms",
    ];
  return view;
}
