// From graph to geometry: boxes, pipes and pod cells with their places. Pure; the renderer only paints what stands here.
import type { EdgeView, Lane, NodeView, PodState, SentenceView } from "../api/generated";
import type { Level } from "./camera";
import { Grid, type Rect } from "./grid";
import { steers, troubled, type Graph } from "./store";

export interface Box extends Rect {
  id: string;
  node: NodeView;
}

/** How a pipe is painted; see the drawing language in the README of the design. */
export type PipeKind = "flow" | "open" | "declared" | "broken" | "shadow" | "hair" | "attached" | "beside";

export interface Pipe extends Rect {
  id: string;
  edge: EdgeView;
  kind: PipeKind;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  /** Thickness: 16 px is 100 %. */
  width: number;
  /** One of several ways from its source. */
  split: boolean;
  /** Share in words, empty when there is none to say. */
  text: string;
}

export interface Cells extends Rect {
  /** Id of the ReplicaSet (or workload) that owns the pods; of a pod that stands alone its own. */
  id: string;
  pods: NodeView[];
  states: PodState[];
  lane: Lane | null;
  ready: number;
  /** 20 and more: one bar with the count. */
  bar: boolean;
  /** Why a pod fails, from the first that does. */
  reason: string;
  /** Pixels that are free at the right of the cells. */
  room: number;
}

export interface Column {
  rank: number;
  x: number;
  w: number;
}

/** One namespace seen from afar. */
export interface Region extends Rect {
  id: string;
  namespace: string;
  trouble: number;
  moving: number;
  workloads: number;
  /** The same in words. */
  text: string;
  ready: number;
  wanted: number;
}

export interface Scene {
  level: Level;
  columns: Column[];
  boxes: Box[];
  pipes: Pipe[];
  cells: Cells[];
  regions: Region[];
  byId: Map<string, Box>;
  boxGrid: Grid<Box>;
  pipeGrid: Grid<Pipe>;
  cellGrid: Grid<Cells>;
  world: Rect;
}

export const FULL_PIPE = 16;
export const CELL = 11;
export const CELL_GAP = 3;
export const BAR_FROM = 20;
const CELLS_PER_ROW = 8;
const TOP = 40;

/** Pixels per row of text and height of a box at each level. */
export function pitch(level: Level): { row: number; box: number } {
  return level === "near" ? { row: 40, box: 26 } : { row: 27, box: 22 };
}

/** Columns for a pane of that width. Narrow panes fold Entry and ReplicaSet; wide ones give names more room. */
export function columns(width: number, level: Level): Column[] {
  const narrow = width < 800;
  const want: [number, number, number][] = narrow
    ? [
        [1, 112, 52],
        [2, 118, 52],
        [3, 176, 24],
      ]
    : [
        [0, 88, 32],
        [1, 100, 56],
        [2, 104, 56],
        [3, 184, 44],
      ];
  if (level === "near") {
    if (!narrow) want.push([4, 64, 20]);
    want.push([5, 116, 24]);
    want.push([6, 160, 16]);
  }
  // The aside column is reached by panning: it does not take room from names.
  const fixed = want.filter(([rank]) => rank !== 6).reduce((sum, [, w, gap]) => sum + w + gap, 16);
  const extra = Math.max(0, width - fixed);
  const names = Math.min(420, extra);
  // Names that have all the room they need leave the rest to the pipes.
  const apart = Math.min(480, (extra - names) / 2);
  const grows: Record<number, number> = { 1: 0.3, 2: 0.25, 3: 0.45 };
  const parts: Record<number, number> = { 0: 0.2, 1: 0.3, 2: 0.3, 3: 0.2 };
  let x = 16;
  return want.map(([rank, w, gap]) => {
    const wide = Math.round(w + names * (grows[rank] ?? 0));
    const column = { rank, x, w: wide };
    x += wide + gap + Math.round(apart * (parts[rank] ?? 0));
    return column;
  });
}

/** The part of a share that is said: whole per cent, but never "0 %" for something and never "100 %" for less than all. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 1) return "< 1 %";
  if (value < 100 && value > 99) return "> 99 %";
  return `${Math.round(value)} %`;
}

/** `share`: of its host and path, as far as that is known. */
export function pipeKind(edge: EdgeView, fromRank: number, share = edge.share): PipeKind {
  switch (edge.state) {
    case "active":
      if (share !== null && share <= 0) return "open";
      return fromRank === 0 || share === null ? "hair" : "flow";
    case "open":
      return fromRank === 0 ? "hair" : "open";
    case "declared":
      return "declared";
    case "broken":
      return "broken";
    case "shadow":
      return "shadow";
    case "attached":
      return "attached";
  }
}

/** Kind of the box that stands for callers inside the cluster. */
export const IN_CLUSTER = "InCluster";

