// A believable shop as a graph: what the fake cluster looks like.
import type {
  EdgeState,
  EdgeView,
  GraphBatch,
  Health,
  Lane,
  NodeView,
  PodState,
  SentenceView,
} from "../../api/generated";

import { nothing, sentence } from "./world";

const NS = "shop";
const dropped = sentence('targetPort "{port}" is in no container of {workload}', { port: "http", workload: "search" });

export const crash = sentence(
  "{what} ({reason})",
  { reason: "CrashLoopBackOff" },
  { what: sentence("crashes again and again") },
);
const but = (have: string, want: string, why: SentenceView) =>
  sentence("{counts}: {why}", {}, { counts: sentence("{have} of {want} ready", { have, want }), why });
/** What is the matter with `payments`. */
export const crashing = but(
  "5",
  "6",
  sentence("{pod} {what} and {n} more fail", { pod: "payments-5f8b47d96c-x4m7p", n: "2" }, { what: crash }),
);

interface AppSpec {
  name: string;
  row: number;
  version: string;
  path?: string;
  services?: string[];
  lane?: Lane;
  health?: Health;
  reason?: SentenceView;
  revisions: { number: number; share: number; pods: PodState[]; declared?: boolean }[];
  owner?: string;
  /** Pods that are wanted, where those that come and go are not as many. */
  wanted?: number;
}

const ready = (n: number): PodState[] => Array.from({ length: n }, () => "ready");

const APPS: AppSpec[] = [
  {
    name: "web",
    row: 0.5,
    version: "5.8.0",
    revisions: [{ number: 112, share: 1, pods: ready(6) }],
    owner: "Helm release web",
  },
  {
    name: "catalog",
    row: 2.4,
    version: "7.2.0",
    path: "/catalog",
    services: ["catalog"],
    health: "moving",
    reason: but("8", "8", sentence("{n} of {wanted} updated", { n: "5", wanted: "8" })),
    revisions: [
      { number: 64, share: 0.38, pods: [...ready(3), "starting", "starting"] },
      { number: 63, share: 0.62, pods: ready(5) },
    ],
    wanted: 8,
  },
  { name: "api", row: 4, version: "2.41.3", lane: "blue", revisions: [{ number: 88, share: 1, pods: ready(12) }] },
  {
    name: "api-canary",
    row: 5,
    version: "2.42.0",
    lane: "green",
    health: "moving",
    revisions: [{ number: 1, share: 1, pods: ready(2) }],
  },
  {
    name: "cart",
    row: 6.6,
    version: "1.18.2",
    lane: "blue",
    revisions: [{ number: 31, share: 1, pods: ready(20) }],
    owner: "Argo CD app shop",
  },
  {
    name: "cart-green",
    row: 7.6,
    version: "1.19.0",
    lane: "green",
    health: "moving",
    reason: sentence("{have} of {want} ready", { have: "20", want: "20" }),
    revisions: [{ number: 1, share: 0, pods: ready(20) }],
  },
  {
    name: "payments",
    row: 9.4,
    version: "3.9.0",
    path: "/payments",
    services: ["payments"],
    health: "degraded",
    reason: crashing,
    revisions: [
      { number: 47, share: 0, pods: ["failing", "failing", "failing"], declared: true },
      { number: 46, share: 1, pods: ready(5) },
    ],
    owner: "Helm release payments",
    wanted: 6,
  },
  {
    name: "search",
    row: 11.2,
    version: "2.3.1",
    path: "/search",
    services: ["search"],
    revisions: [{ number: 9, share: 0, pods: ready(3) }],
  },
  { name: "ledger-worker", row: 12.8, version: "3.8.4", revisions: [{ number: 46, share: 1, pods: ready(2) }] },
];

function blank(kind: string, name: string, rank: number, row: number): NodeView {
  return {
    id: `${kind}/${NS}/${name}`,
    object: `${kind}/${NS}/${name}`,
    kind,
    namespace: NS,
    name,
    label: name,
    sub: "",
    rank,
    row,
    health: "healthy",
    reason: null,
    ready: null,
    wanted: null,
    version: null,
    lane: null,
    owner: "",
    created: "2025-11-22T08:00:00Z",
    parent: null,
    cell: null,
  };
}

/** As a ReplicaSet names them; those of `payments` are met again in events, logs and an incident. */
const NAMED: Record<string, string[]> = {
  "payments-47": ["5f8b47d96c-x4m7p", "5f8b47d96c-q8zkd", "5f8b47d96c-m2c6t"],
  "payments-46": ["7c9d6f5b8-2kqzv", "7c9d6f5b8-8wnhd", "7c9d6f5b8-d5v7r", "7c9d6f5b8-kk4pj", "7c9d6f5b8-z9s2w"],
};
function podName(app: string, revision: number, nth: number): string {
  return `${app}-${NAMED[`${app}-${revision}`]?.[nth] ?? `rev${revision}-${String(nth).padStart(2, "0")}`}`;
}

