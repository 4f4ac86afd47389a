// Paints a scene on a Canvas 2D. Knows colours and strokes, not what they mean to a rollout.
import type { PodState } from "../api/generated";
import type { Camera } from "./camera";
import type { Rect } from "./grid";
import { CELL, CELL_GAP, IN_CLUSTER, pitch, type Box, type Cells, type Pipe, type Region, type Scene } from "./scene";

/** Colours of the theme, read from the tokens once per theme. */
export interface Ink {
  get(token: string): string;
  ui: string;
}

export interface Marks {
  selected: string | null;
  hover: string | null;
  /** Ids on the way through the selected object; empty = nothing is lit. */
  lit: Set<string>;
}

const CELLS_PER_ROW = 8;

export function readInk(root: Element): Ink {
  const style = getComputedStyle(root);
  const cache = new Map<string, string>();
  const get = (token: string) => {
    let value = cache.get(token);
    if (value === undefined) {
      value = style.getPropertyValue(`--${token}`).trim() || "#888";
      cache.set(token, value);
    }
    return value;
  };
  return { get, ui: style.getPropertyValue("--ui").trim() || "sans-serif" };
}

/** Paints what lies in `view` (world pixels); the context is already moved and scaled. */
export function draw(ctx: CanvasRenderingContext2D, scene: Scene, view: Rect, ink: Ink, marks: Marks) {
  ctx.textBaseline = "alphabetic";
  if (scene.level === "far") {
    for (const region of scene.regions) drawRegion(ctx, region, ink, marks);
    return;
  }
  const pipes = scene.pipeGrid.in(view);
  const lit = (p: Pipe) => marks.lit.has(p.id);
  // Hollow ones first, so that traffic lies on top of what is only open; lit ones last.
  const layer = (p: Pipe) => (p.kind === "open" ? 0 : p.kind === "flow" ? 2 : 1) + (lit(p) ? 3 : 0);
  pipes.sort((a, b) => layer(a) - layer(b));
  for (const p of pipes) drawPipe(ctx, p, ink, lit(p));
  for (const b of scene.boxGrid.in(view)) drawBox(ctx, b, ink, marks, scene.level === "near" ? 12 : 11);
  for (const c of scene.cellGrid.in(view)) drawCells(ctx, c, ink, marks);
  for (const p of pipes) if (p.text !== "") drawShare(ctx, p, ink, lit(p));
}

/** Whether the share stands in the pipe itself; where a split bends away at once there is no room in it. */
function holdsText(p: Pipe): boolean {
  return p.text !== "" && p.kind === "flow" && p.width >= 12 && !(bends(p) && p.split && p.x2 - p.x1 < 48);
}

/** Whether its ends lie at different heights, as far as text beside it is concerned. */
function bends(p: Pipe): boolean {
  return Math.abs(p.y1 - p.y2) >= 6;
}

/** How far a pipe goes straight before it bends: as far as its number is wide, which a slope could not hold. */
function straight(p: Pipe): number {
  const dx = p.x2 - p.x1;
  return holdsText(p) ? Math.min(38, dx * 0.66) : Math.min(4, dx * 0.1);
}

function curve(ctx: CanvasRenderingContext2D, p: Pipe, dy = 0) {
  const head = straight(p);
  const flat = Math.min(4, (p.x2 - p.x1) * 0.1);
  const bend = Math.min(44, (p.x2 - p.x1 - head) * 0.45);
  ctx.beginPath();
  ctx.moveTo(p.x1, p.y1 + dy);
  if (Math.abs(p.y1 - p.y2) < 0.5) {
    ctx.lineTo(p.x2, p.y2 + dy);
    return;
  }
  ctx.lineTo(p.x1 + head, p.y1 + dy);
  ctx.bezierCurveTo(p.x1 + head + bend, p.y1 + dy, p.x2 - flat - bend, p.y2 + dy, p.x2 - flat, p.y2 + dy);
  ctx.lineTo(p.x2, p.y2 + dy);
}

/** From below a box along the gap between two rows, past the pods. */
function around(ctx: CanvasRenderingContext2D, p: Pipe) {
  const half = pitch("near").box / 2;
  const [x, gap, end] = [p.x1 - 12, p.y1 + half + 5, p.x2 - 4];
  ctx.beginPath();
  ctx.moveTo(x, p.y1 + half);
  ctx.arcTo(x, gap, end, gap, 4);
  ctx.arcTo(end, gap, end, p.y2, 4);
  ctx.lineTo(end, p.y2);
  ctx.lineTo(p.x2, p.y2);
}

