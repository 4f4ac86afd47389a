//! Programs that sign in: which were approved, the one that runs, and what to do when the kubeconfig changes meanwhile.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::*;
use cluster::{ATTENDED, Approvals, ConnectError, CredentialError, Program, SignIn, UNATTENDED};
use model::sentence;
use store::Store;

use crate::link::not_open;
use crate::{Host, errors, locked};

/// Scope of the acknowledgements that are approvals; their codes are programs in JSON.
const SCOPE: &str = "sign-in-program";
/// Between two reports of a program that signs in.
const TICK: Duration = Duration::from_secs(1);

/// Approvals, as the journal keeps them.
struct Book(Arc<Store>);

impl Approvals for Book {
    fn approved(&self, program: &Program) -> bool {
        self.0.acks(SCOPE).is_ok_and(|all| all.iter().any(|a| a.code == code(program)))
    }
}

fn code(program: &Program) -> String {
    serde_json::to_string(program).unwrap_or_default()
}

/// Where a context is entered: its programs sign in here, one caller at a time.
pub struct Door {
    pub sign_in: SignIn,
    /// Held while it is being connected.
    pub one: tokio::sync::Mutex<()>,
    /// The program that was refused when it was last connected, with the key of its kubeconfig.
    refused: Mutex<Option<(String, Program)>>,
}

impl Door {
    /// Notes how a connection went.
    pub fn note(&self, failed: Option<&ConnectError>) {
        *locked(&self.refused) = match failed {
            Some(ConnectError::Credentials(e)) => unapproved(e),
            _ => None,
        };
    }
}

fn unapproved(e: &CredentialError) -> Option<(String, Program)> {
    match e {
        CredentialError::PluginNotApproved { key, program } => Some((key.clone(), Program::clone(program))),
        _ => None,
    }
}

fn view(program: &Program, key: &str, approved: Option<String>) -> ProgramView {
    ProgramView {
        fingerprint: program.fingerprint(),
        key: key.to_string(),
        path: program.path.display().to_string(),
        sha256: program.sha256.clone(),
        args: program.args.clone(),
        env: program.env.clone(),
        cluster: program.cluster.clone(),
        approved,
    }
}

impl Host {
    /// The door of a context.
    pub(crate) fn door(&self, context: &str) -> Arc<Door> {
        let made = || {
            let within = if self.options.attended { ATTENDED } else { UNATTENDED };
            let sign_in = SignIn::approved(Arc::new(Book(self.store.clone())), within);
            Arc::new(Door { sign_in, one: tokio::sync::Mutex::default(), refused: Mutex::default() })
        };
        locked(&self.doors).entry(context.to_string()).or_insert_with(made).clone()
    }

    /// Waits for something while a program may sign in, and tells how that stands.
    pub(crate) async fn telling<T>(&self, door: &Door, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = tick.tick() => if door.sign_in.running().is_some() {
                    self.tell(UiEvent::Contexts(self.contexts_view()));
                },
            }
        }
    }

    /// The program that signs in to a context now.
    pub(crate) fn signing_in(&self, context: &str) -> Option<SigningInView> {
        let door = locked(&self.doors).get(context).cloned()?;
        let running = door.sign_in.running()?;
        let ms = |d: Duration| u32::try_from(d.as_millis()).unwrap_or(u32::MAX);
        Some(SigningInView {
            command: running.command,
            age_ms: ms(running.since.elapsed()),
            within_ms: ms(door.sign_in.within()),
            said: running.said,
        })
    }

    fn refused_program(&self, context: &str) -> Option<(String, Program)> {
        let link = locked(&self.links).get(context).cloned();
        match link {
            Some(link) => link.connection.sign_in_trouble().as_ref().and_then(unapproved),
            None => locked(&self.doors).get(context).and_then(|d| locked(&d.refused).clone()),
        }
    }

    /// The program that would sign in to a context, were it approved.
    pub(crate) fn unapproved(&self, context: &str) -> Option<ProgramView> {
        let (key, program) = self.refused_program(context)?;
        let before = self.approvals().unwrap_or_default().into_iter().filter(|(p, _)| p.path == program.path).map(|(_, at)| at).max();
        Some(view(&program, &key, before))
    }

    pub(crate) fn approve_sign_in(&self, context: &str, fingerprint: &str) -> Result<ContextsView, UiError> {
        let nothing = || {
            UiError::new(Code::NotFound, sentence!("context {context}: no program waits for approval", context))
                .hint(sentence!("open it first"))
        };
        let (_, program) = self.refused_program(context).ok_or_else(nothing)?;
        if program.fingerprint() != fingerprint {
            return Err(UiError::new(Code::Moved, sentence!("{path}: not what was shown any more", path = program.path.display()))
                .hint(sentence!("look at it again, then approve it")));
        }
        self.store.acknowledge(SCOPE, &code(&program)).map_err(errors::journal)?;
        self.door(context).note(None);
        if let Some(link) = locked(&self.links).get(context) {
            link.connection.sign_in_again();
        }
        Ok(self.contexts_view())
    }

    fn approvals(&self) -> Result<Vec<(Program, String)>, UiError> {
        let acks = self.store.acks(SCOPE).map_err(errors::journal)?;
        // One that a newer version wrote says nothing to this one.
        Ok(acks.into_iter().filter_map(|a| Some((serde_json::from_str(&a.code).ok()?, a.at.to_string()))).collect())
    }

    pub(crate) fn approved_programs(&self) -> Result<Vec<ProgramView>, UiError> {
        Ok(self.approvals()?.into_iter().map(|(program, at)| view(&program, "", Some(at))).collect())
    }

    pub(crate) fn forget(&self, fingerprint: &str) -> Result<Vec<ProgramView>, UiError> {
        for (program, _) in self.approvals()?.iter().filter(|(p, _)| p.fingerprint() == fingerprint) {
            self.store.withdraw(SCOPE, &code(program)).map_err(errors::journal)?;
        }
        self.approved_programs()
    }

    /// Runs a program again that failed, and takes up what the kubeconfig says now.
    pub(crate) async fn sign_in_again(&self, context: &str) -> Result<ContextsView, UiError> {
        let link = locked(&self.links).get(context).cloned();
        let link = link.ok_or_else(|| not_open(context))?;
        self.reread();
        let now = locked(&self.known).all.get(context).cloned();
        link.take_up(now).await;
        link.connection.sign_in_again();
        Ok(self.contexts_view())
    }

    /// Reads the kubeconfig where it has changed; what it now says of contexts that are connected is taken up, and told. Whoever
    /// looked at the list may have read it before: each connection knows what it has seen.
    pub(crate) fn follow_kubeconfig(&self) {
        if self.kubeconfig_changed() {
            self.reread();
        }
        let links: Vec<_> = locked(&self.links).values().cloned().collect();
        for link in links {
            let now = locked(&self.known).all.get(&link.name).cloned();
            let (true, Some(host)) = (link.differs(now.as_ref()), self.me.upgrade()) else { continue };
            tokio::spawn(async move {
                link.take_up(now).await;
                host.tell(UiEvent::Contexts(host.contexts_view()));
            });
        }
    }
}
