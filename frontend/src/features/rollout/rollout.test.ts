import { describe, expect, it } from "vitest";
import { run, STAGES } from "../../platform/fake/run";
import { nothing } from "../../platform/fake/world";
import { workload } from "../../platform/fake/contexts";
import { plan } from "../../platform/fake/plan";
import { flow, next, phases, pipes, ribbon, rollsBack, tellsTime } from "./run";
import { changed, group, params, parse, placeToBegin, saysSomething, startable, type Wish } from "./walk";

const w = workload("Deployment/shop/web");
const wish = (image: string): Wish => ({ mode: "images", images: { web: image }, template: w.template });
const request = (image: string) => ({
  context: "prod-kr",
  target: w.id,
  strategy: "blue-green",
  images: [{ container: "web", image }],
  template: null,
  toRevision: null,
  params: {},
});

describe("the walk", () => {
  it("goes on only when something changes", () => {
    const was = w.containers[0]?.image ?? "";
    expect(saysSomething(w, wish(was))).toBe(false);
    expect(saysSomething(w, wish(` ${was} `))).toBe(false);
    expect(changed(w, wish("web:5.9.0"))).toEqual([{ container: "web", image: "web:5.9.0" }]);
    expect(saysSomething(w, { mode: "template", images: {}, template: w.template })).toBe(false);
  });
  it("cannot be started before it was checked, nor while a finding stops it", () => {
    const good = { ...plan(request("web:5.9.0"), true), confirm: "key" as const };
    expect(startable(null, "", "prod-kr")).toBe(false);
    expect(startable(plan(request("web:5.9.0"), false), "prod-kr", "prod-kr")).toBe(false);
    expect(startable(good, "", "prod-kr")).toBe(true);
    expect(startable({ ...good, startable: false }, "", "prod-kr")).toBe(false);
    const stop = plan(request("web:broken"), true).findings.filter((f) => f.severity === "block");
    expect(startable({ ...good, findings: stop }, "", "prod-kr")).toBe(false);
  });
  it("wants the context's name exactly where it has to be typed", () => {
    const typed = { ...plan(request("web:5.9.0"), true), confirm: "type" as const };
    expect(["", "prod-k", "PROD-KR", "prod-kr"].map((s) => startable(typed, s, "prod-kr"))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
  it("groups findings into what stops, what to look at and what is taken care of", () => {
    const g = group(plan(request("web:broken"), true).findings);
    expect([g.stops, g.look, g.done].map((f) => f.map((x) => x.code))).toEqual([
      ["admission"],
      ["ingress-class"],
      ["service-overlap", "hpa-counts-both"],
    ]);
  });
  it("begins going back at what was before the run that is meant, else at what is advised", () => {
    expect(placeToBegin(w, null)).toEqual({ revision: 111 });
    expect(placeToBegin(w, "rb-web-3f9a1c")).toEqual({ run: "rb-web-3f9a1c" });
    expect(placeToBegin(w, "bg-web-000000"), "a run that is not known").toEqual({ revision: 111 });
    const nothing = { ...w, revisions: w.revisions.map((r) => ({ ...r, advised: false })) };
    expect(placeToBegin(nothing, null)).toBe(null);
  });
  it("takes parameters in their range, and leaves out what is empty", () => {
    const list = w.strategies[0]?.params ?? [];
    const soak = list.find((p) => p.name === "soak");
    expect(
      soak && [parse(soak, "60"), parse(soak, ""), parse(soak, "x"), parse(soak, "-1"), parse(soak, "9999999")],
    ).toEqual([60, undefined, null, null, null]);
    const probes = list.find((p) => p.name === "probes");
    expect(probes && parse(probes, " http://a \n\n http://b")).toEqual(["http://a", "http://b"]);
    const path = list.find((p) => p.name === "smokePath");
    expect(path && parse(path, "")).toBe("");
    expect(params(list, { soak: "x" })).toBe(null);
    // Untouched is left out, emptied on purpose is said.
    expect(params(list, { probes: "https://shop.example.com/", soak: "600" })).toEqual({});
    expect(params(list, { probes: "", smokePath: "/ready" })).toEqual({ probes: [] });
    expect(params(list, { soak: "60", finish: "swap", smokePath: "/r" })).toEqual({
      soak: 60,
      finish: "swap",
      smokePath: "/r",
    });
  });
});

describe("a run", () => {
  it("offers exactly one next thing at every stage", () => {
    const said = Object.fromEntries(STAGES.map((s) => [s, next(run(s)).is]));
    expect(said).toEqual({
      starting: "wait",
      gate: "gate",
      "not-clear": "gate",
      cutting: "wait",
      draining: "wait",
      soaked: "gate",
      done: "over",
      "backing-out": "wait",
      "backed-out": "over",
      hold: "answer",
      edited: "answer",
      failed: "over",
      stuck: "answer",
      left: "resume",
      elsewhere: "takeOver",
      rollback: "wait",
    });
    expect(next(run("not-clear"))).toMatchObject({ clear: false });
  });
  it("has one current phase while it lasts and none when it is over", () => {
    for (const s of STAGES) {
      const over = s === "done" || s === "backed-out" || s === "failed";
      expect([s, phases(run(s)).filter((p) => p.current).length]).toEqual([s, over ? 0 : 1]);
    }
    expect(phases(run("gate")).find((p) => p.current)?.phase).toBe("cut-over");
    expect(phases(run("draining")).find((p) => p.current)?.phase).toBe("soak");
  });
  it("dates a phase by when it was done, or undone, and tells no time of one that is being undone", () => {
    const at = (stage: "backed-out" | "backing-out") => {
      const shown = run(stage);
      const ends = (phase: string) => shown.steps.filter((s) => s.phase === phase).map((s) => s.endedAt);
      return { of: (phase: string) => phases(shown).find((p) => p.phase === phase)?.at, ends };
    };
    const out = at("backed-out");
    // What was done first is undone last.
    expect(out.of("prepare")).toBe(out.ends("prepare")[0]);
    expect(out.of("cut-over")).toBeNull();
    const going = at("backing-out");
    expect(going.of("prepare")).toBe(going.ends("prepare").at(-1));
    expect(going.of("start-green")).toBeNull();
  });
  it("is taken back by a rollback of its own once it is over, not before", () => {
    expect(STAGES.filter((s) => rollsBack(run(s)))).toEqual(["done"]);
  });
  it("counts no time beside what tells one", () => {
    const under = (stage: "rollback" | "draining" | "soaked") => run(stage).steps.find((s) => s.state === "running");
    expect((["rollback", "draining", "soaked"] as const).map((s) => tellsTime(under(s)?.detail ?? nothing))).toEqual([
      true,
      true,
      false,
    ]);
  });
  it("prices the way back along the phases, dearest before the cutover and flipping after it", () => {
    const parts = ribbon(phases(run("gate")), false);
    expect(parts[0]).toMatchObject({ seconds: 38, flip: false, here: true, span: 5 });
    expect(parts[1]).toMatchObject({ seconds: 4, flip: true, here: false });
    expect(parts.at(-1), "green is gone then").toMatchObject({ seconds: null });
    expect(ribbon(phases(run("draining")), true)[1]).toMatchObject({ here: true });
  });
  it("flips back from the first write of the cutover on, proven or not", () => {
    const list = phases(run("cutting"));
    expect(list.find((p) => p.current)?.phase).toBe("cut-over");
    expect(ribbon(list, false)[0]).toMatchObject({ here: true });
    const [out, back] = ribbon(list, true);
    expect([out, back]).toMatchObject([
      { flip: false, here: false, past: true },
      { flip: true, here: true, past: false },
    ]);
  });
  it("draws traffic where the selector and ready endpoints say, and nowhere else", () => {
    const s = { service: "s", ports: "80", entry: nothing, selects: "blue", blue: 6, green: 6 };
    expect(flow(s, "blue", true)).toEqual({ flow: "full", share: 1 });
    expect(flow(s, "green", true)).toEqual({ flow: "open", share: 0 });
    expect(flow(s, "green", false).flow).toBe("absent");
    expect(flow({ ...s, blue: 0 }, "blue", true).flow).toBe("declared");
    expect(flow({ ...s, selects: "both", blue: 3, green: 1 }, "green", true)).toEqual({ flow: "part", share: 0.25 });
    expect(flow({ ...s, selects: "unknown" }, "blue", true).flow).toBe("unknown");
    expect(flow({ ...s, blue: null, green: null }, "blue", true), "not read yet is not nothing ready").toEqual({
      flow: "unknown",
      share: null,
    });
    expect(flow({ ...s, selects: "none" }, "blue", true).flow).toBe("open");
  });
  it("keeps the pipes of many Services inside their lanes", () => {
    for (const n of [1, 2, 3, 6]) {
      const g = pipes(n, 324);
      for (let i = 0; i < n; i++) {
        expect(g.end(i, "blue") - g.full / 2).toBeGreaterThanOrEqual(0);
        expect(g.end(i, "blue") + g.full / 2).toBeLessThanOrEqual(157);
        expect(g.end(i, "green") - g.full / 2).toBeGreaterThanOrEqual(167);
        expect(g.end(i, "green") + g.full / 2).toBeLessThanOrEqual(324);
      }
    }
  });
});