function stroke(ctx: CanvasRenderingContext2D, color: string, width: number, dash: number[] = []) {
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.stroke();
  if (dash.length > 0) ctx.setLineDash([]);
}

function drawPipe(ctx: CanvasRenderingContext2D, p: Pipe, ink: Ink, lit: boolean) {
  const lane = p.edge.lane;
  const base = lane ? ink.get(`${lane}-pipe`) : ink.get(lit ? "flow-lit" : "flow");
  ctx.lineCap = "butt";
  switch (p.kind) {
    case "flow":
      curve(ctx, p);
      stroke(ctx, base, p.width);
      return;
    case "hair":
      curve(ctx, p);
      stroke(ctx, lit ? ink.get("flow-lit") : ink.get("flow"), lit ? 2 : 1.25);
      return;
    case "open":
      curve(ctx, p);
      stroke(ctx, lane ? base : ink.get("shape"), p.width);
      curve(ctx, p);
      stroke(ctx, ink.get("bg-0"), p.width - 2);
      return;
    case "declared":
      curve(ctx, p);
      stroke(ctx, ink.get("bad"), 1.5, [4, 3]);
      return;
    case "shadow":
      for (const dy of [-1.5, 1.5]) {
        curve(ctx, p, dy);
        stroke(ctx, base, 1);
      }
      return;
    case "attached":
      curve(ctx, p);
      stroke(ctx, ink.get("line-2"), 1);
      return;
    case "beside":
      around(ctx, p);
      stroke(ctx, ink.get(lit ? "flow-lit" : "line-2"), 1);
      return;
    case "broken": {
      curve(ctx, p);
      stroke(ctx, ink.get("flow"), p.width);
      const x = (p.x1 + p.x2) / 2;
      const y = (p.y1 + p.y2) / 2;
      ctx.fillStyle = ink.get("bg-0");
      ctx.fillRect(x - 14, y - p.width / 2 - 1, 28, p.width + 2);
      ctx.lineJoin = "miter";
      for (const dx of [-14, 14]) {
        ctx.beginPath();
        ctx.moveTo(x + dx + 3, y - 13);
        ctx.lineTo(x + dx - 3, y - 5);
        ctx.lineTo(x + dx + 3, y + 3);
        ctx.lineTo(x + dx - 3, y + 12);
        stroke(ctx, ink.get("bad"), 2.5);
      }
      return;
    }
  }
}

function drawShare(ctx: CanvasRenderingContext2D, p: Pipe, ink: Ink, lit: boolean) {
  ctx.textAlign = "center";
  if (p.kind === "broken") {
    ctx.font = `600 11px ${ink.ui}`;
    ctx.fillStyle = ink.get("bad");
    ctx.fillText(p.text, (p.x1 + p.x2) / 2, (p.y1 + p.y2) / 2 + 4);
    return;
  }
  ctx.font = `${lit ? 600 : 500} 11px ${ink.ui}`;
  const bent = bends(p);
  const x = (p.x1 + p.x2) / 2;
  const y = (p.y1 + p.y2) / 2;
  if (holdsText(p)) {
    ctx.fillStyle = lit && !p.edge.lane ? ink.get("bg-0") : ink.get("pipe-ink");
    if (bent) ctx.fillText(p.text, p.x1 + straight(p) / 2, p.y1 + 4);
    else ctx.fillText(p.text, x, y + 4);
    return;
  }
  ctx.fillStyle = ink.get(p.kind === "declared" ? "bad" : "text-2");
  // Beside a bend it sits where the pipe lies flat: near its source, but near its target where a split leaves no room there.
  const near = Math.min(20, (p.x2 - p.x1) / 2);
  const end = bent && p.split;
  const at = end ? p.x2 - near + 2 : bent ? p.x1 + near : x;
  const clear = p.y2 <= p.y1 ? -(p.width / 2 + 5) : p.width / 2 + 13;
  ctx.fillText(p.text, at, (end ? p.y2 : p.y1) + clear);
}

function round(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, r: number) {
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, r);
}

/** Text that fits, cut in the middle where nothing else is said: names differ at both ends. */
export function fit(measure: (s: string) => number, text: string, room: number, shorten = cut): string {
  if (room <= 0) return "";
  if (measure(text) <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const keep = Math.ceil((low + high) / 2);
    if (measure(shorten(text, keep)) <= room) low = keep;
    else high = keep - 1;
  }
  return low === 0 ? "…" : shorten(text, low);
}

