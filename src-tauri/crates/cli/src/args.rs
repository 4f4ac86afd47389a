//! The command line: what may be typed, with help that shows it.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use model::Kind;

/// Blue/Green cutovers and rollbacks of plain Kubernetes Deployments, from a script.
#[derive(Parser, Debug)]
#[command(
    name = "changeoverctl",
    version,
    about,
    max_term_width = 110,
    disable_help_subcommand = true,
    after_help = "\
Exit codes:
  0 done   1 failed   2 usage   3 stopped by a check   4 held, needs somebody
  5 backed out   6 stuck, hand-repair printed   7 unreachable or stale

Examples:
  changeoverctl contexts
  changeoverctl map -n shop
  changeoverctl plan blue-green deployment/web -n shop --image web=registry.example.com/web:v2 --out web.plan
  changeoverctl check web.plan
  changeoverctl run web.plan --yes
  changeoverctl back-out bg-web-3f9a1c

Linked as kubectl-changeover on the PATH it answers to `kubectl changeover …`."
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// Kubeconfig file; without it $KUBECONFIG (a list), then ~/.kube/config.
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; without it its current-context.
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Namespace; without it the context's own.
    #[arg(short, long, global = true, value_name = "NS")]
    pub namespace: Option<String>,
    /// Refuse every write, whatever the context allows.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// How to print.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    pub output: Format,
    /// No colours, also on a terminal (as with $NO_COLOR).
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Folder of the journal; without it $CHANGEOVER_STATE_DIR, then the user's state folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Where probes find a host: HOST:PORT:ADDRESS, as curl takes it. May be repeated.
    #[arg(long, global = true, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<String>,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs; schemas in docs/cli.md.
    Json,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lists the contexts: what is reachable, and why not.
    #[command(after_help = "\
Examples:
  changeoverctl contexts
  changeoverctl contexts -o json --kubeconfig ./lab.kubeconfig")]
    Contexts,
    /// Signs in to a context; shows the program that does it, and asks before it runs for the first time.
    #[command(after_help = "\
A program of ~/.kube/config runs as it does for kubectl. One of another kubeconfig runs once it is approved: this file with
this content, these arguments, these variables; when any of it changes it is asked about again. The window knows the same
approvals.

Examples:
  changeoverctl sign-in --context prod
  changeoverctl sign-in --context prod --approve 3f9a1c…     (in a script: the fingerprint that was shown, whole)")]
    SignIn {
        /// Fingerprint of the program, to approve it without being asked.
        #[arg(long, value_name = "FINGERPRINT")]
        approve: Option<String>,
    },
    /// Prints the graph: entries, routes, Services, workloads, shares of traffic, findings.
    #[command(after_help = "\
Examples:
  changeoverctl map -n shop
  changeoverctl map -n shop -o json | jq '.findings'")]
    Map,
    /// Tells who answers a request: which rule, which Services, which versions with which probability, and why not the others.
    #[command(after_help = "\
Sends nothing: it reads what the routes say, in all namespaces, or in the one that -n names. Rules of different Gateways and
Ingress classes do not compete; which of them a request comes to, the address of its host's name decides.

Examples:
  changeoverctl trace GET http://shop.example.com/cart -H 'X-Canary: always'
  changeoverctl trace POST shop.example.com/orders -n shop -o json | jq '.trace.doors[].answer.targets'")]
    Trace(Trace),
    /// Lists what is wrong in a namespace and what changed there in the last 24 hours, the likeliest cause first.
    #[command(after_help = "\
Examples:
  changeoverctl incident -n shop
  changeoverctl incident -n shop -o json")]
    Incident,
    /// Tells where its files lie, what of the environment counts, and how each context would be reached.
    #[command(after_help = "\
Reads this machine alone. A row with ! is in the way.

Examples:
  changeoverctl info
  changeoverctl info -o json | jq '.diagnostics.contexts'")]
    Info,
    /// Prints what a shell completes commands with.
    #[command(after_help = "\
