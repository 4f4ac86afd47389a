// Logs of the fake's pods: what a payments service writes that cannot reach its database, and what serves beside it.
import type { LogBatch, LogEntry, LogSource, LogStatus, LogsRequest, SentenceView } from "../../api/generated";
import { sentence } from "./world";

const NOTHING: LogBatch = { dropped: 0, entries: [], status: null };

/** Pods of `payments`, and how their logs stand. */
const PODS = ["payments-7c9d6f5b8-2kqzv", "payments-7c9d6f5b8-8wnhd", "payments-5f8b47d96c-x4m7p"];

const SERVES = [
  "INFO  request completed method=POST path=/v1/payments status=201 took=38ms order=A-20931",
  "INFO  request completed method=GET path=/v1/payments/A-20928 status=200 took=4ms",
  "DEBUG pool: 7 of 32 connections in use, 0 waiting",
  "INFO  request completed method=POST path=/v1/refunds status=202 took=61ms order=A-20866",
  "WARN  slow query took=1184ms statement=select_ledger_by_account rows=1",
  "INFO  결제 승인 완료 주문=A-20931 금액=48,000원 카드사=신한",
];
const FAILS = [
  "INFO  payments 3.9.0 (rev 47) starting, profile=production",
  "INFO  config: reading DATABASE_URL from secret payments-psp",
  "ERROR database: connection refused (postgres.data.svc:5432), attempt 1 of 5",
  "ERROR database: connection refused (postgres.data.svc:5432), attempt 5 of 5",
  "FATAL cannot start without a database, exiting with code 1",
  "    at com.shop.payments.db.Pool.open(Pool.java:88)",
];

/** One log that broke off, one that may not be read, one that has not begun, and more than are read at once. */
export const troubled: LogStatus = {
  sources: [
    source(1, "payments-7c9d6f5b8-2kqzv", "api"),
    source(
      2,
      "payments-7c9d6f5b8-8wnhd",
      "api",
      "broken",
      sentence("the answer broke off: {e}", { e: "connection reset by peer" }),
    ),
    source(
      3,
      "payments-5f8b47d96c-x4m7p",
      "api",
      "waiting",
      sentence("it has not started: {reason} ({message})", {
        reason: "ImagePullBackOff",
        message: "back-off pulling image registry.shop.example/payments:3.9.0",
      }),
    ),
  ],
  containers: [{ name: "api", image: "registry.shop.example/payments:3.9.0", init: false }],
  pods: 64,
  leftOut: 14,
};

const NOT_ALLOWED = sentence("{words}", {
  words: 'pods "payments-7c9d6f5b8-2kqzv" is forbidden: User "ann" cannot get resource "pods/log" in API group ""',
});

/** None may be read. */
export const denied: LogStatus = {
  sources: PODS.map((pod, i) => source(i + 1, pod, "api", "refused", NOT_ALLOWED)),
  containers: [{ name: "api", image: "registry.shop.example/payments:3.9.0", init: false }],
  pods: PODS.length,
  leftOut: 0,
};

/** Logs that are open: what each call answers is put in by `say`, or waited for. */
export class Logs {
  private last = 0;
  private open_ = new Map<number, LogBatch[]>();
  private waiting = new Map<number, (batch: LogBatch) => void>();
  private beats = 0;
  /** How the logs stand when they are opened, where it is not as usual. */
  status: LogStatus | null = null;

  open(request: LogsRequest): number {
    const status = this.status ?? usual(request);
    this.open_.set(++this.last, [{ ...NOTHING, status, entries: begun(status) }]);
    return this.last;
  }

  read(logs: number): Promise<LogBatch> | null {
    const ready = this.open_.get(logs);
    if (ready === undefined) return null;
    const next = ready.shift();
    return next ? Promise.resolve(next) : new Promise((done) => this.waiting.set(logs, done));
  }

  close(logs: number): null {
    this.open_.delete(logs);
    return null;
  }

  /** Lets something come, to everybody who reads. */
  say(batch: Partial<LogBatch>) {
    for (const [logs, ready] of this.open_) {
      const done = this.waiting.get(logs);
      this.waiting.delete(logs);
      if (done) done({ ...NOTHING, ...batch });
      else ready.push({ ...NOTHING, ...batch });
    }
  }

  /** A line or two: for whoever looks on. */
  beat() {
    this.beats++;
    const source = 1 + (this.beats % 2);
    this.say({ entries: [entry(source, Date.now(), SERVES[this.beats % SERVES.length] ?? "")] });
  }
}

export function entry(source: number, at: number, text: string, note: SentenceView | null = null): LogEntry {
  return { source, at: new Date(at).toISOString(), text, cut: 0, note };
}

function source(
  id: number,
  pod: string,
  container: string,
  state: LogSource["state"] = "open",
  why: SentenceView | null = null,
): LogSource {
  return { id, pod, container, state, why };
}

/** Two pods that serve, and one that starts again and again. */
function usual(request: LogsRequest): LogStatus {
  const [kind = "", , name = ""] = request.id.split("/");
  const pods = kind === "Pod" ? [name] : PODS.map((p) => p.replace("payments", name));
  const sources = pods.map((pod, i) => source(i + 1, pod, name === "payments" || kind === "Pod" ? "api" : name));
  return {
    sources,
    containers: [
      { name: sources[0]?.container ?? "api", image: `registry.shop.example/${name}:3.9.0`, init: false },
      { name: "migrate", image: "registry.shop.example/migrate:3.9.0", init: true },
    ],
    pods: pods.length,
    leftOut: 0,
  };
}

function begun(status: LogStatus): LogEntry[] {
  const now = Date.now();
  const open = status.sources.filter((s) => s.state === "open");
  if (open.length === 0) return [];
  const serving = open.slice(0, 2);
  const failing = open[2];
  const lines = Array.from({ length: 36 }, (_, i) => {
    const s = serving[i % 3 === 0 ? 0 : (i >> 1) % serving.length];
    return s ? entry(s.id, now - (36 - i) * 733, SERVES[(i * 5) % SERVES.length] ?? "") : null;
  }).filter((e) => e !== null);
  if (failing === undefined) return lines;
  const note = sentence("container {container} was started again", { container: failing.container });
  const crash = FAILS.map((text, i) => entry(failing.id, now - 9_000 + i * 120, text));
  return [...lines, entry(failing.id, now - 9_200, "", note), ...crash].sort((a, b) => a.at.localeCompare(b.at));
}
