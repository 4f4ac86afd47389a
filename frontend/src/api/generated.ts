// Made by `cargo xtask codegen` from src-tauri/crates/api. Do not edit.

export type JsonValue = number | string | boolean | JsonValue[] | { [key: string]: JsonValue | undefined } | null;

export type Code = "usage" | "stopped" | "locked" | "forbidden" | "unauthorized" | "unapproved" | "unreachable" | "moved" | "untrusted" | "not-found" | "kubeconfig" | "journal" | "failed";

export type UiError = { 
/**
 * Code.
 */
code: Code, 
/**
 * What happened, to which object.
 */
message: SentenceView, 
/**
 * The cause; null = the message says it all.
 */
detail: SentenceView | null, 
/**
 * What to do next; null = nothing.
 */
hint: SentenceView | null, };

export type UiEvent = { "type": "contexts", "data": ContextsView } | { "type": "graph", "data": GraphBatch } | { "type": "changed", "data": ChangedView } | { "type": "freshness", "data": FreshnessView } | { "type": "run", "data": RunView } | { "type": "settings", "data": SettingsView } | { "type": "leaving" } | { "type": "followed" };

export type Environment = "production" | "staging" | "development" | "practice" | "none";

export type ContextState = "idle" | "connecting" | "reachable" | "live" | "stale" | "refused" | "unreachable" | "untrusted" | "broken";

export type Writes = "readOnly" | "allowed" | "protected" | "unlocked" | "off" | "unverified";

export type Unverified = "certificate" | "plain";

export type ContextView = { 
/**
 * Name.
 */
name: string, 
/**
 * Environment.
 */
environment: Environment, 
/**
 * Server URL.
 */
server: string, 
/**
 * Cluster entry.
 */
cluster: string, 
/**
 * User entry.
 */
user: string, 
/**
 * Default namespace.
 */
namespace: string, 
/**
 * Kubeconfig file.
 */
file: string, 
/**
 * Connection.
 */
state: ContextState, 
/**
 * What the state means, in words; null = it says all.
 */
note: SentenceView | null, 
/**
 * Writes.
 */
writes: Writes, 
/**
 * Unlocked until (RFC 3339).
 */
unlockedUntil: string | null, 
/**
 * Why nobody can know that it is the right server that answers.
 */
unverified: Unverified | null, 
/**
 * Why it may be written to all the same.
 */
unverifiedReason: string | null, 
/**
 * Server version.
 */
version: string | null, 
/**
 * Why it cannot be used.
 */
problem: UiError | null, 
/**
 * Milliseconds since the last proof that the view is current.
 */
proofAgeMs: number | null, 
/**
 * Objects in trouble / moving, when open.
 */
summary: GraphSummary | null, 
/**
 * The program that signs in now.
 */
signingIn: SigningInView | null, 
/**
 * The program that would sign in, and is not run before somebody approves it.
 */
unapproved: ProgramView | null, 
/**
 * A program signs in here: one can sign in again.
 */
program: boolean, 
/**
 * Pods are simulated (practice lab): smoke checks have no data.
 */
simulated: boolean, };

export type ShadowedView = { 
/**
 * Name.
 */
name: string, 
/**
 * Server URL.
 */
server: string, 
/**
 * File that it stands in.
 */
file: string, 
/**
 * File whose context counts.
 */
by: string, };

export type SigningInView = { 
/**
 * Its name, as the kubeconfig gives it.
 */
command: string, 
/**
 * Milliseconds since it was started.
 */
ageMs: number, 
/**
 * Milliseconds after which it is killed.
 */
withinMs: number, 
/**
 * What it said so far.
 */
said: string, };

export type ProgramView = { 
/**
 * Identifies all of it.
 */
fingerprint: string, 
/**
 * `file: key` of the kubeconfig; empty in the list of those that were approved.
 */
key: string, 
/**
 * File.
 */
path: string, 
/**
 * SHA-256 of the file's content.
 */
sha256: string, 
/**
 * Arguments.
 */
args: Array<string>, 
/**
 * Variables that the kubeconfig sets for it, by name.
 */
env: Array<string>, 
/**
 * What it is told of the cluster: the server, and the names of everything else; empty = nothing.
 */
cluster: Array<string>, 
/**
 * When it was approved (RFC 3339); for one that is not yet: when another version of this file was, if one was.
 */
approved: string | null, };

export type FileView = { 
/**
 * Path.
 */
path: string, 
/**
 * Contexts found.
 */
contexts: number, 
/**
 * What is to be said of it (missing, unreadable, …).
 */
note: SentenceView | null, };

export type ContextsView = { 
/**
 * Contexts in the order of their files; each name is there once.
 */
contexts: Array<ContextView>, 
/**
 * Contexts that are hidden by one of the same name.
 */
shadowed: Array<ShadowedView>, 
/**
 * Files.
 */
files: Array<FileView>, 
/**
 * Context that the window shows.
 */
open: string | null, 
/**
 * Context that the kubeconfig or `--context` names.
 */
current: string | null, };

export type NamespaceView = { 
/**
 * Name.
 */
name: string, 
/**
 * Followed now.
 */
followed: boolean, };

export type Health = "healthy" | "moving" | "degraded" | "failing" | "idle" | "unknown";

export type Lane = "blue" | "green";

export type PodState = "ready" | "starting" | "failing" | "ending";