Examples:
  changeoverctl completions bash | tee ~/.local/share/bash-completion/completions/changeoverctl
  changeoverctl completions zsh | tee ~/.zfunc/_changeoverctl")]
    Completions {
        /// Shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page.
    #[command(after_help = "\
Examples:
  changeoverctl manual | man -l -")]
    Manual,
    /// Lists the revisions of a workload and which one to go back to.
    #[command(after_help = "\
Examples:
  changeoverctl history deployment/web -n shop
  changeoverctl history statefulset/db -n shop")]
    History(Workload),
    /// Prints the logs of a pod, or of all pods of an owner, side by side.
    #[command(after_help = "\
Examples:
  changeoverctl logs deployment/web -n shop
  changeoverctl logs deployment/web -n shop -f     (pods that come and go are followed)
  changeoverctl logs pod/web-6d5f-x2k -n shop -c web --previous")]
    Logs(Logs),
    /// Makes a plan. Writes nothing to the cluster.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Runs the checks of a plan: findings, dry runs, permissions, also of the way back. Writes nothing.
    #[command(after_help = "\
Exit code 3 when a finding stops it.

Examples:
  changeoverctl check web.plan
  changeoverctl check web.plan -o json")]
    Check {
        /// Plan file; `-` reads standard input.
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
    },
    /// Checks a plan and carries it out.
    #[command(after_help = "\
On a terminal the gates are asked; elsewhere the run is left at the first gate with exit code 4, unless --yes approves
them. --yes does not unlock a read-only or protected context: --confirm-context NAME does.
SIGINT and SIGTERM leave the run where it is: it says what stays behind, and `resume` picks it up.

Examples:
  changeoverctl run web.plan
  changeoverctl run web.plan --yes --confirm-context prod-kr --reason OPS-1234
  changeoverctl run web.plan --until smoke-green     (left there with exit code 4; `resume` goes on)")]
    Run {
        /// Plan file; `-` reads standard input.
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
        /// Reason or ticket, kept with the run.
        #[arg(long)]
        reason: Option<String>,
        /// How to follow it.
        #[command(flatten)]
        follow: Follow,
    },
    /// Lists the runs, newest first.
    #[command(after_help = "\
With -n, also those of that namespace that other workstations drive or left.

Examples:
  changeoverctl runs
  changeoverctl runs -n shop -o json")]
    Runs,
    /// Finds what runs have left behind: runs that nobody drives, pauses, pins, held autoscalers, previews.
    #[command(after_help = "\
Exit code 4 when something needs somebody. Each finding says what to do.

Examples:
  changeoverctl doctor -n shop
  changeoverctl doctor -n shop -o json")]
    Doctor,
    /// Shows a run: steps, colours, what it waits for, the way back.
    #[command(after_help = "\
Examples:
  changeoverctl status bg-web-3f9a1c
  changeoverctl status bg-web-3f9a1c -n shop     (of another workstation, by its record there)")]
    Status {
        /// Run.
        run: String,
    },
    /// Writes what a run did, when, on what evidence, and how to go back: for those who were not there.
    #[command(after_help = "\
Markdown, or a page of HTML by itself; -o json for programs. What sounds secret is masked.

Examples:
  changeoverctl report bg-web-3f9a1c
  changeoverctl report bg-web-3f9a1c --html
  changeoverctl report bg-web-3f9a1c -n shop     (of another workstation, by its record there)")]
    Report {
        /// Run.
        run: String,
        /// A page instead of Markdown.
        #[arg(long)]
        html: bool,
    },
    /// Picks up a run that was left.
    #[command(after_help = "\
Examples:
  changeoverctl resume bg-web-3f9a1c --yes
  changeoverctl resume bg-web-3f9a1c --choose retry")]
    Resume {
        /// Run.
        run: String,
        /// Answers a hold with one of the choices that `status` shows.
        #[arg(long, value_name = "CHOICE")]
        choose: Option<String>,
        /// How to follow it.
        #[command(flatten)]
        follow: Follow,
    },
    /// Takes over a run that another workstation drives, or drove.
    #[command(after_help = "\
Without --steal it waits until whoever drives it has been silent for a whole Lease duration (a minute, measured here): who is
alive is not taken over. With --steal it is taken at once; the one who had it can write nothing from then on and is told who
has it. A run that was in the middle of something is held then: say --choose retry to go on, or --back-out REASON.

Examples:
  changeoverctl take-over bg-web-3f9a1c -n shop
  changeoverctl take-over bg-web-3f9a1c -n shop --steal 'ann cannot be reached' --back-out 'errors in checkout'")]
    TakeOver(TakeOver),
    /// Goes back: before the cutover green is removed, after it traffic flips back to blue.
    #[command(after_help = "\
Examples:
  changeoverctl back-out bg-web-3f9a1c --reason 'errors in checkout'")]
    BackOut {
        /// Run.
        run: String,
        /// Reason or ticket, kept with the run.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        unlock: Unlock,
    },
    /// Lets a run past the gate that it waits at, and follows it on.
    #[command(after_help = "\
Examples:
  changeoverctl approve bg-web-3f9a1c
  changeoverctl approve bg-web-3f9a1c --yes     (also the gates after this one)")]
    Approve {
        /// Run.
        run: String,
        /// How to follow it.
        #[command(flatten)]
        follow: Follow,
    },
}

