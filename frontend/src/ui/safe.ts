// Text that comes from a cluster is data. Characters that could disguise it are made visible.

// C0 and C1 controls, bidirectional controls and other invisible formatters. Newline and tab are kept for blocks.
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Shows hidden characters as `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (c) => `⟨U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** The name in an object's id (`Kind/namespace/name`), as it is shown. */
export function nameOf(id: string): string {
  return oneLine(id.split("/").at(-1) ?? id);
}

/** As `visible`, on one line. */
export function oneLine(text: string): string {
  return visible(text).replace(/[\t\n]+/g, " ");
}