export type NodeView = { 
/**
 * Id: `Kind/namespace/name`, with `#host/path` for a rule's row.
 */
id: string, 
/**
 * Object behind it.
 */
object: string, 
/**
 * Kind.
 */
kind: string, 
/**
 * Namespace.
 */
namespace: string, 
/**
 * Name.
 */
name: string, 
/**
 * Text in the box.
 */
label: string, 
/**
 * Second text (version, port, revision, host).
 */
sub: string, 
/**
 * Column: 0 entry, 1 route, 2 Service, 3 workload, 4 ReplicaSet, 5 pod, 6 aside.
 */
rank: number, 
/**
 * Row in lines of text, may be fractional.
 */
row: number, 
/**
 * Health.
 */
health: Health, 
/**
 * Why, in words; null = there is nothing to say.
 */
reason: SentenceView | null, 
/**
 * Ready pods.
 */
ready: number | null, 
/**
 * Wanted pods.
 */
wanted: number | null, 
/**
 * Image tag or digest.
 */
version: string | null, 
/**
 * Colour.
 */
lane: Lane | null, 
/**
 * Who owns it (`Helm release web`, `Argo CD app shop`), empty = by hand.
 */
owner: string, 
/**
 * Creation time.
 */
created: string | null, 
/**
 * For pods: in whose row it stands (ReplicaSet, or a workload without), and the cell.
 */
parent: string | null, 
/**
 * For pods.
 */
cell: PodState | null, };

export type EdgeState = "active" | "open" | "declared" | "broken" | "shadow" | "attached";

export type EdgeView = { 
/**
 * `from>relation>to`.
 */
id: string, 
/**
 * Node.
 */
from: string, 
/**
 * Node.
 */
to: string, 
/**
 * Relation.
 */
relation: string, 
/**
 * State.
 */
state: EdgeState, 
/**
 * Fraction (0 to 1) of what enters at the source; null = unknown or not applicable.
 */
share: number | null, 
/**
 * Colour, when it leads to one.
 */
lane: Lane | null, 
/**
 * What is wrong, in words.
 */
detail: SentenceView | null, };

export type FindingSeverity = "block" | "warn" | "fixed" | "info";

export type SentenceView = { 
/**
 * In English.
 */
text: string, 
/**
 * The same with the names of its values in place of them; the key of its translations.
 */
form: string, 
/**
 * The values by name.
 */
with: { [key in string]: string }, 
/**
 * Values that are sentences themselves, by name.
 */
parts: { [key in string]: SentenceView }, 
/**
 * What is said after it, each clause a sentence of its own; `text` holds them too.
 */
then: Array<SentenceView>, };

export type FindingView = { 
/**
 * Code.
 */
code: string, 
/**
 * Weight.
 */
severity: FindingSeverity, 
/**
 * Object.
 */
object: string, 
/**
 * What is so.
 */
message: SentenceView, 
/**
 * What to do; empty = nothing.
 */
remedy: SentenceView, };

export type RoutesView = { 
/**
 * The first of them.
 */
routes: Array<RouteView>, 
/**
 * How many there are.
 */
total: number, };

export type RouteView = { 
/**
 * Host; empty = all.
 */
host: string, 
/**
 * Path.
 */
path: string, 
/**
 * `Prefix`, `Exact` or what the router calls it.
 */
pathType: string, 
/**
 * Further conditions in words: `header X-Canary: always`.
 */
also: Array<string>, 
/**
 * Where they enter.
 */
entries: Array<string>, 
/**
 * Where the rule sends them.
 */
answer: TraceAnswerView, };

export type TraceRequest = { 
/**
 * `GET`.
 */
method: string, 
/**
 * URL, as one gives it to curl; `http://` may be left out.
 */
url: string, 
/**
 * Headers, each as `Name: value`.
 */
headers: Array<string>, };

export type TraceView = { 
/**
 * Method.
 */
method: string, 
/**
 * Host that decides.
 */
host: string, 
/**
 * Path.
 */
path: string, 
/**
 * Namespaces whose rules were looked at; null = all. A rule of another one may take the request, too.
 */
namespaces: Array<string> | null, 
/**
 * For each Gateway and each Ingress class that is seen, or each port of a controller that is known. Which of them the request comes to, the address of its host's
 * name decides.
 */
doors: Array<TraceDoorView>, };

export type TraceDoorView = { 
/**
 * Gateway or IngressClass; null for Ingresses without a class, and where `controller` is named.
 */
door: string | null, 
/**
 * Controller for which all that comes in at one of its ports is one, in an order of its own.
 */
controller: string | null, 
/**
 * Port of it; null where nobody names one.
 */
port: number | null, 
/**
 * The rule that answers; null = none does, and the client gets 404.
 */
answer: TraceAnswerView | null, 
/**
 * Rules for the same host that do not answer, in the order in which they are asked.
 */
others: Array<TraceRuleView>, 
/**
 * How many rules are for other hosts alone.
 */
elsewhere: number, };

export type TraceRuleView = { 
/**
 * Object.
 */
object: string, 
/**
 * Its node on the map.
 */
row: string, 
/**
 * Where in the object, as JSON pointer.
 */
pointer: string, 
/**
 * What it takes: `shop.example.com/cart (exact) [method GET]`.
 */
takes: string, 
/**
 * Why it does not answer; of the one that answers, what that depends on.
 */
why: SentenceView | null, };

export type TraceAnswerView = { 
/**
 * The rule.
 */
rule: TraceRuleView, 
/**
 * Backends, as declared.
 */
targets: Array<TraceTargetView>, 
/**
 * What the client gets that no backend answers.
 */
itself: SentenceView | null, 
/**
 * Services that get copies.
 */
mirrors: Array<string>, };

