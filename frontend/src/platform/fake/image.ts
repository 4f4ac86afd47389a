// What the registry says: of a tag `missing`, `private` or `away` what it is called after, of any other that it is there.
import type { ImageView } from "../../api/generated";
import { sentence } from "./world";

export function image(name: string): ImageView {
  const says = (view: Partial<ImageView>): ImageView => ({
    state: "missing",
    why: null,
    digest: null,
    platforms: [],
    created: null,
    ...view,
  });
  const tag = name.split(":").at(-1);
  if (tag === "missing") return says({});
  if (tag === "private") return says({ state: "refused", why: sentence("HTTP {status}", { status: "401" }) });
  if (tag === "away")
    return says({ state: "unreachable", why: sentence("no connection ({why})", { why: "Name or service not known" }) });
  return says({
    state: "found",
    digest: `sha256:${"4f7a".repeat(16)}`,
    platforms: ["linux/amd64", "linux/arm64"],
    created: new Date(Date.now() - 5 * 3_600_000).toISOString(),
  });
}
