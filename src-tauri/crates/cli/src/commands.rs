//! The bodies of the commands.

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use api::*;
use host::{Host, Options};
use model::{Kind, ObjectId, Sentence, sentence};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::args::{Cli, Command, Follow, Format, Global, PlanCommand, TakeOver, Trace, Unlock};
use crate::exit::Exit;
use crate::out::{Out, say};
use crate::{follow, logs, map, text, trace};

/// Schema of the JSON that the short commands print.
const SCHEMA: u32 = 1;

/// Largest file that is read as a plan or template: 16 MiB. An API server stores 1.5 MiB, and a plan holds a template several times.
const FILE_LIMIT: u64 = 16 << 20;

/// Carries out the command.
pub async fn run(cli: &Cli, out: &mut Out) -> Result<Exit, UiError> {
    let g = &cli.global;
    let host = Host::new(Options {
        kubeconfig: g.kubeconfig.clone(),
        context: g.context.clone(),
        state_dir: g.state_dir.clone(),
        read_only: g.read_only,
        resolve: g.resolve.clone(),
        attended: std::io::stderr().is_terminal(),
    })?;
    hear_programs(&host);
    let json = g.output == Format::Json;
    match &cli.command {
        Command::Contexts => contexts(&host, json, out).await,
        Command::SignIn { approve } => sign_in(&host, g, approve.as_deref(), json, out).await,
        Command::Map => graph(&host, g, json, out).await,
        Command::Trace(t) => trace(&host, g, t, json, out).await,
        Command::Incident => incident(&host, g, json, out).await,
        Command::History(t) => history(&host, g, &t.target, json, out).await,
        Command::Logs(l) => {
            let (context, namespace) = open(&host, g).await?;
            logs::show(&host, context, &namespace, l, json, out).await
        }
        Command::Plan(p) => plan(&host, g, p, json, out).await,
        Command::Check { plan } => check(&host, plan, json, out).await,
        Command::Run { plan, reason, follow } => start(&host, plan, reason, follow, json, out).await,
        Command::Runs => runs(&host, g, json, out).await,
        Command::Doctor => doctor(&host, g, json, out).await,
        Command::Status { run } => status(&host, g, run, json, out).await,
        Command::Report { run, html } => run_report(&host, g, run, *html, json, out).await,
        Command::Resume { run, choose, follow } => resume(&host, run, choose.as_deref(), follow, json, out).await,
        Command::TakeOver(t) => take_over(&host, g, t, json, out).await,
        Command::BackOut { run, reason, unlock } => {
            let how = Follow { unlock: unlock.clone(), ..Follow::default() };
            back_out(&host, run, reason, &how, json, out).await
        }
        Command::Approve { run, follow } => approve(&host, run, follow, json, out).await,
        Command::Info => info(&host, json, out).await,
        // Written before there is a host.
        Command::Completions { .. } | Command::Manual => Ok(Exit::Done),
    }
}

/// Prints an error where it belongs: for a program on standard output, where its JSON goes, else on standard error.
pub fn report(e: &UiError, cli: &Cli, out: &mut Out) {
    let json = cli.global.output == Format::Json;
    if json || (cli.command.drives() && !for_people(json)) {
        out.json(&json!({"schema": SCHEMA, "error": e, "exit": Exit::of_error(e).code()}));
        return;
    }
    say(&format!("error: {}", e.message));
    if let Some(detail) = &e.detail {
        say(&format!("  {detail}"));
    }
    if let Some(hint) = &e.hint {
        say(&format!("  → {hint}"));
    }
}

async fn contexts(host: &Arc<Host>, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let v = host.probe_contexts().await?;
    if json {
        out.json(&json!({"schema": SCHEMA, "current": v.current, "contexts": v.contexts, "shadowed": v.shadowed, "files": v.files}));
    } else {
        text::contexts(&v).iter().for_each(|l| out.line(l));
    }
    Ok(Exit::Done)
}