export type TraceTargetView = { 
/**
 * Service.
 */
service: string, 
/**
 * Its port.
 */
port: string | null, 
/**
 * Probability, 0 to 1.
 */
share: number, 
/**
 * Versions, likeliest first.
 */
versions: Array<TraceVersionView>, 
/**
 * What the client gets if none of them answers, or who else may.
 */
note: SentenceView | null, };

export type TraceVersionView = { 
/**
 * Workload, or the pod that stands alone.
 */
workload: string, 
/**
 * ReplicaSet.
 */
set: string | null, 
/**
 * Image tag, or the begin of its digest.
 */
version: string | null, 
/**
 * Colour.
 */
lane: Lane | null, 
/**
 * Probability, 0 to 1.
 */
share: number, 
/**
 * Pods that share it.
 */
pods: number, };

export type GraphSummary = { 
/**
 * Workloads.
 */
applications: number, 
/**
 * In trouble.
 */
trouble: number, 
/**
 * Moving.
 */
moving: number, 
/**
 * Ready pods.
 */
ready: number, 
/**
 * Pods.
 */
pods: number, };

export type GraphBatch = { 
/**
 * Number; to be acknowledged.
 */
seq: number, 
/**
 * Context.
 */
context: string, 
/**
 * Forget what was before.
 */
reset: boolean, 
/**
 * New or changed nodes.
 */
nodes: Array<NodeView>, 
/**
 * Ids of nodes that are gone.
 */
gone: Array<string>, 
/**
 * New or changed edges.
 */
edges: Array<EdgeView>, 
/**
 * Ids of edges that are gone.
 */
goneEdges: Array<string>, 
/**
 * All findings, when they changed.
 */
findings: Array<FindingView> | null, 
/**
 * Counts.
 */
summary: GraphSummary, };

export type ChangedView = { 
/**
 * Context.
 */
context: string, 
/**
 * Namespaces, sorted.
 */
namespaces: Array<string>, };

export type KindStateView = { 
/**
 * Kind.
 */
kind: string, 
/**
 * `live`, `listing`, `stale`, `broken`, `forbidden`, `notInstalled`.
 */
state: string, 
/**
 * Why, in words; null = there is nothing to say.
 */
note: SentenceView | null, };

export type FreshnessView = { 
/**
 * Context.
 */
context: string, 
/**
 * Milliseconds since the oldest needed stream was proven current.
 */
ageMs: number, 
/**
 * False = stale, writes are off.
 */
live: boolean, 
/**
 * Why it is stale; null = it is not.
 */
why: SentenceView | null, 
/**
 * Per kind.
 */
kinds: Array<KindStateView>, };

export type EventView = { 
/**
 * When.
 */
at: string | null, 
/**
 * `Normal` or `Warning`.
 */
kind: string, 
/**
 * One word.
 */
reason: string, 
/**
 * Text.
 */
message: string, 
/**
 * Object.
 */
object: string, 
/**
 * Times seen.
 */
count: number, };

export type Speaks = "for" | "against" | "neither";

export type ReasonView = { 
/**
 * How.
 */
speaks: Speaks, 
/**
 * In words.
 */
said: SentenceView, };

export type RevisionView = { 
/**
 * Number.
 */
number: number, 
/**
 * Its ReplicaSet or ControllerRevision.
 */
kept: string, 
/**
 * Images by container.
 */
images: Array<string>, 
/**
 * What its pod template changes against the revision before, as a diff with what sounds secret masked; empty for the
 * oldest one that is kept.
 */
diff: string, 
/**
 * Creation time.
 */
created: string | null, 
/**
 * Change cause.
 */
cause: string | null, 
/**
 * Ready pods.
 */
ready: number, 
/**
 * Wanted pods.
 */
wanted: number, 
/**
 * Runs now.
 */
current: boolean, 
/**
 * Best to go back to.
 */
advised: boolean, 
/**
 * Cannot be gone back to, because.
 */
excluded: SentenceView | null, 
/**
 * It was never seen healthy, because.
 */
neverHealthy: SentenceView | null, 
/**
 * What speaks for and against it.
 */
reasons: Array<ReasonView>, };

export type OverviewRow = { 
/**
 * What.
 */
label: SentenceView, 
/**
 * Value, in words where it is not the object's own.
 */
value: SentenceView, };

export type PresenceView = "there" | "missing" | "unknown";

export type ConfigView = { 
/**
 * Id.
 */
id: string, 
/**
 * Kind.
 */
kind: string, 
/**
 * Name.
 */
name: string, 
/**
 * Containers start without it.
 */
optional: boolean, 
/**
 * Whether it is there.
 */
presence: PresenceView, 
/**
 * When somebody wrote to it last, if that is known.
 */
changed: string | null, 
/**
 * That was after the oldest pod had started: pods may differ in what they read.
 */
sinceStart: boolean, };

export type ObjectView = { 
/**
 * Id.
 */
id: string, 
/**
 * Kind.
 */
kind: string, 
/**
 * Namespace.
 */
namespace: string, 
/**
 * Name.
 */
name: string, 
/**
 * Creation time.
 */
created: string | null, 
/**
 * Owner in words.
 */
owner: string, 
/**
 * Health.
 */
health: Health, 
/**
 * Why, in words; null = there is nothing to say.
 */
reason: SentenceView | null, 
/**
 * Facts.
 */
overview: Array<OverviewRow>, 
/**
 * Revisions (Deployments).
 */
versions: Array<RevisionView>, 
/**
 * Configuration that its pod template names, by kind and name.
 */
config: Array<ConfigView>, 
/**
 * Events, newest first.
 */
events: Array<EventView>, 
/**
 * YAML without managedFields; Secret values and env values that look secret are masked.
 */
yaml: string, 
/**
 * Can be rolled out.
 */
canRollOut: boolean, 
/**
 * Has a pod template that can be gone back to.
 */
canRollBack: boolean, 
/**
 * Is paused (`spec.paused`).
 */
paused: boolean, 
/**
 * Why it cannot be rolled out; null = it can.
 */
whyNot: SentenceView | null, };