/** Host and path of a route that fit: of the host the first labels that do, else a sign that there is one; of the path as much as can be. */
export function fitRoute(measure: (s: string) => number, text: string, room: number): string {
  const slash = text.indexOf("/");
  if (slash < 1 || measure(text) <= room) return fit(measure, text, room);
  const labels = text.slice(0, slash).split(".");
  for (let n = labels.length - 1; n > 0; n--) {
    const short = `${labels.slice(0, n).join(".")}…${text.slice(slash)}`;
    if (measure(short) <= room) return short;
  }
  const path = `…${text.slice(slash)}`;
  return measure(path) <= room ? path : fit(measure, text.slice(slash), room);
}

/** Words are read from their beginning. */
function cutEnd(text: string, keep: number): string {
  return `${text.slice(0, keep).trimEnd()}…`;
}

function cut(text: string, keep: number): string {
  const head = Math.ceil(keep * 0.6);
  return `${text.slice(0, head)}…${keep - head > 0 ? text.slice(text.length - (keep - head)) : ""}`;
}

function drawBox(ctx: CanvasRenderingContext2D, b: Box, ink: Ink, marks: Marks, size: number) {
  const { node } = b;
  const selected = marks.selected === b.id;
  const lit = selected || marks.lit.has(b.id);
  ctx.fillStyle = lit || marks.hover === b.id ? ink.get("bg-2") : ink.get("bg-1");
  round(ctx, b.x + 0.5, b.y + 0.5, b.w - 1, b.h - 1, 3);
  ctx.fill();
  const outside = node.kind === IN_CLUSTER;
  stroke(
    ctx,
    selected ? ink.get("accent") : lit ? ink.get("flow-lit") : ink.get("line-2"),
    selected ? 2 : 1,
    outside ? [3, 2] : [],
  );
  const edge = edgeColour(b, ink);
  if (edge !== null) {
    ctx.fillStyle = edge;
    round(ctx, b.x, b.y, 3, b.h, 1);
    ctx.fill();
  }
  let x = b.x + (edge !== null ? 10 : 8);
  let right = b.x + b.w - 8;
  const base = b.y + b.h / 2 + size * 0.36;
  if (node.lane && node.rank === 3) {
    drawLaneMark(ctx, x, b.y + b.h / 2, node.lane, ink);
    x += 20;
  }
  const counts = node.rank === 3 && node.wanted !== null ? `${node.ready ?? 0}/${node.wanted}` : "";
  if (counts !== "") {
    const short = (node.ready ?? 0) < (node.wanted ?? 0) && node.health !== "moving" && node.health !== "healthy";
    ctx.font = `${short ? 600 : 400} 11px ${ink.ui}`;
    ctx.textAlign = "right";
    ctx.fillStyle = ink.get(short ? (node.health === "degraded" ? "warn" : "bad") : "text-2");
    ctx.fillText(counts, right, base);
    right -= ctx.measureText(counts).width + 8;
  }
  ctx.textAlign = "left";
  ctx.font = `${lit ? 600 : 500} ${size}px ${ink.ui}`;
  const name = (node.rank === 1 ? fitRoute : fit)((s) => ctx.measureText(s).width, node.label, right - x);
  ctx.fillStyle = lit ? ink.get("text-1") : node.health === "idle" ? ink.get("text-3") : ink.get("text-2");
  ctx.fillText(name, x, base);
  x += ctx.measureText(name).width + 6;
  const second = node.rank === 3 ? (node.version ?? node.sub) : node.sub;
  if (second !== "" && right - x > 24) {
    ctx.font = `400 11px ${ink.ui}`;
    ctx.fillStyle = ink.get("text-3");
    ctx.fillText(
      fit((s) => ctx.measureText(s).width, second, right - x),
      x,
      base,
    );
  }
}

function edgeColour(b: Box, ink: Ink): string | null {
  switch (b.node.health) {
    case "failing":
      return ink.get("bad");
    case "degraded":
      return ink.get("warn");
    case "moving":
      return ink.get("busy");
    case "healthy":
    case "idle":
    case "unknown":
      return null;
  }
}

