import type { PlanRequest, PlanView, SentenceView } from "../../api/generated";
import { isPlain, type PlainVerb } from "../../state/target";
import { sentence, unlocked } from "./world";

/** What leaves the version as it is: one write, and what it waits for. */
function verb(request: PlanRequest, checked: boolean): PlanView {
  const name = request.target.split("/")[2] ?? "";
  const object = `deployment shop/${name}`;
  const to = String((request.params as Record<string, unknown>)["replicas"] ?? "");
  const restarted = " metadata:\n   labels:\n     app: web\n+  annotations:\n+    kubectl.kubernetes.io/restartedAt: …";
  const said = {
    scale: {
      change: sentence("{before} -> {after} pods", { before: "6", after: to }),
      title: sentence("scale {object} to {n}", { object, n: to }),
      diff: `+ spec.replicas: ${to}`,
      kubectl: `kubectl -n shop scale deployment/${name} --replicas=${to}`,
      undo: sentence("scale to what it was"),
    },
    restart: {
      change: sentence("restart"),
      title: sentence("write the pod template of {object}", { object }),
      diff: restarted,
      kubectl: `kubectl -n shop rollout restart deployment/${name}`,
      undo: sentence("the template and pause as they were"),
    },
    pause: {
      change: sentence("pause"),
      title: sentence("pause {object}", { object }),
      diff: "+ spec.paused: true, annotation changeover.dev/paused-by",
      kubectl: `kubectl -n shop rollout pause deployment/${name}`,
      undo: sentence("unpause, if template and pause are still as written"),
    },
    resume: {
      change: sentence("resume"),
      title: sentence("resume {object}", { object }),
      diff: "- spec.paused: true, annotation changeover.dev/paused-by",
      kubectl: `kubectl -n shop rollout resume deployment/${name}`,
      undo: sentence("pause again"),
    },
  }[request.strategy as PlainVerb];
  return {
    id: `${request.strategy.slice(0, 4)}-${name}-4410bd`,
    context: request.context,
    strategy: request.strategy,
    target: request.target,
    change: said.change,
    diff: request.strategy === "restart" ? restarted : "",
    steps: [
      {
        id: request.strategy,
        phase: "write",
        title: said.title,
        writes: [{ object: request.target, diff: said.diff, kubectl: said.kubectl }],
        waits: null,
        atMost: null,
        undo: said.undo,
        cut: null,
        wayBackSeconds: 1,
      },
    ],
    summary: { steps: 1, writes: 1, morePods: 0, seconds: 40 },
    checked,
    findings: [],
    startable: checked,
    confirm: unlocked.has(request.context) ? "hold" : "type",
    notRestored: [],
  };
}

