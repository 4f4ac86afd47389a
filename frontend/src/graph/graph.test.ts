import { describe, expect, it } from "vitest";
import type { EdgeView, GraphBatch, NodeView } from "../api/generated";
import { crowd, shop } from "../platform/fake/shop";
import { clampTo, reveal, zoom } from "./camera";
import { fit, fitRoute } from "./draw";
import { Grid } from "./grid";
import { step } from "./nav";
import { columns, IN_CLUSTER, percent, pipeKind, scene, shares } from "./scene";
import { apply, emptyGraph, path, toLookAt, troubled } from "./store";

function graph(batch = shop("c")) {
  const g = emptyGraph("c");
  apply(g, batch);
  return g;
}
const batch = (patch: Partial<GraphBatch>): GraphBatch => ({
  seq: 2,
  context: "c",
  reset: false,
  nodes: [],
  gone: [],
  edges: [],
  goneEdges: [],
  findings: null,
  summary: { applications: 1, trouble: 0, moving: 0, ready: 0, pods: 0 },
  ...patch,
});
const WEB = "Deployment/shop/web";

describe("lines to what stands beside", () => {
  it("are drawn to a few, and not all over the map for what is of a whole namespace", () => {
    const lines = (count: number) => {
      const g = graph();
      const web = g.nodes.get(WEB) as NodeView;
      const edge = [...g.edges.values()][0] as EdgeView;
      const policy: NodeView = { ...web, id: "policy", rank: 6 };
      const others = Array.from({ length: count }, (_, i): NodeView => ({ ...web, id: `w${i}`, row: web.row + i }));
      const edges = others.map((o): EdgeView => ({
        ...edge,
        id: `to-${o.id}`,
        from: policy.id,
        to: o.id,
        share: null,
      }));
      apply(g, batch({ nodes: [policy, ...others], edges }));
      return scene(g, "near", 1400).pipes.filter((p) => p.kind === "beside" && p.edge.from === policy.id).length;
    };
    expect([lines(8), lines(9)]).toEqual([8, 0]);
  });
});

describe("what steers a rollout", () => {
  it("leads nobody to its Services: they are called as before, and no way goes back by it", () => {
    const g = graph();
    const grpc = "Service/shop/cart-grpc";
    const before = scene(g, "near", 1400).boxes.map((b) => b.id);
    const lit = path(g, grpc);
    const edge = [...g.edges.values()][0] as EdgeView;
    apply(g, batch({ edges: [{ ...edge, id: "new", from: WEB, to: grpc, relation: "steers", share: null }] }));
    const s = scene(g, "near", 1400);
    expect(s.boxes.map((b) => b.id)).toEqual(before);
    expect(path(g, grpc)).toEqual(lit);
    expect(path(g, WEB).has(grpc)).toBe(false);
    const line = s.pipes.find((p) => p.edge.id === "new");
    expect(line?.x1).toBeLessThan(line?.x2 ?? 0);
  });
});

describe("callers inside the cluster", () => {
  const boxes = (s: ReturnType<typeof scene>) => s.boxes.filter((b) => b.node.kind === IN_CLUSTER);
  it("stand at the left of a Service that no route leads to, and of no other", () => {
    for (const width of [700, 1400]) {
      const s = scene(graph(), "near", width);
      const [box, ...more] = boxes(s);
      expect(more).toEqual([]);
      expect(box?.node).toMatchObject({ object: "Service/shop/cart-grpc", label: "in cluster", sub: "" });
      const service = s.byId.get("Service/shop/cart-grpc");
      expect(box?.y).toBe(service?.y);
      expect((box?.x ?? 0) + (box?.w ?? 0)).toBeLessThan(service?.x ?? 0);
      expect(s.pipes.find((p) => p.edge.from === box?.id)).toMatchObject({ kind: "hair", text: "" });
    }
  });
  it("go when a route comes, never lie on another box, and a Service without pods has none", () => {
    const g = graph();
    const grpc = g.nodes.get("Service/shop/cart-grpc") as NodeView;
    apply(g, batch({ nodes: [{ ...(g.nodes.get("Gateway/shop/edge") as NodeView), row: grpc.row + 0.5 }] }));
    const s = scene(g, "near", 1400);
    const [box] = boxes(s);
    expect(box?.node.rank).toBe(1);
    expect(s.boxes.filter((b) => b !== box && b.x === box?.x && Math.abs(b.y - (box?.y ?? 0)) < b.h)).toEqual([]);
    const edge = [...g.edges.values()].find((e) => e.to === "Service/shop/cart") as EdgeView;
    apply(g, batch({ seq: 3, edges: [{ ...edge, id: "new", to: grpc.id }] }));
    expect(boxes(scene(g, "near", 1400))).toEqual([]);
    apply(g, batch({ seq: 4, goneEdges: ["new", ...(g.out.get(grpc.id) ?? [])] }));
    expect(boxes(scene(g, "near", 1400))).toEqual([]);
  });
});

