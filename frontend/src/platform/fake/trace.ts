// Who answers in the fake shop: by the longest path of its one Gateway, as the map of it says.
import type {
  GraphBatch,
  NodeView,
  RoutesView,
  TraceAnswerView,
  TraceRequest,
  TraceRuleView,
  TraceTargetView,
  TraceView,
} from "../../api/generated";
import { sentence } from "./world";

const DOOR = "Gateway/shop/edge";

/** Edges that requests take out of a node. */
const from = (shown: GraphBatch, id: string) => shown.edges.filter((e) => e.from === id && e.relation === "routes");

const ruleOf = (n: NodeView, why: TraceRuleView["why"]): TraceRuleView => ({
  object: n.object,
  row: n.id,
  pointer: "/spec/rules/0",
  takes: n.label,
  why,
});

function target(shown: GraphBatch, service: string, share: number): TraceTargetView {
  const out = from(shown, service);
  const versions = out
    .flatMap((w) => from(shown, w.to).map((set) => ({ w, set, part: (w.share ?? 0) * (set.share ?? 0) })))
    .filter(({ part }) => part > 0)
    .map(({ w, set, part }) => ({
      workload: w.to,
      set: set.to,
      version: shown.nodes.find((n) => n.id === w.to)?.version ?? null,
      lane: w.lane,
      share: share * part,
      pods: shown.nodes.filter((n) => n.parent === set.to && n.cell === "ready").length,
    }));
  const nothing = sentence("nothing is ready behind it: the client gets an error (503 in most routers)");
  return { service, port: "80", share, versions, note: out.some((e) => e.state === "broken") ? nothing : null };
}

const answer = (shown: GraphBatch, row: NodeView): TraceAnswerView => ({
  rule: ruleOf(row, null),
  targets: from(shown, row.id).map((e) => target(shown, e.to, e.share ?? 0)),
  itself: null,
  mirrors: [],
});

/** Rules on whose way an object stands. */
export function routes(id: string | null, shown: GraphBatch): RoutesView {
  const seen = new Set(id === null ? [] : [id]);
  const leads = () => shown.edges.filter((e) => e.relation === "routes" && seen.has(e.to) && !seen.has(e.from));
  for (let more = leads(); more.length > 0; more = leads()) more.forEach((e) => seen.add(e.from));
  if (id !== null) from(shown, id).forEach((e) => seen.add(e.to));
  const rows = shown.nodes.filter((n) => n.rank === 1 && (id === null || seen.has(n.id) || n.object === id));
  return {
    total: rows.length,
    routes: rows.map((n) => {
      const slash = n.label.indexOf("/");
      const [host, path] = [n.label.slice(0, slash), n.label.slice(slash)];
      return { host, path, pathType: "Prefix", also: [], entries: [DOOR], answer: answer(shown, n) };
    }),
  };
}

export function trace(request: TraceRequest, shown: GraphBatch): TraceView | null {
  const url = URL.parse(request.url.includes("://") ? request.url : `http://${request.url}`);
  if (url === null) return null;
  const rows = from(shown, DOOR)
    .map((e) => shown.nodes.find((n) => n.id === e.to))
    .filter((n) => n !== undefined);
  const at = (row: { label: string }) => row.label.slice(url.host.length);
  const ofHost = rows.filter((n) => n.label.startsWith(`${url.host}/`)).sort((a, b) => at(b).length - at(a).length);
  const below = (path: string) => path === "/" || url.pathname === path || url.pathname.startsWith(`${path}/`);
  const winner = ofHost.find((n) => below(at(n)));
  const lost = (n: NodeView) =>
    below(at(n))
      ? sentence("one of a greater priority is asked first")
      : sentence("takes only path {path} ({kind})", { path: at(n), kind: "prefix" });
  return {
    method: request.method,
    host: url.hostname,
    path: url.pathname,
    namespaces: ["shop"],
    doors: [
      {
        door: null,
        controller: "Traefik",
        port: 80,
        answer: winner ? answer(shown, winner) : null,
        others: ofHost.filter((n) => n !== winner).map((n) => ruleOf(n, lost(n))),
        elsewhere: rows.length - ofHost.length,
      },
    ],
  };
}
