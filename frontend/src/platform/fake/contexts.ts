import { crash, crashing } from "./shop";
import { ago, sentence } from "./world";
import type {
  ContextView,
  ContextsView,
  FreshnessView,
  ObjectView,
  ParamView,
  RevisionView,
  SentenceView,
  SettingsView,
  StrategyView,
  WorkloadView,
} from "../../api/generated";

function context(name: string, patch: Partial<ContextView>): ContextView {
  return {
    name,
    environment: "none",
    server: `https://${name}.example.com:6443`,
    cluster: name,
    user: "j.seo",
    namespace: "shop",
    file: "~/.kube/config",
    state: "idle",
    note: null,
    writes: "readOnly",
    unlockedUntil: null,
    unverified: null,
    unverifiedReason: null,
    version: null,
    problem: null,
    proofAgeMs: null,
    summary: null,
    signingIn: null,
    unapproved: null,
    program: false,
    simulated: false,
    ...patch,
  };
}

export function contexts(): ContextsView {
  return {
    contexts: [
      context("prod-kr", {
        environment: "production",
        state: "live",
        writes: "protected",
        version: "v1.37.2",
        proofAgeMs: 400,
        summary: { applications: 7, trouble: 2, moving: 3, ready: 78, pods: 83 },
      }),
      context("prod-jp", {
        environment: "production",
        writes: "protected",
        state: "reachable",
        version: "v1.37.1",
        proofAgeMs: 2_000,
        note: sentence("answered when it was asked"),
      }),
      context("prod-sg", {
        environment: "production",
        state: "stale",
        writes: "off",
        version: "v1.36.5",
        proofAgeMs: 41_000,
        note: sentence("connection lost ({why})", { why: "HTTP 503" }),
      }),
      context("stage-kr", {
        environment: "staging",
        state: "untrusted",
        problem: {
          code: "unreachable",
          message: sentence("{what}: its certificate is not trusted", { what: "https://stage-kr.example.com:6443" }),
          detail: sentence("{words}", { words: "invalid peer certificate: UnknownIssuer" }),
          hint: sentence(
            "was the cluster made anew? then take its certificate authority from it again; else somebody stands in between",
          ),
        },
      }),
      context("stage-next", {
        environment: "staging",
        state: "broken",
        file: "~/Downloads/stage-next.yaml",
        problem: {
          code: "kubeconfig",
          message: sentence(
            "{file}: {key}: {what}",
            { file: "~/Downloads/stage-next.yaml", key: "contexts[stage-next].context.user" },
            { what: sentence('no user named "{name}"', { name: "j.seo" }) },
          ),
          detail: null,
          hint: null,
        },
      }),
      context("dev-sso", {
        environment: "development",
        note: sentence("signs in with the program {path}, which runs when the context is opened", {
          path: "kubelogin",
        }),
        program: true,
      }),
      context("dev-mail", {
        environment: "development",
        file: "~/Downloads/dev-mail.yaml",
        program: true,
        state: "refused",
        problem: {
          code: "unapproved",
          message: sentence("{key}: program {path} is not run before it is approved", {
            key: "~/Downloads/dev-mail.yaml: users[dev].user.exec",
            path: "/home/j.seo/bin/login",
          }),
          detail: null,
          hint: sentence("look at it and approve it: in the window, or changeoverctl --context {context} sign-in", {
            context: "dev-mail",
          }),
        },
        unapproved: {
          fingerprint: "5e1f0c",
          key: "~/Downloads/dev-mail.yaml: users[dev].user.exec",
          path: "/home/j.seo/bin/login",
          sha256: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
          args: ["get-token", "--oidc-issuer-url=https://sso.example.com"],
          env: ["SSO_PROFILE"],
          cluster: [],
          approved: null,
        },
      }),
      context("dev-a", { environment: "development", state: "connecting", note: sentence("connecting") }),
      context("dev-b", {
        environment: "development",
        state: "refused",
        version: "v1.37.0",
        problem: {
          code: "forbidden",
          message: sentence("{what}: not allowed", { what: "pods" }),
          detail: sentence("{words}", {
            words: 'pods is forbidden: User "j.seo" cannot list resource "pods" at the cluster scope',
          }),
          hint: sentence("ask for the right, or follow other namespaces"),
        },
      }),
      context("dev-ci", {
        environment: "development",
        state: "unreachable",
        problem: {
          code: "unreachable",
          message: sentence("{server}: no answer within {seconds} s", { server: "10.20.0.4:6443", seconds: "5" }),
          detail: null,
          hint: sentence("check network, VPN and proxy; open it to try again"),
        },
      }),
    ],
    files: [
      { path: "~/.kube/config", contexts: 8, note: null },
      { path: "~/Downloads/stage-next.yaml", contexts: 1, note: null },
      { path: "~/Downloads/dev-mail.yaml", contexts: 1, note: null },
      {
        path: "~/.kube/ci.yaml",
        contexts: 1,
        note: sentence("{file}: {key}: named twice; the first one counts; rename or remove the other", {
          file: "~/.kube/ci.yaml",
          key: "contexts[dev-a]",
        }),
      },
    ],
    shadowed: [
      {
        name: "dev-a",
        server: "https://old.dev-a.example.com:6443",
        file: "~/.kube/ci.yaml",
        by: "~/.kube/config",
      },
    ],
    open: null,
    current: "prod-kr",
  };
}