/**
 * A Service that leads to pods and that no route leads to is called from inside the cluster, if at all: a dashed box at
 * its left says so. It stands in its row, in the Entry column or else the Route column, where that place is free. A
 * Service with a route may be called from inside too; that is not drawn, for nothing declares it.
 */
function callers(
  g: Graph,
  byId: Map<string, Box>,
  at: Map<number, Column>,
  words: string,
): { box: Box; pipe: EdgeView }[] {
  const quarter = (row: number) => Math.round(row * 4);
  const taken = new Set<string>();
  for (const b of byId.values()) if (b.node.rank < 2) taken.add(`${b.node.rank} ${quarter(b.node.row)}`);
  const free = (rank: number, row: number) =>
    at.has(rank) && [-3, -2, -1, 0, 1, 2, 3].every((d) => !taken.has(`${rank} ${quarter(row) + d}`));
  const led = (id: string) => [...(g.into.get(id) ?? [])].some((e) => !steers(g.edges.get(e) as EdgeView));
  const found: { box: Box; pipe: EdgeView }[] = [];
  for (const to of byId.values()) {
    if (to.node.kind !== "Service" || led(to.id) || (g.out.get(to.id)?.size ?? 0) === 0) continue;
    const rank = [0, 1].find((r) => free(r, to.node.row));
    const column = rank === undefined ? undefined : at.get(rank);
    if (rank === undefined || !column) continue;
    taken.add(`${rank} ${quarter(to.node.row)}`);
    const id = `${to.id}#in-cluster`;
    const quiet = {
      sub: "",
      reason: null,
      ready: null,
      wanted: null,
      version: null,
      lane: null,
      health: "healthy",
    } as const;
    const node: NodeView = { ...to.node, ...quiet, id, kind: IN_CLUSTER, label: words, rank };
    found.push({
      box: { id, node, x: column.x, y: to.y, w: column.w, h: to.h },
      pipe: {
        id: `${id}>calls>${to.id}`,
        from: id,
        to: to.id,
        relation: "calls",
        state: "active",
        share: null,
        lane: null,
        detail: null,
      },
    });
  }
  return found;
}

/** What stands on the map in words. */
export interface Words {
  /** Callers inside the cluster. */
  inCluster: string;
  say: (s: SentenceView) => string;
  /** So many workloads. */
  workloads: (n: number) => string;
}

const PLAIN: Words = { inCluster: "in cluster", say: (s) => s.text, workloads: (n) => `${n}` };

export function scene(g: Graph, level: Level, width: number, filter = "", words = PLAIN): Scene {
  if (level === "far") return farScene(g, width, words.workloads);
  const cols = columns(width, level);
  const at = new Map(cols.map((c) => [c.rank, c]));
  const { row, box } = pitch(level);
  const keep = filtered(g, filter);

  const boxes: Box[] = [];
  const byId = new Map<string, Box>();
  const pods = new Map<string, NodeView[]>();
  const aside = new Map<string, number>();
  for (const node of g.nodes.values()) {
    if (keep && !keep.has(node.id)) continue;
    if (node.rank === 5) {
      // One that stands alone is a group of its own.
      const owner = node.parent ?? node.id;
      const list = pods.get(owner);
      if (list) list.push(node);
      else pods.set(owner, [node]);
      continue;
    }
    const column = at.get(node.rank);
    if (!column) continue;
    // What belongs to a workload shares its row: side by side.
    const place = `${node.rank} ${node.row}`;
    const beside = node.rank === 6 ? (aside.get(place) ?? 0) : 0;
    aside.set(place, beside + 1);
    const b: Box = {
      id: node.id,
      node,
      x: column.x + beside * (column.w + 8),
      y: TOP + node.row * row,
      w: column.w,
      h: box,
    };
    boxes.push(b);
    byId.set(node.id, b);
  }

  const cells = level === "near" ? cellGroups(g, pods, byId, at, row, box, words.say, width) : [];
  const inside = callers(g, byId, at, words.inCluster);
  for (const { box } of inside) {
    boxes.push(box);
    byId.set(box.id, box);
  }
  const edges = [...g.edges.values(), ...inside.map((c) => c.pipe)];
  const pipes = level === "near" || level === "mid" ? pipesOf(edges, byId) : [];
  const all = [...boxes, ...cells];
  const right = Math.max(...cols.filter((c) => c.rank !== 6).map((c) => c.x + c.w), ...all.map((b) => b.x + b.w)) + 16;
  const bottom = Math.max(0, ...all.map((b) => b.y + b.h)) + 48;
  return {
    level,
    columns: cols,
    boxes,
    pipes,
    cells,
    regions: [],
    byId,
    boxGrid: new Grid(boxes),
    pipeGrid: new Grid(pipes),
    cellGrid: new Grid(cells),
    world: { x: 0, y: 0, w: right, h: bottom },
  };
}

