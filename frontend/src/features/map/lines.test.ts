import { describe, expect, it } from "vitest";
import type { LogBatch, LogEntry, LogStatus } from "../../api";
import { Book, cells, KEPT, level, match, refused, rowAt, short, text, tops, troubled } from "./lines";

const entry = (n: number, text = `line ${n}`): LogEntry => ({
  source: 1,
  at: new Date(n).toISOString(),
  text,
  cut: 0,
  note: null,
});
const batch = (entries: LogEntry[], dropped = 0): LogBatch => ({ dropped, entries, status: null });
const many = (from: number, n: number) => batch(Array.from({ length: n }, (_, i) => entry(from + i)));
const shown = (book: Book) => book.rows.map((r) => r.text);

describe("the book of lines", () => {
  it("keeps the newest and never more than it may", () => {
    const book = new Book();
    for (let n = 0; n < 40_000; n += 1_000) {
      book.take(many(n, 1_000));
      expect(book.rows.length).toBeLessThanOrEqual(KEPT + 1_500);
    }
    expect(shown(book).at(-1)).toBe("line 39999");
    const long = new Book();
    for (let n = 0; n < 1_000; n += 100)
      long.take(batch(Array.from({ length: 100 }, (_, i) => entry(n + i, "x".repeat(16_384)))));
    expect(long.rows.length).toBeLessThan(800);
    expect(long.rows.at(-1)?.at).toBe(new Date(999).toISOString());
  });

  it("moves nothing while it is held, counts what comes, and says what was too much", () => {
    const book = new Book();
    book.take(many(0, 10));
    book.hold();
    const before = book.rows;
    book.take(many(10, 3));
    book.take(batch([], 5));
    expect([book.rows, book.rows.length, book.waiting]).toEqual([before, 10, 8]);
    for (let n = 0; n < 20_000; n += 1_000) book.take(many(n, 1_000));
    expect(book.waiting).toBe(20_008);
    book.go();
    expect(book.waiting).toBe(0);
    const lines = book.rows.filter((r) => r.left === 0).length;
    const left = book.rows.reduce((n, r) => n + r.left, 0);
    expect(lines + left).toBeGreaterThanOrEqual(KEPT);
    expect(left).toBeGreaterThan(0);
    expect(shown(book).at(-1)).toBe("line 19999");
  });

  it("tells where lines were left out, whatever is looked for", () => {
    const book = new Book();
    book.filter(match("nothing like it"));
    book.take(batch([entry(1)], 250));
    expect(book.rows.map((r) => r.left)).toEqual([250]);
  });

  it("shows what is looked for, before and after it came", () => {
    const book = new Book();
    book.take(batch([entry(1, "GET /ready 200"), entry(2, "ERROR timeout")]));
    book.filter(match("error"));
    expect(shown(book)).toEqual(["ERROR timeout"]);
    book.take(batch([entry(3, "an error again"), entry(4, "fine")]));
    expect(shown(book)).toEqual(["ERROR timeout", "an error again"]);
    book.filter(match(""));
    expect(book.rows).toHaveLength(4);
  });

  it("makes visible what is hidden in a line, on one line", () => {
    const book = new Book();
    book.take(batch([entry(1, "a\u0007\u202eb\tc")]));
    expect(shown(book)).toEqual(["a⟨U+0007⟩⟨U+202E⟩b    c"]);
  });

  it("is copied as it is shown, with pod and time in UTC", () => {
    const book = new Book();
    const source = { id: 1, pod: "web-1", container: "web", state: "open" as const, why: null };
    const status: LogStatus = { sources: [source], containers: [], pods: 1, leftOut: 0 };
    book.take({ ...batch([entry(0, "one")], 2), status });
    expect(text(book, (r) => `(${r.left})`)).toBe("(2)\n1970-01-01T00:00:00.000Z web-1 web one");
  });
});

describe("what is looked for", () => {
  const test = (wanted: string, line: string) => match(wanted).test(line);
  it("is a part of a line in any case, or a regular expression between slashes", () => {
    expect([test("Time(", "a time(out)"), test("time.", "time(out)")]).toEqual([true, false]);
    expect([test("/time.|refused/", "Refused"), test("/^a/", "ba")]).toEqual([true, false]);
    expect(match("/(/").broken).toBe(true);
    expect(test("/(/", "everything is shown then")).toBe(true);
  });
  it("is found in each of its places", () => {
    expect(match("ab").places("abxAB")).toEqual([
      [0, 2],
      [3, 5],
    ]);
    expect(match("/x*/").places("ab")).toEqual([]);
  });
});

describe("where lines lie", () => {
  it("is known for wrapped ones too", () => {
    const book = new Book();
    book.take(batch([entry(1, "12345"), entry(2, "한글은"), entry(3, "")]));
    expect(book.rows.map((r) => r.cells)).toEqual([5, 6, 0]);
    expect(cells("🙂")).toBe(3);
    const wrapped = tops(book.rows, 4);
    expect(wrapped).toEqual([0, 2, 4, 5]);
    expect([0, 1, 2, 3, 4, 99].map((line) => rowAt(wrapped, line))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(tops(book.rows, Infinity)).toEqual([0, 1, 2, 3]);
    expect(rowAt([0], 5)).toBe(0);
  });
});

describe("a pod", () => {
  const of = (...pods: string[]) => [...short(pods).values()];
  it("is named by what tells it from the others", () => {
    expect(of("web-7d9f-x2x4z", "web-7d9f-b8k2p")).toEqual(["x2x4z", "b8k2p"]);
    expect(of("web-7d9f-x2x4z", "web-5c6b-b8k2p")).toEqual(["7d9f-x2x4z", "5c6b-b8k2p"]);
    expect(of("db-0", "db-1")).toEqual(["db-0", "db-1"]);
    expect(of("web-7d9f-x2x4z")).toEqual(["x2x4z"]);
    expect(of("web")).toEqual(["web"]);
    expect(of()).toEqual([]);
  });
});

describe("how the logs stand", () => {
  const source = (state: LogStatus["sources"][0]["state"]) => ({
    id: 1,
    pod: "p",
    container: "c",
    state,
    why: state === "open" ? null : { text: "no", form: "", with: {}, parts: {}, then: [] },
  });
  const status = (...states: Parameters<typeof source>[0][]): LogStatus => ({
    sources: states.map(source),
    containers: [],
    pods: 1,
    leftOut: 0,
  });
  it("is refused only where none may be read", () => {
    expect(refused(status("refused", "refused"))).not.toBeNull();
    expect(refused(status("refused", "open"))).toBeNull();
    expect(refused(status())).toBeNull();
    expect(troubled(status("refused", "open", "waiting")).map((s) => s.state)).toEqual(["refused", "waiting"]);
  });
});

describe("the level of a line", () => {
  it("is what the line says of itself, and never a word of what it says", () => {
    for (const line of [
      "2026-11-28 ERROR upstream timed out",
      'level=error msg="no"',
      '{"ts":1,"level":"error","msg":"no"}',
      '{"severity": "CRITICAL"}',
      "E1128 09:00:00.1 1 server.go:9] no",
      "panic: runtime error",
      "[FATAL] gone",
    ])
      expect(level(line), line).toBe("error");
    for (const line of ["WARN slow", '{"level":"warning"}', "W1128 09:00:00.1 1 a.go:1] slow"])
      expect(level(line), line).toBe("warn");
    for (const line of ["INFO 0 errors", "GET /error 200", "no warnings", `${"x".repeat(200)} ERROR`, "Errata"])
      expect(level(line), line).toBeNull();
  });
});