export function freshness(name: string, live: boolean): FreshnessView {
  return {
    context: name,
    ageMs: live ? 400 : 14_000,
    live,
    why: live ? null : sentence("connection lost ({why})", { why: "HTTP 503" }),
    kinds: [
      ...["Pod", "Deployment", "ReplicaSet", "Service", "EndpointSlice", "Ingress", "HTTPRoute", "ConfigMap"].map(
        (kind) => ({ kind, state: live ? "live" : "stale", note: null }),
      ),
      { kind: "VerticalPodAutoscaler", state: "notInstalled", note: null },
    ],
  };
}

/** What is remembered of a workload: the version of `payments` that came last crashes, that of any other runs. */
export function revisions(name = "web"): RevisionView[] {
  const crashes = name === "payments";
  const [newest, versions] = crashes
    ? [47, ["3.9.0", "3.8.4", "3.8.3", "3.8.2", "3.8.1"]]
    : [112, ["5.8.0", "5.7.0", "5.6.0", "5.5.0", "5.4.0"]];
  // Three days each, but for the newest.
  const came = crashes ? 12.5 : 540;
  const day = 1440;
  const image = (nth: number) => `registry.shop.example/${name}:${versions[nth]}`;
  const revision = (nth: number, patch: Partial<RevisionView>): RevisionView => ({
    number: newest - nth,
    kept: `ReplicaSet/shop/${name}-rev${newest - nth}`,
    images: [image(nth)],
    diff: `-        image: ${image(nth + 1)}\n+        image: ${image(nth)}`,
    created: ago(came + 3 * day),
    cause: null,
    ready: 0,
    wanted: 0,
    current: false,
    advised: false,
    excluded: null,
    neverHealthy: null,
    reasons: [],
    ...patch,
  });
  return [
    revision(0, {
      current: true,
      ready: crashes ? 0 : 6,
      wanted: crashes ? 3 : 6,
      cause: "jenkins shop-deploy #812",
      created: ago(came),
    }),
    revision(1, {
      advised: true,
      ready: crashes ? 5 : 0,
      wanted: crashes ? 5 : 0,
      cause: "jenkins shop-deploy #790",
      reasons: [
        {
          speaks: "for",
          said: sentence("was the current revision for {time}", {}, { time: sentence("{n} d", { n: "3" }) }),
        },
        { speaks: "for", said: sentence("image {image} is on every node", { image: image(1) }) },
      ],
    }),
    revision(2, {
      reasons: [{ speaks: "against", said: sentence("its rollout was not complete within its deadline") }],
      neverHealthy: sentence("its rollout was not complete within its deadline"),
      created: ago(came + 6 * day),
    }),
    revision(3, {
      excluded: sentence("it needs what is gone: {gone}", { gone: `secret shop/${name}-tls` }),
      created: ago(came + 6 * day + 20),
    }),
  ];
}

const deadline: ParamView = {
  name: "deadline",
  kind: "integer",
  unit: "s",
  default: null,
  choices: [],
  min: 1,
  max: 86_400,
  doc: "longest wait for pods; left out: progressDeadlineSeconds, else 600",
};