/// Prints what programs that sign in say, as it comes: a code to type, an address to open.
fn hear_programs(host: &Arc<Host>) {
    let mut events = host.events();
    tokio::spawn(async move {
        let mut heard = String::new();
        loop {
            let view = match events.recv().await {
                Ok(UiEvent::Contexts(view)) => view,
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            for running in view.contexts.iter().filter_map(|c| c.signing_in.as_ref()) {
                let new = running.said.strip_prefix(&heard).unwrap_or(&running.said);
                new.trim().lines().for_each(|line| say(&format!("{}: {line}", running.command)));
                heard = running.said.clone();
            }
        }
    });
}

async fn sign_in(host: &Arc<Host>, g: &Global, approve: Option<&str>, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, namespace) = place(host, g).await?;
    let mut opened = host.open_context(context.clone(), vec![namespace.clone()]).await;
    if opened.as_ref().is_err_and(|e| e.code == Code::Unapproved) {
        let all = host.contexts().await?;
        let program = all.contexts.into_iter().find(|c| c.name == context).and_then(|c| c.unapproved);
        if let Some(program) = program {
            if !json {
                text::program(&program).iter().for_each(|l| out.line(l));
            }
            if !agreed(&program, approve, json) {
                let hint = sentence!("run it with --approve {fingerprint}", fingerprint = program.fingerprint);
                return Err(UiError::new(Code::Unapproved, sentence!("{path}: not run", path = program.path)).hint(hint));
            }
            host.approve_program(context.clone(), program.fingerprint).await?;
            opened = host.open_context(context, vec![namespace]).await;
        }
    }
    let v = opened?;
    if json {
        out.json(&json!({"schema": SCHEMA, "context": v}));
    } else {
        out.line(&format!("{}: signed in, Kubernetes {}", v.name, v.version.unwrap_or_default()));
    }
    Ok(Exit::Done)
}

/// Whether this program may run: by its fingerprint on the command line, or because somebody says so.
fn agreed(program: &ProgramView, approve: Option<&str>, json: bool) -> bool {
    if let Some(fingerprint) = approve {
        return fingerprint == program.fingerprint;
    }
    if json || !std::io::stdin().is_terminal() {
        return false;
    }
    say("It runs as you, with everything that you may do here. Approve it, and sign in? [y/N] ");
    follow::ask() == follow::Answer::Yes
}

/// Context and namespace that a command is about.
async fn place(host: &Arc<Host>, g: &Global) -> Result<(String, String), UiError> {
    let all = host.contexts().await?;
    let name = g.context.clone().or(all.current).ok_or_else(|| {
        UiError::new(Code::Usage, sentence!("no context"))
            .hint(sentence!("name one with --context, or a kubeconfig with --kubeconfig or $KUBECONFIG"))
    })?;
    let context = all.contexts.into_iter().find(|c| c.name == name).ok_or_else(|| {
        UiError::new(Code::NotFound, sentence!("context {name}: not in the kubeconfig", name))
            .hint(sentence!("`changeoverctl contexts` lists them"))
    })?;
    let own = Some(context.namespace).filter(|n| !n.is_empty()).unwrap_or_else(|| "default".into());
    Ok((name, g.namespace.clone().unwrap_or(own)))
}

/// Connects and waits until the namespace was read once.
async fn open(host: &Arc<Host>, g: &Global) -> Result<(String, String), UiError> {
    let (context, namespace) = place(host, g).await?;
    connect(host, &context, &namespace).await?;
    Ok((context, namespace))
}

/// The same of a context that is known; `*` = all namespaces where that is allowed.
async fn connect(host: &Arc<Host>, context: &str, namespace: &str) -> Result<(), UiError> {
    host.open_context(context.to_string(), vec![namespace.to_string()]).await?;
    host.settled(context).await
}

async fn graph(host: &Arc<Host>, g: &Global, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, _) = open(host, g).await?;
    let unread = host.unread(&context);
    if json {
        let batch = host.objects_graph(&context)?;
        let routes = host.routes(context.clone(), None).await?;
        let all = host.contexts().await?;
        let cluster = all.contexts.into_iter().find(|c| c.name == context).map_or(context, |c| c.cluster);
        out.json(&map::to_json(&cluster, &batch, &routes.routes, &unread));
    } else {
        map::to_text(&host.graph(context).await?, &unread).iter().for_each(|l| out.line(l));
    }
    Ok(Exit::Done)
}

async fn trace(host: &Arc<Host>, g: &Global, t: &Trace, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, _) = place(host, g).await?;
    // A rule of another namespace may take the same request.
    connect(host, &context, g.namespace.as_deref().unwrap_or("*")).await?;
    let unread = host.unread(&context);
    let asked = TraceRequest { method: t.method.clone(), url: t.url.clone(), headers: t.headers.clone() };
    let v = host.trace(context, asked).await?;
    if json {
        out.json(&json!({"schema": SCHEMA, "trace": v, "unread": map::unread_json(&unread)}));
    } else {
        trace::to_text(&v, &unread).iter().for_each(|l| out.line(l));
    }
    Ok(if v.doors.iter().any(|d| d.answer.is_some()) { Exit::Done } else { Exit::Held })
}

