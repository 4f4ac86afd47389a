// A Blue/Green run of `cart`, at any of its stages.
import type {
  CutView,
  HoldView,
  LaneView,
  RunState,
  RunStepView,
  RunView,
  SentenceView,
  StepState,
  WayBackKind,
} from "../../api/generated";
import { nothing, sentence } from "./world";

export type Stage =
  | "starting"
  | "gate"
  | "not-clear"
  | "cutting"
  | "draining"
  | "soaked"
  | "done"
  | "backing-out"
  | "backed-out"
  | "hold"
  | "failed"
  | "stuck"
  | "left";

export const STAGES: Stage[] = [
  "starting",
  "gate",
  "not-clear",
  "cutting",
  "draining",
  "soaked",
  "done",
  "backing-out",
  "backed-out",
  "hold",
  "failed",
  "stuck",
  "left",
];

const ENTRY = "https://shop.example.com/cart";
const took = (ms: number) => sentence("{status} in {ms} ms", { status: "200", ms: `${ms}` });
const ready = (have: number) => sentence("{have} of {want} ready", { have: `${have}`, want: "20" });
const within = (what: SentenceView, spent: number, limit: number) =>
  sentence("{what}, {spent} s of at most {limit} s", { spent: `${spent}`, limit: `${limit}` }, { what });
const selectsBoth = sentence("{service}: somebody changed its selector, and it now selects both colours at once", {
  service: "service shop/cart",
});
const refused = sentence("{object}: refused ({message})", {
  object: "Service/shop/cart-grpc",
  message: 'admission webhook "guard.example.com" denied the request',
});

interface Shape {
  state: RunState;
  /** How many of the steps are done. */
  done: number;
  current: StepState;
  onGreen: boolean;
  headline: [string, SentenceView];
  back: [WayBackKind, number | null, SentenceView];
}

const SHAPES: Record<Stage, Shape> = {
  starting: {
    state: "running",
    done: 3,
    current: "running",
    onGreen: false,
    headline: ["green-starts", sentence("Green is starting. All traffic is still on blue.")],
    back: ["backOut", 5, sentence("what was prepared is taken away; what serves is not touched")],
  },
  gate: {
    state: "waiting",
    done: 6,
    current: "pending",
    onGreen: false,
    headline: ["green-ready", sentence("Green is ready. All traffic is still on blue.")],
    back: ["backOut", 5, sentence("what was prepared is taken away; what serves is not touched")],
  },
  "not-clear": {
    state: "waiting",
    done: 6,
    current: "pending",
    onGreen: false,
    headline: ["gate-not-clear", sentence("The gate waits: {what}.", {}, { what: ready(18) })],
    back: ["backOut", 5, sentence("what was prepared is taken away; what serves is not touched")],
  },
  cutting: {
    state: "running",
    done: 7,
    current: "running",
    onGreen: true,
    headline: ["proving", sentence("Traffic is moving to green. That it arrives is being proven.")],
    back: ["flipBack", 4, sentence("traffic moves back to what served before, then everything else is undone")],
  },
  draining: {
    state: "running",
    done: 9,
    current: "running",
    onGreen: true,
    headline: ["soaking", sentence("Green serves. Blue stands by.")],
    back: ["flipBack", 4, sentence("traffic moves back to what served before, then everything else is undone")],
  },
  soaked: {
    state: "waiting",
    done: 10,
    current: "pending",
    onGreen: true,
    headline: ["soaked", sentence("Green serves and stood the soak. Blue still stands by.")],
    back: ["flipBack", 4, sentence("traffic moves back to what served before, then everything else is undone")],
  },
  done: {
    state: "done",
    done: 13,
    current: "done",
    onGreen: true,
    headline: ["done", sentence("Done: the new version serves.")],
    back: [
      "rollback",
      90,
      sentence("revision {revision} ({images}) is written back, as a rolling update", {
        revision: "41",
        images: "registry.shop.example/cart:1.18.2",
      }),
    ],
  },
  "backing-out": {
    state: "backingOut",
    done: 5,
    current: "undoing",
    onGreen: false,
    headline: ["backing-out", sentence("Going back. {traffic}", {}, { traffic: sentence("All traffic is on blue.") })],
    back: ["backOut", 3, sentence("what was prepared is taken away; what serves is not touched")],
  },
  "backed-out": {
    state: "backedOut",
    done: 0,
    current: "undone",
    onGreen: false,
    headline: ["backed-out", sentence("Backed out. {traffic}", {}, { traffic: sentence("All traffic is on blue.") })],
    back: ["none", null, sentence("the run is over; going back is a run of its own")],
  },
  hold: {
    state: "held",
    done: 9,
    current: "running",
    onGreen: true,
    headline: [
      "both-colours",
      sentence("Held: {why}. {traffic}", {}, { why: selectsBoth, traffic: sentence("Traffic is on green.") }),
    ],
    back: ["flipBack", 4, sentence("traffic moves back to what served before, then everything else is undone")],
  },
  failed: {
    state: "failed",
    done: 4,
    current: "failed",
    onGreen: false,
    headline: [
      "failed",
      sentence(
        "Failed before anything was written: {error}.",
        {},
        { error: sentence("{object}: not found", { object: "deployment shop/cart" }) },
      ),
    ],
    back: ["none", null, sentence("the run is over; going back is a run of its own")],
  },
  stuck: {
    state: "stuck",
    done: 3,
    current: "failed",
    onGreen: false,
    headline: [
      "stuck",
      sentence(
        "Stuck, repair by hand: {error}. {traffic}",
        {},
        { error: refused, traffic: sentence("All traffic is on blue.") },
      ),
    ],
    back: ["none", null, sentence("the run is over; going back is a run of its own")],
  },
  left: {
    state: "left",
    done: 6,
    current: "pending",
    onGreen: false,
    headline: [
      "left",
      sentence(
        "Nobody drives this run. {traffic} It stands at: {what}.",
        {},
        { traffic: sentence("All traffic is on blue."), what: sentence("wait for the operator before traffic moves") },
      ),
    ],
    back: ["backOut", 5, sentence("what was prepared is taken away; what serves is not touched")],
  },
};

