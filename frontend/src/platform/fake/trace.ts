// Who answers in the fake shop: by the longest path of its one Gateway, as the map of it says.
import type { GraphBatch, TraceRequest, TraceRuleView, TraceTargetView, TraceView } from "../../api/generated";
import { sentence } from "./world";

const DOOR = "Gateway/shop/edge";

export function trace(request: TraceRequest, shown: GraphBatch): TraceView | null {
  const url = URL.parse(request.url.includes("://") ? request.url : `http://${request.url}`);
  if (url === null) return null;
  const from = (id: string) => shown.edges.filter((e) => e.from === id && e.relation === "routes");
  const rows = from(DOOR)
    .map((e) => shown.nodes.find((n) => n.id === e.to))
    .filter((n) => n !== undefined);
  const at = (row: { label: string }) => row.label.slice(url.host.length);
  const ofHost = rows.filter((n) => n.label.startsWith(`${url.host}/`)).sort((a, b) => at(b).length - at(a).length);
  const below = (path: string) => path === "/" || url.pathname === path || url.pathname.startsWith(`${path}/`);
  const winner = ofHost.find((n) => below(at(n)));
  const rule = (n: (typeof rows)[number], why: TraceRuleView["why"]): TraceRuleView => ({
    object: n.object,
    row: n.id,
    pointer: "/spec/rules/0",
    takes: n.label,
    why,
  });
  const target = (service: string, share: number): TraceTargetView => {
    const broken = from(service).find((e) => e.state === "broken");
    const versions = from(service)
      .flatMap((w) => from(w.to).map((set) => ({ w, set, part: (w.share ?? 0) * (set.share ?? 0) })))
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
    return { service, port: "80", share, versions, note: broken ? nothing : null };
  };
  const lost = (n: (typeof rows)[number]) =>
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
        answer: winner
          ? {
              rule: rule(winner, null),
              targets: from(winner.id).map((e) => target(e.to, e.share ?? 0)),
              itself: null,
              mirrors: [],
            }
          : null,
        others: ofHost.filter((n) => n !== winner).map((n) => rule(n, lost(n))),
        elsewhere: rows.length - ofHost.length,
      },
    ],
  };
}