async fn incident(host: &Arc<Host>, g: &Global, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, namespace) = open(host, g).await?;
    let v = host.incident(context, namespace).await?;
    if json {
        out.json(&json!({"schema": SCHEMA, "incident": v}));
    } else {
        text::incident(&v).iter().for_each(|l| out.line(l));
    }
    Ok(if v.troubles.is_empty() { Exit::Done } else { Exit::Held })
}

async fn info(host: &Arc<Host>, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let v = host.diagnostics().await?;
    if json {
        out.json(&json!({"schema": SCHEMA, "diagnostics": v}));
    } else {
        host::diagnostics::lines(&v).iter().for_each(|l| out.line(l));
    }
    let wrong = v.contexts.iter().flat_map(|c| &c.way).any(|w| !w.good);
    Ok(if wrong { Exit::Held } else { Exit::Done })
}

async fn history(host: &Arc<Host>, g: &Global, (kind, name): &(Kind, String), json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, namespace) = open(host, g).await?;
    let v = host.workload(context.clone(), ObjectId::new(*kind, &namespace, name).to_string()).await?;
    if json {
        let back = host.way_back(context, Some(v.id.clone())).await?;
        out.json(&json!({"schema": SCHEMA, "workload": v.id, "revisions": v.revisions, "before": v.before, "wayBack": back}));
    } else {
        text::history(&v.revisions, &v.before).iter().for_each(|l| out.line(l));
    }
    Ok(Exit::Done)
}

async fn plan(host: &Arc<Host>, g: &Global, p: &PlanCommand, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, namespace) = place(host, g).await?;
    let ((kind, target), more) = (p.target(), p.more());
    let mut params: Map<String, Value> = more.set.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    let (images, template, to_revision) = match p {
        PlanCommand::BlueGreen { image, template, finish, .. } => {
            if let Some(f) = finish {
                params.insert("finish".into(), json!(f));
            }
            let images = image.iter().map(|(c, i)| ImageWish { container: c.clone(), image: i.clone() }).collect();
            (images, template.as_deref().map(read).transpose()?, None)
        }
        PlanCommand::Rollback { to_revision, to_run, .. } => {
            params.extend(to_run.iter().map(|run| ("toRun".to_string(), json!(run))));
            (vec![], None, *to_revision)
        }
        PlanCommand::Scale { replicas, .. } => {
            params.insert("replicas".into(), json!(replicas));
            (vec![], None, None)
        }
        PlanCommand::Restart { .. } | PlanCommand::Pause { .. } | PlanCommand::Resume { .. } => (vec![], None, None),
    };
    let request = PlanRequest {
        context,
        target: ObjectId::new(kind, &namespace, target).to_string(),
        strategy: p.strategy().into(),
        images,
        template,
        to_revision,
        params: Value::Object(params),
    };
    let v = host.make_plan(request).await?;
    let file = host.export_plan(v.id.clone()).await?;
    if let Some(path) = &more.out {
        std::fs::write(path, &file)
            .map_err(|e| UiError::new(Code::Usage, sentence!("{path}: cannot write", path = path.display())).detail(Sentence::quoted(e)))?;
    }
    if json {
        out.raw(&file);
    } else {
        text::plan(&v).iter().for_each(|l| out.line(l));
        match &more.out {
            Some(path) => out.line(&format!("written to {}; next: changeoverctl check {}", path.display(), path.display())),
            None => out.line("not kept: add --out FILE to check and run it"),
        }
    }
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<String, UiError> {
    let fail =
        |e: std::io::Error| UiError::new(Code::Usage, sentence!("{path}: cannot read", path = path.display())).detail(Sentence::quoted(e));
    let mut text = String::new();
    let got = if path == Path::new("-") {
        std::io::stdin().lock().take(FILE_LIMIT + 1).read_to_string(&mut text).map_err(fail)?
    } else {
        std::fs::File::open(path).map_err(fail)?.take(FILE_LIMIT + 1).read_to_string(&mut text).map_err(fail)?
    };
    match got as u64 > FILE_LIMIT {
        true => Err(UiError::new(Code::Usage, sentence!("{path}: larger than 16 MiB", path = path.display()))),
        false => Ok(text),
    }
}

