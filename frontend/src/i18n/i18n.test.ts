import { afterEach, describe, expect, it } from "vitest";
import { en } from "./en";
import { duration, headline, t, words } from "./index.svelte";
import { ko } from "./ko";

const names = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe("catalogues", () => {
  it("have the same keys", () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
  });
  it("have the same parameters in every sentence", () => {
    for (const key of Object.keys(en) as (keyof typeof en)[])
      expect([key, names(ko[key])]).toEqual([key, names(en[key])]);
  });
  it("shout nowhere and leave nothing empty", () => {
    for (const c of [en, ko])
      for (const [key, s] of Object.entries(c)) {
        expect(s, key).not.toMatch(/!/);
        expect(s.trim(), key).not.toBe("");
      }
  });
  it("say in Korean what is a sentence in English", () => {
    for (const [key, s] of Object.entries(en)) {
      const bare = s.replace(/\{\w+\}/g, "").trim();
      if (/\s/.test(bare) && bare.length > 20) expect(ko[key as keyof typeof en], key).toMatch(/[가-힣]/);
    }
  });
});

describe("words", () => {
  afterEach(() => (words.locale = "en"));
  it("fill in numbers as the language writes them", () => {
    expect(t("map.count", { n: 1234 })).toBe("1,234 applications");
  });
  it("translate a headline that is known, and keep the engine's English for one that is not", () => {
    words.locale = "ko";
    expect(headline({ code: "soaked", params: {}, text: "x" })).toMatch(/관찰/);
    expect(headline({ code: "something-new", params: {}, text: "Something new." })).toBe("Something new.");
  });
  it("give durations one unit that can be read", () => {
    expect([0.4, 4, 90, 600, 7300, 300_000].map(duration)).toEqual(["0.4 s", "4 s", "90 s", "10 min", "2 h", "3 d"]);
  });
});