export function shop(context: string, seq = 1): GraphBatch {
  const nodes: NodeView[] = [];
  const edges: EdgeView[] = [];
  const edge = (
    from: string,
    to: string,
    share: number | null,
    state: EdgeState = "active",
    lane: Lane | null = null,
    detail: SentenceView | null = null,
  ) => edges.push({ id: `${from}>routes>${to}`, from, to, relation: "routes", state, share, lane, detail });

  const edgeNode = { ...blank("Gateway", "edge", 0, 5.4), sub: "traefik" };
  const legacy = { ...blank("Ingress", "legacy", 0, 0.9), sub: "traefik" };
  nodes.push(edgeNode, legacy);
  const route = (path: string, row: number, entry: string, host = "shop.example.com") => {
    const n = { ...blank("HTTPRoute", `r${host}${path}`, 1, row), label: `${host}${path}` };
    n.id = `HTTPRoute/${NS}/shop#${host}${path}`;
    n.object = `HTTPRoute/${NS}/shop`;
    nodes.push(n);
    edge(entry, n.id, null);
    return n.id;
  };
  const service = (name: string, row: number, health: Health = "healthy", reason: SentenceView | null = null) => {
    const n = { ...blank("Service", name, 2, row), health, reason };
    nodes.push(n);
    return n.id;
  };
  const workload = (name: string) => `Deployment/${NS}/${name}`;

  const root = route("/", 0, edgeNode.id);
  const mobile = route("/", 1, legacy.id, "m.shop.example.com");
  const web = service("web", 0.5);
  edge(root, web, 1);
  edge(mobile, web, 1);
  edge(web, workload("web"), 1);

  const api = route("/api", 4.5, edgeNode.id);
  const apiBlue = service("api", 4);
  const apiGreen = service("api-canary", 5);
  edge(api, apiBlue, 0.9, "active", "blue");
  edge(api, apiGreen, 0.1, "active", "green");
  edge(apiBlue, workload("api"), 1, "active", "blue");
  edge(apiGreen, workload("api-canary"), 1, "active", "green");

  const cart = route("/cart", 6.6, edgeNode.id);
  const cartSvc = service("cart", 6.6);
  const grpc = service("cart-grpc", 7.6);
  edge(cart, cartSvc, 1, "active", "blue");
  for (const s of [cartSvc, grpc]) {
    edge(s, workload("cart"), 1, "active", "blue");
    edge(s, workload("cart-green"), 0, "open", "green");
  }

  for (const app of APPS) {
    const pods = app.revisions.flatMap((r) => r.pods);
    const up = pods.filter((p) => p === "ready").length;
    const w: NodeView = {
      ...blank("Deployment", app.name, 3, app.row),
      version: app.version,
      lane: app.lane ?? null,
      health: app.health ?? "healthy",
      reason: app.reason ?? null,
      owner: app.owner ?? "",
      ready: up,
      wanted: app.wanted ?? pods.length,
    };
    nodes.push(w);
    if (app.path !== undefined) {
      const r = route(app.path, app.row, edgeNode.id);
      const broken = app.name === "search";
      const s = service(app.name, app.row, broken ? "failing" : "healthy", broken ? dropped : null);
      edge(r, s, 1);
      edge(s, w.id, broken ? 0 : 1, broken ? "broken" : "active", null, broken ? dropped : null);
    }
    app.revisions.forEach((rev, i) => {
      const row = app.row + (app.revisions.length > 1 ? (i === 0 ? -0.38 : 0.38) : 0);
      const bad = rev.pods.includes("failing");
      const rs: NodeView = {
        ...blank("ReplicaSet", `${app.name}-rev${rev.number}`, 4, row),
        label: `rev ${rev.number}`,
        lane: app.lane ?? null,
        health: bad ? "failing" : "healthy",
        ready: rev.pods.filter((p) => p === "ready").length,
        wanted: rev.pods.length,
      };
      nodes.push(rs);
      const state: EdgeState = rev.declared
        ? "declared"
        : rev.share === 0 || app.name === "ledger-worker"
          ? "open"
          : "active";
      edge(w.id, rs.id, rev.share, app.name === "ledger-worker" ? "attached" : state, app.lane ?? null);
      rev.pods.forEach((cell, p) => {
        nodes.push({
          ...blank("Pod", podName(app.name, rev.number, p), 5, row),
          parent: rs.id,
          cell,
          reason: cell === "failing" ? crash : null,
        });
      });
    });
  }

  return {
    seq,
    context,
    reset: true,
    nodes,
    gone: [],
    edges,
    goneEdges: [],
    findings: [
      {
        code: "target-port-dropped",
        severity: "block",
        object: `Service/${NS}/search`,
        message: dropped,
        remedy: nothing,
      },
    ],
    summary: { applications: 7, trouble: 2, moving: 3, ready: 78, pods: 83 },
  };
}

/** A graph of that many nodes, for looking at speed. */
export function crowd(context: string, nodes: number): GraphBatch {
  const batch = shop(context);
  const apps = Math.floor(nodes / 13);
  for (let i = 0; i < apps; i++) {
    const ns = `team-${String(i % 40).padStart(2, "0")}`;
    const row = 15 + i * 1.4;
    const make = (kind: string, rank: number): NodeView => ({
      ...blank(kind, `app-${i}`, rank, row),
      id: `${kind}/${ns}/app-${i}`,
      object: `${kind}/${ns}/app-${i}`,
      namespace: ns,
    });
    const chain = [
      { ...make("Ingress", 1), label: `/app-${i}` },
      make("Service", 2),
      { ...make("Deployment", 3), version: `1.${i}.0`, ready: 9, wanted: 9 },
      { ...make("ReplicaSet", 4), label: `rev ${i}` },
    ];
    batch.nodes.push(...chain);
    for (let c = 0; c + 1 < chain.length; c++) {
      const from = chain[c]?.id ?? "";
      const to = chain[c + 1]?.id ?? "";
      batch.edges.push({
        id: `${from}>${to}`,
        from,
        to,
        relation: "routes",
        state: "active",
        share: 1,
        lane: null,
        detail: null,
      });
    }
    for (let p = 0; p < 9; p++) {
      batch.nodes.push({
        ...make("Pod", 5),
        id: `Pod/${ns}/app-${i}-${p}`,
        name: `app-${i}-${p}`,
        parent: chain[3]?.id ?? null,
        cell: "ready",
      });
    }
  }
  return batch;
}