const blue = "deployment shop/cart";
const green = "deployment shop/cart-green";

const STEPS: [string, string, SentenceView, SentenceView, number | null][] = [
  [
    "pin-cart",
    "prepare",
    sentence("pin {object} to the pods of {blue}", { object: "service shop/cart", blue: "cart" }),
    nothing,
    2,
  ],
  [
    "pin-cart-grpc",
    "prepare",
    sentence("pin {object} to the pods of {blue}", { object: "service shop/cart-grpc", blue: "cart" }),
    nothing,
    2,
  ],
  ["create-green", "start-green", sentence("create {object}", { object: green }), nothing, 4],
  [
    "ready-green",
    "ready",
    sentence("wait until {n} pods of {object} are ready", { n: "20", object: green }),
    within(ready(12), 41, 600),
    5,
  ],
  [
    "check-green",
    "check",
    sentence("ask each pod of {object} for {path} on port {port}, {n} times", {
      object: green,
      path: "/ready",
      port: "8080",
      n: "3",
    }),
    sentence("asks pod {n} of {all}", { n: "4", all: "20" }),
    5,
  ],
  [
    "hold-hpa",
    "hold-hpa",
    sentence("hold {object} at no fewer than {n} pods", { object: "horizontalpodautoscaler shop/cart", n: "20" }),
    nothing,
    5,
  ],
  ["gate-cut-over", "cut-over", sentence("wait for the operator before traffic moves"), nothing, 5],
  [
    "cut-over",
    "cut-over",
    sentence("move {services} from {from} to {to}", { services: "cart, cart-grpc", from: "cart", to: "cart-green" }),
    within(sentence("the slices show the new colour"), 2, 30),
    4,
  ],
  [
    "prove",
    "cut-over",
    sentence("move {services} from {from} to {to}", { services: "cart, cart-grpc", from: "cart", to: "cart-green" }),
    within(sentence("the slices show the new colour"), 3, 30),
    4,
  ],
  [
    "soak",
    "soak",
    sentence("{serving} serves and {standby} stands by, {seconds} s", {
      serving: "cart-green",
      standby: "cart",
      seconds: "600",
    }),
    sentence("the new version serves, {left} s left to look at it", { left: "492" }),
    4,
  ],
  ["gate-retire", "finish", sentence("wait for the operator before blue gives up the old version"), nothing, 4],
  ["promote", "finish", sentence("write the pod template of {object}", { object: blue }), nothing, 90],
  ["retire-green", "retire", sentence("delete {object}", { object: green }), nothing, 90],
];

const PHASE_ORDER = STEPS.length;

function steps(shape: Shape, begun: number): RunStepView[] {
  return STEPS.map(([id, phase, title, detail, wayBackSeconds], i) => {
    const state: StepState =
      i < shape.done ? "done" : i === shape.done && shape.done < PHASE_ORDER ? shape.current : "pending";
    const at = new Date(begun + i * 61_000).toISOString();
    return {
      id,
      phase,
      title,
      state: shape.state === "backedOut" && i < 6 ? "undone" : state,
      detail: state === "running" || state === "undoing" ? detail : nothing,
      startedAt: state === "pending" ? null : at,
      endedAt: state === "done" ? at : null,
      wayBackSeconds,
    };
  });
}

