import { afterEach, describe, expect, it, vi } from "vitest";
import { en } from "./en";
import { sentence } from "../platform/fake/world";
import { clock, coarse, day, duration, moments, plain, say, t, utc, speak } from "./index.svelte";
import { ko } from "./ko";
import { sentences } from "./sentences.ko";

const names = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe("catalogues", () => {
  it("have the same keys", () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
  });
  it("have the same parameters in every sentence", () => {
    for (const key of Object.keys(en) as (keyof typeof en)[])
      expect([key, names(ko[key])]).toEqual([key, names(en[key])]);
  });
  it("shout nowhere and leave nothing empty", () => {
    for (const c of [en, ko])
      for (const [key, s] of Object.entries(c)) {
        expect(s, key).not.toMatch(/!/);
        expect(s.trim(), key).not.toBe("");
      }
  });
  it("say in Korean what is a sentence in English", () => {
    for (const [key, s] of Object.entries(en)) {
      const bare = s.replace(/\{\w+\}/g, "").trim();
      if (/\s/.test(bare) && bare.length > 20) expect(ko[key as keyof typeof en], key).toMatch(/[가-힣]/);
    }
  });
});

// What stays as it is in Korean: kinds, fields and their values, programs, and words of commands and of the trade.
const kept = new Set(
  `Application CDN Traefik gRPC CRD ClientIP Cloudflare Cluster ClusterIP ConfigMap DaemonSet DB Deployment ExternalName False Gateway HPA HTTPProxy Ingress IngressClass Lease Local
  NetworkPolicy Never Off PDB PVC PriorityClass ReadWriteMany Ready Recreate ReplicaSet ResourceQuota Secret Service ServiceAccount StatefulSet TTL KiB
  external-dns externalTrafficPolicy false finish green hostPort imagePullPolicy: init internalTrafficPolicy kubernetes.io/arch
  minReadySeconds nodeSelector spec.ingressClassName maxUnavailable maxSurge SelfSubjectAccessReview resourceVersion HTML MiB protobuf
  optional pod-template-hash preStop preemptionPolicy preferred progressDeadlineSeconds promote publishNotReadyAddresses ignoreDifferences
  readinessProbe required revisionHistoryLimit selfHeal sessionAffinity smokePath smokePort strategy swap targetPort
  topologySpreadConstraints updateMode values
  API apply managedFields Argo CD Changeover DNS Flux GET Git HOST:PORT:ADDRESS HTTP HTTPS Helm Kubernetes N NTP POST SIGTERM URL helm kube-proxy kubeconfig resolve
  admission cordon docker drain dry-run finalizer headless image@sha256: ms operator patch reconcile rollback suspend sync upgrade webhook
  zone changeover://CONTEXT/NAMESPACE/KIND/NAME changeover://CONTEXT changeover:// run RUN PATH
  ID IP JSON PEM SQLite UTF-8 VPN WAL YAML CA CONTAINER ExecCredential
  IMAGE IfAvailable Always Kind/namespace/name NAME OnDelete as-groups as-uid base64 certificate-authority-data client.authentication.k8s.io clusters
  confirm-context contexts epoch exec heartbeat http https https:// https://host:port impersonation interactiveMode kube-system
  kubectl metadata read-only schema socks5 socks5h spec spec.containers state-dir status tls-server-name toRevision
  AllowAll Allowlist DenyAll KUBERC REASON TLS apiVersion command kind kuberc name off true unverified-because
  maxReplicas minReplicas toRun uid updateStrategy users v1 v1beta1 watch`.split(/\s+/),
);
const bare = (s: string) => s.replace(/\{\w+\}/g, " ");

