//! The list of commands.

use model::{Sentence, sentence};
use serde_json::Value;

use crate::error::{Code, UiError};
use crate::views::*;

commands! {
    /// All contexts with their state.
    fn contexts() -> ContextsView;
    /// Asks every context that is not connected whether it answers; starts no program that signs in. Each answer is told as it comes.
    fn probe_contexts() -> ContextsView;
    /// Connects to a context and follows the given namespaces (`*` = all where allowed; none = the one that the context names, else all).
    fn open_context(context: String, namespaces: Vec<String>) -> ContextView;
    /// Approves the program that would sign in to a context; the fingerprint is of what somebody looked at.
    fn approve_program(context: String, fingerprint: String) -> ContextsView;
    /// Signs in anew: a program that failed is run again, and what the kubeconfig now says is taken up.
    fn sign_in(context: String) -> ContextsView;
    /// Kills the program that signs in now.
    fn stop_sign_in(context: String) -> ContextsView;
    /// Programs that were approved.
    fn programs() -> Vec<ProgramView>;
    /// Takes an approval back.
    fn forget_program(fingerprint: String) -> Vec<ProgramView>;
    /// Drops the connection.
    fn close_context(context: String) -> ContextsView;
    /// Namespaces that may be looked at.
    fn namespaces(context: String) -> Vec<NamespaceView>;
    /// Allows writes in a context; a protected one wants its name typed.
    fn unlock(context: String, typed: String, reason: Option<String>) -> ContextsView;
    /// Makes a context read only again.
    fn lock(context: String) -> ContextsView;
    /// Moves a context to an environment.
    fn set_environment(context: String, environment: Environment) -> ContextsView;
    /// The whole graph of the open context.
    fn graph(context: String) -> GraphBatch;
    /// The window has drawn the batch of that number.
    fn ack_graph(seq: u32) -> ();
    /// Who answers a request, by what is seen of the open context. Sends nothing.
    fn trace(context: String, request: TraceRequest) -> TraceView;
    /// Which share of the requests of each host, path and match ends up where: at most 100 rules, those on whose way the object or
    /// row of the map stands; of all rules all.
    fn routes(context: String, id: Option<String>) -> RoutesView;
    /// Everything about one object.
    fn object(context: String, id: String) -> ObjectView;
    /// Begins to read the logs of a pod, or of all pods of an owner; the number by which they are read. Who does not read them
    /// for a minute has left them.
    fn open_logs(request: LogsRequest) -> u32;
    /// What has come since the last call, at most ten times a second; waits for it, but not for ever.
    fn read_logs(logs: u32) -> LogBatch;
    /// Ends it.
    fn close_logs(logs: u32) -> ();
    /// What a walk starts from: containers, template, owner.
    fn workload(context: String, id: String) -> WorkloadView;
    /// What the registry of an image says of it, asked from this workstation with the keys that its user has.
    fn image(name: String) -> ImageView;
    /// Makes a plan. Writes nothing.
    fn make_plan(request: PlanRequest) -> PlanView;
    /// Runs the checks and dry runs of a plan. Writes nothing.
    fn check_plan(plan: String) -> PlanView;
    /// The plan file's text.
    fn export_plan(plan: String) -> String;
    /// Starts a plan that was checked.
    fn start_run(plan: String, reason: Option<String>, confirm: Option<String>) -> RunView;
    /// Lets a run go on past its gate.
    fn approve(run: String, gate: String) -> RunView;
    /// Backs a run out (before the cutover) or flips back (after it).
    fn back_out(run: String, reason: Option<String>) -> RunView;
    /// Answers a hold.
    fn choose(run: String, choice: String) -> RunView;
    /// Picks up a run that was left.
    fn resume_run(run: String) -> RunView;
    /// Takes over a run that another workstation drives, or drove: once that was silent for a whole Lease duration (that may
    /// take a minute), or at once for a reason. It is shown and held then, unless it is going back.
    fn take_over(run: String, reason: Option<String>) -> RunView;
    /// All runs, newest first.
    fn runs() -> Vec<RunSummary>;
    /// One run.
    fn run(run: String) -> RunView;
    /// What is wrong in a namespace, what changed there in the last 24 hours, the likeliest cause first, and how to go back.
    fn incident(context: String, namespace: String) -> IncidentView;
    /// Runs that this process drives, and what would stay of each, were it to end now.
    fn leaving() -> Vec<LeavingView>;
    /// What a run did, when, on what evidence, and how to go back: for those who were not there.
    fn report(run: String, format: ReportFormat) -> String;
    /// Writes that report into the user's folder for downloads, as a file of its own; its path.
    fn save_report(run: String, format: ReportFormat) -> String;
    /// What runs have left in a context that is open, in the namespaces that are shown, and what to do about it.
    fn doctor(context: String) -> Vec<FindingView>;
    /// Can one go back now, how, how fast: of a run, or of a Deployment.
    fn way_back(context: String, id: Option<String>) -> WayBackView;
    /// The place that somebody last asked for by a link, once: it is theirs to be shown, and nothing is done there.
    fn followed() -> Option<PlaceView>;
    /// What this program finds around it: files, environment, the way to each context, its log, what it crashed by.
    fn diagnostics() -> DiagnosticsView;
    /// Settings.
    fn settings() -> SettingsView;
    /// Changes settings.
    fn set_settings(settings: SettingsView) -> SettingsView;
}

fn bad_args(name: &str, e: &serde_json::Error) -> UiError {
    UiError::new(Code::Usage, sentence!("command {name}: arguments not understood", name)).detail(Sentence::quoted(e))
}

/// Alias so that the list reads well; parameters of a strategy are JSON.
pub type Params = Value;
