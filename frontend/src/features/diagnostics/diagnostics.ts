// What is told of this program's surroundings. Pure.
import type { ContextView, DiagnosticsView, ReachView, SentenceView } from "../../api";

type ContextOf = (name: string) => ContextView | null;

/** What is in the way comes first: contexts with a problem, then those with a part of their way that is not right, then what was refused. */
export function sorted(all: readonly ReachView[], contextOf: ContextOf): ReachView[] {
  const rank = (w: ReachView) =>
    contextOf(w.context)?.problem ? 0 : w.way.some((row) => !row.good) ? 1 : w.unread.length > 0 ? 2 : 3;
  return all.toSorted((a, b) => rank(a) - rank(b));
}

/** All of it for a ticket. */
export function asText(v: DiagnosticsView, contextOf: ContextOf, say: (s: SentenceView) => string): string {
  const lines = [`Changeover ${v.version} (${v.system})`, ""];
  for (const p of v.paths) lines.push(`${p.of}: ${p.path}${p.there ? "" : " (-)"}`);
  lines.push("");
  for (const e of v.variables) if (e.value !== null) lines.push(`${e.name}=${e.value}`);
  for (const w of v.contexts) {
    const c = contextOf(w.context);
    lines.push("", `${w.context}: ${c?.state ?? ""} ${c?.server ?? ""}`.trimEnd());
    if (c?.problem) lines.push(`  ! ${say(c.problem.message)}`);
    for (const k of w.unread) lines.push(`  ! ${k.kind}: ${k.note ? say(k.note) : k.state}`);
    for (const row of w.way) lines.push(`  ${row.good ? " " : "!"} ${row.part}: ${say(row.text)}`);
  }
  for (const c of v.crashes) lines.push("", `${c.at} ${c.path}`, c.text);
  return [...lines, "", ...v.log, ""].join("\n");
}