impl Command {
    /// What is written of the commands themselves, for those that ask for it; they need nothing else.
    pub fn written(&self) -> Option<Vec<u8>> {
        let mut out = vec![];
        match self {
            Command::Completions { shell } => clap_complete::generate(*shell, &mut Cli::command(), "changeoverctl", &mut out),
            // Into memory: it cannot fail.
            Command::Manual => clap_mangen::Man::new(Cli::command()).render(&mut out).ok()?,
            _ => return None,
        }
        Some(out)
    }

    /// Whether it drives a run, and so speaks in JSON lines unless somebody looks on.
    pub fn drives(&self) -> bool {
        matches!(
            self,
            Command::Run { .. } | Command::Resume { .. } | Command::TakeOver(_) | Command::BackOut { .. } | Command::Approve { .. }
        )
    }
}

/// A request.
#[derive(Args, Debug)]
pub struct Trace {
    /// Method: GET, POST, …
    #[arg(value_name = "METHOD")]
    pub method: String,
    /// URL; http:// may be left out.
    #[arg(value_name = "URL")]
    pub url: String,
    /// Header, as often as there are.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
}

/// How a run is taken over, and what is done with it then.
#[derive(Args, Debug)]
pub struct TakeOver {
    /// Run.
    pub run: String,
    /// Takes it at once, for that reason.
    #[arg(long, value_name = "REASON")]
    pub steal: Option<String>,
    /// Goes back at once, for that reason.
    #[arg(long, value_name = "REASON", conflicts_with = "choose")]
    pub back_out: Option<String>,
    /// Answers the hold with one of the choices that `status` shows.
    #[arg(long, value_name = "CHOICE")]
    pub choose: Option<String>,
    /// How to follow it.
    #[command(flatten)]
    pub follow: Follow,
}

/// How a run is followed.
#[derive(Args, Debug, Clone, Default)]
pub struct Follow {
    /// Leave the run once this step is done (an id that the plan shows); `resume` goes on.
    #[arg(long, value_name = "STEP")]
    pub until: Option<String>,
    /// Approve every gate as soon as its checks hold.
    #[arg(long, short)]
    pub yes: bool,
    #[command(flatten)]
    pub unlock: Unlock,
}

