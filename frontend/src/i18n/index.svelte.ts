// The words of the window. `en.ts` is the type, `ko.ts` must match; a test checks keys and parameters.
import type { SentenceView, UiError } from "../api";
import { en } from "./en";

export type Key = keyof typeof en;
export type Locale = "en" | "ko";

class Words {
  /** What is spoken; `speak` changes it. */
  locale: Locale = $state("en");
}

export const words = new Words();

type Korean = typeof import("./korean");
/** Null until it is wanted: a window in English does not read it. */
let korean: Korean | null = null;
let wanted: Locale = "en";

/** Speaks that language from now on. Resolves once the words of it are there. */
export async function speak(locale: Locale) {
  wanted = locale;
  if (locale === "ko") korean ??= await import("./korean");
  if (wanted === locale) words.locale = locale;
}

/** The Korean words, where Korean is spoken. */
function spoken(): Korean | null {
  return words.locale === "ko" ? korean : null;
}

/** The language for a setting of "as the system". */
export function systemLocale(): Locale {
  return navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
}

type Params = Record<string, string | number>;

/** The sentence for a key, with its parameters filled in. */
export function t(key: Key, params?: Params): string {
  const one = `${key}.1`;
  // English has a singular; a sentence that needs it has a second key.
  return fill((spoken()?.ko ?? en)[params?.["n"] === 1 && has(one) ? one : key], params);
}

/** The English sentence for a key, whatever is spoken. */
export function english(key: Key): string {
  return en[key];
}

function has(key: string): key is Key {
  return key in en;
}

/** The word for a code of the engine when we have one, else the code's own text. */
export function said(prefix: string, code: string, fallback: string, params?: Params): string {
  const key = `${prefix}.${code}`;
  return has(key) ? t(key, params) : fallback;
}

/** A sentence of the core in the language of the window, its moments in local time; null = nothing is said. */
export function say(s: SentenceView | null): string {
  if (s === null) return "";
  return moments(s).reduce((text, at) => text.replaceAll(at, moment(at)), plain(s));
}

/** The same with its moments in UTC, as the core writes them: for what leaves this workstation. */
export function plain(s: SentenceView): string {
  const sentences: Record<string, string> | undefined = spoken()?.sentences;
  const form = sentences?.[s.form];
  if (form === undefined) return s.text;
  const parts = Object.entries(s.parts).map(([name, part]) => [name, plain(part)] as const);
  // A gate is named for scripts; the buttons have a word for it.
  const gate = s.with["gate"];
  const values = gate === undefined ? s.with : { ...s.with, gate: said("gate", gate, gate) };
  return [fill(form, { ...values, ...Object.fromEntries(parts) }), ...s.then.map(plain)].join(". ");
}

/** Moments that a sentence names, in UTC. */
export function moments(s: SentenceView): string[] {
  const own = Object.values(s.with).filter((value) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value));
  return [...own, ...[...Object.values(s.parts), ...s.then].flatMap(moments)];
}

/** A sentence of the core where it stands alone: it begins with a word of ours, never with a name. */
export function alone(text: string): string {
  // A Korean sentence may begin with a name.
  return words.locale === "ko" ? text : text.charAt(0).toLocaleUpperCase("en") + text.slice(1);
}

/** What went wrong, in the language of the window; where nobody said what, that something did. */
export function failure(error: UiError): string {
  return error.message.text === "" ? t("state.failed") : say(error.message);
}

export function fill(text: string, params?: Params): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

export function number(value: number): string {
  return new Intl.NumberFormat(words.locale).format(value);
}

/** A duration for people: `4 s`, `12 min`, `3 d`. */
export function duration(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 10 && s % 1 !== 0) return t("time.s", { n: s.toFixed(1) });
  if (s < 120) return t("time.s", { n: Math.round(s) });
  if (s < 7200) return t("time.min", { n: Math.round(s / 60) });
  if (s < 172_800) return t("time.h", { n: Math.round(s / 3600) });
  return t("time.d", { n: Math.round(s / 86_400) });
}

/** A duration that is known to some ten seconds: none finer than a minute. */
export function coarse(seconds: number): string {
  if (seconds < 60) return t("time.belowMin", { n: 1 });
  return seconds < 7200 ? t("time.min", { n: Math.round(seconds / 60) }) : duration(seconds);
}

/** Minutes and seconds that are left: `8 min 12 s`. */
export function countdown(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("time.s", { n: s });
  return t("time.minS", { m: Math.floor(s / 60), s: s % 60 });
}

/** Local time of day, of an ISO time or of milliseconds since the epoch. */
export function clock(when: string | number): string {
  const at = new Date(when);
  return Number.isNaN(at.getTime()) ? `${when}` : at.toLocaleTimeString("en-GB", { hour12: false });
}

/** Local day, as the window's language writes it: `21 Nov`, with the year where that is not plain. */
export function day(iso: string, year = false): string {
  const locale = words.locale === "ko" ? "ko" : "en-GB";
  const numeric = "numeric" as const;
  return new Date(iso).toLocaleDateString(locale, { ...(year ? { year: numeric } : {}), month: "short", day: numeric });
}

/** Local day with its year, and time. */
export function moment(iso: string): string {
  return `${day(iso, true)} ${clock(iso)}`;
}

/** The same in full and in UTC, for hover and reports. */
export function utc(when: string | number): string {
  const at = new Date(when);
  return Number.isNaN(at.getTime()) ? `${when}` : `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Whole seconds since then: what happened is told no finer. */
export function since(iso: string | null, now: number): number | null {
  if (iso === null) return null;
  const at = Date.parse(iso);
  return Number.isNaN(at) ? null : Math.max(0, Math.floor((now - at) / 1000));
}