/** Ids that a filter keeps: the hits and everything on their way. `null` = all. */
function filtered(g: Graph, filter: string): Set<string> | null {
  const needle = filter.trim().toLowerCase();
  if (needle === "") return null;
  const keep = new Set<string>();
  for (const n of g.nodes.values()) {
    if (!matches(n, needle)) continue;
    keep.add(n.id);
    for (const id of neighbours(g, n.id)) keep.add(id);
  }
  return keep;
}

export function matches(node: NodeView, needle: string): boolean {
  const n = needle.toLowerCase();
  return [node.name, node.label, node.kind, node.version ?? "", node.namespace].some((s) =>
    s.toLowerCase().includes(n),
  );
}

function neighbours(g: Graph, id: string): Set<string> {
  const seen = new Set<string>();
  const go = (at: string, dir: "out" | "into") => {
    for (const e of g[dir].get(at) ?? []) {
      const edge = g.edges.get(e);
      if (!edge) continue;
      const next = dir === "out" ? edge.to : edge.from;
      if (!seen.has(next)) {
        seen.add(next);
        go(next, dir);
      }
    }
  };
  go(id, "out");
  go(id, "into");
  return seen;
}

function cellGroups(
  g: Graph,
  pods: Map<string, NodeView[]>,
  byId: Map<string, Box>,
  at: Map<number, Column>,
  row: number,
  box: number,
  say: (s: SentenceView) => string,
  width: number,
): Cells[] {
  const column = at.get(5);
  if (!column) return [];
  const beside = at.get(6);
  const taken = beside !== undefined && [...byId.values()].some((b) => b.node.rank === 6);
  const end = Math.max(column.x + column.w, taken ? beside.x : width) - 8;
  const groups: Cells[] = [];
  for (const [owner, list] of pods) {
    list.sort((a, b) => (a.name < b.name ? -1 : 1));
    const anchor = byId.get(owner);
    const ownerNode = g.nodes.get(owner);
    const middle = anchor ? anchor.y + anchor.h / 2 : TOP + (ownerNode?.row ?? list[0]?.row ?? 0) * row + box / 2;
    const why = list.find((p) => p.cell === "failing")?.reason ?? null;
    const states = list.map((p) => p.cell ?? "starting");
    const bar = list.length >= BAR_FROM;
    const lines = bar ? 1 : Math.ceil(list.length / CELLS_PER_ROW);
    const h = bar ? 14 : lines * CELL + (lines - 1) * CELL_GAP;
    const w = bar ? 112 : Math.min(list.length, CELLS_PER_ROW) * (CELL + CELL_GAP) - CELL_GAP;
    groups.push({
      id: owner,
      pods: list,
      states,
      lane: ownerNode?.lane ?? null,
      ready: states.filter((s) => s === "ready").length,
      bar,
      reason: why === null ? "" : say(why),
      room: end - (column.x + w + 8),
      x: column.x,
      y: middle - h / 2,
      w,
      h,
    });
  }
  return groups;
}

/**
 * The share of its host and path that runs along each edge, where that is known: an edge tells what part of what enters at its
 * source it takes. What several routes lead to has the share of the one of which it takes most; what none leads to has its own.
 */
export function shares(edges: EdgeView[], rank: (id: string) => number | undefined): Map<string, number> {
  const taken = new Map<string, number>();
  const found = new Map<string, number>();
  const known = edges.flatMap((edge) => {
    const from = rank(edge.from);
    return from === undefined || edge.share === null ? [] : [{ edge, from, share: edge.share }];
  });
  for (const { edge, share } of known.sort((a, b) => a.from - b.from)) {
    const here = (taken.get(edge.from) ?? 1) * share;
    found.set(edge.id, here);
    taken.set(edge.to, Math.max(taken.get(edge.to) ?? 0, here));
  }
  return found;
}

/** What stands beside and is for more than so many (a NetworkPolicy of a whole namespace) says so itself: no lines all over the map. */
const FAN = 8;