export function drawLaneMark(
  ctx: CanvasRenderingContext2D,
  x: number,
  middle: number,
  lane: "blue" | "green",
  ink: Ink,
) {
  ctx.fillStyle = ink.get(lane);
  if (lane === "blue") round(ctx, x, middle - 7, 14, 14, 2);
  else {
    ctx.beginPath();
    ctx.arc(x + 7, middle, 7.2, 0, Math.PI * 2);
  }
  ctx.fill();
  ctx.font = `700 10px ${ink.ui}`;
  ctx.textAlign = "center";
  ctx.fillStyle = ink.get("on-fill");
  ctx.fillText(lane === "blue" ? "B" : "G", x + 7, middle + 3.6);
  ctx.textAlign = "left";
}

function drawCells(ctx: CanvasRenderingContext2D, c: Cells, ink: Ink, marks: Marks) {
  const lane = c.lane === "green" ? "green" : c.lane === "blue" ? "blue" : null;
  const full = lane ? ink.get(`${lane}-pipe`) : ink.get("ok-cell");
  if (c.bar) {
    const share = c.pods.length === 0 ? 0 : c.ready / c.pods.length;
    const r = lane === "green" ? 7 : 2;
    ctx.save();
    round(ctx, c.x, c.y, c.w, c.h, r);
    ctx.fillStyle = ink.get("bg-3");
    ctx.fill();
    ctx.clip();
    ctx.fillStyle = full;
    ctx.fillRect(c.x, c.y, c.w * share, c.h);
    ctx.restore();
    if (c.states.includes("failing")) {
      round(ctx, c.x + 0.75, c.y + 0.75, c.w - 1.5, c.h - 1.5, r);
      stroke(ctx, ink.get("bad"), 1.5);
    }
    ctx.font = `600 11px ${ink.ui}`;
    ctx.textAlign = "center";
    ctx.fillStyle = share > 0.5 ? ink.get("pipe-ink") : ink.get("text-1");
    ctx.fillText(`${c.ready} / ${c.pods.length}`, c.x + c.w / 2, c.y + 11);
    ctx.textAlign = "left";
    return;
  }
  c.states.forEach((state, i) => {
    const x = c.x + (i % CELLS_PER_ROW) * (CELL + CELL_GAP);
    const y = c.y + Math.floor(i / CELLS_PER_ROW) * (CELL + CELL_GAP);
    drawCell(ctx, x, y, state, lane === "green", full, ink);
    if (c.pods[i]?.id === marks.selected) {
      round(ctx, x - 1.5, y - 1.5, CELL + 3, CELL + 3, 3);
      stroke(ctx, ink.get("accent"), 2);
    }
  });
  if (c.reason !== "" && c.states.length < CELLS_PER_ROW) {
    ctx.font = `400 11px ${ink.ui}`;
    ctx.fillStyle = ink.get("bad");
    if (c.room > 40)
      ctx.fillText(
        fit((s) => ctx.measureText(s).width, c.reason, c.room, cutEnd),
        c.x + c.w + 8,
        c.y + 9,
      );
  }
}

function drawCell(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  state: PodState,
  circle: boolean,
  full: string,
  ink: Ink,
) {
  const outline = (inset: number) => {
    if (circle) {
      ctx.beginPath();
      ctx.arc(x + CELL / 2, y + CELL / 2, CELL / 2 - inset, 0, Math.PI * 2);
    } else round(ctx, x + inset, y + inset, CELL - 2 * inset, CELL - 2 * inset, 2);
  };
  switch (state) {
    case "ready":
      outline(0);
      ctx.fillStyle = full;
      ctx.fill();
      return;
    case "starting":
      ctx.save();
      outline(0.75);
      stroke(ctx, ink.get("busy"), 1.5);
      ctx.clip();
      ctx.fillStyle = ink.get("busy");
      ctx.fillRect(x, y + CELL / 2, CELL, CELL / 2);
      ctx.restore();
      return;
    case "failing":
      outline(0.75);
      stroke(ctx, ink.get("bad"), 1.5);
      ctx.beginPath();
      ctx.moveTo(x + 3.2, y + 3.2);
      ctx.lineTo(x + 7.8, y + 7.8);
      ctx.moveTo(x + 7.8, y + 3.2);
      ctx.lineTo(x + 3.2, y + 7.8);
      stroke(ctx, ink.get("bad"), 1.5);
      return;
    case "ending":
      outline(0.75);
      stroke(ctx, ink.get("shape"), 1.5, [1.5, 2]);
      return;
  }
}

