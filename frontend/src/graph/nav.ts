// Walking the map with the keyboard: right and left follow edges, up and down stay in the column.
import type { Scene } from "./scene";
import { type Graph, steers } from "./store";

export type Step = "left" | "right" | "up" | "down";

export function step(g: Graph, s: Scene, from: string, way: Step): string | null {
  const box = s.byId.get(from);
  if (!box) return s.boxes[0]?.id ?? null;
  if (way === "up" || way === "down") {
    const column = s.boxes.filter((b) => b.node.rank === box.node.rank).sort((a, b) => a.y - b.y);
    const at = column.findIndex((b) => b.id === from);
    return column[at + (way === "down" ? 1 : -1)]?.id ?? null;
  }
  const ids = way === "right" ? g.out.get(from) : g.into.get(from);
  let best: { id: string; far: number } | null = null;
  for (const edgeId of ids ?? []) {
    const edge = g.edges.get(edgeId);
    const next = edge && !steers(edge) && s.byId.get(way === "right" ? edge.to : edge.from);
    if (!next) continue;
    // The fattest way first, then the nearest row.
    const far = Math.abs(next.y - box.y) - 10_000 * (edge.share ?? 0);
    if (!best || far < best.far) best = { id: next.id, far };
  }
  return best?.id ?? null;
}
