import type { SentenceView } from "../../api/generated";
import type { Form } from "../../i18n/sentences";

/** Contexts in which the fake allows writes. */
export const unlocked = new Set<string>();

/** What the core says, as it says it. */
export function sentence(
  form: Form,
  values: Record<string, string> = {},
  parts: Record<string, SentenceView> = {},
): SentenceView {
  const text = form.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? parts[name]?.text ?? whole);
  return { text, form, with: values, parts, then: [] };
}

/** A moment that long ago, in minutes. */
export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

/** No sentence. */
export const nothing: SentenceView = { text: "", form: "", with: {}, parts: {}, then: [] };