/// What allows writes in a context.
#[derive(Args, Debug, Clone, Default)]
pub struct Unlock {
    /// Name of a read-only or protected context, to allow writes in it.
    #[arg(long, value_name = "NAME")]
    pub confirm_context: Option<String>,
    /// Why a context may be written to whose server is not verified (insecure-skip-tls-verify, http); never in production.
    #[arg(long, value_name = "REASON", requires = "confirm_context")]
    pub unverified_because: Option<String>,
}

/// Strategies.
#[derive(Subcommand, Debug)]
pub enum PlanCommand {
    /// A second Deployment takes over at once, the first stands by.
    #[command(after_help = "\
Examples:
  changeoverctl plan blue-green deployment/web -n shop --image web=registry.example.com/web:v2
  changeoverctl plan blue-green deploy/web -n shop --template pod.yaml --finish promote --out web.plan
  changeoverctl plan blue-green deployment/web -n shop --image web=web:v2 --set soak=60 --set previewReplicas=1")]
    BlueGreen {
        /// Deployment.
        #[command(flatten)]
        target: Target,
        /// New image of a container: CONTAINER=REFERENCE. May be repeated.
        #[arg(long, value_name = "C=REF", value_parser = pair, required_unless_present = "template")]
        image: Vec<(String, String)>,
        /// Or a whole pod template as YAML; `-` reads standard input.
        #[arg(long, value_name = "FILE", conflicts_with = "image")]
        template: Option<PathBuf>,
        /// How it ends; without it as fits who owns the Deployment.
        #[arg(long, value_name = "swap|promote", value_parser = ["swap", "promote"])]
        finish: Option<String>,
        /// Parameters and file.
        #[command(flatten)]
        more: PlanMore,
    },
    /// Every pod is replaced by one of the same template.
    #[command(after_help = "\
Examples:
  changeoverctl plan restart deployment/web -n shop --out again.plan
  changeoverctl plan restart statefulset/db -n shop --set deadline=1200")]
    Restart {
        /// Workload.
        #[command(flatten)]
        target: Workload,
        /// Parameters and file.
        #[command(flatten)]
        more: PlanMore,
    },
    /// So many pods.
    #[command(after_help = "\
Examples:
  changeoverctl plan scale deployment/web -n shop --replicas 6 --out more.plan
  changeoverctl plan scale statefulset/db -n shop --replicas 0")]
    Scale {
        /// Deployment or StatefulSet.
        #[command(flatten)]
        target: Workload,
        /// Pods that it shall have.
        #[arg(long, value_name = "N")]
        replicas: u32,
        /// Parameters and file.
        #[command(flatten)]
        more: PlanMore,
    },
    /// What rolls out stops where it is, and no edit rolls out until it is resumed.
    #[command(after_help = "\
Examples:
  changeoverctl plan pause deployment/web -n shop --out hold.plan")]
    Pause {
        /// Deployment.
        #[command(flatten)]
        target: Target,
        /// Parameters and file.
        #[command(flatten)]
        more: PlanMore,
    },
    /// The pause ends, and what was edited under it rolls out.
    #[command(after_help = "\
Examples:
  changeoverctl plan resume deployment/web -n shop --out on.plan")]
    Resume {
        /// Deployment.
        #[command(flatten)]
        target: Target,
        /// Parameters and file.
        #[command(flatten)]
        more: PlanMore,
    },
    /// An earlier revision is written back.
    #[command(after_help = "\
Examples:
  changeoverctl plan rollback deployment/web -n shop
  changeoverctl plan rollback deployment/web -n shop --to-revision 4 --out back.plan
  changeoverctl plan rollback deployment/web -n shop --to-run rb-web-3f9a1c    # the undo of that run")]
    Rollback {
        /// Workload.
        #[command(flatten)]
        target: Workload,
        /// Revision; without it the one that `history` advises.
        #[arg(long, value_name = "N")]
        to_revision: Option<u32>,
        /// The template from before a run of this workstation, also where the cluster keeps it no more. After a rollback that
        /// is the undo of the undo.
        #[arg(long, value_name = "RUN", conflicts_with = "to_revision")]
        to_run: Option<String>,
        /// Parameters and file.
        #[command(flatten)]
        more: PlanMore,
    },
}

