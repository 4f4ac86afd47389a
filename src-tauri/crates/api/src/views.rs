//! Wire types. Names are camelCase on the wire; times are RFC 3339 text in UTC; ids of objects are
//! `Kind/namespace/name`; numbers that may be unknown are nullable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::error::UiError;

macro_rules! views {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }
    )* };
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }
    )* };
}

words! {
    /// What a registry says of an image.
    ImageState { /// It is there.
        Found, /// It is not there.
        Missing, /// Who asks from here may not know.
        Refused, /// No answer, or none that can be understood.
        Unreachable, }
    /// How the log of one container stands.
    LogState { /// The container has not started.
        Waiting, /// It is read.
        Open, /// The container ended, and all of it was read.
        Ended, /// Not allowed (403).
        Refused, /// It could not be read, or broke off; it is tried again.
        Broken, /// There is none: not of before a restart, for there was none.
        Missing, }
    /// How a reason weighs.
    Speaks { /// For it.
        For, /// Against it.
        Against, /// Neither: to be known.
        Neither, }
    /// Whether something that is named is there.
    PresenceView { /// It is.
        There, /// It is not.
        Missing, /// It could not be read.
        Unknown, }
    /// What is known of connections that stay on the old colour.
    ConnectionsSeen { /// Nothing: there may be any number.
        Unknown, /// The pods that they led to are gone, and they with them.
        Ended, }
    /// What sort of thing changed.
    ChangeSort { /// A pod template.
        Rollout, /// A number of pods, or who decides it.
        Scale, /// What a ConfigMap or Secret holds.
        Config, /// Where requests go.
        Traffic, }
    /// Whether a change is the cause of what is wrong.
    Likely { /// It is the likeliest of all.
        Most, /// Something speaks for it.
        Part, /// More speaks against it.
        Unlikely, /// Nothing is wrong that it could have caused, as far as is seen.
        Unknown, }
    /// What a file or folder of this program is for.
    PathOf { /// Journal and settings.
        Journal, /// Log.
        Log, /// Where crashes are written down.
        Crashes, /// Where reports are saved.
        Downloads, }
    /// A part of the way to a server.
    WayPart { /// What stands between here and it.
        Proxy, /// What its certificate is checked with.
        Authority, /// The client's certificate.
        Certificate, /// What signs in.
        SignIn, /// Whom one is taken for.
        Impersonation, }
    /// Where a run would be left.
    LeftAt { /// Nothing is under way: it waits for somebody.
        Rest, /// Both colours stand and are watched; nobody would.
        Soak, /// In the middle of a step.
        Step, }
    /// What a report is written as.
    ReportFormat { /// For a ticket or a wiki.
        Markdown, /// A page by itself.
        Html, /// For programs.
        Json, }
    /// How it was proven that traffic moved.
    ProofKind { /// By the endpoints, and by answers of the new colour on new connections.
        Probes, /// By the endpoints; the entry answers, but does not say who does.
        Anonymous, /// By the endpoints alone: there is no entry to ask.
        Endpoints, /// By the endpoints alone: the entry did not answer from here before traffic moved.
        Unreached, /// Not proven in time: the operator went on.
        Unproven, }
    /// Where a cluster belongs.
    Environment { /// Red and protected unless the operator says otherwise.
        Production, /// Staging.
        Staging, /// Development.
        Development, /// The practice lab.
        Practice, /// Not sorted yet.
        None, }
    /// Connection of a context.
    ContextState { /// Not asked for.
        Idle, /// On its way.
        Connecting, /// Answered when it was asked; nothing of it is watched.
        Reachable, /// Every needed stream is fresh.
        Live, /// Shown as it was; writes are off.
        Stale, /// 401 or 403.
        Refused, /// No answer.
        Unreachable, /// Its certificate does not show that it is the cluster of the kubeconfig.
        Untrusted, /// The kubeconfig entry cannot be used.
        Broken, }
    /// Whether writes are possible.
    Writes { /// Read only until allowed.
        ReadOnly, /// Allowed with a preview.
        Allowed, /// Protected: its name has to be typed first.
        Protected, /// Protected, unlocked for a time.
        Unlocked, /// Off while stale.
        Off, /// Read only: nobody can know that it is the right server that answers.
        Unverified, }
    /// Why a server is not verified.
    Unverified { /// `insecure-skip-tls-verify`: its certificate is not looked at.
        Certificate, /// `http`: it has none.
        Plain, }
    /// How an object is.
    Health { /// As wanted.
        Healthy, /// On its way.
        Moving, /// Serves with less than wanted.
        Degraded, /// Does not serve.
        Failing, /// At zero on purpose.
        Idle, /// Not known.
        Unknown, }
    /// Colour of a version in a run.
    Lane { /// What serves when the run begins; letter B, square.
        Blue, /// What the run brings; letter G, circle.
        Green, }
    /// State of a pod's cell.
    PodState { /// Ready.
        Ready, /// Starting.
        Starting, /// Failing.
        Failing, /// Ending.
        Ending, }
    /// How an edge is drawn.
    EdgeState { /// Carries traffic.
        Active, /// Open, carries none.
        Open, /// Declared, nothing ready behind it.
        Declared, /// Target missing, port dropped, class without controller.
        Broken, /// Gets copies.
        Shadow, /// Explains rather than carries (autoscaler, budget, configuration, attachment).
        Attached, }
    /// Weight of a finding.
    FindingSeverity { /// Stops.
        Block, /// Look at this.
        Warn, /// Taken care of by the plan.
        Fixed, /// For information.
        Info, }
    /// State of a run.
    RunState { /// Not begun.
        Ready, /// A step is being carried out.
        Running, /// Waits for the operator at a gate.
        Waiting, /// Needs somebody: see `hold`.
        Held, /// Going back.
        BackingOut, /// Finished.
        Done, /// Back where it began.
        BackedOut, /// Ended without finishing and without a way back by itself.
        Failed, /// An undo failed: see the break-glass commands.
        Stuck, /// Left by its process; can be resumed.
        Left, /// Another workstation drives it; can be taken over.
        Elsewhere, }
    /// State of a step.
    StepState { /// To come.
        Pending, /// Under way.
        Running, /// Done.
        Done, /// Failed.
        Failed, /// Being undone.
        Undoing, /// Undone.
        Undone, }
    /// What going back means now.
    WayBackKind { /// Before the cutover: green is removed, blue is untouched.
        BackOut, /// After it: one guarded write.
        FlipBack, /// An undo in steps.
        Rollback, /// There is none.
        None, }
    /// Type of a parameter.
    ParamKind { /// Whole number.
        Integer, /// One of `choices`.
        Choice, /// Text.
        Text, /// Several lines of text.
        TextList, }
    /// What a start asks for.
    ConfirmNeed { /// A key.
        Key, /// Holding the button.
        Hold, /// The context's name typed.
        Type, }
    /// Theme.
    Theme { /// As the system.
        System, /// Dark.
        Dark, /// Light.
        Light, }
    /// Language.
    Language { /// As the system.
        System, /// English.
        En, /// Korean.
        Ko, }
}