/** What leaves the version as it is. */
function verb(name: string, reason: SentenceView, params: ParamView[], fits = true): StrategyView {
  return {
    name,
    brings: false,
    fits,
    advised: false,
    reasons: [reason],
    params,
    morePods: 0,
    wayBack: sentence("a rolling update"),
    takes: 60,
  };
}

export function workload(id: string): WorkloadView {
  const name = id.split("/")[2] ?? "web";
  const all = revisions(name);
  return {
    id,
    containers: [
      { name, image: all[0]?.images[0] ?? "", init: false },
      { name: "proxy", image: "registry.shop.example/proxy:1.4.2", init: false },
    ],
    replicas: 6,
    owner: `Helm release ${name}`,
    template: `metadata:\n  labels:\n    app: ${name}\nspec:\n  containers:\n    - name: ${name}\n      image: ${all[0]?.images[0]}\n`,
    strategies: [
      {
        name: "blue-green",
        brings: true,
        fits: true,
        advised: true,
        reasons: [
          sentence("the new version is proven beside the old one, and going back is one write"),
          sentence("needs room for {n} more pods", { n: "6" }),
        ],
        params: [
          {
            name: "green",
            kind: "integer",
            unit: "pods",
            default: 6,
            choices: [],
            min: 1,
            max: 5000,
            doc: "pods of green; left out: as many as blue has",
          },
          {
            name: "smokePath",
            kind: "text",
            unit: "",
            default: "/ready",
            choices: [],
            min: null,
            max: null,
            doc: "path asked of each green pod; empty: no smoke check",
          },
          {
            name: "probes",
            kind: "textList",
            unit: "",
            default: ["https://shop.example.com/"],
            choices: [],
            min: null,
            max: null,
            doc: "URLs at the entry, probed after the flip and in the soak",
          },
          {
            name: "settle",
            kind: "integer",
            unit: "s",
            default: 2,
            choices: [],
            min: 0,
            max: 60,
            doc: "how long the endpoints must hold still before a probe counts",
          },
          {
            name: "proveWithin",
            kind: "integer",
            unit: "s",
            default: 30,
            choices: [],
            min: 1,
            max: 600,
            doc: "time for the proof that traffic moved",
          },
          {
            name: "soak",
            kind: "integer",
            unit: "s",
            default: 600,
            choices: [],
            min: 0,
            max: 604_800,
            doc: "how long both colours stand after the cutover",
          },
          {
            name: "finish",
            kind: "choice",
            unit: "",
            default: "promote",
            choices: ["swap", "promote"],
            min: null,
            max: null,
            doc: "swap: green stays; promote: blue takes the new template and green goes",
          },
        ],
        morePods: 6,
        wayBack: sentence("one write"),
        takes: 840,
      },
      verb("restart", sentence("its pods are replaced in steps, with the template that they have"), [deadline]),
      verb("scale", sentence("nothing else decides how many pods it has"), [
        { ...deadline, name: "replicas", unit: "pods", min: 0, max: 5000, doc: "pods that it shall have" },
        deadline,
      ]),
      verb("pause", sentence("no edit of its template rolls out until it is resumed"), []),
      verb("resume", sentence("it is not paused"), [deadline], false),
    ],
    revisions: all,
    before: [
      {
        run: "rb-web-3f9a1c",
        endedAt: all[0]?.created ?? null,
        strategy: "rollback",
        reason: sentence("{words}", { words: "checkout fails for one in ten" }),
        images: [`registry.shop.example/${name}:5.9.0`],
        diff: `-        image: registry.shop.example/${name}:5.8.0\n+        image: registry.shop.example/${name}:5.9.0`,
        excluded: null,
      },
    ],
  };
}

