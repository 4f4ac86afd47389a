// The graph as the window holds it: the sum of all batches. Pure data, no framework.
import type { EdgeView, FindingView, GraphBatch, GraphSummary, NodeView } from "../api/generated";

export interface Graph {
  context: string;
  /** Number of the last batch that was applied. */
  seq: number;
  nodes: Map<string, NodeView>;
  edges: Map<string, EdgeView>;
  /** Edge ids by source and by target. */
  out: Map<string, Set<string>>;
  into: Map<string, Set<string>>;
  findings: FindingView[];
  summary: GraphSummary;
}

/** Does not do what it should, in part or at all. */
export function inTrouble({ health }: Pick<NodeView, "health">): boolean {
  return health === "failing" || health === "degraded";
}

/** Services and workloads that are, those first that do nothing of what they should. */
export function troubled(g: Graph): NodeView[] {
  const all = [...g.nodes.values()].filter((n) => inTrouble(n) && (n.rank === 2 || n.rank === 3));
  return all.sort((a, b) => Number(b.health === "failing") - Number(a.health === "failing"));
}

/** So many that are in trouble are listed beside the findings. */
const MOST = 20;

/** What asks for a look, the worst first: what is in trouble, and what a finding speaks of, which then is told by the finding. */
export function toLookAt(g: Graph): ({ node: NodeView } | { finding: FindingView })[] {
  const told = new Set(g.findings.map((f) => f.object));
  const nodes = troubled(g)
    .filter((n) => !told.has(n.object))
    .slice(0, MOST)
    .map((node) => ({ node, rank: node.health === "failing" ? 0 : 1 }));
  const RANK = { block: 0, warn: 1, info: 2, fixed: 2 };
  const findings = g.findings.map((finding) => ({ finding, rank: RANK[finding.severity] }));
  return [...nodes, ...findings].sort((a, b) => a.rank - b.rank);
}

export function emptyGraph(context: string): Graph {
  return {
    context,
    seq: -1,
    nodes: new Map(),
    edges: new Map(),
    out: new Map(),
    into: new Map(),
    findings: [],
    summary: { applications: 0, trouble: 0, moving: 0, ready: 0, pods: 0 },
  };
}

function link(index: Map<string, Set<string>>, node: string, edge: string) {
  const set = index.get(node);
  if (set) set.add(edge);
  else index.set(node, new Set([edge]));
}

function unlink(index: Map<string, Set<string>>, node: string, edge: string) {
  const set = index.get(node);
  if (!set) return;
  set.delete(edge);
  if (set.size === 0) index.delete(node);
}

function dropEdge(g: Graph, id: string) {
  const old = g.edges.get(id);
  if (!old) return;
  unlink(g.out, old.from, id);
  unlink(g.into, old.to, id);
  g.edges.delete(id);
}

/**
 * Applies a batch in place and says whether it was taken. A batch of another context is only taken with `reset`;
 * one that is not newer than the last is refused, so a repeated batch changes nothing.
 */
export function apply(g: Graph, batch: GraphBatch): boolean {
  if (batch.reset) {
    Object.assign(g, emptyGraph(batch.context));
  } else if (batch.context !== g.context || batch.seq <= g.seq) {
    return false;
  }
  g.seq = batch.seq;
  for (const id of batch.goneEdges) dropEdge(g, id);
  for (const id of batch.gone) {
    for (const edge of [...(g.out.get(id) ?? []), ...(g.into.get(id) ?? [])]) dropEdge(g, edge);
    g.nodes.delete(id);
  }
  for (const node of batch.nodes) g.nodes.set(node.id, node);
  for (const edge of batch.edges) {
    dropEdge(g, edge.id);
    g.edges.set(edge.id, edge);
    link(g.out, edge.from, edge.id);
    link(g.into, edge.to, edge.id);
  }
  if (batch.findings) g.findings = batch.findings;
  g.summary = batch.summary;
  return true;
}

/** What steers a rollout (Argo, Flagger) writes its Services and workloads: no request runs along that, and it leads back to the left. */
export function steers(edge: EdgeView): boolean {
  return edge.relation === "steers";
}

/** Ids of everything on the way from an entry through `id` to its pods. */
export function path(g: Graph, id: string): Set<string> {
  const seen = new Set<string>([id]);
  const walk = (start: string, index: Map<string, Set<string>>, far: (e: EdgeView) => string) => {
    const queue = [start];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const edgeId of index.get(at) ?? []) {
        const edge = g.edges.get(edgeId);
        if (!edge || edge.state === "attached" || steers(edge)) continue;
        seen.add(edgeId);
        const next = far(edge);
        if (!seen.has(next)) {
          seen.add(next);
          queue.push(next);
        }
      }
    }
  };
  // No line leads to a pod: it stands on the way of what owns it.
  const owner = g.nodes.get(id)?.rank === 5 ? (g.nodes.get(id)?.parent ?? null) : null;
  if (owner !== null) seen.add(owner);
  const start = owner ?? id;
  walk(start, g.out, (e) => e.to);
  walk(start, g.into, (e) => e.from);
  return seen;
}

/** Name of a node where there is room for it: the box of a ReplicaSet says its revision alone. */
export function title(n: NodeView): string {
  return n.kind === "ReplicaSet" && n.label !== n.name ? `${n.name} (${n.label})` : n.label;
}
