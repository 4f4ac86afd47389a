//! Follows a run to its end, to a gate that nobody approves, or to a signal.

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Code, Commands, RunState, RunView, StepState, UiError, UiEvent};
use host::Host;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::task::JoinHandle;

use crate::args::Follow;
use crate::commands::unlock;
use crate::exit::Exit;
use crate::out::{Out, say};
use crate::progress::{Progress, end_json, end_text, to_json, to_text};

/// What to do about the run as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait for news.
    Wait,
    /// Let it past this gate.
    Approve(String),
    /// Ask the operator about this gate.
    Ask(String),
    /// Leave it where it is.
    Leave,
    /// It is not driven any more.
    Ended,
}

/// Decides; `terminal` = somebody can be asked.
pub fn next(v: &RunView, how: &Follow, terminal: bool) -> Next {
    match v.state {
        RunState::Done | RunState::BackedOut | RunState::Failed | RunState::Stuck | RunState::Left | RunState::Elsewhere => {
            return Next::Ended;
        }
        RunState::Held => return Next::Leave,
        RunState::BackingOut => return Next::Wait,
        RunState::Ready | RunState::Running | RunState::Waiting => {}
    }
    let reached = |s: &String| v.steps.iter().any(|x| &x.id == s && x.state == StepState::Done);
    if how.until.as_ref().is_some_and(reached) {
        return Next::Leave;
    }
    match &v.gate {
        // What does not hold yet may hold in a moment: a gate is neither forced nor given up for that.
        Some(g) if how.yes && g.clear => Next::Approve(g.name.clone()),
        Some(_) if how.yes => Next::Wait,
        Some(g) if terminal => Next::Ask(g.name.clone()),
        Some(_) => Next::Leave,
        None => Next::Wait,
    }
}

/// Follows a run; `events` was subscribed before the run was started. Returns when this process has let go of it.
pub async fn follow(
    host: &Arc<Host>,
    mut events: Receiver<UiEvent>,
    first: RunView,
    how: &Follow,
    out: &mut Out,
    text: bool,
) -> Result<Exit, UiError> {
    let terminal = text && std::io::stdin().is_terminal();
    let (started, mut progress, mut view) = (Instant::now(), Progress::default(), first);
    let id = view.id.clone();
    let mut signals = signals();
    let mut question: Option<(String, JoinHandle<Answer>)> = None;
    let mut approved: Option<String> = None;
    loop {
        for n in progress.news(&view, started.elapsed()) {
            if text {
                to_text(&n).iter().for_each(|l| out.line(l));
            } else {
                out.json(&to_json(&n, &id, &now()));
            }
        }
        if view.gate.as_ref().map(|g| &g.name) != approved.as_ref() {
            approved = None;
        }
        match next(&view, how, terminal) {
            Next::Ended => {
                // Its Lease is given back last, after what it shows; one that is stuck is let go.
                host.leave().await;
                return Ok(end(out, text, &view, &[]));
            }
            Next::Leave => return leave(host, &id, out, text).await,
            Next::Approve(gate) if approved.is_none() => {
                match approve(host, &view, &gate, how).await {
                    Ok(next) => {
                        (view, approved) = (next, Some(gate));
                        continue;
                    }
                    // Nobody said yes to what is seen now: it is said once the cluster is seen again.
                    Err(e) if e.code == Code::Unreachable => {}
                    Err(e) => return Err(left(host, e).await),
                }
            }
            Next::Ask(gate) if approved.is_none() && question.as_ref().is_none_or(|q| q.0 != gate) => {
                say(&format!("{gate}: go on? [y = yes, b = back out, l = leave it here] "));
                question = Some((gate, tokio::task::spawn_blocking(ask)));
            }
            _ => {}
        }
        tokio::select! {
            answer = wait_answer(&mut question) => {
                let gate = question.take().map(|q| q.0).unwrap_or_default();
                match answer {
                    Answer::Yes => match approve(host, &view, &gate, how).await {
                        Ok(next) => (view, approved) = (next, Some(gate)),
                        Err(e) => return Err(left(host, e).await),
                    },
                    Answer::Back => view = host.back_out(id.clone(), None).await?,
                    Answer::Leave => return leave(host, &id, out, text).await,
                    Answer::Again => {}
                }
            }
            () = signals.recv() => return leave(host, &id, out, text).await,
            e = events.recv() => match e {
                // Queued views may be older than an answer that was given since: what is so now is asked for.
                Ok(UiEvent::Run(v)) if v.id == id => view = host.run(id.clone()).await?,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => view = host.run(id.clone()).await?,
                Err(RecvError::Closed) => return leave(host, &id, out, text).await,
            },
            // Whatever was missed is read here, so that a lost event never hangs a script.
            () = tokio::time::sleep(Duration::from_secs(2)) => view = host.run(id.clone()).await?,
        }
    }
}