export type ContainerView = { 
/**
 * Name.
 */
name: string, 
/**
 * Image.
 */
image: string, 
/**
 * Init container or sidecar.
 */
init: boolean, };

export type StrategyView = { 
/**
 * Name.
 */
name: string, 
/**
 * Whether it brings a version into service: a walk offers those. The others are verbs on the workload.
 */
brings: boolean, 
/**
 * Whether it can be used at all; why not is among the reasons.
 */
fits: boolean, 
/**
 * Advised.
 */
advised: boolean, 
/**
 * Reasons for and against.
 */
reasons: Array<SentenceView>, 
/**
 * Parameters.
 */
params: Array<ParamView>, 
/**
 * Pods that it adds.
 */
morePods: number, 
/**
 * What going back is.
 */
wayBack: SentenceView, 
/**
 * Takes about (seconds).
 */
takes: number, };

export type ParamView = { 
/**
 * Name.
 */
name: string, 
/**
 * Type.
 */
kind: ParamKind, 
/**
 * Unit (`s`, `pods`).
 */
unit: string, 
/**
 * Default for this workload.
 */
default: JsonValue, 
/**
 * Choices.
 */
choices: Array<string>, 
/**
 * Smallest.
 */
min: number | null, 
/**
 * Largest.
 */
max: number | null, 
/**
 * One line.
 */
doc: string, };

export type ParamKind = "integer" | "choice" | "text" | "textList";

export type BeforeView = { 
/**
 * Run.
 */
run: string, 
/**
 * When it ended.
 */
endedAt: string | null, 
/**
 * What the run was: its strategy.
 */
strategy: string, 
/**
 * Why it was started, or taken back.
 */
reason: SentenceView | null, 
/**
 * Images by container, of the template from before it.
 */
images: Array<string>, 
/**
 * What going back to it changes now, as a diff with what sounds secret masked.
 */
diff: string, 
/**
 * Cannot be gone back to, because.
 */
excluded: SentenceView | null, };

export type WorkloadView = { 
/**
 * Id.
 */
id: string, 
/**
 * Containers.
 */
containers: Array<ContainerView>, 
/**
 * Pods.
 */
replicas: number, 
/**
 * Owner in words.
 */
owner: string, 
/**
 * Pod template as YAML.
 */
template: string, 
/**
 * Strategies.
 */
strategies: Array<StrategyView>, 
/**
 * Revisions.
 */
revisions: Array<RevisionView>, 
/**
 * Templates from before runs of this workstation, newest first.
 */
before: Array<BeforeView>, };

export type PlanRequest = { 
/**
 * Context.
 */
context: string, 
/**
 * Workload's id.
 */
target: string, 
/**
 * Strategy.
 */
strategy: string, 
/**
 * New images.
 */
images: Array<ImageWish>, 
/**
 * Or a whole pod template as YAML.
 */
template: string | null, 
/**
 * Revision to go back to (rollback); null = the advised one.
 */
toRevision: number | null, 
/**
 * Parameters; those left out have their defaults.
 */
params: JsonValue, };

export type ImageWish = { 
/**
 * Container.
 */
container: string, 
/**
 * Image reference.
 */
image: string, };

export type WriteView = { 
/**
 * Object.
 */
object: string, 
/**
 * Unified diff of the changed fields.
 */
diff: string, 
/**
 * Equal kubectl command.
 */
kubectl: string, };

export type CutView = { 
/**
 * Step's id.
 */
step: string, 
/**
 * Deployment of the pods.
 */
deployment: string, 
/**
 * What to expect then, in words.
 */
text: SentenceView, };

export type PlanStepView = { 
/**
 * Id.
 */
id: string, 
/**
 * Phase (kebab-case).
 */
phase: string, 
/**
 * What it does.
 */
title: SentenceView, 
/**
 * Writes.
 */
writes: Array<WriteView>, 
/**
 * What it waits for; null = nothing.
 */
waits: SentenceView | null, 
/**
 * Seconds that it waits at most.
 */
atMost: number | null, 
/**
 * How it is undone; null = it writes nothing.
 */
undo: SentenceView | null, 
/**
 * Connections that it ends; null = none that a switch before it left behind.
 */
cut: CutView | null, 
/**
 * Seconds to be back where the run began, from here.
 */
wayBackSeconds: number | null, 
/**
 * They are a deadline, no estimate.
 */
wayBackAtMost: boolean, };

export type PlanSummary = { 
/**
 * Steps.
 */
steps: number, 
/**
 * Steps that write.
 */
writes: number, 
/**
 * Pods more.
 */
morePods: number, 
/**
 * Seconds, about.
 */
seconds: number, };

export type ConfirmNeed = "key" | "hold" | "type";

export type PlanView = { 
/**
 * Id.
 */
id: string, 
/**
 * Context.
 */
context: string, 
/**
 * Strategy.
 */
strategy: string, 
/**
 * Workload's id.
 */
target: string, 
/**
 * `v1 → v2`, `2 → 4 pods`: for titles.
 */
change: SentenceView, 
/**
 * Diff of the pod template as YAML.
 */
diff: string, 
/**
 * Steps.
 */
steps: Array<PlanStepView>, 
/**
 * Comes to.
 */
summary: PlanSummary, 
/**
 * What the checks tried; null = they were not run.
 */
checked: CheckedView | null, 
/**
 * Findings.
 */
findings: Array<FindingView>, 
/**
 * May be started.
 */
startable: boolean, 
/**
 * What a start asks for.
 */
confirm: ConfirmNeed, 
/**
 * What going back does not restore.
 */
notRestored: Array<SentenceView>, };

