// Lines of logs as the window keeps them: bounded, filtered, and still while somebody reads. Pure.
import type { LogBatch, LogEntry, LogSource, LogStatus, SentenceView } from "../../api";
import { visible } from "../../ui/safe";

/** Lines that are kept, at most, and characters of them: a line may have thousands. */
export const KEPT = 15_000;
const CHARACTERS = 12_000_000;
/** What is over is taken away in pieces: an array that loses its first element is moved. */
const PIECE = 1_500;

/** Height of a line, in pixels. */
export const LINE = 18;

export interface Row {
  /** Grows with each row. */
  seq: number;
  source: number;
  at: string;
  /** As it is shown: hidden characters made visible, tabs as spaces. */
  text: string;
  /** What is told in place of a line. */
  note: SentenceView | null;
  /** Lines that were left out here; 0 = it is a line, or told. */
  left: number;
  /** Bytes of the line that are not there. */
  cut: number;
  /** Columns that it takes. */
  cells: number;
}

// What takes two columns of a monospaced font.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\ud800-\udbff]/g;
const PLAIN = /^[\u0020-\u007e]*$/;

export function cells(text: string): number {
  return PLAIN.test(text) ? text.length : text.length + (text.match(WIDE)?.length ?? 0);
}

/** Says whether a text is looked for, and where: a part of it in any case, or `/…/` as a regular expression. */
export interface Match {
  test: (text: string) => boolean;
  /** Beginning and end of each place. */
  places: (text: string) => [number, number][];
  /** It is no regular expression. */
  broken: boolean;
}

const EVERYTHING: Match = { test: () => true, places: () => [], broken: false };

export function match(wanted: string): Match {
  if (wanted === "") return EVERYTHING;
  const inner = /^\/(.+)\/$/.exec(wanted)?.[1];
  let re: RegExp;
  try {
    re = new RegExp(inner ?? wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  } catch {
    return { ...EVERYTHING, broken: true };
  }
  return {
    test: (text) => text.search(re) >= 0,
    places: (text) =>
      [...text.matchAll(re)]
        .filter((m) => m[0] !== "")
        .map((m) => [m.index, m.index + m[0].length] as [number, number]),
    broken: false,
  };
}

/** What was read, in the order in which it came. Not reactive: tens of thousands of rows. */
export class Book {
  /** What is shown: those that match. */
  rows: Row[] = [];
  /** Came while it is held still. */
  private later: Row[] = [];
  private all: Row[] = [];
  private seq = 0;
  private characters = 0;
  private match = EVERYTHING;
  private still = false;
  /** By number; also those that are gone, for their lines are still there. */
  readonly sources = new Map<number, LogSource>();

  take(batch: LogBatch) {
    for (const s of batch.status?.sources ?? []) this.sources.set(s.id, s);
    if (batch.dropped > 0) this.add(gap(batch.dropped));
    for (const e of batch.entries) this.add(this.row(e));
    trim(this.later, KEPT);
    if (!this.still) this.trim();
  }

  private row(e: LogEntry): Row {
    const text = visible(e.text.replaceAll("\t", "    "));
    return { seq: 0, source: e.source, at: e.at, text, note: e.note, left: 0, cut: e.cut, cells: cells(text) };
  }

  private add(row: Row) {
    row.seq = ++this.seq;
    if (this.still) this.later.push(row);
    else this.show(row);
  }

  private show(row: Row) {
    this.all.push(row);
    this.characters += row.text.length;
    if (this.shows(row)) this.rows.push(row);
  }

  /** What is told, and where something is missing, is shown whatever is looked for. */
  private shows(row: Row): boolean {
    return row.left > 0 || row.note !== null || this.match.test(row.text);
  }

  private trim() {
    let over = this.all.length > KEPT + PIECE ? this.all.length - KEPT : 0;
    for (let i = 0, left = this.characters; left > CHARACTERS; i++) {
      left -= this.all[i]?.text.length ?? 0;
      over = Math.max(over, i + 1);
    }
    if (over === 0) return;
    for (const gone of this.all.splice(0, over)) this.characters -= gone.text.length;
    const first = this.all[0]?.seq ?? Infinity;
    const at = this.rows.findIndex((r) => r.seq >= first);
    this.rows.splice(0, at < 0 ? this.rows.length : at);
  }

  /** Lines that came while it is held still. */
  get waiting(): number {
    return counted(this.later);
  }

  /** Nothing that is shown moves from now on. */
  hold() {
    this.still = true;
  }

  /** Shows what came meanwhile; what was too much is counted as left out. */
  go() {
    this.still = false;
    const later = this.later;
    this.later = [];
    for (const row of later) this.show(row);
    this.trim();
  }

  filter(match: Match) {
    this.match = match;
    this.rows = this.all.filter((r) => this.shows(r));
  }
}

/** Keeps the newest; what has to go leaves a row behind that counts it. */
function trim(rows: Row[], most: number) {
  if (rows.length <= most + PIECE) return;
  const gone = rows.splice(0, rows.length - most);
  rows.unshift({ ...gap(counted(gone)), seq: gone.at(-1)?.seq ?? 0 });
}

/** In place of lines that were left out. */
function gap(left: number): Row {
  return { seq: 0, source: 0, at: "", text: "", note: null, left, cut: 0, cells: 0 };
}

/** Lines that rows stand for. */
function counted(rows: readonly Row[]): number {
  return rows.reduce((n, r) => n + (r.note !== null ? 0 : r.left > 0 ? r.left : 1), 0);
}

/** Lines that each row takes in that many columns: the tops of all rows, and the bottom of the last. */
export function tops(rows: readonly Row[], columns: number): number[] {
  let y = 0;
  const out = rows.map((r) => {
    const top = y;
    y += lines(r, columns);
    return top;
  });
  out.push(y);
  return out;
}

/** Lines that a row takes; without a wrap each is one. */
export function lines(row: Row, columns: number): number {
  return Math.max(1, Math.ceil(row.cells / columns));
}

/** The row at a line. */
export function rowAt(tops: readonly number[], line: number): number {
  let [low, high] = [0, Math.max(0, tops.length - 2)];
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if ((tops[mid] ?? 0) <= line) low = mid;
    else high = mid - 1;
  }
  return low;
}

