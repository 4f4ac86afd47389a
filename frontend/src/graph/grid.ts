// Which things lie in a rectangle, without looking at all of them.

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x <= b.x + b.w && b.x <= a.x + a.w && a.y <= b.y + b.h && b.y <= a.y + a.h;
}

const CELL = 256;
/** Things that cover more cells than this are kept apart and tested one by one. */
const LONG = 24;

export class Grid<T extends Rect> {
  private cells = new Map<string, T[]>();
  private long: T[] = [];

  constructor(items: Iterable<T>) {
    for (const item of items) this.add(item);
  }

  private add(item: T) {
    const { x0, x1, y0, y1 } = span(item);
    if ((x1 - x0 + 1) * (y1 - y0 + 1) > LONG) {
      this.long.push(item);
      return;
    }
    for (let cx = x0; cx <= x1; cx++) {
      for (let cy = y0; cy <= y1; cy++) {
        const key = `${cx},${cy}`;
        const cell = this.cells.get(key);
        if (cell) cell.push(item);
        else this.cells.set(key, [item]);
      }
    }
  }

  /** Everything that touches the rectangle, each once. */
  in(rect: Rect): T[] {
    const found = new Set<T>();
    const { x0, x1, y0, y1 } = span(rect);
    for (let cx = x0; cx <= x1; cx++) {
      for (let cy = y0; cy <= y1; cy++) {
        for (const item of this.cells.get(`${cx},${cy}`) ?? []) if (overlaps(item, rect)) found.add(item);
      }
    }
    for (const item of this.long) if (overlaps(item, rect)) found.add(item);
    return [...found];
  }

  /** The thing at a point; the last added wins. */
  at(x: number, y: number): T | undefined {
    return this.in({ x, y, w: 0, h: 0 }).at(-1);
  }
}

function span(r: Rect) {
  return {
    x0: Math.floor(r.x / CELL),
    x1: Math.floor((r.x + r.w) / CELL),
    y0: Math.floor(r.y / CELL),
    y1: Math.floor((r.y + r.h) / CELL),
  };
}
