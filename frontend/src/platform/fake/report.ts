// The report of the fake's run, as the core writes it.
import type { ReportView, RunView } from "../../api/generated";
import { plan } from "./plan";
import { sentence } from "./world";

/** Its JSON. */
export function reported(run: RunView): string {
  const made = plan(
    {
      context: run.context,
      target: run.target,
      strategy: run.strategy,
      images: [{ container: "cart", image: "registry.shop.example/cart:1.19.0" }],
      template: null,
      toRevision: null,
      params: {},
    },
    false,
  );
  const timeline: ReportView["timeline"] = [
    { at: run.startedAt, step: null, text: sentence("{by} drives it", { by: run.driver?.by ?? "" }) },
    ...run.steps
      .filter((s) => s.endedAt !== null)
      .map((s) => ({ at: s.endedAt ?? run.startedAt, step: s.id, text: sentence("done") })),
    ...(run.proof ? [{ at: run.proof.at ?? run.startedAt, step: run.proof.step, text: run.proof.text }] : []),
  ];
  const report: ReportView = { run, timeline, plan: made };
  return JSON.stringify({ schema: 1, report });
}