/** A plan for whatever is asked; an image whose tag says `broken` has a finding that stops it. */
export function plan(request: PlanRequest, checked: boolean): PlanView {
  if (isPlain(request.strategy)) return verb(request, checked);
  const rollback = request.strategy === "rollback";
  const image = request.images[0]?.image ?? "registry.shop.example/web:5.7.0";
  const broken = image.includes("broken");
  const name = request.target.split("/")[2] ?? "";
  const tag = image.split(":").at(-1) ?? image;
  const step = (id: string, phase: string, title: SentenceView, more: Partial<PlanView["steps"][number]> = {}) => ({
    id,
    phase,
    title,
    writes: [],
    waits: null,
    atMost: null,
    undo: null,
    cut: null,
    wayBackSeconds: 5,
    ...more,
  });
  const write = (object: string, diff: string, kubectl: string) => ({ object, diff, kubectl });
  const blue = `deployment shop/${name}`;
  const green = `${blue}-green`;
  return {
    id: rollback ? `rb-${name}-88aa01` : `bg-${name}-77c0de`,
    context: request.context,
    strategy: request.strategy,
    target: request.target,
    change: sentence("{words}", { words: rollback ? "5.8.0 → 5.7.0" : `5.8.0 → ${tag}` }),
    diff: ` spec:\n   containers:\n   - name: web\n-    image: registry.shop.example/web:5.8.0\n+    image: ${image}\n`,
    steps: rollback
      ? [
          step("restore", "restore", sentence("write the pod template of {object}", { object: blue }), {
            writes: [
              write(
                request.target,
                "- image: web:5.8.0\n+ image: web:5.7.0",
                `kubectl -n shop rollout undo deployment/${name} --to-revision=111`,
              ),
            ],
            waits: sentence("{name} is complete, with no pod of the old template left", { name }),
            atMost: 600,
            undo: sentence("the template and pause as they were"),
            wayBackSeconds: 70,
          }),
        ]
      : [
          step(
            "pin",
            "prepare",
            sentence("pin {object} to the pods of {blue}", { object: `service shop/${name}`, blue: name }),
            {
              writes: [
                write(
                  `Service/shop/${name}`,
                  " selector:\n   app: web\n+  pod-template-hash: 6bd9f7c4",
                  `kubectl -n shop patch service ${name} --type=json -p '[{"op":"add","path":"/spec/selector/pod-template-hash","value":"6bd9f7c4"}]'`,
                ),
              ],
              undo: sentence(
                "selector back to {selector}, once no pod of the other colour is left that it would match",
                { selector: "app=web" },
              ),
              wayBackSeconds: 2,
            },
          ),
          step("create-green", "start-green", sentence("create {object}", { object: green }), {
            writes: [
              write(
                `Deployment/shop/${name}-green`,
                `+kind: Deployment\n+name: ${name}-green\n+replicas: 6`,
                "kubectl -n shop create -f green.yaml",
              ),
            ],
            undo: sentence("delete it, and wait until it and its pods are gone"),
          }),
          step(
            "ready-green",
            "ready",
            sentence("wait until {n} pods of {object} are ready", { n: "6", object: green }),
            { waits: sentence("{name} is complete", { name: `${name}-green` }), atMost: 600 },
          ),
          step(
            "check-green",
            "check",
            sentence("ask each pod of {object} for {path} on port {port}, {n} times", {
              object: green,
              path: "/ready",
              port: "8080",
              n: "3",
            }),
            { waits: sentence("every answer is 200 to 399; 5 s each"), atMost: 60 },
          ),
          step("gate-cut-over", "cut-over", sentence("wait for the operator: {gate}", { gate: "cut-over" })),
          step(
            "cut-over",
            "cut-over",
            sentence("move {services} from {from} to {to}", { services: name, from: name, to: `${name}-green` }),
            {
              writes: [
                write(
                  `Service/shop/${name}`,
                  "-  pod-template-hash: 6bd9f7c4\n+  changeover.dev/color: green",
                  `kubectl -n shop patch service ${name} …`,
                ),
              ],
              undo: sentence("the selectors back, in reverse order, if {blue} has enough available pods", {
                blue: name,
              }),
              wayBackSeconds: 4,
            },
          ),
          step(
            "soak",
            "soak",
            sentence("{serving} serves and {standby} stands by, {seconds} s", {
              serving: `${name}-green`,
              standby: name,
              seconds: "600",
            }),
            {
              waits: sentence("{seconds} s; evidence against it flips back, missing evidence does not", {
                seconds: "600",
              }),
              atMost: 600,
              wayBackSeconds: 4,
            },
          ),
          step("gate-retire", "finish", sentence("wait for the operator: {gate}", { gate: "retire" }), {
            wayBackSeconds: 4,
          }),
          step("retire", "retire", sentence("scale {object} to {n}", { object: blue, n: "0" }), {
            undo: sentence("scale back up and wait until ready"),
            wayBackSeconds: 90,
            cut: { step: "retire", deployment: request.target, text: sentence("most clients repeat a GET") },
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
    confirm: unlocked.has(request.context) ? "hold" : "type",
    notRestored: rollback
      ? [
          sentence("contents of ConfigMaps and Secrets: the same names now hold the new contents"),
          sentence("Services, Ingresses and routes"),
        ]
      : [],
  };
}