function lane(which: "blue" | "green", stage: Stage, onGreen: boolean): LaneView {
  const green = which === "green";
  const starting = green && stage === "starting";
  const gone = green && stage === "backed-out";
  const failed = green && (stage === "failed" || stage === "not-clear");
  const cells = Array.from({ length: gone ? 0 : 20 }, (_, i) =>
    starting && i >= 12 ? ("starting" as const) : failed && i >= 18 ? ("failing" as const) : ("ready" as const),
  );
  const carries = green ? onGreen : !onGreen;
  const both = stage === "hold";
  return {
    lane: which,
    deployment: green ? "Deployment/shop/cart-green" : "Deployment/shop/cart",
    version: green ? "1.19.0" : "1.18.2",
    ready: cells.filter((c) => c === "ready").length,
    wanted: gone ? 0 : 20,
    cells,
    share: both ? (green ? 0.56 : 0.44) : carries ? 1 : 0,
    note: gone ? sentence("not there") : null,
    exists: !gone,
    restarts: failed ? 5 : 0,
    since: new Date(Date.now() - (green ? 252_000 : 259_200_000)).toISOString(),
  };
}

const HOLD: HoldView = {
  code: "both-colours",
  message: selectsBoth,
  facts: [
    {
      object: "Service/shop/cart",
      field: "spec.selector",
      before: '{"app":"cart","changeover.dev/color":"green"}',
      live: '{"app":"cart"}',
      planned: '{"app":"cart","changeover.dev/color":"green"}',
    },
  ],
  choices: [
    {
      code: "re-pin",
      label: "Pin to green again",
      text: sentence("Writes the selector of this run back over the one that selects both colours"),
      advised: true,
    },
    {
      code: "back-out",
      label: "Flip back to blue",
      text: sentence("Takes back everything that this run did"),
      advised: false,
    },
    {
      code: "go-on",
      label: "Leave it",
      text: sentence("Goes on although this could not be shown; it is noted in the run"),
      advised: false,
    },
  ],
};

function cut(step: string, name: string): CutView {
  return {
    step,
    deployment: `Deployment/shop/${name}`,
    text: sentence(
      "a connection that is still open to {name} then fails once if it is in the middle of a request that is not repeated (8 of 8 POSTs did when it was tried), unless the application announces the close",
      { name },
    ),
  };
}