/// Lets a run past a gate. Its context may have locked itself since the run began.
async fn approve(host: &Arc<Host>, view: &RunView, gate: &str, how: &Follow) -> Result<RunView, UiError> {
    unlock(host, &view.context, &how.unlock).await?;
    host.approve(view.id.clone(), gate.to_string()).await
}

/// A run that may not go on is left, not dropped: its Lease is given back.
async fn left(host: &Arc<Host>, why: UiError) -> UiError {
    host.leave().await;
    why
}

async fn leave(host: &Arc<Host>, id: &str, out: &mut Out, text: bool) -> Result<Exit, UiError> {
    let behind = host.leave().await;
    let view = host.run(id.to_string()).await?;
    Ok(end(out, text, &view, &behind))
}

fn end(out: &mut Out, text: bool, view: &RunView, behind: &[String]) -> Exit {
    let exit = Exit::of_run(view);
    if text {
        end_text(view, exit, behind).iter().for_each(|l| out.line(l));
    } else {
        out.json(&end_json(view, exit, behind, &now()));
    }
    exit
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// What was typed at a gate, or to another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Back out.
    Back,
    /// Leave it as it is; also when there is nobody to ask.
    Leave,
    /// Not understood.
    Again,
}

/// Waits for a line on standard input.
pub fn ask() -> Answer {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => Answer::Leave,
        Ok(_) => understand(&line),
    }
}

fn understand(line: &str) -> Answer {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "b" | "back" | "back out" => Answer::Back,
        "l" | "leave" | "q" => Answer::Leave,
        _ => Answer::Again,
    }
}

async fn wait_answer(question: &mut Option<(String, JoinHandle<Answer>)>) -> Answer {
    match question {
        Some((_, task)) => task.await.unwrap_or(Answer::Leave),
        None => std::future::pending().await,
    }
}

/// SIGINT and SIGTERM, as one stream.
struct Signals(tokio::sync::mpsc::Receiver<()>);

impl Signals {
    async fn recv(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

fn signals() -> Signals {
    let (tx, rx) = tokio::sync::mpsc::channel(1);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let tx = tx.clone();
            match signal(kind) {
                Ok(mut s) => {
                    tokio::spawn(async move { while s.recv().await.is_some() && tx.send(()).await.is_ok() {} });
                }
                Err(e) => say(&format!("signals cannot be caught: {e}")),
            }
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && tx.send(()).await.is_ok() {} });
    Signals(rx)
}

#[cfg(test)]
mod tests {
    use api::{GateView, RunState};

    use super::*;
    use crate::progress::tests::view;

    fn at_gate(clear: bool) -> RunView {
        let mut v = view();
        v.state = RunState::Waiting;
        v.gate = Some(GateView { name: "cut-over".into(), writes: vec![], checks: vec![], clear, cuts: vec![] });
        v
    }

    fn yes() -> Follow {
        Follow { yes: true, ..Follow::default() }
    }

    #[test]
    fn a_gate_is_left_without_a_terminal_asked_on_one_and_approved_with_yes() {
        let v = at_gate(true);
        assert_eq!(next(&v, &Follow::default(), false), Next::Leave);
        assert_eq!(next(&v, &Follow::default(), true), Next::Ask("cut-over".into()));
        assert_eq!(next(&v, &yes(), false), Next::Approve("cut-over".into()));
    }

    #[test]
    fn yes_waits_for_the_checks_of_a_gate() {
        assert_eq!(next(&at_gate(false), &yes(), false), Next::Wait);
    }

    #[test]
    fn yes_never_answers_a_hold() {
        let mut v = view();
        v.state = RunState::Held;
        assert_eq!(next(&v, &yes(), true), Next::Leave);
    }

    #[test]
    fn until_leaves_the_run_once_that_step_is_done() {
        let how = Follow { until: Some("pin".into()), ..yes() };
        let mut v = view();
        assert_eq!(next(&v, &how, false), Next::Wait);
        v.steps[0].state = StepState::Done;
        assert_eq!(next(&v, &how, false), Next::Leave);
    }

    #[test]
    fn an_answer_that_is_not_understood_is_asked_again() {
        assert_eq!(understand("Y\n"), Answer::Yes);
        assert_eq!(understand("b"), Answer::Back);
        assert_eq!(understand("\n"), Answer::Again);
    }
}