describe("sentences of the core", () => {
  it("keep their values", () => {
    for (const [form, s] of Object.entries(sentences)) expect([form, names(s)]).toEqual([form, names(form)]);
  });
  it("are translated, but for those that are values alone", () => {
    for (const [form, s] of Object.entries(sentences)) {
      if (!/[A-Za-z]/.test(bare(form))) continue;
      expect(s, form).not.toBe(form);
      expect(s, form).toMatch(/[가-힣]/);
    }
  });
  it("leave no English but names and commands", () => {
    for (const [form, s] of Object.entries(sentences)) {
      const prose = bare(s).replace(/(kubectl|changeoverctl|argocd) [ -~]+/g, " ");
      const english = prose.match(/[A-Za-z][\w.@:/-]*/g) ?? [];
      expect([form, english.filter((word) => !kept.has(word))]).toEqual([form, []]);
    }
  });
  it("put no particle after a value that depends on how the value ends", () => {
    for (const [form, s] of [...Object.entries(sentences), ...Object.entries(ko)]) {
      expect(s, form).not.toMatch(/\}(은|는|이|가|을|를|와|과|로|으로|나|이나|라|이라)(?![가-힣])/);
      // Both at once is how a machine writes.
      expect(s, form).not.toMatch(/\}\((은|는|이|가|을|를|와|과|으)\)/);
    }
  });
});

describe("words", () => {
  afterEach(() => speak("en"));
  it("fill in numbers as the language writes them", () => {
    expect(t("map.count", { n: 1234 })).toBe("1,234 applications");
  });
  it("say a sentence of the core with its values, clause by clause, and in English when its form is not known", async () => {
    const then = [{ text: "they drive it", form: "they drive it", with: {}, parts: {}, then: [] }];
    const s = { text: "web serves; they drive it", form: "{object} serves", with: { object: "web" }, parts: {}, then };
    expect(say(s)).toBe("web serves; they drive it");
    await speak("ko");
    expect(say(s)).toBe("web에서 요청을 처리하고 있습니다. 지금 진행 중입니다");
    expect(say({ ...s, form: "{object} is new" })).toBe("web serves; they drive it");
  });
  it("name a gate as its button does, and one that has none as it is named", async () => {
    await speak("ko");
    const waits = (gate: string) =>
      say({ text: "", form: "waits for approval: {gate}", with: { gate }, parts: {}, then: [] });
    expect(waits("cut-over")).toBe("승인 대기: 전환");
    expect(waits("by-hand")).toBe("승인 대기: by-hand");
  });
  it("say a sentence within another in the same language, and one of an earlier version as it was kept", async () => {
    const what = {
      text: "4 of 6 ready",
      form: "{have} of {want} ready",
      with: { have: "4", want: "6" },
      parts: {},
      then: [],
    };
    const s = { text: "held: 4 of 6 ready", form: "held: {why}", with: {}, parts: { why: what }, then: [] };
    expect(say(s)).toBe("held: 4 of 6 ready");
    await speak("ko");
    expect(say(s)).toBe("확인 필요: 6개 중 4개 Ready");
    expect(say({ ...s, parts: { why: { ...what, form: "" } } })).toBe("확인 필요: 4 of 6 ready");
  });
  it("tell a day and a time where the operator is, and UTC on hover", async () => {
    vi.stubEnv("TZ", "Asia/Seoul");
    const at = "2026-11-21T21:04:00Z";
    expect([day(at), clock(at), utc(at)]).toEqual(["22 Nov", "06:04:00", "2026-11-21 21:04:00 UTC"]);
    const ends = sentence("{subject}: until {at}", { subject: "CN=ann", at });
    const held = sentence("held: {why}", {}, { why: ends });
    expect([say(held), plain(held)]).toEqual(["held: CN=ann: until 22 Nov 2026 06:04:00", `held: CN=ann: until ${at}`]);
    expect(moments(held)).toEqual([at]);
    await speak("ko");
    expect(say(ends)).toContain("2026년 11월 22일 06:04:00");
    vi.unstubAllEnvs();
  });
  it("tell an age that is known to some ten seconds as any other, but no finer than in minutes", () => {
    expect([4, 59, 119].map(coarse)).toEqual(["< 1 min", "< 1 min", "2 min"]);
    for (const s of [149, 150, 3_599, 7_190, 7_200, 9_000, 300_000]) expect([s, coarse(s)]).toEqual([s, duration(s)]);
  });
  it("give durations one unit that can be read", () => {
    expect([0.4, 4, 90, 600, 7300, 300_000].map(duration)).toEqual(["0.4 s", "4 s", "90 s", "10 min", "2 h", "3 d"]);
  });
});
