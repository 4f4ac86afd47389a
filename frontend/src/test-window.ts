// What tests of the whole window begin with: the fake as it was at first, and a page that shows nothing yet.
import { platform } from "#platform";
import { emptyGraph } from "./graph/store";
import type { Fake } from "./platform/fake";
import { app } from "./state/app.svelte";

export const fake = platform as Fake;

/** As a page that was just loaded. */
export function anew() {
  fake.reset();
  history.replaceState(null, "");
  Object.assign(app, {
    contexts: { is: "none" },
    graph: emptyGraph(""),
    screen: { at: "clusters" },
    selected: null,
    object: { is: "none" },
    tab: "overview",
    overlay: null,
    fresh: null,
    toasts: [],
    list: false,
    filter: "",
  });
}