async fn check(host: &Arc<Host>, path: &Path, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let v = checked(host, path).await?;
    if json {
        let body = json!({"schema": SCHEMA, "plan": v.id, "startable": v.startable, "checked": v.checked, "findings": v.findings, "notRestored": v.not_restored});
        out.json(&body);
    } else {
        v.checked.iter().for_each(|c| out.line(&text::checked(c)));
        text::findings(&v.findings).iter().for_each(|l| out.line(l));
        out.line(if v.startable { "nothing stops it" } else { "stopped" });
    }
    Ok(if v.startable { Exit::Done } else { Exit::Stopped })
}

async fn doctor(host: &Arc<Host>, g: &Global, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, _) = open(host, g).await?;
    let found = host.doctor(context.clone()).await?;
    let unread = host.not_looked_at(&context);
    let needs = found.iter().any(|f| f.severity == FindingSeverity::Warn);
    if json {
        out.json(&json!({"schema": SCHEMA, "findings": found, "unread": map::unread_json(&unread)}));
    } else {
        text::findings(&found).iter().for_each(|l| out.line(l));
        unread.iter().for_each(|k| out.line(&format!("not looked at: {} ({})", k.kind, map::why(k))));
        if found.is_empty() && unread.is_empty() {
            out.line("nothing was left behind");
        }
    }
    Ok(match (needs, unread.is_empty()) {
        (true, _) => Exit::Held,
        (false, false) => Exit::Unreachable,
        (false, true) => Exit::Done,
    })
}

async fn checked(host: &Arc<Host>, path: &Path) -> Result<PlanView, UiError> {
    let v = host.import_plan(&read(path)?).await?;
    host.check_plan(v.id).await
}

/// Lines for people when somebody looks on; else JSON lines.
fn for_people(json: bool) -> bool {
    !json && std::io::stdout().is_terminal()
}

async fn start(host: &Arc<Host>, path: &Path, reason: &Option<String>, how: &Follow, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let v = checked(host, path).await?;
    if let Some(step) = how.until.as_ref().filter(|s| !v.steps.iter().any(|x| &x.id == *s)) {
        return Err(UiError::new(Code::Usage, sentence!("--until {step}: the plan has no such step", step))
            .hint(sentence!("its steps have ids; `plan` prints them")));
    }
    if !v.startable {
        if for_people(json) {
            text::findings(&v.findings).iter().for_each(|l| out.line(l));
        }
        let first = v.findings.iter().find(|f| f.severity == FindingSeverity::Block);
        let stopped = UiError::new(Code::Stopped, sentence!("plan {plan}: stopped by a check", plan = v.id))
            .hint(sentence!("`changeoverctl check` lists all findings"));
        return Err(match first {
            Some(f) => stopped.detail(sentence!("{object}: {what}", object = f.object; what = f.message.clone().into())),
            None => stopped,
        });
    }
    unlock(host, &v.context, &how.unlock).await?;
    let events = host.events();
    host.stop_after(&v.id, how.until.clone());
    let first = host.start_run(v.id.clone(), reason.clone(), how.unlock.confirm_context.clone().or_else(|| confirm(&v, how))).await?;
    follow::follow(host, events, first, how, out, for_people(json)).await
}

/// What a start asks for, when the command line says enough: `--yes` (or a terminal, which is asked at the gates) is a
/// key, never the name of a protected context.
fn confirm(v: &PlanView, how: &Follow) -> Option<String> {
    (how.yes && v.confirm != ConfirmNeed::Type).then(|| "yes".to_string())
}

/// `--confirm-context NAME` allows writes in the context of that name, and no other.
pub async fn unlock(host: &Arc<Host>, context: &str, by: &Unlock) -> Result<(), UiError> {
    let Some(name) = &by.confirm_context else { return Ok(()) };
    if name != context {
        return Err(UiError::new(Code::Usage, sentence!("--confirm-context {name}: this is about context {context}", name, context)));
    }
    host.unlock(context.to_string(), name.clone(), by.unverified_because.clone()).await.map(|_| ())
}

/// Connects, if a namespace is named: runs of other workstations are known by their records there.
async fn with_others(host: &Arc<Host>, g: &Global) -> Result<(), UiError> {
    match &g.namespace {
        Some(_) => open(host, g).await.map(|_| ()),
        None => Ok(()),
    }
}