describe("what asks for a look", () => {
  it("is listed the worst first, each once, in the order of what is in trouble", () => {
    const g = graph();
    const said = toLookAt(g).map((l) => ("node" in l ? l.node.object : l.finding.object));
    expect(said).toEqual(["Service/shop/search", "Deployment/shop/payments"]);
    expect(troubled(g).map((n) => n.object)).toEqual(said);
  });
});

describe("applying batches", () => {
  it("replaces nodes and edges, and drops the edges of a node that is gone", () => {
    const g = graph();
    const edges = g.edges.size;
    const at = (g.into.get(WEB)?.size ?? 0) + (g.out.get(WEB)?.size ?? 0);
    expect(at).toBeGreaterThan(0);
    apply(g, batch({ gone: [WEB] }));
    expect(g.nodes.has(WEB)).toBe(false);
    expect(g.edges.size).toBe(edges - at);
    expect(g.into.has(WEB)).toBe(false);
  });
  it("moves an edge that got another target", () => {
    const g = graph();
    const edge = [...g.edges.values()].find((e) => e.to === WEB) as EdgeView;
    apply(g, batch({ edges: [{ ...edge, to: "Deployment/shop/api" }] }));
    expect(g.into.get(WEB)?.has(edge.id) ?? false).toBe(false);
    expect(g.into.get("Deployment/shop/api")?.has(edge.id)).toBe(true);
  });
  it("refuses a batch of another context and one that came before", () => {
    const g = graph();
    expect(apply(g, batch({ context: "other", gone: [WEB] }))).toBe(false);
    expect(apply(g, batch({ seq: 1, gone: [WEB] }))).toBe(false);
    expect(g.nodes.has(WEB)).toBe(true);
  });
  it("keeps findings that a batch does not speak of", () => {
    const g = graph();
    apply(g, batch({}));
    expect(g.findings).toHaveLength(1);
  });
  it("forgets everything on reset", () => {
    const g = graph();
    apply(g, batch({ reset: true, seq: 1 }));
    expect(g.nodes.size).toBe(0);
    expect(g.findings).toHaveLength(0);
  });
});