export type RunState = "ready" | "running" | "waiting" | "held" | "backingOut" | "done" | "backedOut" | "failed" | "stuck" | "left" | "elsewhere";

export type StepState = "pending" | "running" | "done" | "failed" | "undoing" | "undone";

export type Headline = { 
/**
 * Code, for programs.
 */
code: string, 
/**
 * In words.
 */
text: SentenceView, };

export type RunStepView = { 
/**
 * Id.
 */
id: string, 
/**
 * Phase.
 */
phase: string, 
/**
 * What it does.
 */
title: SentenceView, 
/**
 * State.
 */
state: StepState, 
/**
 * Heartbeat: what it waits for, how far it is; empty = nothing.
 */
detail: SentenceView, 
/**
 * Begun.
 */
startedAt: string | null, 
/**
 * Ended.
 */
endedAt: string | null, 
/**
 * Seconds to be back where the run began, from here.
 */
wayBackSeconds: number | null, 
/**
 * They are a deadline, no estimate.
 */
wayBackAtMost: boolean, };

export type LaneTemplate = { 
/**
 * Version.
 */
version: string, 
/**
 * Pods' cells.
 */
cells: Array<PodState>, };

export type LaneView = { 
/**
 * Colour.
 */
lane: Lane, 
/**
 * Deployment's id.
 */
deployment: string, 
/**
 * Version.
 */
version: string, 
/**
 * Ready pods.
 */
ready: number, 
/**
 * Wanted pods.
 */
wanted: number, 
/**
 * Its pods, by the template that they are of, newest first; while it rolls there are two.
 */
templates: Array<LaneTemplate>, 
/**
 * Proven fraction of new connections (0 to 1); null = not known.
 */
share: number | null, 
/**
 * What is to be said of it; null = nothing.
 */
note: SentenceView | null, 
/**
 * Exists now.
 */
exists: boolean, 
/**
 * Restarts of its pods.
 */
restarts: number, 
/**
 * Since when.
 */
since: string | null, };

export type CheckedView = { 
/**
 * Permissions that its steps and their undoing need.
 */
permissions: number, 
/**
 * Those that are granted.
 */
granted: number, 
/**
 * Writes that were tried as a dry run.
 */
dryRuns: number, 
/**
 * Those that were accepted.
 */
accepted: number, };

export type RunServiceView = { 
/**
 * Service's id.
 */
service: string, 
/**
 * Ports in words (`80`).
 */
ports: string, 
/**
 * Entry in words (`shop.example.com/`); `in cluster` when none, nothing when it is not known.
 */
entry: SentenceView, 
/**
 * `blue`, `green`, `both`, `none`, `unknown`.
 */
selects: string, 
/**
 * Ready endpoints of blue; null = not read yet.
 */
blue: number | null, 
/**
 * Ready endpoints of green; null = not read yet.
 */
green: number | null, };

export type GateView = { 
/**
 * Name: `cut-over`, `retire`, …
 */
name: string, 
/**
 * Writes that follow.
 */
writes: Array<GateWrite>, 
/**
 * What holds right now.
 */
checks: Array<CheckLine>, 
/**
 * It was looked at, and no check speaks against passing it.
 */
clear: boolean, 
/**
 * Connections that steps behind it end, up to the next gate.
 */
cuts: Array<CutView>, };

export type GateWrite = { 
/**
 * Object.
 */
object: string, 
/**
 * Field.
 */
field: string, 
/**
 * Value now.
 */
before: string, 
/**
 * Value then.
 */
after: string, };

export type CheckLine = { 
/**
 * Holds; null = not known.
 */
ok: boolean | null, 
/**
 * What.
 */
text: SentenceView, 
/**
 * Seconds since it was seen.
 */
age: number | null, };

export type WayBackKind = "backOut" | "flipBack" | "rollback" | "none";

export type WayBackView = { 
/**
 * Kind.
 */
kind: WayBackKind, 
/**
 * Seconds, about; null = not known.
 */
seconds: number | null, 
/**
 * They are a deadline, no estimate: how long pods take to start again nobody knows.
 */
atMost: boolean, 
/**
 * Title (`web: back out`).
 */
title: SentenceView, 
/**
 * What it does, in words; or why there is none.
 */
text: SentenceView, 
/**
 * Steps that it undoes.
 */
steps: number, 
/**
 * Run that it belongs to.
 */
run: string | null, };

export type UndoView = { 
/**
 * Objects, in the order of the writes.
 */
objects: Array<string>, 
/**
 * What is done.
 */
text: SentenceView, 
/**
 * What changes, as lines that begin with `-`, `+` or a blank; empty where the text says it all.
 */
diff: string, };

export type FactView = { 
/**
 * Object.
 */
object: string, 
/**
 * Field.
 */
field: string, 
/**
 * As it was before.
 */
before: string, 
/**
 * As it is.
 */
live: string, 
/**
 * As the plan wants it.
 */
planned: string, };

export type ChoiceView = { 
/**
 * Code: `back-out`, `retry`, `re-pin`, `accept`, …
 */
code: string, 
/**
 * On the button.
 */
label: string, 
/**
 * What it will do.
 */
text: SentenceView, 
/**
 * The first of these is offered first.
 */
advised: boolean, };