function pipesOf(edges: EdgeView[], byId: Map<string, Box>): Pipe[] {
  const pipes: Pipe[] = [];
  const along = shares(edges, (id) => byId.get(id)?.node.rank);
  // Ways that traffic could go on from each box.
  const ways = new Map<string, number>();
  for (const e of edges) if (e.share !== null && byId.has(e.to)) ways.set(e.from, (ways.get(e.from) ?? 0) + 1);
  // How many each of what stands beside points at.
  const fans = new Map<string, number>();
  for (const e of edges) if (byId.get(e.from)?.node.rank === 6) fans.set(e.from, (fans.get(e.from) ?? 0) + 1);
  const thickness = (kind: PipeKind, share: number | null) => {
    if (kind === "flow") return Math.max(2, FULL_PIPE * Math.min(1, share ?? 0));
    if (kind === "open") return 12;
    if (kind === "broken") return FULL_PIPE;
    return 1;
  };
  for (const edge of edges) {
    const from = byId.get(edge.from);
    const to = byId.get(edge.to);
    if (!from || !to || from.node.rank === to.node.rank || (fans.get(edge.from) ?? 0) > FAN) continue;
    const beside = from.node.rank === 6 || to.node.rank === 6;
    const share = along.get(edge.id) ?? null;
    const kind = beside ? "beside" : pipeKind(edge, from.node.rank, share);
    // What stands beside a workload, or steers a Service, points back at it: the line begins at the left all the same.
    const [left, right] = from.node.rank > to.node.rank ? [to, from] : [from, to];
    // From a workload on, only a split is worth a number; there also how little goes to what is not ready.
    const split = (ways.get(edge.from) ?? 0) > 1;
    const says =
      edge.share !== null && ((kind === "flow" && (from.node.rank < 3 || split)) || (kind === "declared" && split));
    pipes.push({
      id: edge.id,
      edge,
      kind,
      x1: left.x + left.w,
      y1: left.y + left.h / 2,
      x2: right.x,
      y2: right.y + right.h / 2,
      width: thickness(kind, share),
      split,
      text: says ? percent(share ?? 0) : kind === "broken" ? percent(0) : "",
      x: 0,
      y: 0,
      w: 0,
      h: 0,
    });
  }
  stack(
    pipes,
    (p) => p.edge.from,
    "y1",
    (p) => p.y2,
    byId,
  );
  stack(
    pipes,
    (p) => p.edge.to,
    "y2",
    (p) => p.y1,
    byId,
  );
  for (const p of pipes) {
    p.x = Math.min(p.x1, p.x2);
    p.w = Math.abs(p.x2 - p.x1);
    p.y = Math.min(p.y1, p.y2) - p.width / 2;
    // What stands beside is led to through the gap below the row.
    p.h = Math.abs(p.y2 - p.y1) + p.width + (p.kind === "beside" ? 20 : 0);
  }
  return pipes;
}

/** Pipes that share an end lie side by side, in the order of their other ends; where they do not fit they merge. */
function stack(
  pipes: Pipe[],
  end: (p: Pipe) => string,
  key: "y1" | "y2",
  order: (p: Pipe) => number,
  byId: Map<string, Box>,
) {
  const groups = new Map<string, Pipe[]>();
  for (const p of pipes) {
    if (p.kind !== "flow") continue;
    const list = groups.get(end(p));
    if (list) list.push(p);
    else groups.set(end(p), [p]);
  }
  for (const [id, list] of groups) {
    const box = byId.get(id);
    const total = list.reduce((sum, p) => sum + p.width, 0);
    if (!box || list.length < 2 || total > box.h) continue;
    list.sort((a, b) => order(a) - order(b));
    let y = box.y + box.h / 2 - total / 2;
    for (const p of list) {
      p[key] = y + p.width / 2;
      y += p.width;
    }
  }
}

function farScene(g: Graph, width: number, workloads: (n: number) => string): Scene {
  const found = new Map<string, Region>();
  for (const n of g.nodes.values()) {
    if (n.rank !== 3) continue;
    let r = found.get(n.namespace);
    if (!r) {
      r = {
        id: n.namespace,
        namespace: n.namespace,
        trouble: 0,
        moving: 0,
        workloads: 0,
        text: "",
        ready: 0,
        wanted: 0,
        x: 0,
        y: 0,
        w: 216,
        h: 84,
      };
      found.set(n.namespace, r);
    }
    r.workloads++;
    r.ready += n.ready ?? 0;
    r.wanted += n.wanted ?? 0;
    if (n.health === "moving") r.moving++;
  }
  // As the summary counts: a Service that leads nowhere is trouble, too.
  for (const n of troubled(g)) {
    const r = found.get(n.namespace);
    if (r) r.trouble++;
  }
  const regions = [...found.values()].sort((a, b) => b.trouble - a.trouble || (a.namespace < b.namespace ? -1 : 1));
  const perRow = Math.max(1, Math.floor((width - 16) / 232));
  regions.forEach((r, i) => {
    r.text = workloads(r.workloads);
    r.x = 16 + (i % perRow) * 232;
    r.y = 16 + Math.floor(i / perRow) * 100;
  });
  const bottom = Math.max(0, ...regions.map((r) => r.y + r.h)) + 16;
  return {
    level: "far",
    columns: [],
    boxes: [],
    pipes: [],
    cells: [],
    regions,
    byId: new Map(),
    boxGrid: new Grid<Box>([]),
    pipeGrid: new Grid<Pipe>([]),
    cellGrid: new Grid<Cells>([]),
    world: { x: 0, y: 0, w: width, h: bottom },
  };
}
