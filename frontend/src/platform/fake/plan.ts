import type { PlanRequest, PlanView } from "../../api/generated";
import { sentence, unlocked } from "./world";

/** A plan for whatever is asked; an image whose tag says `broken` has a finding that stops it. */
export function plan(request: PlanRequest, checked: boolean): PlanView {
  const rollback = request.strategy === "rollback";
  const image = request.images[0]?.image ?? "registry.shop.example/web:5.7.0";
  const broken = image.includes("broken");
  const name = request.target.split("/")[2] ?? "";
  const tag = image.split(":").at(-1) ?? image;
  const step = (id: string, phase: string, title: string, more: Partial<PlanView["steps"][number]> = {}) => ({
    id,
    phase,
    title,
    writes: [],
    waits: "",
    atMost: null,
    undo: "nothing to undo",
    cut: null,
    wayBackSeconds: 5,
    ...more,
  });
  const write = (object: string, diff: string, kubectl: string) => ({ object, diff, kubectl });
  return {
    id: rollback ? `rb-${name}-88aa01` : `bg-${name}-77c0de`,
    context: request.context,
    strategy: request.strategy,
    target: request.target,
    change: rollback ? "5.8.0 → 5.7.0" : `5.8.0 → ${tag}`,
    diff: ` spec:\n   containers:\n   - name: web\n-    image: registry.shop.example/web:5.8.0\n+    image: ${image}\n`,
    steps: rollback
      ? [
          step("restore", "restore", "Write the template of revision 111 back", {
            writes: [
              write(
                request.target,
                "- image: web:5.8.0\n+ image: web:5.7.0",
                `kubectl -n shop rollout undo deployment/${name} --to-revision=111`,
              ),
            ],
            waits: "all 6 pods ready",
            atMost: 600,
            undo: "writes the template of revision 112 back",
            wayBackSeconds: 70,
          }),
        ]
      : [
          step("pin", "prepare", `Pin Service ${name} to blue`, {
            writes: [
              write(
                `Service/shop/${name}`,
                " selector:\n   app: web\n+  pod-template-hash: 6bd9f7c4",
                `kubectl -n shop patch service ${name} --type=json -p '[{"op":"add","path":"/spec/selector/pod-template-hash","value":"6bd9f7c4"}]'`,
              ),
            ],
            undo: "removes the added label from the selector",
            wayBackSeconds: 2,
          }),
          step("create-green", "start-green", `Create ${name}-green with 6 pods`, {
            writes: [
              write(
                `Deployment/shop/${name}-green`,
                `+kind: Deployment\n+name: ${name}-green\n+replicas: 6`,
                "kubectl -n shop create -f green.yaml",
              ),
            ],
            undo: `deletes ${name}-green`,
          }),
          step("ready-green", "ready", "Wait until 6 pods are ready", { waits: "6 of 6 pods ready", atMost: 600 }),
          step("check-green", "check", "Ask /ready of each green pod", { waits: "200 from 6 of 6", atMost: 60 }),
          step("gate-cut-over", "cut-over", "You approve the cutover"),
          step("cut-over", "cut-over", `Switch Service ${name} to green`, {
            writes: [
              write(
                `Service/shop/${name}`,
                "-  pod-template-hash: 6bd9f7c4\n+  changeover.dev/color: green",
                `kubectl -n shop patch service ${name} …`,
              ),
            ],
            undo: "writes the selector of before back, if it is still ours",
            wayBackSeconds: 4,
          }),
          step("soak", "soak", "Watch both colours for 10 min", {
            waits: "no new failures",
            atMost: 600,
            wayBackSeconds: 4,
          }),
          step("gate-retire", "finish", "You approve the end of blue", { wayBackSeconds: 4 }),
          step("retire", "retire", "Scale blue to 0", {
            undo: "scales blue back to 6",
            wayBackSeconds: 90,
            cut: { step: "retire", deployment: request.target, text: "each open connection fails once" },
          }),
        ],
    summary: rollback
      ? { steps: 1, writes: 1, morePods: 2, seconds: 70 }
      : { steps: 9, writes: 4, morePods: 6, seconds: 840 },
    checked,
    findings: !checked
      ? []
      : [
          ...(broken
            ? [
                {
                  code: "admission",
                  severity: "block" as const,
                  object: request.target,
                  message: sentence("a pod of the new template is refused: {why}", {
                    why: `image ${image} is not in the registry`,
                  }),
                  remedy: sentence("change the template so that it is admitted"),
                },
              ]
            : []),
          {
            code: "hpa-counts-both",
            severity: "fixed" as const,
            object: `HorizontalPodAutoscaler/shop/${name}`,
            message: sentence("scales blue while both colours stand, and would shrink what the way back needs"),
            remedy: sentence("step {step} raises its minimum to the pods that are there; the finish puts it back", {
              step: "freeze-hpa",
            }),
          },
          {
            code: "fewer-pods",
            severity: "warn" as const,
            object: request.target,
            message: sentence(
              "green would have {green} pods where blue has {blue}: all its traffic would land on fewer",
              {
                green: "4",
                blue: "6",
              },
            ),
            remedy: sentence("leave the parameter green out, or make sure that they can carry the load"),
          },
        ],
    startable: checked && !broken,
    confirm: unlocked.has(request.context) ? (rollback ? "hold" : "key") : "type",
    notRestored: rollback
      ? ["ConfigMap payments-config: edited after revision 111 started", "replicas, Services and routes: as they are"]
      : [],
  };
}
