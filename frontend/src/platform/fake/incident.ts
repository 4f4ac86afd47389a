// payments 3.9.0 crashes since twelve minutes ago; its configuration was edited three minutes before.
import type { ChangeView, IncidentView, WayBackView } from "../../api/generated";
import { revisions } from "./contexts";
import { ago, sentence } from "./world";

export function incident(namespace: string): IncidentView {
  const change = (patch: Partial<ChangeView> & Pick<ChangeView, "object" | "at" | "what">): ChangeView => ({
    sort: "rollout",
    by: null,
    reaches: [patch.object],
    likely: "unlikely",
    reasons: [{ speaks: "against", said: sentence("it reaches nothing that fails now") }],
    back: null,
    ...patch,
  });
  const payments = sentence("it reaches what fails now: {names}", { names: "payments" });
  const before = (n: string) => sentence("it came {time} before that began", {}, { time: sentence("{n} min", { n }) });
  return {
    namespace,
    at: ago(0),
    since: ago(1440),
    troubles: [
      {
        object: "Deployment/shop/payments",
        since: ago(12),
        text: sentence("{pod} fails: {why}", { pod: "payments-5f8b47d96c-x4m7p", why: "CrashLoopBackOff" }),
        ready: 5,
        wanted: 6,
        failing: 3,
      },
    ],
    changes: [
      change({
        object: "Deployment/shop/payments",
        at: ago(12.5),
        what: sentence("{words}", { words: "3.8.4 → 3.9.0" }),
        by: "jenkins",
        likely: "most",
        reasons: [
          { speaks: "for", said: payments },
          { speaks: "for", said: sentence("{n} pods fail, all of them of this version", { n: "3" }) },
        ],
        back: {
          revision: 46,
          images: ["payments=registry.shop.example/payments:3.8.4"],
          ready: 5,
          wanted: 5,
          seconds: 35,
          reasons: [
            {
              speaks: "for",
              said: sentence("was the current revision for {time}", {}, { time: sentence("{n} d", { n: "3" }) }),
            },
          ],
        },
      }),
      change({
        object: "ConfigMap/shop/payments-config",
        at: ago(15),
        what: sentence("was edited"),
        sort: "config",
        by: "kubectl-edit",
        reaches: ["Deployment/shop/payments"],
        likely: "part",
        reasons: [
          { speaks: "for", said: payments },
          { speaks: "for", said: before("3") },
        ],
      }),
      change({
        object: "Deployment/shop/catalog",
        at: ago(4),
        what: sentence("{words}", { words: "7.1.4 → 7.2.0" }),
        by: "jenkins",
      }),
      change({
        object: "Deployment/shop/web",
        at: ago(27),
        what: sentence("was scaled to {to}", { to: "6" }),
        sort: "scale",
        by: "kubectl-scale",
      }),
    ],
    unread: [],
  };
}

/** What the gauge says of a workload: what an incident would go back to is the same revision there. Null = of the last run, where there was none. */
export function wayBack(id: string | null): WayBackView {
  if (id === null) {
    const text = sentence("nothing was rolled out from here yet");
    return { kind: "none", seconds: null, atMost: false, title: sentence("no way back"), text, steps: 0, run: null };
  }
  const name = id.split("/")[2] ?? "web";
  const back = revisions(name)[1];
  const revision = `${back?.number ?? 0}`;
  const images = back?.images.map((image) => `${name}=${image}`).join(", ") ?? "";
  return {
    kind: "rollback",
    seconds: 35,
    atMost: false,
    title: sentence("{name}: back to revision {revision}", { name, revision }),
    text: sentence("revision {revision} ({images}) is written back, as a rolling update", { revision, images }),
    steps: 1,
    run: null,
  };
}