/** What is said of an object at a glance, by its kind. */
function overview(kind: string, name: string, stuck: boolean): ObjectView["overview"] {
  const words = (text: string) => sentence("{words}", { words: text });
  const image = words(`${name.split("-")[0] ?? name}=registry.shop.example/${name.split("-")[0] ?? name}:3.9.0`);
  switch (kind) {
    case "Service":
      return [
        { label: sentence("Type"), value: words("ClusterIP") },
        { label: sentence("Cluster IP"), value: words("10.96.0.10") },
        { label: sentence("Selector"), value: words(`app=${name}`) },
        { label: sentence("Ports"), value: words("8080 → http") },
      ];
    case "Pod":
      return [
        { label: sentence("Phase"), value: words("Running") },
        { label: sentence("Address"), value: words("10.244.3.17") },
        { label: sentence("Restarts"), value: words("5") },
        { label: sentence("Failing"), value: words("CrashLoopBackOff") },
        { label: sentence("Images"), value: image },
      ];
    default:
      return [
        {
          label: sentence("Pods"),
          value: sentence("{wanted} wanted, {ready} ready, {newest} of the newest template", {
            wanted: "6",
            ready: stuck ? "5" : "6",
            newest: stuck ? "3" : "6",
          }),
        },
        { label: sentence("Images"), value: image },
        { label: sentence("Update strategy"), value: words("RollingUpdate") },
        { label: sentence("Selector"), value: words(`app=${name}`) },
      ];
  }
}

/** What is told of `payments`, and of the pod that fails. */
function events(id: string): ObjectView["events"] {
  return [
    {
      at: ago(41 / 60),
      kind: "Warning",
      reason: "BackOff",
      message: "Back-off restarting failed container payments in pod payments-5f8b47d96c-x4m7p",
      object: "Pod/shop/payments-5f8b47d96c-x4m7p",
      count: 31,
    },
    {
      at: ago(2),
      kind: "Warning",
      reason: "ProgressDeadlineExceeded",
      message: "ReplicaSet has timed out progressing",
      object: id,
      count: 1,
    },
    {
      at: ago(12),
      kind: "Normal",
      reason: "ScalingReplicaSet",
      message: "Scaled up replica set payments-5f8b47d96c from 0 to 3",
      object: id,
      count: 1,
    },
  ];
}

export function object(id: string): ObjectView {
  const [kind = "", namespace = "", name = ""] = id.split("#")[0]?.split("/") ?? [];
  const stuck = name === "payments" && kind === "Deployment";
  return {
    id,
    kind,
    namespace,
    name,
    created: kind === "Pod" ? ago(12) : "2025-11-22T08:00:00Z",
    owner: stuck
      ? "Helm release payments, revision 31"
      : kind === "Pod"
        ? `ReplicaSet ${name.replace(/-[^-]+$/, "")}`
        : "",
    health: stuck ? "degraded" : kind === "Pod" ? "failing" : "healthy",
    reason: stuck
      ? crashing
      : kind === "Pod"
        ? crash
        : kind === "Service"
          ? null
          : sentence("{have} of {want} ready", { have: "6", want: "6" }),
    overview: overview(kind, name, stuck),
    versions: kind === "Deployment" ? revisions(name) : [],
    config:
      kind === "Deployment"
        ? [
            {
              id: `ConfigMap/${namespace}/${name}-config`,
              kind: "ConfigMap",
              name: `${name}-config`,
              optional: false,
              presence: "there",
              changed: ago(15),
              sinceStart: stuck,
            },
            {
              id: `Secret/${namespace}/${name}-psp`,
              kind: "Secret",
              name: `${name}-psp`,
              optional: false,
              presence: stuck ? "missing" : "there",
              changed: stuck ? null : "2026-02-11T09:20:00Z",
              sinceStart: false,
            },
            {
              id: `Secret/${namespace}/registry`,
              kind: "Secret",
              name: "registry",
              optional: true,
              presence: "unknown",
              changed: null,
              sinceStart: false,
            },
          ]
        : [],
    events: events(id).filter((e) => kind !== "Pod" || e.object.startsWith("Pod/")),
    yaml: `apiVersion: apps/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\nspec:\n  replicas: 6\n  template:\n    spec:\n      containers:\n        - name: ${name}\n          env:\n            - name: PSP_TOKEN\n              value: ••••••\n`,
    canRollOut: kind === "Deployment",
    canRollBack: kind === "Deployment",
    paused: false,
    whyNot: kind === "Deployment" ? null : sentence("a {kind} cannot be rolled out; a Deployment can", { kind }),
  };
}

export function settings(): SettingsView {
  return {
    theme: "dark",
    language: "en",
    probes: {},
    panes: {},
    registries: true,
    simulatedAcknowledged: false,
    journal: "~/.local/state/changeover/journal.sqlite",
  };
}