function drawRegion(ctx: CanvasRenderingContext2D, r: Region, ink: Ink, marks: Marks) {
  ctx.fillStyle = marks.hover === r.id ? ink.get("bg-2") : ink.get("bg-1");
  round(ctx, r.x + 0.5, r.y + 0.5, r.w - 1, r.h - 1, 3);
  ctx.fill();
  stroke(ctx, marks.selected === r.id ? ink.get("accent") : ink.get("line-2"), 1);
  if (r.trouble > 0) {
    ctx.fillStyle = ink.get("bad");
    round(ctx, r.x, r.y, 3, r.h, 1);
    ctx.fill();
  }
  ctx.textAlign = "left";
  ctx.font = `600 15px ${ink.ui}`;
  ctx.fillStyle = ink.get("text-1");
  ctx.fillText(
    fit((s) => ctx.measureText(s).width, r.namespace, r.w - 32),
    r.x + 16,
    r.y + 26,
  );
  ctx.font = `400 12px ${ink.ui}`;
  let x = r.x + 16;
  const word = (text: string, colour: string) => {
    ctx.fillStyle = colour;
    ctx.fillText(text, x, r.y + 46);
    x += ctx.measureText(text).width + 12;
  };
  if (r.trouble > 0) word(`✕ ${r.trouble}`, ink.get("bad"));
  if (r.moving > 0) word(`▸ ${r.moving}`, ink.get("busy"));
  word(r.text, ink.get("text-3"));
  const counts = `${r.ready}/${r.wanted}`;
  ctx.font = `400 11px ${ink.ui}`;
  ctx.textAlign = "right";
  ctx.fillStyle = ink.get("text-2");
  ctx.fillText(counts, r.x + r.w - 16, r.y + 67);
  const w = r.w - 32 - ctx.measureText(counts).width - 8;
  ctx.fillStyle = ink.get("bg-3");
  ctx.fillRect(r.x + 16, r.y + 60, w, 6);
  ctx.fillStyle = ink.get("ok-cell");
  ctx.fillRect(r.x + 16, r.y + 60, r.wanted > 0 ? (w * r.ready) / r.wanted : 0, 6);
}

/** How much is painted around the view, so that small pans only move a bitmap. */
export const MARGIN = 320;

/** Keeps the last painting as a bitmap: while panning within it, a frame costs one copy. */
export class Painter {
  private bitmap: HTMLCanvasElement | null = null;
  private area: Rect = { x: 0, y: 0, w: -1, h: -1 };
  private dirty = true;
  /** Paintings that were not a copy; tests and the benchmark read it. */
  painted = 0;

  constructor(private canvas: HTMLCanvasElement) {}

  invalidate() {
    this.dirty = true;
  }

  frame(scene: Scene, cam: Camera, size: { w: number; h: number }, dpr: number, ink: Ink, marks: Marks) {
    const view: Rect = { x: cam.x, y: cam.y, w: size.w, h: size.h };
    const inside =
      view.x >= this.area.x &&
      view.y >= this.area.y &&
      view.x + view.w <= this.area.x + this.area.w &&
      view.y + view.h <= this.area.y + this.area.h;
    if (this.dirty || !inside) this.paint(scene, view, dpr, ink, marks);
    const ctx = this.canvas.getContext("2d");
    if (!ctx || !this.bitmap) return;
    const w = Math.round(size.w * dpr);
    const h = Math.round(size.h * dpr);
    // The size on the screen changes with the painting, not before it: a resize never stretches the last frame.
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.canvas.style.width = `${size.w}px`;
      this.canvas.style.height = `${size.h}px`;
    }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, w, h);
    ctx.drawImage(this.bitmap, Math.round((this.area.x - cam.x) * dpr), Math.round((this.area.y - cam.y) * dpr));
  }

  private paint(scene: Scene, view: Rect, dpr: number, ink: Ink, marks: Marks) {
    this.area = { x: view.x - 64, y: view.y - MARGIN, w: view.w + 128, h: view.h + 2 * MARGIN };
    this.bitmap ??= document.createElement("canvas");
    const w = Math.round(this.area.w * dpr);
    const h = Math.round(this.area.h * dpr);
    if (this.bitmap.width !== w) this.bitmap.width = w;
    if (this.bitmap.height !== h) this.bitmap.height = h;
    const ctx = this.bitmap.getContext("2d");
    if (!ctx) return;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, w, h);
    ctx.setTransform(dpr, 0, 0, dpr, -this.area.x * dpr, -this.area.y * dpr);
    draw(ctx, scene, this.area, ink, marks);
    this.dirty = false;
    this.painted++;
  }
}
