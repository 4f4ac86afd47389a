import type { PlanRequest, PlanView } from "../../api/generated";
import { PLANS } from "./recorded";
import { sentence, unlocked } from "./world";

/** What a workload runs, and what it ran before. */
const VERSIONS: Record<string, [string, string]> = {
  web: ["5.8.0", "5.7.0"],
  payments: ["3.9.0", "3.8.4"],
  cart: ["1.18.2", "1.18.1"],
  catalog: ["7.2.0", "7.1.4"],
};

/** A recorded plan, made for what is asked. */
function recorded(request: PlanRequest): PlanView {
  const plan = PLANS[request.strategy as keyof typeof PLANS];
  const name = request.target.split("/")[2] ?? "web";
  const [now, before] = VERSIONS[name] ?? ["5.8.0", "5.7.0"];
  const image = request.images[0]?.image ?? "registry.shop.example/web:5.9.0";
  const pods = String((request.params as Record<string, unknown>)["replicas"] ?? "97");
  const words: Record<string, string> = {
    "registry.shop.example/web:5.9.0": image,
    "5.9.0": image.split(":").at(-1) ?? image,
    "5.8.0": now,
    "5.7.0": before,
    "97": pods,
    web: name,
  };
  const text = JSON.stringify(plan).replace(
    /registry\.shop\.example\/web:5\.9\.0|\b(5\.9\.0|5\.8\.0|5\.7\.0|97|web)\b/g,
    (word) => JSON.stringify(words[word] ?? word).slice(1, -1),
  );
  return { ...(JSON.parse(text) as PlanView), context: request.context };
}

/** A plan for whatever is asked; an image whose tag says `broken` has a finding that stops it. */
export function plan(request: PlanRequest, checked: boolean): PlanView {
  const made = recorded(request);
  const confirm = unlocked.has(request.context) ? "hold" : "type";
  if (!checked) return { ...made, confirm, checked: null, findings: [], startable: false };
  const image = request.images[0]?.image ?? "";
  if (request.strategy === "rollback" && request.target.endsWith("/payments")) {
    const at = new Date(Date.now() - 900_000).toISOString().replace(/\.\d+/, "");
    const changed = {
      code: "config-changed",
      severity: "warn" as const,
      object: "ConfigMap/shop/payments-config",
      message: sentence(
        "was changed at {at}, after the version that comes back had come: its pods start with what it holds now",
        { at },
      ),
      remedy: sentence("compare what it held then: this way back does not restore it"),
    };
    return { ...made, confirm, findings: [changed, ...made.findings] };
  }
  if (!image.includes("broken")) return { ...made, confirm };
  const refused = {
    code: "admission",
    severity: "block" as const,
    object: request.target,
    message: sentence("a pod of the new template is refused: {why}", { why: `image ${image} is not in the registry` }),
    remedy: sentence("change the template so that it is admitted"),
  };
  const tried = made.checked && { ...made.checked, accepted: made.checked.accepted - 1 };
  return { ...made, confirm, checked: tried, findings: [refused, ...made.findings], startable: false };
}