/** Names of pods without what all have in common: `web-7d9f-x2x4z` is `x2x4z` beside its like. */
export function short(pods: Iterable<string>): Map<string, string> {
  const names = [...new Set(pods)];
  const parts = names.map((n) => n.split("-"));
  const least = Math.min(...parts.map((p) => p.length));
  let same = 0;
  while (names.length > 0 && same < least - 1 && parts.every((p) => p[same] === parts[0]?.[same])) same++;
  // An ordinal says nothing by itself.
  if (parts.some((p) => p.slice(same).join("-").length < 3)) same = Math.max(0, same - 1);
  return new Map(names.map((n, i) => [n, (parts[i] ?? []).slice(same).join("-")]));
}

/** The logs as text. */
export function text(book: Book, told: (row: Row) => string): string {
  return book.rows
    .map((r) => {
      const s = book.sources.get(r.source);
      return r.note !== null || r.left > 0 ? told(r) : `${r.at} ${s?.pod ?? ""} ${s?.container ?? ""} ${r.text}`;
    })
    .join("\n");
}

/** Whether none of the logs may be read. */
export function refused(status: LogStatus): LogSource | null {
  const all = status.sources;
  return (all.every((s) => s.state === "refused") && all[0]) || null;
}

/** Logs that need a word, each reason once. */
export function troubled(status: LogStatus): LogSource[] {
  return status.sources.filter((s) => s.why !== null && s.state !== "open" && s.state !== "ended");
}

/** How far into a line its level is looked for: it stands before what is said. */
const LEVEL_WITHIN = 120;
const LEVELS = [
  [
    "error",
    /\b(FATAL|PANIC|CRITICAL|EMERG|ERROR|ERR)\b|\b(level|severity)"?[=:] ?"?(fatal|panic|critical|error|err)\b|^[EF]\d{4} |^panic:/,
  ],
  ["warn", /\b(WARN|WARNING)\b|\b(level|severity)"?[=:] ?"?warn(ing)?\b|^W\d{4} /],
] as const;

/** What a line says of itself, by the usual ways to write a level: a word in capitals, `level=`, JSON, klog. */
export function level(text: string): "error" | "warn" | null {
  const head = text.slice(0, LEVEL_WITHIN);
  return LEVELS.find(([, is]) => is.test(head))?.[0] ?? null;
}