describe("geometry", () => {
  it("draws the full share 16 px wide, and a tenth thin but visible", () => {
    const s = scene(graph(), "near", 880);
    const api = s.pipes.filter((p) => p.edge.from.includes("/api"));
    expect(api.find((p) => p.edge.share === 0.9)?.width).toBeCloseTo(14.4);
    expect(api.find((p) => p.edge.share === 0.1)?.width).toBe(2);
    expect(s.pipes.find((p) => p.edge.to === WEB)?.width).toBe(16);
  });
  it("draws a share of its host and path all the way, and of several routes the most", () => {
    const rank: Record<string, number> = { route: 1, other: 1, stable: 2, canary: 2, alone: 2, web: 3, rs: 4 };
    const edge = (from: string, to: string, share: number | null): EdgeView => ({
      id: `${from}>${to}`,
      from,
      to,
      relation: "routes",
      state: "active",
      share,
      lane: null,
      detail: null,
    });
    const edges = [
      edge("web", "rs", 0.5),
      edge("canary", "web", 1),
      edge("route", "canary", 0.1),
      edge("route", "stable", 0.9),
      edge("other", "stable", 0.2),
      edge("stable", "rs", 1),
      edge("alone", "web2", 1),
      edge("canary", "web3", null),
      edge("gone", "rs", 1),
    ];
    const along = shares(edges, (id) => rank[id]);
    const of = (from: string, to: string) => along.get(`${from}>${to}`);
    expect(of("canary", "web")).toBeCloseTo(0.1);
    expect(of("web", "rs")).toBeCloseTo(0.05);
    expect(of("stable", "rs")).toBeCloseTo(0.9);
    expect(of("alone", "web2")).toBe(1);
    expect([of("canary", "web3"), of("gone", "rs")]).toEqual([undefined, undefined]);
  });
  it("lays pipes of one source side by side in the order of their targets", () => {
    const s = scene(graph(), "near", 880);
    const [blue, green] = [0.9, 0.1].map((share) => s.pipes.find((p) => p.edge.share === share && p.edge.lane));
    expect(blue && green && blue.y1 + blue.width / 2).toBeCloseTo((green?.y1 ?? 0) - (green?.width ?? 0) / 2);
  });
  it("says what each state of an edge looks like", () => {
    const edge = (patch: Partial<EdgeView>): EdgeView => ({
      id: "",
      from: "",
      to: "",
      relation: "",
      state: "active",
      share: 1,
      lane: null,
      detail: null,
      ...patch,
    });
    expect(pipeKind(edge({}), 1)).toBe("flow");
    expect(pipeKind(edge({}), 0)).toBe("hair");
    expect(pipeKind(edge({ share: 0 }), 2)).toBe("open");
    expect(pipeKind(edge({ share: null }), 2)).toBe("hair");
    expect(pipeKind(edge({ state: "declared" }), 2)).toBe("declared");
    expect(pipeKind(edge({ state: "broken" }), 2)).toBe("broken");
  });
  it("groups pods by ReplicaSet, and draws twenty and more as a bar", () => {
    const s = scene(graph(), "near", 880);
    const cart = s.cells.find((c) => c.id.includes("cart-rev31"));
    expect(cart).toMatchObject({ bar: true, ready: 20 });
    expect(s.cells.find((c) => c.id.includes("web-rev"))).toMatchObject({ bar: false, ready: 6 });
  });
  it("draws pods that nobody owns each in a row of their own", () => {
    const g = graph();
    const pod = [...g.nodes.values()].find((n) => n.rank === 5) as NodeView;
    const lone = ["a", "b"].map((name, i) => ({ ...pod, id: name, object: name, name, row: 20 + i, parent: null }));
    apply(g, batch({ nodes: lone }));
    const rows = scene(g, "near", 880).cells.filter((c) => ["a", "b"].includes(c.id));
    expect(rows.map((c) => c.pods.length)).toEqual([1, 1]);
    expect((rows[1]?.y ?? 0) - (rows[0]?.y ?? 0)).toBe(40);
  });
  it("shows applications only at the middle level and namespaces from afar", () => {
    const g = graph();
    expect(scene(g, "mid", 880).cells).toHaveLength(0);
    expect(scene(g, "mid", 880).boxes.every((b) => b.node.rank <= 3)).toBe(true);
    expect(scene(g, "far", 880).regions).toMatchObject([{ namespace: "shop", trouble: 2 }]);
  });
  it("folds Entry and ReplicaSet where it is narrow, and never lets columns overlap", () => {
    for (const width of [620, 676, 880, 1300, 1900]) {
      const cols = columns(width, "near");
      if (width < 800) expect(cols.map((c) => c.rank)).not.toContain(0);
      cols.slice(1).forEach((c, i) => expect(c.x).toBeGreaterThan((cols[i]?.x ?? 0) + (cols[i]?.w ?? 0)));
      const pods = cols.find((c) => c.rank === 5);
      if (width > 660) expect((pods?.x ?? 0) + (pods?.w ?? 0)).toBeLessThanOrEqual(width);
    }
  });
  it("keeps with a hit what lies on its way", () => {
    const s = scene(graph(), "near", 880, "payments");
    expect(s.boxes.map((b) => b.node.name)).toContain("edge");
    expect(s.boxes.map((b) => b.node.name)).not.toContain("web");
  });
  it("never rounds a share to none or to all", () => {
    expect([0, 0.001, 0.5, 0.999, 1].map(percent)).toEqual(["0 %", "< 1 %", "50 %", "> 99 %", "100 %"]);
  });
});

