import { describe, expect, it } from "vitest";
import { incident } from "../../platform/fake/incident";
import { across, type Happening, happenings, marks, remembered, SPAN, ticks } from "./timeline";

const now = Date.parse("2026-03-01T12:00:00Z");
const min = 60_000;
const wide = (text: string) => text.length * 6;
const at = (minutes: number, text: string, hot = false, most = false): Happening => ({
  of: "rollout",
  object: `Deployment/shop/${text}`,
  at: now - minutes * min,
  text,
  hot,
  most,
});

describe("the timeline", () => {
  it("reaches half an hour back, and keeps what has been failing for longer", () => {
    const v = incident("shop");
    const t = Date.now();
    const trouble = v.troubles[0];
    if (!trouble) throw new Error("the fake has a trouble");
    const all = happenings(
      {
        ...v,
        troubles: [
          { ...trouble, since: new Date(t - 90 * min).toISOString() },
          { ...trouble, since: null },
        ],
      },
      t,
      { change: (c) => c.object, trouble: (x) => x.object },
    );
    expect(all.filter((h) => h.of === "trouble").map((h) => t - h.at)).toEqual([90 * min]);
    expect(all.every((h) => h.of === "trouble" || h.at >= t - SPAN)).toBe(true);
    expect(all.filter((h) => h.hot).map((h) => h.object)).toEqual(
      expect.arrayContaining(["Deployment/shop/payments", "ConfigMap/shop/payments-config"]),
    );
    expect(all.map((h) => h.at)).toEqual(all.map((h) => h.at).toSorted((a, b) => a - b));
  });

  it("remembers what the cluster does not tell any more, as a cause of nothing", () => {
    const v = incident("shop");
    const [first, ...rest] = v.changes;
    if (!first) throw new Error("the fake has a change");
    const t = Date.now();
    const old = { ...first, object: "Deployment/shop/old", at: new Date(t - SPAN - 1000).toISOString() };
    const all = remembered([...v.changes, old], { ...v, changes: rest }, t);
    expect(all.map((c) => c.object).toSorted()).toEqual(v.changes.map((c) => c.object).toSorted());
    expect(all.find((c) => c.object === first.object)?.likely).toBe("unknown");
  });

  it("stands from end to end", () => {
    expect(across(now - SPAN, now, 610)).toBe(5);
    expect(across(now, now, 610)).toBe(605);
    // What has been failing for longer.
    expect(across(now - 90 * min, now, 610)).toBe(5);
    // A cluster whose clock is ahead of this one.
    expect(across(now + min, now, 610)).toBe(605);
    expect(ticks(now).length).toBe(7);
    expect(ticks(now + 1).length).toBe(6);
  });

  it("writes where there is room: on the right, else on the left, else cut, and never over another", () => {
    const [a, b, c] = marks([at(20, "web"), at(2, "a-long-name-of-it"), at(0, "api")], now, 610, wide);
    expect([a?.flip, a?.room]).toEqual([false, 18]);
    expect([b?.flip, b?.room]).toEqual([true, 102]);
    expect([c?.flip, c?.room]).toEqual([true, 18]);
    const crowded = marks([at(12, "x".repeat(60)), at(8, "y".repeat(60))], now, 610, wide);
    let end = 0;
    for (const m of crowded) {
      expect(m.room).toBeGreaterThan(0);
      const [from, to] = m.flip ? [m.x - 9 - m.room, m.x + 5] : [m.x - 5, m.x + 9 + m.room];
      expect(from).toBeGreaterThanOrEqual(end);
      end = to;
    }
    expect(end).toBeLessThanOrEqual(610);
  });

  it("lets in a strip what fails speak alone, and never to the left, where its words would read as another's", () => {
    const [a, b] = marks([at(8, "web"), at(4, "fails", true)], now, 610, wide, true);
    expect([a?.room, b?.flip, b?.room]).toEqual([0, false, 30]);
    const [, d] = marks([at(8, "web"), at(0, "fails", true)], now, 610, wide, true);
    expect([d?.flip, d?.room]).toEqual([false, 0]);
  });

  it("gives the likeliest cause room in a strip: what comes too soon after it is one mark with it", () => {
    const all = [at(15, "config", true), at(12.5, "release", true, true), at(12, "fails", true), at(4, "web")];
    const [m, ...more] = marks(all, now, 610, wide, true);
    expect([m?.text, m?.all.length, m?.room]).toEqual(["release +2", 3, wide("release +2")]);
    expect(more.map((x) => x.text)).toEqual(["web"]);
    expect(marks(all, now, 3000, wide, true).map((x) => x.text)).toEqual(["config", "release +1", "web"]);
  });

  it("makes one mark of what lies too close together, and speaks of what counts", () => {
    const [m, ...more] = marks([at(10, "a"), at(10, "b", true), at(9.9, "c")], now, 610, wide);
    expect(more).toEqual([]);
    expect([m?.text, m?.hot, m?.all.length]).toEqual(["b +2", true, 3]);
  });
});