export type HoldView = { 
/**
 * Code.
 */
code: string, 
/**
 * What is so.
 */
message: SentenceView, 
/**
 * Three versions of what contradicts.
 */
facts: Array<FactView>, 
/**
 * Answers.
 */
choices: Array<ChoiceView>, };

export type ProbeView = { 
/**
 * URL or pod.
 */
source: string, 
/**
 * Colour that answers; null = not known.
 */
lane: Lane | null, 
/**
 * Requests.
 */
total: number, 
/**
 * Failed ones.
 */
errors: number, 
/**
 * Median, milliseconds.
 */
p50: number | null, 
/**
 * 99th percentile, milliseconds.
 */
p99: number | null, 
/**
 * Last answer in words.
 */
last: SentenceView, 
/**
 * Seconds since the last answer.
 */
age: number | null, 
/**
 * Milliseconds of the latest answers, oldest first.
 */
series: Array<number>, };

export type EndpointsView = { 
/**
 * Service.
 */
service: string, 
/**
 * Blue.
 */
blue: number, 
/**
 * Green.
 */
green: number, 
/**
 * Seconds since it was read.
 */
age: number | null, };

export type ConnectionsSeen = "unknown" | "ended";

export type ConnectionsView = { 
/**
 * Deployment that they lead to.
 */
deployment: string, 
/**
 * Services over which they were made.
 */
services: Array<string>, 
/**
 * What is known of them.
 */
seen: ConnectionsSeen, 
/**
 * That, in words.
 */
text: SentenceView, 
/**
 * Where it is known from, or why it is not.
 */
source: SentenceView, 
/**
 * The step that ends what is left of them; null = it is behind, or there is none.
 */
cut: CutView | null, };

export type ProofKind = "probes" | "anonymous" | "endpoints" | "unreached" | "unproven";

export type ProofView = { 
/**
 * Kind.
 */
kind: ProofKind, 
/**
 * Step that moved it.
 */
step: string, 
/**
 * In words.
 */
text: SentenceView, 
/**
 * When it was complete.
 */
at: string | null, };

export type NoteView = { 
/**
 * When.
 */
at: string, 
/**
 * Step.
 */
step: string, 
/**
 * Code, for programs.
 */
code: string, 
/**
 * In words.
 */
text: SentenceView, };

export type EvidenceView = { 
/**
 * Probes.
 */
probes: Array<ProbeView>, 
/**
 * Endpoints.
 */
endpoints: Array<EndpointsView>, 
/**
 * Kept connections; null = traffic has not moved.
 */
connections: ConnectionsView | null, 
/**
 * Events of the workload whose pods the run starts, newest first.
 */
events: Array<EventView>, 
/**
 * Last lines of the log of its newest pod.
 */
log: Array<string>, 
/**
 * Simulated pods: no data; wants one acknowledgement.
 */
simulated: boolean, };

export type DriverView = { 
/**
 * `ann@laptop as kubernetes-admin`.
 */
by: string, 
/**
 * Another workstation than this one.
 */
elsewhere: boolean, 
/**
 * When they last said that they are alive, by their clock; null = they let the run go, or that was not looked at.
 */
aliveAt: string | null, };

export type RunView = { 
/**
 * Id.
 */
id: string, 
/**
 * Context.
 */
context: string, 
/**
 * Workload's id.
 */
target: string, 
/**
 * Strategy.
 */
strategy: string, 
/**
 * Finish (`swap`, `promote`), or empty.
 */
finish: string, 
/**
 * `v1 → v2`, `2 → 4 pods`.
 */
change: SentenceView, 
/**
 * Begun.
 */
startedAt: string, 
/**
 * Ended.
 */
endedAt: string | null, 
/**
 * Reason or ticket.
 */
reason: string | null, 
/**
 * State.
 */
state: RunState, 
/**
 * Who drives it, or did last.
 */
driver: DriverView | null, 
/**
 * Headline.
 */
headline: Headline, 
/**
 * Steps.
 */
steps: Array<RunStepView>, 
/**
 * Blue, then green.
 */
lanes: Array<LaneView>, 
/**
 * Services.
 */
services: Array<RunServiceView>, 
/**
 * Gate that waits.
 */
gate: GateView | null, 
/**
 * Hold.
 */
hold: HoldView | null, 
/**
 * Going back.
 */
wayBack: WayBackView, 
/**
 * What going back would write, in that order.
 */
undoes: Array<UndoView>, 
/**
 * How the last move of traffic was proven; null = it has not moved, or was moved back.
 */
proof: ProofView | null, 
/**
 * What was seen and is worth knowing, oldest first.
 */
notes: Array<NoteView>, 
/**
 * Traffic moved, old connections may still be open.
 */
draining: boolean, 
/**
 * Soak: seconds that are left.
 */
soakLeft: number | null, 
/**
 * Evidence.
 */
evidence: EvidenceView, 
/**
 * Commands that revert by hand.
 */
breakGlass: Array<string>, };

export type ReportFormat = "markdown" | "html" | "json";

export type ChangeSort = "rollout" | "scale" | "config" | "traffic";

export type Likely = "most" | "part" | "unlikely" | "unknown";

export type BackView = { 
/**
 * Its number.
 */
revision: number, 
/**
 * `container=image`.
 */
images: Array<string>, 
/**
 * Pods of it that are ready now.
 */
ready: number, 
/**
 * Pods of it that its ReplicaSet wants now.
 */
wanted: number, 
/**
 * Seconds that going back takes, about; null = not known.
 */
seconds: number | null, 
/**
 * What speaks for and against it.
 */
reasons: Array<ReasonView>, };

