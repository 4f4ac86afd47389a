// Links to a place, as `host::place` reads them: `changeover://CONTEXT[/NAMESPACE[/KIND/NAME]][?run=RUN]`. Pure.

/** The link to an object by its id (`Kind/namespace/name`). */
export function linkTo(context: string, id: string): string {
  const [kind = "", namespace = "", name = ""] = id.split("/");
  // Of what has no namespace no link can name one.
  if (namespace === "") return `changeover://${encodeURIComponent(context)}`;
  return `changeover://${[context, namespace, kind, name].map(encodeURIComponent).join("/")}`;
}

/** The link to a run. */
export function linkToRun(context: string, run: string): string {
  return `changeover://${encodeURIComponent(context)}?run=${encodeURIComponent(run)}`;
}
