import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { t } from "../i18n/index.svelte";
import { KeyMatcher, KEYS, SEQUENCE_MS } from "./keys";
import { oneLine, quoted, visible } from "./safe";

const press = (code: string, more: Partial<{ ctrlKey: boolean; shiftKey: boolean }> = {}) => ({
  code,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe("keys", () => {
  it("are each bound once", () => {
    const bound = KEYS.filter((k) => k.codes.length > 0).map((k) => `${k.ctrl}${k.shift}${k.codes.join(" ")}`);
    expect(new Set(bound).size).toBe(bound.length);
    const single = KEYS.filter((k) => k.codes.length === 1 && !k.ctrl).map((k) => k.codes[0]);
    for (const k of KEYS.filter((x) => x.codes.length === 2)) expect(single).not.toContain(k.codes[0]);
  });
  it("stand in the README as they are", () => {
    const rows = KEYS.filter((k) => k.shown !== "").map((k) => `| \`${k.shown}\` | ${t(k.label)} |`);
    expect(readFileSync("../README.md", "utf8")).toContain(["| Key | Does |", "|---|---|", ...rows].join("\n"));
  });
  it("are matched by the physical key, so a Korean input method does not matter", () => {
    expect(new KeyMatcher().press(press("KeyB"), 0)).toBe("backOut");
    expect(new KeyMatcher().press(press("KeyK", { ctrlKey: true }), 0)).toBe("palette");
    expect(new KeyMatcher().press(press("KeyB", { ctrlKey: true }), 0)).toBe(null);
    expect(new KeyMatcher().press(press("Slash", { shiftKey: true }), 0)).toBe("help");
  });
  it("may come one after the other, within a time", () => {
    const m = new KeyMatcher();
    expect(m.press(press("KeyG"), 0)).toBe("pending");
    expect(m.press(press("KeyR"), 100)).toBe("runs");
    expect(m.press(press("KeyR"), 200)).toBe("rollOut");
    m.press(press("KeyG"), 1000);
    expect(m.press(press("KeyC"), 1000 + SEQUENCE_MS + 1)).toBe(null);
  });
});

describe("cluster text", () => {
  it("shows bidirectional and control characters", () => {
    expect(visible("web\u202egnp.exe")).toBe("web⟨U+202E⟩gnp.exe");
    expect(visible("a\u0000b\u001b[31m")).toBe("a⟨U+0000⟩b⟨U+001B⟩[31m");
    expect(oneLine("a\nb\tc")).toBe("a b c");
    expect(visible("한국어, Ünïcode")).toBe("한국어, Ünïcode");
  });

  it("isolates what is written from right to left, once", () => {
    const shown = visible("ann: \u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd (v2)\u202e");
    expect(shown).toBe("ann: \u2068\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd\u2069 (v2)⟨U+202E⟩");
    expect(visible(shown)).toBe(shown);
    expect(visible("\u2068web\u2069")).toBe("⟨U+2068⟩web⟨U+2069⟩");
  });
});

describe("a word for a shell", () => {
  it("is quoted where the shell would make more of it", () => {
    expect(["prod-kr", "deployment/web", "--to-revision=4"].map(quoted)).toEqual([
      "prod-kr",
      "deployment/web",
      "--to-revision=4",
    ]);
    expect(["a b", "a;reboot", "$(x)", "it's", ""].map(quoted)).toEqual([
      "'a b'",
      "'a;reboot'",
      "'$(x)'",
      "'it'\\''s'",
      "''",
    ]);
  });
});

describe("contrast", () => {
  const css = readFileSync("src/ui/tokens.css", "utf8");
  const tokens = (part: string) =>
    Object.fromEntries([...part.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1] ?? "", m[2] ?? ""]));
  const [darkPart = "", lightPart = ""] = css.split(/\[data-theme=["']light["']\]/);
  const dark = tokens(darkPart);
  const themes = { dark, light: { ...dark, ...tokens(lightPart) } };
  const lum = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a: string, b: string) => {
    const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p) as [number, number];
    return (x + 0.05) / (y + 0.05);
  };
  for (const [theme, at] of Object.entries(themes)) {
    const get = (name: string) => at[name] ?? "#000000";
    it(`of text is at least 4.5:1 (${theme})`, () => {
      for (const bg of ["bg-0", "bg-1", "bg-2"])
        for (const fg of ["text-1", "text-2", "text-3", "busy", "warn", "bad", "blue", "green", "ok", "stale"])
          expect(ratio(get(fg), get(bg)), `${fg} on ${bg}`).toBeGreaterThanOrEqual(4.5);
      for (const [fg, bg] of [
        ["accent-ink", "accent"],
        ["on-fill", "blue"],
        ["on-fill", "green"],
        ["pipe-ink", "blue-pipe"],
        ["pipe-ink", "green-pipe"],
        ["text-1", "bad-bg"],
        ["text-2", "warn-bg"],
        ["bad", "bad-bg"],
        ["warn", "warn-bg"],
        ["busy", "busy-bg"],
        ["env-ink", "env-prod"],
      ] as const)
        expect(ratio(get(fg), get(bg)), `${fg} on ${bg}`).toBeGreaterThanOrEqual(4.5);
    });
    it(`of shapes that mean something is at least 3:1 (${theme})`, () => {
      for (const shape of ["shape", "flow", "flow-lit", "blue-pipe", "green-pipe", "ok-cell", "bad-fill", "accent"])
        expect(ratio(get(shape), get("bg-0")), shape).toBeGreaterThanOrEqual(shape === "flow" ? 2.9 : 3);
    });
  }
});