export type ChangeView = { 
/**
 * Object's id.
 */
object: string, 
/**
 * Sort.
 */
sort: ChangeSort, 
/**
 * What of it, in words (`3.8.4 → 3.9.0`).
 */
what: SentenceView, 
/**
 * When.
 */
at: string, 
/**
 * Field manager that wrote it; null = nobody kept that.
 */
by: string | null, 
/**
 * Workloads that it reaches.
 */
reaches: Array<string>, 
/**
 * Whether it is the cause.
 */
likely: Likely, 
/**
 * Why that is thought.
 */
reasons: Array<ReasonView>, 
/**
 * Version to go back to; null = a rollback does not undo it, or none is advised.
 */
back: BackView | null, };

export type TroubleView = { 
/**
 * Object's id.
 */
object: string, 
/**
 * Since when; null = nothing tells.
 */
since: string | null, 
/**
 * In words.
 */
text: SentenceView, 
/**
 * Pods that are ready.
 */
ready: number, 
/**
 * Pods that are wanted.
 */
wanted: number, 
/**
 * Pods that fail.
 */
failing: number, };

export type IncidentView = { 
/**
 * Namespace.
 */
namespace: string, 
/**
 * When it was read.
 */
at: string, 
/**
 * Since when changes are listed.
 */
since: string, 
/**
 * What is wrong.
 */
troubles: Array<TroubleView>, 
/**
 * What changed, the likeliest cause first.
 */
changes: Array<ChangeView>, 
/**
 * Kinds that could not be read, with why: what of them changed is not known.
 */
unread: Array<SentenceView>, };

export type LeftAt = "rest" | "soak" | "step";

export type LeavingView = { 
/**
 * Its id.
 */
run: string, 
/**
 * Workload's id.
 */
target: string, 
/**
 * Context.
 */
context: string, 
/**
 * Where it would be left.
 */
at: LeftAt, 
/**
 * What would stay behind, in words.
 */
text: SentenceView, };

export type ReportLine = { 
/**
 * When.
 */
at: string, 
/**
 * Step; null = of the run itself.
 */
step: string | null, 
/**
 * What, in words.
 */
text: SentenceView, };

export type ReportView = { 
/**
 * The run, as it is now.
 */
run: RunView, 
/**
 * What happened, oldest first, as its journal or its record tells it.
 */
timeline: Array<ReportLine>, 
/**
 * What each step writes, with the diff and the equal kubectl command.
 */
plan: PlanView, };

export type RunSummary = { 
/**
 * Id.
 */
id: string, 
/**
 * Context.
 */
context: string, 
/**
 * Workload's id.
 */
target: string, 
/**
 * Strategy.
 */
strategy: string, 
/**
 * `v1 → v2`, `2 → 4 pods`.
 */
change: SentenceView, 
/**
 * Begun.
 */
startedAt: string, 
/**
 * State.
 */
state: RunState, 
/**
 * Who drives it, or did last.
 */
driver: DriverView | null, 
/**
 * Headline.
 */
headline: Headline, 
/**
 * Reason or ticket.
 */
reason: string | null, 
/**
 * Still to be looked after.
 */
open: boolean, };

export type PlaceView = { 
/**
 * Context.
 */
context: string, 
/**
 * Namespace; null = none is named.
 */
namespace: string | null, 
/**
 * Object's id; null = none is named.
 */
object: string | null, 
/**
 * Run; null = none is named.
 */
run: string | null, };

export type ImageState = "found" | "missing" | "refused" | "unreachable";

export type ImageView = { 
/**
 * What it says.
 */
state: ImageState, 
/**
 * Why it says nothing; null = it says whether the image is there.
 */
why: SentenceView | null, 
/**
 * Which one it is now (`sha256:…`).
 */
digest: string | null, 
/**
 * Machines that it is for (`linux/amd64`); empty where it does not say.
 */
platforms: Array<string>, 
/**
 * When it was built, where it says so.
 */
created: string | null, };

export type LogState = "waiting" | "open" | "ended" | "refused" | "broken" | "missing";

export type LogsRequest = { 
/**
 * Context.
 */
context: string, 
/**
 * Pod, or what owns pods.
 */
id: string, 
/**
 * Container; null = all.
 */
container: string | null, 
/**
 * Of the containers before their last restart.
 */
previous: boolean, 
/**
 * Goes on with what is written from now on; else they end where they end now.
 */
follow: boolean, 
/**
 * Last lines of each container to begin with.
 */
tail: number, };

export type LogSource = { 
/**
 * Number by which its lines name it; of one that is gone it is not given again.
 */
id: number, 
/**
 * Pod.
 */
pod: string, 
/**
 * Container.
 */
container: string, 
/**
 * How it stands.
 */
state: LogState, 
/**
 * Why, where there is more to say.
 */
why: SentenceView | null, };

export type LogEntry = { 
/**
 * Source.
 */
source: number, 
/**
 * When the container runtime took it; of what is told, when that was so.
 */
at: string, 
/**
 * Text; nothing in it steers a terminal.
 */
text: string, 
/**
 * Bytes of a line that was too long, which are not there.
 */
cut: number, 
/**
 * What is told; null = it is a line.
 */
note: SentenceView | null, };

export type LogStatus = { 
/**
 * Logs that are read, or that it was tried to read, by pod and container.
 */
sources: Array<LogSource>, 
/**
 * Containers that can be chosen.
 */
containers: Array<ContainerView>, 
/**
 * Pods.
 */
pods: number, 
/**
 * Containers that are not read: too many at once.
 */
leftOut: number, };