impl PlanCommand {
    /// Name of the strategy.
    pub fn strategy(&self) -> &'static str {
        match self {
            Self::BlueGreen { .. } => "blue-green",
            Self::Rollback { .. } => "rollback",
            Self::Restart { .. } => "restart",
            Self::Scale { .. } => "scale",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
        }
    }

    /// What it is about: kind and name.
    pub fn target(&self) -> (Kind, &str) {
        match self {
            Self::BlueGreen { target, .. } | Self::Pause { target, .. } | Self::Resume { target, .. } => (Kind::Deployment, &target.target),
            Self::Rollback { target, .. } | Self::Restart { target, .. } | Self::Scale { target, .. } => {
                (target.target.0, &target.target.1)
            }
        }
    }

    /// Parameters and file.
    pub fn more(&self) -> &PlanMore {
        match self {
            Self::BlueGreen { more, .. }
            | Self::Rollback { more, .. }
            | Self::Restart { more, .. }
            | Self::Scale { more, .. }
            | Self::Pause { more, .. }
            | Self::Resume { more, .. } => more,
        }
    }
}

/// What every plan takes.
#[derive(Args, Debug, Clone, Default)]
pub struct PlanMore {
    /// Parameter of the strategy: KEY=VALUE. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// Writes the plan to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Whose logs, and how much of them.
#[derive(Args, Debug, Clone)]
pub struct Logs {
    /// `pod/NAME`, or what owns pods: `deployment/NAME`, `statefulset/NAME`, `daemonset/NAME`, `replicaset/NAME`, `job/NAME`.
    #[arg(value_name = "KIND/NAME", value_parser = object)]
    pub target: (Kind, String),
    /// Container; without it all.
    #[arg(short, long, value_name = "NAME")]
    pub container: Option<String>,
    /// Go on with what is written from now on.
    #[arg(short, long)]
    pub follow: bool,
    /// Of the containers before their last restart.
    #[arg(short, long, conflicts_with = "follow")]
    pub previous: bool,
    /// Last lines of each container; no more than 5000 of all of them.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub tail: u32,
    /// When each line was written.
    #[arg(long)]
    pub timestamps: bool,
}

/// A workload with a history.
#[derive(Args, Debug, Clone)]
pub struct Workload {
    /// `deployment/NAME`, `statefulset/NAME` or `daemonset/NAME`.
    #[arg(value_name = "KIND/NAME", value_parser = workload)]
    pub target: (Kind, String),
}

/// A Deployment.
#[derive(Args, Debug, Clone)]
pub struct Target {
    /// `deployment/NAME`.
    #[arg(value_name = "deployment/NAME", value_parser = deployment)]
    pub target: String,
}

/// `KEY=VALUE`; the value may hold further `=`.
fn pair(s: &str) -> Result<(String, String), String> {
    setting(s).and_then(|(k, v)| if v.is_empty() { Err("KEY=VALUE is needed".to_string()) } else { Ok((k, v)) })
}

/// As [`pair`], but the value may be empty: an empty list, no smoke check.
fn setting(s: &str) -> Result<(String, String), String> {
    match s.split_once('=') {
        Some((k, v)) if !k.is_empty() => Ok((k.to_string(), v.to_string())),
        _ => Err("KEY=VALUE is needed".to_string()),
    }
}

/// `deployment/NAME` in the ways that kubectl takes it; gives the name.
fn deployment(s: &str) -> Result<String, String> {
    match workload(s)? {
        (Kind::Deployment, name) => Ok(name),
        (kind, _) => Err(format!("`deployment/NAME` is needed: a {kind} can only be rolled back, restarted and scaled")),
    }
}

/// `KIND/NAME` of a workload in the ways that kubectl takes it.
fn workload(s: &str) -> Result<(Kind, String), String> {
    match object(s) {
        Ok((kind, name)) if kind.rolls() => Ok((kind, name)),
        Err(e) if !s.contains('/') => Err(e),
        _ => Err("`deployment/NAME`, `statefulset/NAME` or `daemonset/NAME` is needed".to_string()),
    }
}

/// `KIND/NAME` of any kind that is known, in the ways that kubectl takes it.
fn object(s: &str) -> Result<(Kind, String), String> {
    let Some((kind, name)) = s.split_once('/') else { return Err(format!("`deployment/{s}` is meant?")) };
    let kind = kind.to_ascii_lowercase();
    let kind = kind.strip_suffix(".apps").unwrap_or(&kind).parse::<Kind>().ok();
    match kind {
        Some(kind) if !name.is_empty() && !name.contains('/') => Ok((kind, name.to_string())),
        _ => Err("`KIND/NAME` is needed, of a kind that Changeover knows".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_of_the_readme_is_understood() {
        for line in [
            "changeoverctl contexts",
            "changeoverctl map -n shop -o json",
            "changeoverctl history deployment/web -n shop",
            "changeoverctl plan blue-green deployment/web -n shop --image web=web:v2 --finish swap --set soak=60 --out f",
            "changeoverctl plan blue-green deploy/web --template pod.yaml",
            "changeoverctl plan rollback deployment/web -n shop --to-revision 4",
            "changeoverctl plan scale deployment/web -n shop --replicas 4",
            "changeoverctl plan restart ds/agent -n shop",
            "changeoverctl check web.plan --read-only",
            "changeoverctl run web.plan --until smoke-green --yes --confirm-context prod --no-color",
            "changeoverctl runs",
            "changeoverctl logs deploy/web -n shop -c web --tail 50 -f",
            "changeoverctl logs pod/web-1 -p --timestamps",
            "changeoverctl status r",
            "changeoverctl resume r",
            "changeoverctl back-out r",
            "changeoverctl approve r",
            "changeoverctl --kubeconfig k --context c --namespace n runs",
        ] {
            parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_a_usage_error() {
        for line in [
            "changeoverctl",
            "changeoverctl plan blue-green deployment/web",
            "changeoverctl plan blue-green web --image a=b",
            "changeoverctl plan blue-green statefulset/web --image a=b",
            "changeoverctl plan blue-green deployment/web --image ab",
            "changeoverctl plan blue-green deployment/web --image a=b --template f",
            "changeoverctl plan blue-green deployment/web --image a=b --finish later",
            "changeoverctl plan rollback deployment/web --to-revision x",
            "changeoverctl plan scale deployment/web",
            "changeoverctl plan scale deployment/web --replicas -1",
            "changeoverctl plan pause statefulset/db",
            "changeoverctl map -o yaml",
            "changeoverctl logs web",
            "changeoverctl logs thing/web",
            "changeoverctl logs pod/web -f --previous",
            "changeoverctl status",
        ] {
            let e = parse(line).expect_err(line);
            assert_eq!(e.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn an_image_reference_may_hold_equal_signs() {
        assert_eq!(setting("smokePath="), Ok(("smokePath".into(), String::new())), "no smoke check");
        assert!(setting("=x").is_err() && pair("web=").is_err());
        assert_eq!(pair("web=r/x@sha256:1?a=b"), Ok(("web".into(), "r/x@sha256:1?a=b".into())));
    }

    /// Command lines in the help of a command and of those below it; each that is no group has some.
    fn examples(c: &clap::Command, all: &mut Vec<String>) {
        let help = c.get_after_help().map(|h| h.to_string()).unwrap_or_default();
        let found: Vec<&str> = help.lines().map(str::trim).filter(|l| l.starts_with("changeoverctl ")).collect();
        assert!(c.has_subcommands() || !found.is_empty(), "{} has no examples", c.get_name());
        // What a shell would run: without the remark behind it, and what comes behind a pipe.
        let runs = found.iter().map(|l| l.split("   ").next().unwrap_or_default().split(" | ").next().unwrap_or_default().to_string());
        all.extend(runs);
        c.get_subcommands().for_each(|below| examples(below, all));
    }

    /// Words as a shell splits them; quotes keep blanks.
    fn words(line: &str) -> Vec<String> {
        let quoted = line.split('\'').enumerate();
        let mut all = vec![String::new()];
        for (i, part) in quoted {
            let mut pieces = if i % 2 == 0 { part.split(' ').collect() } else { vec![part] }.into_iter();
            if let (Some(first), Some(last)) = (pieces.next(), all.last_mut()) {
                last.push_str(first);
            }
            all.extend(pieces.map(str::to_string));
        }
        all.retain(|w| !w.is_empty());
        all
    }

    /// The steps of a plan for a Deployment behind a Service, made by the strategy itself.
    fn steps_of_a_plan() -> Vec<String> {
        use serde_json::json;
        let meta = |name: &str, uid: &str| json!({"name": name, "namespace": "shop", "uid": uid, "labels": {"app": "web", "pod-template-hash": "h1"}});
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:v1",
            "ports": [{"containerPort": 8080}], "readinessProbe": {"httpGet": {"path": "/", "port": 8080}}}]}});
        let mut set = meta("web-h1", "r");
        set["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d", "controller": true}]);
        set["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
        let selector = json!({"matchLabels": {"app": "web"}});
        let objects = [
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("web", "d"), "status": {"replicas": 2},
                "spec": {"replicas": 2, "selector": selector, "template": template}}),
            json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": set, "status": {"replicas": 2},
                "spec": {"replicas": 2, "selector": selector, "template": template}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": meta("web", "s"),
                "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}),
        ];
        let cluster = model::ClusterIdentity { uid: "c".into(), server: "https://c".into(), ca_sha256: String::new() };
        let snapshot = plan::Snapshot::from_objects(cluster, "lab", objects).expect("decodes");
        let target = model::ObjectId::new(model::Kind::Deployment, "shop", "web");
        let what = plan::What::Images(vec![("web".into(), "web:v2".into())]);
        let strategy = plan::strategies::find("blue-green").expect("listed");
        let made = strategy.plan(&snapshot, &target, &what, &json!({}), jiff::Timestamp::UNIX_EPOCH, "bg-web-1").expect("planned");
        made.steps.into_iter().map(|s| s.id).collect()
    }