describe("culling", () => {
  it("finds exactly what a scan of everything finds", () => {
    const s = scene(graph(crowd("c", 4000)), "near", 880);
    for (const view of [
      { x: 0, y: 0, w: 880, h: 700 },
      { x: 300, y: 5000, w: 200, h: 60 },
      { x: -50, y: -50, w: 10, h: 10 },
    ]) {
      const scan = s.boxes.filter(
        (b) => b.x <= view.x + view.w && view.x <= b.x + b.w && b.y <= view.y + view.h && view.y <= b.y + b.h,
      );
      expect(new Set(s.boxGrid.in(view))).toEqual(new Set(scan));
    }
  });
  it("finds things that are longer than many cells", () => {
    const long = { x: 0, y: 0, w: 10, h: 1_000_000 };
    expect(new Grid([long]).in({ x: 0, y: 500_000, w: 5, h: 5 })).toEqual([long]);
  });
  it("hits what lies under the pointer", () => {
    const s = scene(graph(), "near", 880);
    const box = s.byId.get(WEB);
    expect(s.boxGrid.at((box?.x ?? 0) + 5, (box?.y ?? 0) + 5)?.id).toBe(WEB);
    expect(s.boxGrid.at(5, 5)).toBeUndefined();
  });
});

describe("camera", () => {
  const world = { x: 0, y: 0, w: 1000, h: 3000 };
  it("stays on the world", () => {
    expect(clampTo({ x: -50, y: 9999, level: "near" }, world, { w: 800, h: 600 })).toMatchObject({ x: 0, y: 2400 });
    expect(clampTo({ x: 40, y: 40, level: "near" }, world, { w: 2000, h: 4000 })).toMatchObject({ x: 0, y: 0 });
  });
  it("moves as little as needed to show something", () => {
    const cam = { x: 0, y: 0, level: "near" as const };
    expect(reveal(cam, { x: 10, y: 100, w: 10, h: 10 }, { w: 800, h: 600 }).y).toBe(0);
    expect(reveal(cam, { x: 100, y: 700, w: 10, h: 26 }, { w: 800, h: 600 }).y).toBe(150);
  });
  it("steps through three levels and stops at the ends", () => {
    expect([zoom("far", 1), zoom("near", 1), zoom("far", -1)]).toEqual(["mid", "near", "far"]);
  });
});

describe("arrows", () => {
  it("follow the fattest edge, and stay in the column up and down", () => {
    const g = graph();
    const s = scene(g, "near", 880);
    const route = "HTTPRoute/shop/shop#shop.example.com/api";
    expect(step(g, s, route, "right")).toBe("Service/shop/api");
    expect(step(g, s, "Service/shop/api", "left")).toBe(route);
    expect(step(g, s, "Service/shop/api", "down")).toBe("Service/shop/api-canary");
    expect(step(g, s, "Service/shop/web", "up")).toBe(null);
  });
  it("lights the way to the entry and to the pods, and nothing beside it", () => {
    const lit = path(graph(), "Deployment/shop/payments");
    expect(lit.has("Gateway/shop/edge")).toBe(true);
    expect(lit.has("ReplicaSet/shop/payments-rev47")).toBe(true);
    expect(lit.has("Service/shop/web")).toBe(false);
  });
});

describe("text", () => {
  it("is cut in the middle, and never wider than its room", () => {
    const measure = (s: string) => s.length * 6;
    const name: NodeView["label"] = "payments-service-very-long-name";
    for (const room of [0, 6, 20, 60, 1000]) {
      const cut = fit(measure, name, room);
      expect(measure(cut)).toBeLessThanOrEqual(Math.max(room, 6));
    }
    expect(fit(measure, name, 60)).toMatch(/^payme.*…/);
  });

  it("keeps a route's path whole and cuts its host between labels", () => {
    const measure = (text: string) => text.length * 6;
    const at = (room: number) => fitRoute(measure, "shop.example.com/api", room * 6);
    expect([at(20), at(19), at(17), at(9), at(5), at(4)]).toEqual([
      "shop.example.com/api",
      "shop.example…/api",
      "shop.example…/api",
      "shop…/api",
      "…/api",
      "/api",
    ]);
    expect(fitRoute(measure, "/catalog", 8 * 6)).toBe("/catalog");
  });
});