export type LogBatch = { 
/**
 * Lines that came before these and were too many to keep until they were asked for.
 */
dropped: number, 
/**
 * In the order of their times.
 */
entries: Array<LogEntry>, 
/**
 * How the logs stand, when that is another than it was.
 */
status: LogStatus | null, };

export type PathOf = "journal" | "log" | "crashes" | "downloads";

export type PathView = { 
/**
 * What it is for.
 */
of: PathOf, 
/**
 * Path.
 */
path: string, 
/**
 * It is there.
 */
there: boolean, };

export type VariableView = { 
/**
 * Name.
 */
name: string, 
/**
 * Value; null = not set.
 */
value: string | null, };

export type WayPart = "proxy" | "authority" | "certificate" | "signIn" | "impersonation";

export type WayView = { 
/**
 * What it is about.
 */
part: WayPart, 
/**
 * What is so.
 */
text: SentenceView, 
/**
 * Nothing is wrong with it, as far as can be seen from here.
 */
good: boolean, };

export type ReachView = { 
/**
 * Context.
 */
context: string, 
/**
 * Its parts; empty for a context that cannot be used.
 */
way: Array<WayView>, 
/**
 * Kinds of which something was refused or could not be understood; empty while it is not connected.
 */
unread: Array<KindStateView>, };

export type CrashView = { 
/**
 * When.
 */
at: string, 
/**
 * File.
 */
path: string, 
/**
 * All of it.
 */
text: string, };

export type DiagnosticsView = { 
/**
 * Version of this program.
 */
version: string, 
/**
 * System that it was built for (`linux x86_64`).
 */
system: string, 
/**
 * Files and folders.
 */
paths: Array<PathView>, 
/**
 * Environment.
 */
variables: Array<VariableView>, 
/**
 * Contexts.
 */
contexts: Array<ReachView>, 
/**
 * Crashes, newest first.
 */
crashes: Array<CrashView>, 
/**
 * Newest lines of the log, oldest first.
 */
log: Array<string>, };

export type Theme = "system" | "dark" | "light";

export type Language = "system" | "en" | "ko";

export type SettingsView = { 
/**
 * Theme.
 */
theme: Theme, 
/**
 * Language.
 */
language: Language, 
/**
 * URLs to probe by default after a cutover, per workload id.
 */
probes: { [key in string]: Array<string> }, 
/**
 * Widths of panes that somebody moved, in pixels, by the pane's name.
 */
panes: { [key in string]: number }, 
/**
 * An image that somebody enters is looked for in its registry.
 */
registries: boolean, 
/**
 * Simulated pods were acknowledged.
 */
simulatedAcknowledged: boolean, 
/**
 * Where the journal lies.
 */
journal: string, };

export interface CommandTable {
  contexts: { args: {  }; out: ContextsView };
  probe_contexts: { args: {  }; out: ContextsView };
  open_context: { args: { context: string; namespaces: Array<string> }; out: ContextView };
  approve_program: { args: { context: string; fingerprint: string }; out: ContextsView };
  sign_in: { args: { context: string }; out: ContextsView };
  stop_sign_in: { args: { context: string }; out: ContextsView };
  programs: { args: {  }; out: Array<ProgramView> };
  forget_program: { args: { fingerprint: string }; out: Array<ProgramView> };
  close_context: { args: { context: string }; out: ContextsView };
  namespaces: { args: { context: string }; out: Array<NamespaceView> };
  unlock: { args: { context: string; typed: string; reason: string | null }; out: ContextsView };
  lock: { args: { context: string }; out: ContextsView };
  set_environment: { args: { context: string; environment: Environment }; out: ContextsView };
  graph: { args: { context: string }; out: GraphBatch };
  ack_graph: { args: { seq: number }; out: null };
  trace: { args: { context: string; request: TraceRequest }; out: TraceView };
  routes: { args: { context: string; id: string | null }; out: RoutesView };
  object: { args: { context: string; id: string }; out: ObjectView };
  open_logs: { args: { request: LogsRequest }; out: number };
  read_logs: { args: { logs: number }; out: LogBatch };
  close_logs: { args: { logs: number }; out: null };
  workload: { args: { context: string; id: string }; out: WorkloadView };
  image: { args: { name: string }; out: ImageView };
  make_plan: { args: { request: PlanRequest }; out: PlanView };
  check_plan: { args: { plan: string }; out: PlanView };
  export_plan: { args: { plan: string }; out: string };
  start_run: { args: { plan: string; reason: string | null; confirm: string | null }; out: RunView };
  approve: { args: { run: string; gate: string }; out: RunView };
  back_out: { args: { run: string; reason: string | null }; out: RunView };
  choose: { args: { run: string; choice: string }; out: RunView };
  resume_run: { args: { run: string }; out: RunView };
  take_over: { args: { run: string; reason: string | null }; out: RunView };
  runs: { args: {  }; out: Array<RunSummary> };
  run: { args: { run: string }; out: RunView };
  incident: { args: { context: string; namespace: string }; out: IncidentView };
  leaving: { args: {  }; out: Array<LeavingView> };
  report: { args: { run: string; format: ReportFormat }; out: string };
  save_report: { args: { run: string; format: ReportFormat }; out: string };
  doctor: { args: { context: string }; out: Array<FindingView> };
  way_back: { args: { context: string; id: string | null }; out: WayBackView };
  followed: { args: {  }; out: PlaceView | null };
  diagnostics: { args: {  }; out: DiagnosticsView };
  settings: { args: {  }; out: SettingsView };
  set_settings: { args: { settings: SettingsView }; out: SettingsView };
}