    #[test]
    fn every_example_of_the_help_can_be_typed_and_names_parameters_and_steps_that_exist() {
        let (mut lines, steps) = (vec![], steps_of_a_plan());
        examples(&Cli::command(), &mut lines);
        assert!(lines.len() > 20, "{lines:#?}");
        for line in &lines {
            let cli = Cli::try_parse_from(words(line)).unwrap_or_else(|e| panic!("{line}: {e}"));
            let (strategy, set) = match &cli.command {
                Command::Plan(plan) => (plan.strategy(), &plan.more().set[..]),
                _ => ("blue-green", &[][..]),
            };
            let schema = plan::strategies::find(strategy).expect("listed").params();
            for (name, value) in set {
                schema.parse(name, value).unwrap_or_else(|e| panic!("{line}: {e}"));
            }
            if let Command::Run { follow, .. }
            | Command::Resume { follow, .. }
            | Command::TakeOver(TakeOver { follow, .. })
            | Command::Approve { follow, .. } = &cli.command
                && let Some(step) = &follow.until
            {
                assert!(steps.contains(step), "{line}: {steps:?}");
            }
        }
        // The examples do name both.
        assert!(["--set previewReplicas", "--until smoke-green"].iter().all(|t| lines.iter().any(|l| l.contains(t))));
    }

    #[test]
    fn quotes_keep_blanks() {
        assert_eq!(words("a --reason 'errors in checkout' b"), ["a", "--reason", "errors in checkout", "b"]);
    }
}
