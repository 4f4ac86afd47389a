// Text that comes from a cluster is data. Characters that could disguise it are made visible.

// C0 and C1 controls, bidirectional controls and other invisible formatters. Newline and tab are kept for blocks.
const HIDDEN =
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]";
// Words that are written from right to left, with the blanks between them.
const LETTERS = "[\\u0590-\\u061b\\u061d-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]+";
const RIGHT_TO_LEFT = `\\u2068?(${LETTERS}(?: +${LETTERS})*)\\u2069?`;
const SPECIAL = new RegExp(`${RIGHT_TO_LEFT}|${HIDDEN}`, "g");

/**
 * Shows hidden characters as `⟨U+202E⟩`, and isolates what is written from right to left, which else would reorder what stands beside it.
 * Text that was made so stays as it is.
 */
export function visible(text: string): string {
  return text.replace(SPECIAL, (c, words: string | undefined) =>
    words === undefined
      ? `⟨U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`
      : `\u2068${words}\u2069`,
  );
}

/** Kind and name in an object's id (`Kind/namespace/name`), as they are shown. */
export function kindAndName(id: string): string {
  return `${oneLine(id.split("/")[0] ?? "")} ${nameOf(id)}`;
}

/** The name in an object's id (`Kind/namespace/name`), as it is shown. */
export function nameOf(id: string): string {
  return oneLine(id.split("/").at(-1) ?? id);
}

/** What is said of an object (`Kind/namespace/name`), on one line, after its name: but a pod says by its own whose it is. */
export function about(id: string, text: string): string {
  const said = oneLine(text);
  return said.startsWith(nameOf(id)) ? said : `${nameOf(id)}: ${said}`;
}

/** As `visible`, on one line. */
export function oneLine(text: string): string {
  return visible(text).replace(/[\t\n]+/g, " ");
}

/** A word for a POSIX shell: as it is where the shell takes it so, else in quotes. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