views! {
    /// A kubeconfig context.
    ContextView {
        /// Name.
        name: String,
        /// Environment.
        environment: Environment,
        /// Server URL.
        server: String,
        /// Cluster entry.
        cluster: String,
        /// User entry.
        user: String,
        /// Default namespace.
        namespace: String,
        /// Kubeconfig file.
        file: String,
        /// Connection.
        state: ContextState,
        /// What the state means, in words; null = it says all.
        note: Option<SentenceView>,
        /// Writes.
        writes: Writes,
        /// Unlocked until (RFC 3339).
        unlocked_until: Option<String>,
        /// Why nobody can know that it is the right server that answers.
        unverified: Option<Unverified>,
        /// Why it may be written to all the same.
        unverified_reason: Option<String>,
        /// Server version.
        version: Option<String>,
        /// Why it cannot be used.
        problem: Option<UiError>,
        /// Milliseconds since the last proof that the view is current.
        proof_age_ms: Option<u32>,
        /// Objects in trouble / moving, when open.
        summary: Option<GraphSummary>,
        /// The program that signs in now.
        signing_in: Option<SigningInView>,
        /// The program that would sign in, and is not run before somebody approves it.
        unapproved: Option<ProgramView>,
        /// A program signs in here: one can sign in again.
        program: bool,
        /// Pods are simulated (practice lab): smoke checks have no data.
        simulated: bool,
    }
    /// A program that signs in now. It may wait for somebody in a browser.
    SigningInView {
        /// Its name, as the kubeconfig gives it.
        command: String,
        /// Milliseconds since it was started.
        age_ms: u32,
        /// Milliseconds after which it is killed.
        within_ms: u32,
        /// What it said so far.
        said: String,
    }
    /// A program that signs in: what is approved is just this.
    ProgramView {
        /// Identifies all of it.
        fingerprint: String,
        /// `file: key` of the kubeconfig; empty in the list of those that were approved.
        key: String,
        /// File.
        path: String,
        /// SHA-256 of the file's content.
        sha256: String,
        /// Arguments.
        args: Vec<String>,
        /// Variables that the kubeconfig sets for it, by name.
        env: Vec<String>,
        /// What it is told of the cluster: the server, and the names of everything else; empty = nothing.
        cluster: Vec<String>,
        /// When it was approved (RFC 3339); for one that is not yet: when another version of this file was, if one was.
        approved: Option<String>,
    }
    /// A context that nobody can open: one of the same name in a file that comes first counts.
    ShadowedView {
        /// Name.
        name: String,
        /// Server URL.
        server: String,
        /// File that it stands in.
        file: String,
        /// File whose context counts.
        by: String,
    }
    /// A kubeconfig file that was looked at.
    FileView {
        /// Path.
        path: String,
        /// Contexts found.
        contexts: u32,
        /// What is to be said of it (missing, unreadable, …).
        note: Option<SentenceView>,
    }
    /// All contexts.
    ContextsView {
        /// Contexts in the order of their files; each name is there once.
        contexts: Vec<ContextView>,
        /// Contexts that are hidden by one of the same name.
        shadowed: Vec<ShadowedView>,
        /// Files.
        files: Vec<FileView>,
        /// Context that the window shows.
        open: Option<String>,
        /// Context that the kubeconfig or `--context` names.
        current: Option<String>,
    }
    /// A namespace.
    NamespaceView {
        /// Name.
        name: String,
        /// Followed now.
        followed: bool,
    }
    /// A node of the map.
    NodeView {
        /// Id: `Kind/namespace/name`, with `#host/path` for a rule's row.
        id: String,
        /// Object behind it.
        object: String,
        /// Kind.
        kind: String,
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
        /// Text in the box.
        label: String,
        /// Second text (version, port, revision, host).
        sub: String,
        /// Column: 0 entry, 1 route, 2 Service, 3 workload, 4 ReplicaSet, 5 pod, 6 aside.
        rank: u8,
        /// Row in lines of text, may be fractional.
        row: f32,
        /// Health.
        health: Health,
        /// Why, in words; null = there is nothing to say.
        reason: Option<SentenceView>,
        /// Ready pods.
        ready: Option<u32>,
        /// Wanted pods.
        wanted: Option<u32>,
        /// Image tag or digest.
        version: Option<String>,
        /// Colour.
        lane: Option<Lane>,
        /// Who owns it (`Helm release web`, `Argo CD app shop`), empty = by hand.
        owner: String,
        /// Creation time.
        created: Option<String>,
        /// For pods: in whose row it stands (ReplicaSet, or a workload without), and the cell.
        parent: Option<String>,
        /// For pods.
        cell: Option<PodState>,
    }
    /// An edge of the map.
    EdgeView {
        /// `from>relation>to`.
        id: String,
        /// Node.
        from: String,
        /// Node.
        to: String,
        /// Relation.
        relation: String,
        /// State.
        state: EdgeState,
        /// Fraction (0 to 1) of what enters at the source; null = unknown or not applicable.
        share: Option<f64>,
        /// Colour, when it leads to one.
        lane: Option<Lane>,
        /// What is wrong, in words.
        detail: Option<SentenceView>,
    }
    /// A sentence for people.
    SentenceView {
        /// In English.
        text: String,
        /// The same with the names of its values in place of them; the key of its translations.
        form: String,
        /// The values by name.
        with: BTreeMap<String, String>,
        /// Values that are sentences themselves, by name.
        parts: BTreeMap<String, SentenceView>,
        /// What is said after it, each clause a sentence of its own; `text` holds them too.
        then: Vec<SentenceView>,
    }
    /// Something to look at.
    FindingView {
        /// Code.
        code: String,
        /// Weight.
        severity: FindingSeverity,
        /// Object.
        object: String,
        /// What is so.
        message: SentenceView,
        /// What to do; empty = nothing.
        remedy: SentenceView,
    }
    /// Rules on whose way an object stands.
    RoutesView {
        /// The first of them.
        routes: Vec<RouteView>,
        /// How many there are.
        total: u32,
    }
    /// Where the requests of one host, path and match end up.
    RouteView {
        /// Host; empty = all.
        host: String,
        /// Path.
        path: String,
        /// `Prefix`, `Exact` or what the router calls it.
        path_type: String,
        /// Further conditions in words: `header X-Canary: always`.
        also: Vec<String>,
        /// Where they enter.
        entries: Vec<String>,
        /// Where the rule sends them.
        answer: TraceAnswerView,
    }
    /// A request to trace. Nothing is sent.
    TraceRequest {
        /// `GET`.
        method: String,
        /// URL, as one gives it to curl; `http://` may be left out.
        url: String,
        /// Headers, each as `Name: value`.
        headers: Vec<String>,
    }
    /// Who answers a request.
    TraceView {
        /// Method.
        method: String,
        /// Host that decides.
        host: String,
        /// Path.
        path: String,
        /// Namespaces whose rules were looked at; null = all. A rule of another one may take the request, too.
        namespaces: Option<Vec<String>>,
        /// For each Gateway and each Ingress class that is seen, or each port of a controller that is known. Which of them the request comes to, the address of its host's
        /// name decides.
        doors: Vec<TraceDoorView>,
    }
    /// Who answers at one Gateway, or in one Ingress class.
    TraceDoorView {
        /// Gateway or IngressClass; null for Ingresses without a class, and where `controller` is named.
        door: Option<String>,
        /// Controller for which all that comes in at one of its ports is one, in an order of its own.
        controller: Option<String>,
        /// Port of it; null where nobody names one.
        port: Option<u32>,
        /// The rule that answers; null = none does, and the client gets 404.
        answer: Option<TraceAnswerView>,
        /// Rules for the same host that do not answer, in the order in which they are asked.
        others: Vec<TraceRuleView>,
        /// How many rules are for other hosts alone.
        elsewhere: u32,
    }
    /// A rule of a route.
    TraceRuleView {
        /// Object.
        object: String,
        /// Its node on the map.
        row: String,
        /// Where in the object, as JSON pointer.
        pointer: String,
        /// What it takes: `shop.example.com/cart (exact) [method GET]`.
        takes: String,
        /// Why it does not answer; of the one that answers, what that depends on.
        why: Option<SentenceView>,
    }
    /// Where a rule sends the requests that it takes.
    TraceAnswerView {
        /// The rule.
        rule: TraceRuleView,
        /// Backends, as declared.
        targets: Vec<TraceTargetView>,
        /// What the client gets that no backend answers.
        itself: Option<SentenceView>,
        /// Services that get copies.
        mirrors: Vec<String>,
    }
    /// A backend.
    TraceTargetView {
        /// Service.
        service: String,
        /// Its port.
        port: Option<String>,
        /// Probability, 0 to 1.
        share: f64,
        /// Versions, likeliest first.
        versions: Vec<TraceVersionView>,
        /// What the client gets if none of them answers, or who else may.
        note: Option<SentenceView>,
    }
    /// Pods of one version.
    TraceVersionView {
        /// Workload, or the pod that stands alone.
        workload: String,
        /// ReplicaSet.
        set: Option<String>,
        /// Image tag, or the begin of its digest.
        version: Option<String>,
        /// Colour.
        lane: Option<Lane>,
        /// Probability, 0 to 1.
        share: f64,
        /// Pods that share it.
        pods: u32,
    }
    /// Counts for the headline of the map.
    GraphSummary {
        /// Workloads.
        applications: u32,
        /// In trouble.
        trouble: u32,
        /// Moving.
        moving: u32,
        /// Ready pods.
        ready: u32,
        /// Pods.
        pods: u32,
    }
    /// A change of the graph, or all of it.
    GraphBatch {
        /// Number; to be acknowledged.
        seq: u32,
        /// Context.
        context: String,
        /// Forget what was before.
        reset: bool,
        /// New or changed nodes.
        nodes: Vec<NodeView>,
        /// Ids of nodes that are gone.
        gone: Vec<String>,
        /// New or changed edges.
        edges: Vec<EdgeView>,
        /// Ids of edges that are gone.
        gone_edges: Vec<String>,
        /// All findings, when they changed.
        findings: Option<Vec<FindingView>>,
        /// Counts.
        summary: GraphSummary,
    }
    /// Namespaces in which somebody changed what is wanted.
    ChangedView {
        /// Context.
        context: String,
        /// Namespaces, sorted.
        namespaces: Vec<String>,
    }
    /// State of one watched kind.
    KindStateView {
        /// Kind.
        kind: String,
        /// `live`, `listing`, `stale`, `broken`, `forbidden`, `notInstalled`.
        state: String,
        /// Why, in words; null = there is nothing to say.
        note: Option<SentenceView>,
    }
    /// How old the view is.
    FreshnessView {
        /// Context.
        context: String,
        /// Milliseconds since the oldest needed stream was proven current.
        age_ms: u32,
        /// False = stale, writes are off.
        live: bool,
        /// Why it is stale; null = it is not.
        why: Option<SentenceView>,
        /// Per kind.
        kinds: Vec<KindStateView>,
    }
    /// An event of the cluster.
    EventView {
        /// When.
        at: Option<String>,
        /// `Normal` or `Warning`.
        kind: String,
        /// One word.
        reason: String,
        /// Text.
        message: String,
        /// Object.
        object: String,
        /// Times seen.
        count: u32,
    }
    /// A revision of a Deployment.
    RevisionView {
        /// Number.
        number: u32,
        /// Its ReplicaSet or ControllerRevision.
        kept: String,
        /// Images by container.
        images: Vec<String>,
        /// What its pod template changes against the revision before, as a diff with what sounds secret masked; empty for the
        /// oldest one that is kept.
        diff: String,
        /// Creation time.
        created: Option<String>,
        /// Change cause.
        cause: Option<String>,
        /// Ready pods.
        ready: u32,
        /// Wanted pods.
        wanted: u32,
        /// Runs now.
        current: bool,
        /// Best to go back to.
        advised: bool,
        /// Cannot be gone back to, because.
        excluded: Option<SentenceView>,
        /// It was never seen healthy, because.
        never_healthy: Option<SentenceView>,
        /// What speaks for and against it.
        reasons: Vec<ReasonView>,
    }
    /// What speaks for or against a revision.
    ReasonView {
        /// How.
        speaks: Speaks,
        /// In words.
        said: SentenceView,
    }
    /// A line of the overview.
    OverviewRow {
        /// What.
        label: SentenceView,
        /// Value, in words where it is not the object's own.
        value: SentenceView,
    }
    /// A ConfigMap or Secret that a pod template names. What it holds is never read.
    ConfigView {
        /// Id.
        id: String,
        /// Kind.
        kind: String,
        /// Name.
        name: String,
        /// Containers start without it.
        optional: bool,
        /// Whether it is there.
        presence: PresenceView,
        /// When somebody wrote to it last, if that is known.
        changed: Option<String>,
        /// That was after the oldest pod had started: pods may differ in what they read.
        since_start: bool,
    }
    /// The inspector's content.
    ObjectView {
        /// Id.
        id: String,
        /// Kind.
        kind: String,
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
        /// Creation time.
        created: Option<String>,
        /// Owner in words.
        owner: String,
        /// Health.
        health: Health,
        /// Why, in words; null = there is nothing to say.
        reason: Option<SentenceView>,
        /// Facts.
        overview: Vec<OverviewRow>,
        /// Revisions (Deployments).
        versions: Vec<RevisionView>,
        /// Configuration that its pod template names, by kind and name.
        config: Vec<ConfigView>,
        /// Events, newest first.
        events: Vec<EventView>,
        /// YAML without managedFields; Secret values and env values that look secret are masked.
        yaml: String,
        /// Can be rolled out.
        can_roll_out: bool,
        /// Has a pod template that can be gone back to.
        can_roll_back: bool,
        /// Is paused (`spec.paused`).
        paused: bool,
        /// Why it cannot be rolled out; null = it can.
        why_not: Option<SentenceView>,
    }
    /// A container of a workload.
    ContainerView {
        /// Name.
        name: String,
        /// Image.
        image: String,
        /// Init container or sidecar.
        init: bool,
    }
    /// A parameter of a strategy.
    ParamView {
        /// Name.
        name: String,
        /// Type.
        kind: ParamKind,
        /// Unit (`s`, `pods`).
        unit: String,
        /// Default for this workload.
        default: Value,
        /// Choices.
        choices: Vec<String>,
        /// Smallest.
        min: Option<u32>,
        /// Largest.
        max: Option<u32>,
        /// One line.
        doc: String,
    }
    /// A strategy for this workload.
    StrategyView {
        /// Name.
        name: String,
        /// Whether it brings a version into service: a walk offers those. The others are verbs on the workload.
        brings: bool,
        /// Whether it can be used at all; why not is among the reasons.
        fits: bool,
        /// Advised.
        advised: bool,
        /// Reasons for and against.
        reasons: Vec<SentenceView>,
        /// Parameters.
        params: Vec<ParamView>,
        /// Pods that it adds.
        more_pods: u32,
        /// What going back is.
        way_back: SentenceView,
        /// Takes about (seconds).
        takes: u32,
    }
    /// What a walk starts from.
    WorkloadView {
        /// Id.
        id: String,
        /// Containers.
        containers: Vec<ContainerView>,
        /// Pods.
        replicas: u32,
        /// Owner in words.
        owner: String,
        /// Pod template as YAML.
        template: String,
        /// Strategies.
        strategies: Vec<StrategyView>,
        /// Revisions.
        revisions: Vec<RevisionView>,
        /// Templates from before runs of this workstation, newest first.
        before: Vec<BeforeView>,
    }
    /// A template from before a run that is over, as its plan kept it (parameter `toRun` of a rollback).
    BeforeView {
        /// Run.
        run: String,
        /// When it ended.
        ended_at: Option<String>,
        /// What the run was: its strategy.
        strategy: String,
        /// Why it was started, or taken back.
        reason: Option<SentenceView>,
        /// Images by container, of the template from before it.
        images: Vec<String>,
        /// What going back to it changes now, as a diff with what sounds secret masked.
        diff: String,
        /// Cannot be gone back to, because.
        excluded: Option<SentenceView>,
    }
    /// New image of a container.
    ImageWish {
        /// Container.
        container: String,
        /// Image reference.
        image: String,
    }
    /// What is wanted.
    PlanRequest {
        /// Context.
        context: String,
        /// Workload's id.
        target: String,
        /// Strategy.
        strategy: String,
        /// New images.
        images: Vec<ImageWish>,
        /// Or a whole pod template as YAML.
        template: Option<String>,
        /// Revision to go back to (rollback); null = the advised one.
        to_revision: Option<u32>,
        /// Parameters; those left out have their defaults.
        params: Value,
    }
    /// One write of a step.
    WriteView {
        /// Object.
        object: String,
        /// Unified diff of the changed fields.
        diff: String,
        /// Equal kubectl command.
        kubectl: String,
    }
    /// A step of a plan.
    PlanStepView {
        /// Id.
        id: String,
        /// Phase (kebab-case).
        phase: String,
        /// What it does.
        title: SentenceView,
        /// Writes.
        writes: Vec<WriteView>,
        /// What it waits for; null = nothing.
        waits: Option<SentenceView>,
        /// Seconds that it waits at most.
        at_most: Option<u32>,
        /// How it is undone; null = it writes nothing.
        undo: Option<SentenceView>,
        /// Connections that it ends; null = none that a switch before it left behind.
        cut: Option<CutView>,
        /// Seconds to be back where the run began, from here.
        way_back_seconds: Option<u32>,
        /// They are a deadline, no estimate.
        way_back_at_most: bool,
    }
    /// A step that ends pods to which connections may still lead.
    CutView {
        /// Step's id.
        step: String,
        /// Deployment of the pods.
        deployment: String,
        /// What to expect then, in words.
        text: SentenceView,
    }
    /// What a plan comes to.
    PlanSummary {
        /// Steps.
        steps: u32,
        /// Steps that write.
        writes: u32,
        /// Pods more.
        more_pods: u32,
        /// Seconds, about.
        seconds: u32,
    }
    /// What was asked of the API server before a plan is started.
    CheckedView {
        /// Permissions that its steps and their undoing need.
        permissions: u32,
        /// Those that are granted.
        granted: u32,
        /// Writes that were tried as a dry run.
        dry_runs: u32,
        /// Those that were accepted.
        accepted: u32,
    }
    /// A plan.
    PlanView {
        /// Id.
        id: String,
        /// Context.
        context: String,
        /// Strategy.
        strategy: String,
        /// Workload's id.
        target: String,
        /// `v1 → v2`, `2 → 4 pods`: for titles.
        change: SentenceView,
        /// Diff of the pod template as YAML.
        diff: String,
        /// Steps.
        steps: Vec<PlanStepView>,
        /// Comes to.
        summary: PlanSummary,
        /// What the checks tried; null = they were not run.
        checked: Option<CheckedView>,
        /// Findings.
        findings: Vec<FindingView>,
        /// May be started.
        startable: bool,
        /// What a start asks for.
        confirm: ConfirmNeed,
        /// What going back does not restore.
        not_restored: Vec<SentenceView>,
    }
    /// The sentence that says what is so.
    Headline {
        /// Code, for programs.
        code: String,
        /// In words.
        text: SentenceView,
    }
    /// A step of a run.
    RunStepView {
        /// Id.
        id: String,
        /// Phase.
        phase: String,
        /// What it does.
        title: SentenceView,
        /// State.
        state: StepState,
        /// Heartbeat: what it waits for, how far it is; empty = nothing.
        detail: SentenceView,
        /// Begun.
        started_at: Option<String>,
        /// Ended.
        ended_at: Option<String>,
        /// Seconds to be back where the run began, from here.
        way_back_seconds: Option<u32>,
        /// They are a deadline, no estimate.
        way_back_at_most: bool,
    }
    /// Pods of one revision of a pod template.
    LaneTemplate {
        /// Version.
        version: String,
        /// Pods' cells.
        cells: Vec<PodState>,
    }
    /// A colour of a run.
    LaneView {
        /// Colour.
        lane: Lane,
        /// Deployment's id.
        deployment: String,
        /// Version.
        version: String,
        /// Ready pods.
        ready: u32,
        /// Wanted pods.
        wanted: u32,
        /// Its pods, by the template that they are of, newest first; while it rolls there are two.
        templates: Vec<LaneTemplate>,
        /// Proven fraction of new connections (0 to 1); null = not known.
        share: Option<f64>,
        /// What is to be said of it; null = nothing.
        note: Option<SentenceView>,
        /// Exists now.
        exists: bool,
        /// Restarts of its pods.
        restarts: u32,
        /// Since when.
        since: Option<String>,
    }
    /// A Service of a run.
    RunServiceView {
        /// Service's id.
        service: String,
        /// Ports in words (`80`).
        ports: String,
        /// Entry in words (`shop.example.com/`); `in cluster` when none, nothing when it is not known.
        entry: SentenceView,
        /// `blue`, `green`, `both`, `none`, `unknown`.
        selects: String,
        /// Ready endpoints of blue; null = not read yet.
        blue: Option<u32>,
        /// Ready endpoints of green; null = not read yet.
        green: Option<u32>,
    }
    /// One write that a gate leads to.
    GateWrite {
        /// Object.
        object: String,
        /// Field.
        field: String,
        /// Value now.
        before: String,
        /// Value then.
        after: String,
    }
    /// A line of proof.
    CheckLine {
        /// Holds; null = not known.
        ok: Option<bool>,
        /// What.
        text: SentenceView,
        /// Seconds since it was seen.
        age: Option<u32>,
    }
    /// A gate that waits.
    GateView {
        /// Name: `cut-over`, `retire`, …
        name: String,
        /// Writes that follow.
        writes: Vec<GateWrite>,
        /// What holds right now.
        checks: Vec<CheckLine>,
        /// It was looked at, and no check speaks against passing it.
        clear: bool,
        /// Connections that steps behind it end, up to the next gate.
        cuts: Vec<CutView>,
    }
    /// Going back, now.
    WayBackView {
        /// Kind.
        kind: WayBackKind,
        /// Seconds, about; null = not known.
        seconds: Option<u32>,
        /// They are a deadline, no estimate: how long pods take to start again nobody knows.
        at_most: bool,
        /// Title (`web: back out`).
        title: SentenceView,
        /// What it does, in words; or why there is none.
        text: SentenceView,
        /// Steps that it undoes.
        steps: u32,
        /// Run that it belongs to.
        run: Option<String>,
    }
    /// What going back does to the objects of one step.
    UndoView {
        /// Objects, in the order of the writes.
        objects: Vec<String>,
        /// What is done.
        text: SentenceView,
        /// What changes, as lines that begin with `-`, `+` or a blank; empty where the text says it all.
        diff: String,
    }
    /// One field with three versions.
    FactView {
        /// Object.
        object: String,
        /// Field.
        field: String,
        /// As it was before.
        before: String,
        /// As it is.
        live: String,
        /// As the plan wants it.
        planned: String,
    }
    /// An answer to a hold.
    ChoiceView {
        /// Code: `back-out`, `retry`, `re-pin`, `accept`, …
        code: String,
        /// On the button.
        label: String,
        /// What it will do.
        text: SentenceView,
        /// The first of these is offered first.
        advised: bool,
    }
    /// Why a run needs somebody.
    HoldView {
        /// Code.
        code: String,
        /// What is so.
        message: SentenceView,
        /// Three versions of what contradicts.
        facts: Vec<FactView>,
        /// Answers.
        choices: Vec<ChoiceView>,
    }
    /// Figures of one probe.
    ProbeView {
        /// URL or pod.
        source: String,
        /// Colour that answers; null = not known.
        lane: Option<Lane>,
        /// Requests.
        total: u32,
        /// Failed ones.
        errors: u32,
        /// Median, milliseconds.
        p50: Option<u32>,
        /// 99th percentile, milliseconds.
        p99: Option<u32>,
        /// Last answer in words.
        last: SentenceView,
        /// Seconds since the last answer.
        age: Option<u32>,
        /// Milliseconds of the latest answers, oldest first.
        series: Vec<u32>,
    }
    /// Ready endpoints of one Service.
    EndpointsView {
        /// Service.
        service: String,
        /// Blue.
        blue: u32,
        /// Green.
        green: u32,
        /// Seconds since it was read.
        age: Option<u32>,
    }
    /// Connections that were open when traffic moved, and stay where they are.
    ConnectionsView {
        /// Deployment that they lead to.
        deployment: String,
        /// Services over which they were made.
        services: Vec<String>,
        /// What is known of them.
        seen: ConnectionsSeen,
        /// That, in words.
        text: SentenceView,
        /// Where it is known from, or why it is not.
        source: SentenceView,
        /// The step that ends what is left of them; null = it is behind, or there is none.
        cut: Option<CutView>,
    }
    /// How it was proven that traffic moved.
    ProofView {
        /// Kind.
        kind: ProofKind,
        /// Step that moved it.
        step: String,
        /// In words.
        text: SentenceView,
        /// When it was complete.
        at: Option<String>,
    }
    /// Something that was seen in a run and is worth knowing.
    NoteView {
        /// When.
        at: String,
        /// Step.
        step: String,
        /// Code, for programs.
        code: String,
        /// In words.
        text: SentenceView,
    }
    /// What the run stands on.
    EvidenceView {
        /// Probes.
        probes: Vec<ProbeView>,
        /// Endpoints.
        endpoints: Vec<EndpointsView>,
        /// Kept connections; null = traffic has not moved.
        connections: Option<ConnectionsView>,
        /// Events of the workload whose pods the run starts, newest first.
        events: Vec<EventView>,
        /// Last lines of the log of its newest pod.
        log: Vec<String>,
        /// Simulated pods: no data; wants one acknowledgement.
        simulated: bool,
    }
    /// Who drives a run.
    DriverView {
        /// `ann@laptop as kubernetes-admin`.
        by: String,
        /// Another workstation than this one.
        elsewhere: bool,
        /// When they last said that they are alive, by their clock; null = they let the run go, or that was not looked at.
        alive_at: Option<String>,
    }
    /// A run, whole.
    RunView {
        /// Id.
        id: String,
        /// Context.
        context: String,
        /// Workload's id.
        target: String,
        /// Strategy.
        strategy: String,
        /// Finish (`swap`, `promote`), or empty.
        finish: String,
        /// `v1 → v2`, `2 → 4 pods`.
        change: SentenceView,
        /// Begun.
        started_at: String,
        /// Ended.
        ended_at: Option<String>,
        /// Reason or ticket.
        reason: Option<String>,
        /// State.
        state: RunState,
        /// Who drives it, or did last.
        driver: Option<DriverView>,
        /// Headline.
        headline: Headline,
        /// Steps.
        steps: Vec<RunStepView>,
        /// Blue, then green.
        lanes: Vec<LaneView>,
        /// Services.
        services: Vec<RunServiceView>,
        /// Gate that waits.
        gate: Option<GateView>,
        /// Hold.
        hold: Option<HoldView>,
        /// Going back.
        way_back: WayBackView,
        /// What going back would write, in that order.
        undoes: Vec<UndoView>,
        /// How the last move of traffic was proven; null = it has not moved, or was moved back.
        proof: Option<ProofView>,
        /// What was seen and is worth knowing, oldest first.
        notes: Vec<NoteView>,
        /// Traffic moved, old connections may still be open.
        draining: bool,
        /// Soak: seconds that are left.
        soak_left: Option<u32>,
        /// Evidence.
        evidence: EvidenceView,
        /// Commands that revert by hand.
        break_glass: Vec<String>,
    }
    /// A version to go back to.
    BackView {
        /// Its number.
        revision: u32,
        /// `container=image`.
        images: Vec<String>,
        /// Pods of it that are ready now.
        ready: u32,
        /// Pods of it that its ReplicaSet wants now.
        wanted: u32,
        /// Seconds that going back takes, about; null = not known.
        seconds: Option<u32>,
        /// What speaks for and against it.
        reasons: Vec<ReasonView>,
    }
    /// Something that was changed lately.
    ChangeView {
        /// Object's id.
        object: String,
        /// Sort.
        sort: ChangeSort,
        /// What of it, in words (`3.8.4 → 3.9.0`).
        what: SentenceView,
        /// When.
        at: String,
        /// Field manager that wrote it; null = nobody kept that.
        by: Option<String>,
        /// Workloads that it reaches.
        reaches: Vec<String>,
        /// Whether it is the cause.
        likely: Likely,
        /// Why that is thought.
        reasons: Vec<ReasonView>,
        /// Version to go back to; null = a rollback does not undo it, or none is advised.
        back: Option<BackView>,
    }
    /// A workload that is not well.
    TroubleView {
        /// Object's id.
        object: String,
        /// Since when; null = nothing tells.
        since: Option<String>,
        /// In words.
        text: SentenceView,
        /// Pods that are ready.
        ready: u32,
        /// Pods that are wanted.
        wanted: u32,
        /// Pods that fail.
        failing: u32,
    }
    /// What is wrong in a namespace, and what changed there lately.
    IncidentView {
        /// Namespace.
        namespace: String,
        /// When it was read.
        at: String,
        /// Since when changes are listed.
        since: String,
        /// What is wrong.
        troubles: Vec<TroubleView>,
        /// What changed, the likeliest cause first.
        changes: Vec<ChangeView>,
        /// Kinds that could not be read, with why: what of them changed is not known.
        unread: Vec<SentenceView>,
    }
    /// A run that would be left, were the window closed now.
    LeavingView {
        /// Its id.
        run: String,
        /// Workload's id.
        target: String,
        /// Context.
        context: String,
        /// Where it would be left.
        at: LeftAt,
        /// What would stay behind, in words.
        text: SentenceView,
    }
    /// Something that happened in a run.
    ReportLine {
        /// When.
        at: String,
        /// Step; null = of the run itself.
        step: Option<String>,
        /// What, in words.
        text: SentenceView,
    }
    /// A run for those who were not there. What sounds secret is masked.
    ReportView {
        /// The run, as it is now.
        run: RunView,
        /// What happened, oldest first, as its journal or its record tells it.
        timeline: Vec<ReportLine>,
        /// What each step writes, with the diff and the equal kubectl command.
        plan: PlanView,
    }
    /// A run in a list.
    RunSummary {
        /// Id.
        id: String,
        /// Context.
        context: String,
        /// Workload's id.
        target: String,
        /// Strategy.
        strategy: String,
        /// `v1 → v2`, `2 → 4 pods`.
        change: SentenceView,
        /// Begun.
        started_at: String,
        /// State.
        state: RunState,
        /// Who drives it, or did last.
        driver: Option<DriverView>,
        /// Headline.
        headline: Headline,
        /// Reason or ticket.
        reason: Option<String>,
        /// Still to be looked after.
        open: bool,
    }
    /// A place that a link (`changeover://…`) leads to.
    PlaceView {
        /// Context.
        context: String,
        /// Namespace; null = none is named.
        namespace: Option<String>,
        /// Object's id; null = none is named.
        object: Option<String>,
        /// Run; null = none is named.
        run: Option<String>,
    }
    /// A file or folder of this program.
    PathView {
        /// What it is for.
        of: PathOf,
        /// Path.
        path: String,
        /// It is there.
        there: bool,
    }
    /// A variable of the environment that counts. What sounds secret is masked.
    VariableView {
        /// Name.
        name: String,
        /// Value; null = not set.
        value: Option<String>,
    }
    /// A part of the way to a server, in words.
    WayView {
        /// What it is about.
        part: WayPart,
        /// What is so.
        text: SentenceView,
        /// Nothing is wrong with it, as far as can be seen from here.
        good: bool,
    }
    /// The way to a context, as it would be taken now.
    ReachView {
        /// Context.
        context: String,
        /// Its parts; empty for a context that cannot be used.
        way: Vec<WayView>,
        /// Kinds of which something was refused or could not be understood; empty while it is not connected.
        unread: Vec<KindStateView>,
    }
    /// A crash of this program.
    CrashView {
        /// When.
        at: String,
        /// File.
        path: String,
        /// All of it.
        text: String,
    }
    /// What a registry says of an image, asked from this workstation.
    ImageView {
        /// What it says.
        state: ImageState,
        /// Why it says nothing; null = it says whether the image is there.
        why: Option<SentenceView>,
        /// Which one it is now (`sha256:…`).
        digest: Option<String>,
        /// Machines that it is for (`linux/amd64`); empty where it does not say.
        platforms: Vec<String>,
        /// When it was built, where it says so.
        created: Option<String>,
    }
    /// Which logs are wanted.
    LogsRequest {
        /// Context.
        context: String,
        /// Pod, or what owns pods.
        id: String,
        /// Container; null = all.
        container: Option<String>,
        /// Of the containers before their last restart.
        previous: bool,
        /// Goes on with what is written from now on; else they end where they end now.
        follow: bool,
        /// Last lines of each container to begin with.
        tail: u32,
    }
    /// The log of one container.
    LogSource {
        /// Number by which its lines name it; of one that is gone it is not given again.
        id: u32,
        /// Pod.
        pod: String,
        /// Container.
        container: String,
        /// How it stands.
        state: LogState,
        /// Why, where there is more to say.
        why: Option<SentenceView>,
    }
    /// A line of a log, or what is told between lines.
    LogEntry {
        /// Source.
        source: u32,
        /// When the container runtime took it; of what is told, when that was so.
        at: String,
        /// Text; nothing in it steers a terminal.
        text: String,
        /// Bytes of a line that was too long, which are not there.
        cut: u32,
        /// What is told; null = it is a line.
        note: Option<SentenceView>,
    }
    /// How the logs stand.
    LogStatus {
        /// Logs that are read, or that it was tried to read, by pod and container.
        sources: Vec<LogSource>,
        /// Containers that can be chosen.
        containers: Vec<ContainerView>,
        /// Pods.
        pods: u32,
        /// Containers that are not read: too many at once.
        left_out: u32,
    }
    /// What came of logs.
    LogBatch {
        /// Lines that came before these and were too many to keep until they were asked for.
        dropped: u32,
        /// In the order of their times.
        entries: Vec<LogEntry>,
        /// How the logs stand, when that is another than it was.
        status: Option<LogStatus>,
    }
    /// What this program finds around it.
    DiagnosticsView {
        /// Version of this program.
        version: String,
        /// System that it was built for (`linux x86_64`).
        system: String,
        /// Files and folders.
        paths: Vec<PathView>,
        /// Environment.
        variables: Vec<VariableView>,
        /// Contexts.
        contexts: Vec<ReachView>,
        /// Crashes, newest first.
        crashes: Vec<CrashView>,
        /// Newest lines of the log, oldest first.
        log: Vec<String>,
    }
    /// Settings.
    SettingsView {
        /// Theme.
        theme: Theme,
        /// Language.
        language: Language,
        /// URLs to probe by default after a cutover, per workload id.
        probes: std::collections::BTreeMap<String, Vec<String>>,
        /// Widths of panes that somebody moved, in pixels, by the pane's name.
        panes: std::collections::BTreeMap<String, u32>,
        /// An image that somebody enters is looked for in its registry.
        registries: bool,
        /// Simulated pods were acknowledged.
        simulated_acknowledged: bool,
        /// Where the journal lies.
        journal: String,
    }
}

impl From<model::Sentence> for SentenceView {
    fn from(s: model::Sentence) -> Self {
        let parts = s.parts.into_iter().map(|(name, part)| (name, part.into())).collect();
        Self { text: s.text, form: s.form, with: s.with, parts, then: s.then.into_iter().map(Into::into).collect() }
    }
}

impl From<SentenceView> for model::Sentence {
    fn from(s: SentenceView) -> Self {
        let parts = s.parts.into_iter().map(|(name, part)| (name, part.into())).collect();
        Self { text: s.text, form: s.form, with: s.with, parts, then: s.then.into_iter().map(Into::into).collect() }
    }
}

impl std::fmt::Display for SentenceView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