async fn runs(host: &Arc<Host>, g: &Global, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    with_others(host, g).await?;
    let all = host.runs().await?;
    if json {
        out.json(&json!({"schema": SCHEMA, "runs": all}));
    } else {
        text::runs(&all).iter().for_each(|l| out.line(l));
    }
    Ok(Exit::Done)
}

async fn status(host: &Arc<Host>, g: &Global, run: &str, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    with_others(host, g).await?;
    let v = host.run(run.to_string()).await?;
    if json {
        out.json(&json!({"schema": SCHEMA, "run": v}));
    } else {
        text::run(&v).iter().for_each(|l| out.line(l));
    }
    Ok(Exit::Done)
}

async fn run_report(host: &Arc<Host>, g: &Global, run: &str, html: bool, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    with_others(host, g).await?;
    let format = match (json, html) {
        (true, _) => ReportFormat::Json,
        (_, true) => ReportFormat::Html,
        _ => ReportFormat::Markdown,
    };
    let text = host.report(run.to_string(), format).await?;
    match serde_json::from_str(&text) {
        Ok(value) if json => out.json(&value),
        _ => out.raw(&text),
    }
    Ok(Exit::Done)
}

async fn resume(host: &Arc<Host>, run: &str, choice: Option<&str>, how: &Follow, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let events = host.events();
    let v = host.run(run.to_string()).await?;
    let open = !matches!(v.state, RunState::Done | RunState::BackedOut | RunState::Failed | RunState::Stuck);
    if open {
        unlock(host, &v.context, &how.unlock).await?;
        host.stop_after(run, how.until.clone());
    }
    let v = match choice {
        // The first word that it hears: to resume a run answers some holds by itself, and then there is nothing to choose.
        Some(choice) => host.choose(run.to_string(), choice.to_string()).await?,
        None if open => host.resume_run(run.to_string()).await?,
        // What ended is only looked at.
        None => v,
    };
    follow::follow(host, events, v, how, out, for_people(json)).await
}

async fn take_over(host: &Arc<Host>, g: &Global, t: &TakeOver, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let (context, _) = open(host, g).await?;
    unlock(host, &context, &t.follow.unlock).await?;
    let events = host.events();
    host.stop_after(&t.run, t.follow.until.clone());
    if t.steal.is_none() && for_people(json) {
        say("waiting whether whoever drives it is alive; that may take a minute");
    }
    let mut v = host.take_over(t.run.clone(), t.steal.clone()).await?;
    if t.back_out.is_some() {
        v = host.back_out(t.run.clone(), t.back_out.clone()).await?;
    } else if let Some(choice) = &t.choose {
        v = host.choose(t.run.clone(), choice.clone()).await?;
    }
    follow::follow(host, events, v, &t.follow, out, for_people(json)).await
}

async fn back_out(host: &Arc<Host>, run: &str, reason: &Option<String>, how: &Follow, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let v = host.run(run.to_string()).await?;
    unlock(host, &v.context, &how.unlock).await?;
    let events = host.events();
    let v = host.back_out(run.to_string(), reason.clone()).await?;
    follow::follow(host, events, v, how, out, for_people(json)).await
}

async fn approve(host: &Arc<Host>, run: &str, how: &Follow, json: bool, out: &mut Out) -> Result<Exit, UiError> {
    let v = host.run(run.to_string()).await?;
    let Some(gate) = v.gate.as_ref().map(|g| g.name.clone()) else {
        return Err(UiError::new(Code::Usage, sentence!("run {run}: waits at no gate", run))
            .hint(sentence!("`changeoverctl status` shows what it does")));
    };
    unlock(host, &v.context, &how.unlock).await?;
    let events = host.events();
    host.stop_after(run, how.until.clone());
    let v = host.approve(run.to_string(), gate).await?;
    follow::follow(host, events, v, how, out, for_people(json)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_is_never_the_name_of_a_protected_context() {
        let plan = |confirm| PlanView {
            id: String::new(),
            context: String::new(),
            strategy: String::new(),
            target: String::new(),
            change: Sentence::default().into(),
            diff: String::new(),
            steps: vec![],
            summary: PlanSummary { steps: 0, writes: 0, more_pods: 0, seconds: 0 },
            checked: None,
            findings: vec![],
            startable: true,
            confirm,
            not_restored: vec![],
        };
        let yes = Follow { yes: true, ..Follow::default() };
        assert_eq!(confirm(&plan(ConfirmNeed::Type), &yes), None);
        assert_eq!(confirm(&plan(ConfirmNeed::Key), &yes), Some("yes".into()));
    }
}