export function run(stage: Stage, context = "prod-kr"): RunView {
  const shape = SHAPES[stage];
  const begun = Date.now() - 671_000;
  const wiggle = (base: number, seed: number) =>
    Array.from(
      { length: 70 },
      (_, i) => base + Math.round(2 * Math.sin(i * seed) + ((i * 7 + seed * 10) % 19 < 1 ? base * 2.2 : 0)),
    );
  const selects = stage === "hold" ? "both" : shape.onGreen ? "green" : "blue";
  const green = stage === "starting" ? 12 : stage === "backed-out" ? 0 : 20;
  const gate = stage === "gate" || stage === "not-clear" ? "cut-over" : stage === "soaked" ? "retire" : null;
  const [kind, seconds, text] = shape.back;
  const ended = ["done", "backed-out", "failed"].includes(stage);
  return {
    id: "bg-cart-3f9a1c",
    context,
    target: "Deployment/shop/cart",
    strategy: "blue-green",
    finish: "promote",
    change: sentence("{words}", { words: "1.18.2 → 1.19.0" }),
    startedAt: new Date(begun).toISOString(),
    endedAt: ended ? new Date().toISOString() : null,
    reason: "SHOP-2114",
    state: shape.state,
    driver: { by: "ann@laptop as admin", elsewhere: false, aliveAt: null },
    headline: { code: shape.headline[0], text: shape.headline[1] },
    steps: steps(shape, begun),
    lanes: [lane("blue", stage, shape.onGreen), lane("green", stage, shape.onGreen)],
    services: [
      {
        service: "Service/shop/cart",
        ports: "8080",
        entry: sentence("{words}", { words: "shop.example.com/cart" }),
        selects,
        blue: selects === "green" ? 0 : 20,
        green: selects === "blue" ? 0 : green,
      },
      {
        service: "Service/shop/cart-grpc",
        ports: "9090",
        entry: sentence("in cluster"),
        selects: stage === "hold" ? "green" : selects,
        blue: selects === "blue" ? 20 : 0,
        green: selects === "blue" ? 0 : green,
      },
    ],
    gate:
      gate === null
        ? null
        : {
            name: gate,
            writes:
              gate === "cut-over"
                ? ["cart-grpc", "cart"].map((s) => ({
                    object: `Service/shop/${s}`,
                    field: "spec.selector",
                    before: "pod-template-hash: 6bd9f7c4",
                    after: "changeover.dev/color: green",
                  }))
                : [
                    {
                      object: "Deployment/shop/cart",
                      field: "spec.template",
                      before: "cart:1.18.2",
                      after: "cart:1.19.0",
                    },
                  ],
            checks: [
              { ok: true, text: sentence("the same cluster answers as when the plan was made"), age: 0 },
              { ok: stage !== "not-clear", text: ready(stage === "not-clear" ? 18 : 20), age: 0 },
              ...(gate === "retire"
                ? [{ ok: true, text: sentence("{url}: {what}", { url: ENTRY }, { what: took(11) }), age: 3 }]
                : []),
            ],
            clear: stage !== "not-clear",
            cuts: gate === "retire" ? [cut("promote", "cart"), cut("retire-green", "cart-green")] : [],
          },
    hold: stage === "hold" ? HOLD : null,
    wayBack: {
      kind,
      seconds,
      title: sentence(kind === "flipBack" ? "{name}: flip back" : "{name}: back out", { name: "cart" }),
      text,
      steps: kind === "flipBack" ? 2 : kind === "backOut" ? 3 : 0,
      run: "bg-cart-3f9a1c",
    },
    undoes: [],
    proof:
      shape.onGreen && stage !== "cutting"
        ? {
            kind: "probes",
            step: "cut-over",
            text: sentence("every endpoint is of the new colour, and new connections are answered by it"),
            at: new Date(begun + 8 * 61_000).toISOString(),
          }
        : null,
    notes:
      shape.done > 6
        ? [
            {
              at: new Date(begun + 6 * 61_000).toISOString(),
              step: "gate-cut-over",
              code: "entry-answers",
              text: sentence("{url}: answers from here ({what})", { url: ENTRY }, { what: took(11) }),
            },
          ]
        : [],
    draining: stage === "draining",
    soakLeft: stage === "draining" ? 492 : stage === "soaked" ? 0 : null,
    evidence: {
      probes:
        stage === "starting"
          ? []
          : [
              {
                source: ENTRY,
                lane: shape.onGreen ? "green" : "blue",
                total: 600,
                errors: 0,
                p50: 11,
                p99: 40,
                last: took(11),
                age: 0,
                series: wiggle(11, 0.7),
              },
              {
                source: "cart-green-7d9c5b4f8-l4q8z /ready",
                lane: "green",
                total: 600,
                errors: 0,
                p50: 12,
                p99: 41,
                last: took(12),
                age: 1,
                series: wiggle(13, 1.3),
              },
            ],
      endpoints: [
        {
          service: "Service/shop/cart",
          blue: selects === "green" ? 0 : 20,
          green: selects === "blue" ? 0 : green,
          age: 0,
        },
        {
          service: "Service/shop/cart-grpc",
          blue: selects === "blue" ? 20 : 0,
          green: selects === "blue" ? 0 : green,
          age: 0,
        },
      ],
      connections: shape.onGreen
        ? {
            deployment: `Deployment/shop/${ended ? "cart-green" : "cart"}`,
            services: ["Service/shop/cart", "Service/shop/cart-grpc"],
            seen: ended ? "ended" : "unknown",
            text: ended
              ? sentence("the pods of {name} that they led to are gone, and they with them", { name: "cart-green" })
              : sentence("those that were open before traffic moved may still lead to {name}", { name: "cart" }),
            source: sentence(ended ? "the pods in the API server" : "no API of Kubernetes shows connections"),
            cut: ended ? null : cut("promote", "cart"),
          }
        : null,
      events: [
        {
          at: new Date(Date.now() - 240_000).toISOString(),
          kind: "Normal",
          reason: "Ready",
          message: "20 pods are ready",
          object: "Deployment/shop/cart-green",
          count: 1,
        },
        {
          at: new Date(Date.now() - 600_000).toISOString(),
          kind: "Normal",
          reason: "ScalingReplicaSet",
          message: "Scaled up cart-green from 0 to 20",
          object: "Deployment/shop/cart-green",
          count: 1,
        },
      ],
      log: [
        "14:32:17.8 l4q8z GET /ready 200 3 ms",
        "14:32:17.7 x2m1c pool: 40 of 40 warm",
        "14:32:17.4 t9d6k GET /ready 200 2 ms",
        "14:32:16.9 b7r5w cache: 118,402 entries, 97.8 % hit",
        "14:32:16.1 p0v3n grpc: serving on :9090",
      ],
      simulated: false,
    },
    breakGlass: [
      `kubectl --context ${context} -n shop patch service cart --type=json -p '[{"op":"replace","path":"/spec/selector","value":{"app":"cart"}}]'`,
      `kubectl --context ${context} -n shop patch service cart-grpc --type=json -p '[{"op":"replace","path":"/spec/selector","value":{"app":"cart"}}]'`,
      `kubectl --context ${context} -n shop delete deployment cart-green`,
    ],
  };
}
