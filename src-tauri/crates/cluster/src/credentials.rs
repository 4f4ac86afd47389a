//! The `Authorization` of each request: fixed, from a file that is read again, or from an exec plugin that is run again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use jiff::Timestamp;
use model::{Sentence, sentence};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use crate::certificate::Slot;
use crate::connect::lock;
use crate::kubeconfig::{ExecPlugin, Login, read_regular};
use crate::sign_in::{Answer, Program, SignIn};

/// A token file is read again after this time: Kubernetes replaces the tokens of pods well before they end.
const FILE_AGE: Duration = Duration::from_secs(10);
/// Largest token file.
const FILE_CAP: u64 = 1 << 20;
/// A plugin is run again so long before its token ends, while that still counts.
const LEEWAY: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
/// A plugin is not run again sooner than this, whatever the server or the clock says of its answer: it may open a window on
/// somebody's screen each time. After a failure it is given twice the time that it took, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_secs(30);
/// See [`PAUSE`].
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// A request waits so long for a plugin that runs; less than a heartbeat, so that it is told what it waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum CredentialError {
    /// The token file cannot be read.
    TokenFile {
        /// File.
        path: PathBuf,
        /// Why.
        why: Sentence,
    },
    /// The token holds bytes that cannot stand in a header.
    BadToken {
        /// Where it comes from.
        from: Sentence,
    },
    /// A plugin of a kubeconfig that is not in the default place, or what has become of it, was not approved.
    PluginNotApproved {
        /// `file: key`.
        key: String,
        /// What would run.
        program: Box<Program>,
    },
    /// A plugin that kubectl's preferences do not let run, or may not.
    PluginDenied {
        /// `file: key`.
        key: String,
        /// What would run.
        path: PathBuf,
        /// Which file, which of its words, and what to do.
        why: Sentence,
    },
    /// A plugin that insists on a terminal.
    PluginWantsTerminal {
        /// `file: key`.
        key: String,
        /// Program.
        command: String,
    },
    /// A plugin that could not be started, failed, hung or talked nonsense.
    PluginFailed {
        /// `file: key`.
        key: String,
        /// Program.
        command: String,
        /// What happened, with what the plugin said on its error stream.
        why: Sentence,
    },
    /// A plugin that has not answered yet: it may wait for somebody.
    SigningIn {
        /// `file: key`.
        key: String,
        /// Program.
        command: String,
    },
}

impl CredentialError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            Self::TokenFile { path, why } => sentence!("{path}: token cannot be read ({why})", path = path.display(); why = why.clone()),
            Self::BadToken { from } => sentence!("token from {from}: holds characters that no token has"; from = from.clone()),
            Self::PluginNotApproved { key, program } => {
                sentence!("{key}: program {path} is not run before it is approved", key, path = program.path.display())
            }
            Self::PluginDenied { key, path, why } => sentence!(
                "{key}: program {path} is not run, by kubectl's preferences: {why}",
                key,
                path = path.display();
                why = why.clone()
            ),
            Self::PluginWantsTerminal { key, command } => sentence!(
                "{key}: plugin {command} wants a terminal; log in with kubectl first, or set interactiveMode to IfAvailable",
                key,
                command = format!("{command:?}")
            ),
            Self::PluginFailed { key, command, why } => {
                let command = format!("{command:?}");
                sentence!("{key}: plugin {command} gave no credentials ({why})", key, command; why = why.clone())
            }
            Self::SigningIn { key, command } => {
                sentence!("{key}: plugin {command} signs in; it may wait for you in a browser", key, command = format!("{command:?}"))
            }
        }
    }
}

enum Source {
    None,
    Fixed(HeaderValue),
    File { path: PathBuf, before: Option<HeaderValue>, cached: Mutex<Option<(Instant, HeaderValue)>> },
    Plugin(Arc<Plugin>),
}

/// Credentials of one connection.
pub(crate) struct Credentials {
    source: Source,
    extra: Vec<(HeaderName, HeaderValue)>,
}

fn bearer(token: &SecretString, from: Sentence) -> Result<HeaderValue, CredentialError> {
    let mut value =
        HeaderValue::try_from(format!("Bearer {}", token.expose_secret().trim())).map_err(|_| CredentialError::BadToken { from })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Credentials {
    /// Prepares them; runs the plugin once and waits for it, for it may give the certificate that the connection is made with.
    pub async fn prepare(login: &Login, impersonate: &[(&'static str, String)], sign_in: &SignIn) -> Result<Self, CredentialError> {
        let source = match login {
            Login::None => Source::None,
            Login::Token(token) => Source::Fixed(bearer(token, sentence!("the kubeconfig"))?),
            Login::TokenFile { path, before } => {
                let before = before.as_ref().map(|token| bearer(token, sentence!("the kubeconfig"))).transpose()?;
                Source::File { path: path.clone(), before, cached: Mutex::default() }
            }
            Login::Exec(exec) => {
                let plugin = Plugin::new(exec, sign_in);
                let answer = plugin.answer(None).await?;
                if let Some(pair) = &answer.certificate {
                    let _ = plugin.certificate.set(Slot::new(pair.clone().into()));
                }
                Source::Plugin(plugin)
            }
        };
        let mut extra = Vec::new();
        for (name, value) in impersonate {
            let value = HeaderValue::from_str(value)
                .map_err(|_| CredentialError::BadToken { from: sentence!("the kubeconfig ({key})", key = name) })?;
            extra.push((HeaderName::from_static(name), value));
        }
        Ok(Self { source, extra })
    }

    /// The certificate that a plugin gave, and will give.
    pub fn certificate(&self) -> Option<Slot> {
        match &self.source {
            Source::Plugin(plugin) => plugin.certificate.get().cloned(),
            _ => None,
        }
    }

    /// Puts the headers on a request.
    pub async fn apply(&self, headers: &mut HeaderMap) -> Result<(), CredentialError> {
        for (name, value) in &self.extra {
            headers.append(name.clone(), value.clone());
        }
        let value = match &self.source {
            Source::None => return Ok(()),
            Source::Fixed(value) => value.clone(),
            Source::File { path, before, cached } => token_of_file(path, before.as_ref(), &mut *cached.lock().await).await?,
            Source::Plugin(plugin) => match &plugin.answer(Some(PATIENCE)).await?.token {
                Some(token) => bearer(token, sentence!("the plugin"))?,
                None => return Ok(()),
            },
        };
        headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    /// The server refused them: forget what is cached.
    pub async fn refused(&self) {
        match &self.source {
            Source::None | Source::Fixed(_) => {}
            Source::File { cached, .. } => *cached.lock().await = None,
            Source::Plugin(plugin) => plugin.refused(),
        }
    }

    /// Why the plugin gave none when it ran last; it is not run again for a while then.
    pub fn trouble(&self) -> Option<CredentialError> {
        match &self.source {
            Source::Plugin(plugin) => lock(&plugin.state).failed.as_ref().map(|f| f.error.clone()),
            _ => None,
        }
    }

    /// Somebody wants to sign in now: a plugin that failed is run again with the next request, without its pause.
    pub fn again(&self) {
        if let Source::Plugin(plugin) = &self.source {
            lock(&plugin.state).failed = None;
        }
    }
}

/// An exec plugin with what it answered. It runs in a task of its own: the request that needs it first has a deadline, and it
/// may take longer.
struct Plugin {
    exec: ExecPlugin,
    sign_in: SignIn,
    certificate: OnceLock<Slot>,
    state: std::sync::Mutex<State>,
    /// It has ended.
    ended: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    answer: Option<Arc<Answer>>,
    running: Option<AbortHandle>,
    failed: Option<Failed>,
}

struct Failed {
    /// Not run again before.
    until: Instant,
    error: CredentialError,
}

impl Drop for Plugin {
    fn drop(&mut self) {
        if let Some(task) = &lock(&self.state).running {
            task.abort();
        }
    }
}

impl Plugin {
    fn new(exec: &ExecPlugin, sign_in: &SignIn) -> Arc<Self> {
        Arc::new(Self {
            exec: exec.clone(),
            sign_in: sign_in.clone(),
            certificate: OnceLock::new(),
            state: std::sync::Mutex::default(),
            ended: watch::Sender::new(()),
        })
    }

    /// What it answered last, if that still counts; else runs it, and waits so long at most.
    async fn answer(self: &Arc<Self>, patience: Option<Duration>) -> Result<Arc<Answer>, CredentialError> {
        let until = patience.map(|p| Instant::now() + p);
        loop {
            let mut ended = self.ended.subscribe();
            if let Some(known) = self.known() {
                return known;
            }
            let waited = match until {
                Some(until) => timeout(until.saturating_duration_since(Instant::now()), ended.changed()).await.is_ok(),
                None => ended.changed().await.is_ok(),
            };
            if !waited {
                return Err(CredentialError::SigningIn { key: self.exec.key.clone(), command: self.exec.command.display().to_string() });
            }
        }
    }

    /// What is known without waiting; starts it where nothing is, or where what there is ends soon.
    fn known(self: &Arc<Self>) -> Option<Result<Arc<Answer>, CredentialError>> {
        let mut state = lock(&self.state);
        let answer = state.answer.clone().filter(|a| counts(a));
        let failed = state.failed.as_ref().filter(|f| Instant::now() < f.until).map(|f| f.error.clone());
        let wanted = answer.as_ref().is_none_or(|a| ends_soon(a));
        if wanted && failed.is_none() && state.running.as_ref().is_none_or(AbortHandle::is_finished) {
            state.running = Some(tokio::spawn(run(self.exec.clone(), self.sign_in.clone(), Arc::downgrade(self))).abort_handle());
        }
        match (answer, failed) {
            (Some(answer), _) => Some(Ok(answer)),
            (None, Some(error)) => Some(Err(error)),
            (None, None) => None,
        }
    }

    fn refused(&self) {
        let mut state = lock(&self.state);
        state.answer.take_if(|a| a.at.elapsed() >= PAUSE);
    }
}

/// By its own word, and in any case for a while: on a workstation whose clock is ahead every answer has ended before it came.
fn counts(a: &Answer) -> bool {
    a.at.elapsed() < PAUSE || a.until.is_none_or(|until| Timestamp::now() < until)
}

fn ends_soon(a: &Answer) -> bool {
    a.at.elapsed() >= PAUSE && a.until.is_some_and(|until| Timestamp::now() + LEEWAY >= until)
}

async fn run(exec: ExecPlugin, sign_in: SignIn, plugin: Weak<Plugin>) {
    let began = Instant::now();
    let answered = sign_in.run(&exec).await;
    let Some(plugin) = plugin.upgrade() else { return };
    {
        let mut state = lock(&plugin.state);
        state.running = None;
        match answered {
            Ok(answer) => {
                if let (Some(slot), Some(pair)) = (plugin.certificate.get(), &answer.certificate) {
                    *lock(slot) = pair.clone();
                }
                state.answer = Some(Arc::new(answer));
                state.failed = None;
            }
            Err(error) => {
                let until = Instant::now() + (began.elapsed() * 2).clamp(PAUSE, LONGEST_PAUSE);
                state.failed = Some(Failed { until, error });
            }
        }
    }
    plugin.ended.send_replace(());
}

async fn token_of_file(
    path: &Path,
    before: Option<&HeaderValue>,
    cached: &mut Option<(Instant, HeaderValue)>,
) -> Result<HeaderValue, CredentialError> {
    if let Some((at, value)) = cached
        && at.elapsed() < FILE_AGE
    {
        return Ok(value.clone());
    }
    let file = path.to_path_buf();
    let read = tokio::task::spawn_blocking(move || read_regular(&file, FILE_CAP)).await.map_err(std::io::Error::other).flatten();
    let token = read.and_then(|bytes| String::from_utf8(bytes).map(SecretString::from).map_err(|_| std::io::Error::other("not text")));
    match token {
        Ok(token) if !token.expose_secret().trim().is_empty() => {
            let value = bearer(&token, Sentence::quoted(path.display()))?;
            *cached = Some((Instant::now(), value.clone()));
            Ok(value)
        }
        // A file that is gone or empty for a moment is being replaced: the last token goes on (client-go does so too).
        other => match cached.as_ref().map(|(_, value)| value).or(before) {
            Some(value) => Ok(value.clone()),
            None => {
                let why = other.err().map_or_else(|| sentence!("the file is empty"), Sentence::quoted);
                Err(CredentialError::TokenFile { path: path.to_path_buf(), why })
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn header(credentials: &Credentials) -> Result<String, CredentialError> {
        let mut headers = HeaderMap::new();
        credentials.apply(&mut headers).await?;
        Ok(headers[AUTHORIZATION].to_str().expect("text").to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn a_rotated_token_file_is_taken_up_and_one_that_is_gone_changes_nothing() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("token");
        let login = Login::TokenFile { path: path.clone(), before: Some("before".to_string().into()) };
        let credentials = Credentials::prepare(&login, &[], &SignIn::default_place()).await.expect("prepared");
        assert_eq!(header(&credentials).await.expect("the token beside it"), "Bearer before");
        std::fs::write(&path, "one\n").expect("written");
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer one");
        std::fs::write(&path, "two\n").expect("written");
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer one");
        tokio::time::advance(FILE_AGE).await;
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer two");
        for gone in ["", " \n"] {
            std::fs::write(&path, gone).expect("written");
            tokio::time::advance(FILE_AGE).await;
            assert_eq!(header(&credentials).await.expect("a token"), "Bearer two");
        }
        std::fs::remove_file(&path).expect("removed");
        tokio::time::advance(FILE_AGE).await;
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer two");
        let none = Credentials::prepare(&Login::TokenFile { path: path.clone(), before: None }, &[], &SignIn::default_place())
            .await
            .expect("prepared");
        let said = header(&none).await.expect_err("no token").to_string();
        assert_eq!(said, format!("{}: token cannot be read (No such file or directory (os error 2))", path.display()));
        std::fs::write(&path, "s3cr3t\nline").expect("written");
        let said = header(&none).await.expect_err("no token").to_string();
        assert!(said.contains("holds characters that no token has") && !said.contains("s3cr3t"), "{said}");
    }

    fn plugin(script: &str) -> ExecPlugin {
        ExecPlugin {
            api_version: "client.authentication.k8s.io/v1".into(),
            command: "sh".into(),
            args: vec!["-c".into(), script.into()],
            env: vec![("TOKEN".into(), "t0k3n".into())],
            needs_terminal: false,
            install_hint: String::new(),
            cluster: None,
            kuberc: crate::kubeconfig::Kuberc::Off,
            default_place: true,
            key: "~/.kube/config: users[u].user.exec".into(),
        }
    }

    async fn prepare(plugin: ExecPlugin) -> Result<HeaderMap, CredentialError> {
        let credentials = Credentials::prepare(&Login::Exec(Box::new(plugin)), &[], &SignIn::default_place()).await?;
        let mut headers = HeaderMap::new();
        credentials.apply(&mut headers).await?;
        Ok(headers)
    }

    #[tokio::test]
    async fn a_plugin_gives_its_token_without_a_terminal() {
        let script = r#"test ! -t 0 && echo '{"kind":"ExecCredential","status":{"token":"'$TOKEN'"}}'"#;
        let headers = prepare(plugin(script)).await.expect("a token");
        assert_eq!(headers["authorization"], "Bearer t0k3n");
        assert!(!format!("{headers:?}").contains("t0k3n"), "marked as sensitive");
    }

    #[tokio::test]
    async fn a_plugin_that_fails_floods_or_talks_nonsense_is_told_in_words() {
        for (script, expect) in [
            ("echo please log in >&2; exit 3", "please log in"),
            ("head -c 3000000 /dev/zero", "of output"),
            ("head -c 3000000 /dev/zero >&2; echo at the end >&2; exit 3", "at the end"),
            ("echo s3cr3t nonsense", "not an ExecCredential"),
        ] {
            let said = prepare(plugin(script)).await.expect_err(script).to_string();
            assert!(said.contains(expect) && !said.contains("s3cr3t"), "{said}");
            assert!(said.len() < 20_000, "{} bytes", said.len());
        }
        let missing = ExecPlugin { command: "no-such-plugin".into(), install_hint: "get it at the help desk".into(), ..plugin("") };
        let said = prepare(missing).await.expect_err("no program").to_string();
        assert!(said.contains("no such program") && said.contains("get it at the help desk"), "{said}");
        let asking = ExecPlugin { needs_terminal: true, ..plugin("exit 0") };
        let said = prepare(asking).await.expect_err("no terminal").to_string();
        assert!(said.contains("wants a terminal; log in with kubectl first"), "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_plugin_that_hangs_is_killed_at_its_deadline() {
        let said = prepare(plugin("exec sleep 600")).await.expect_err("killed").to_string();
        assert!(said.contains("no answer within 30 s"), "{said}");
    }

    /// A wrapper script waits for what it started: killed alone, it would leave that behind.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_a_plugin_started_is_killed_with_it_and_it_is_no_process_of_a_terminal_s_foreground() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pids");
        let script = format!("sleep 600 & echo $$ $! > {0}.new; mv {0}.new {0}; wait", file.display());
        let sign_in = SignIn::default_place();
        let (plugin, by) = (Login::Exec(Box::new(plugin(&script))), sign_in.clone());
        let signing = tokio::spawn(async move { Credentials::prepare(&plugin, &[], &by).await.map(drop) });
        let pids = loop {
            match std::fs::read_to_string(&file) {
                Ok(text) => break text.split_whitespace().map(str::to_string).collect::<Vec<_>>(),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let stat = |pid: &str| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // `PID (NAME) STATE PARENT GROUP …`
        let fields = |pid: &str| stat(pid).rsplit(") ").next().unwrap_or_default().split(' ').map(str::to_string).collect::<Vec<_>>();
        for pid in &pids {
            assert_eq!(fields(pid)[2], pids[0], "{pid} is of the program's own group");
        }
        sign_in.stop();
        let said = signing.await.expect("joins").expect_err("stopped").to_string();
        assert!(said.contains("stopped by you"), "{said}");
        let gone = |pid: &String| stat(pid).is_empty() || fields(pid)[0] == "Z";
        timeout(Duration::from_secs(20), async {
            while !pids.iter().all(gone) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("both are gone");
    }

    #[tokio::test]
    async fn a_browser_that_a_plugin_leaves_open_does_not_hold_up_its_answer() {
        let script = r#"sleep 600 & echo '{"status":{"token":"'$TOKEN'"}}'; echo $! >&2"#;
        let headers = timeout(Duration::from_secs(20), prepare(plugin(script))).await.expect("in time").expect("a token");
        assert_eq!(headers["authorization"], "Bearer t0k3n");
    }

    /// What somebody approved.
    #[derive(Default)]
    struct Book(std::sync::Mutex<Vec<Program>>);

    impl crate::Approvals for Book {
        fn approved(&self, program: &Program) -> bool {
            lock(&self.0).contains(program)
        }
    }

    #[tokio::test]
    async fn a_plugin_from_elsewhere_runs_once_it_is_approved_and_is_asked_about_again_when_anything_of_it_changes() {
        let dir = tempfile::tempdir().expect("dir");
        let (program, ran) = (dir.path().join("login"), dir.path().join("ran"));
        let script = |more: &str| format!("#!/bin/sh\n{more}\necho x >> '{}'\necho '{{\"status\":{{\"token\":\"t\"}}}}'\n", ran.display());
        let write = |text: String| {
            use std::os::unix::fs::PermissionsExt;
            std::fs::write(&program, text).expect("written");
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made a program");
        };
        write(script(""));
        let book = Arc::new(Book::default());
        let sign_in = SignIn::approved(book.clone(), crate::UNATTENDED);
        let of = |args: &[&str], env: &[(&str, &str)]| ExecPlugin {
            command: program.clone(),
            args: args.iter().map(|a| a.to_string()).collect(),
            env: env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            default_place: false,
            ..plugin("")
        };
        let open =
            |exec: ExecPlugin, sign_in: SignIn| async move { Credentials::prepare(&Login::Exec(Box::new(exec)), &[], &sign_in).await };
        let first = of(&["a"], &[("REGION", "s3cr3t")]);
        let Err(CredentialError::PluginNotApproved { program: asked, .. }) = open(first.clone(), sign_in.clone()).await else {
            panic!("ran without being asked about")
        };
        assert_eq!((&asked.path, &asked.args, &asked.env), (&program, &vec!["a".to_string()], &vec!["REGION".to_string()]));
        assert!(!format!("{asked:?}").contains("s3cr3t"), "{asked:?}");
        assert!(!ran.exists());
        lock(&book.0).push(*asked);
        open(first.clone(), sign_in.clone()).await.expect("approved");
        assert!(ran.exists());
        for other in [of(&["a", "b"], &[("REGION", "s3cr3t")]), of(&["a"], &[("REGION", "other")]), of(&["a"], &[])] {
            let refused = open(other, sign_in.clone()).await.err();
            assert!(matches!(refused, Some(CredentialError::PluginNotApproved { .. })), "{refused:?}");
        }
        open(first.clone(), sign_in.clone()).await.expect("still approved");
        let nobody = open(first.clone(), SignIn::default_place()).await.err();
        assert!(matches!(nobody, Some(CredentialError::PluginNotApproved { .. })), "{nobody:?}");
        write(script("# changed"));
        let changed = open(first, sign_in).await.err();
        assert!(matches!(changed, Some(CredentialError::PluginNotApproved { .. })), "{changed:?}");
        assert_eq!(std::fs::read_to_string(&ran).expect("ran").lines().count(), 2, "ran while it was not approved");
    }

    #[tokio::test]
    async fn what_a_plugin_says_is_seen_while_it_waits_for_somebody_and_it_can_be_stopped() {
        let sign_in = SignIn::approved(Arc::new(Book::default()), crate::ATTENDED);
        let login = Login::Exec(Box::new(plugin("echo 'enter the code AB12 at https://login' >&2; exec sleep 600")));
        let opening = tokio::spawn({
            let sign_in = sign_in.clone();
            async move { Credentials::prepare(&login, &[], &sign_in).await.err() }
        });
        let said = |s: &SignIn| s.running().map(|r| r.said).unwrap_or_default();
        timeout(Duration::from_secs(20), async {
            while !said(&sign_in).contains("AB12") {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("it is heard");
        sign_in.stop();
        let error = opening.await.expect("ends").expect("no credentials").to_string();
        assert!(error.contains("stopped by you: enter the code AB12"), "{error}");
        assert!(sign_in.running().is_none());
    }

    /// A plugin whose tokens are numbered and last so many seconds; the second run and all later ones wait for a file.
    fn numbered(dir: &Path, seconds: i64) -> ExecPlugin {
        let (runs, go) = (dir.join("runs"), dir.join("go"));
        let until = Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        plugin(&format!(
            "echo x >> '{runs}'; n=$(wc -l < '{runs}'); while [ $n -gt 1 ] && [ ! -e '{go}' ]; do sleep 0.01; done; [ -s '{go}' ] && exit 9; \
             echo '{{\"status\":{{\"token\":\"'$n'\",\"expirationTimestamp\":\"{until}\"}}}}'",
            runs = runs.display(),
            go = go.display()
        ))
    }

    async fn later(by: Duration) {
        tokio::time::pause();
        tokio::time::advance(by).await;
        tokio::time::resume();
    }

    fn runs(dir: &Path) -> usize {
        std::fs::read_to_string(dir.join("runs")).map_or(0, |t| t.lines().count())
    }

    async fn until(what: &str, so: impl Fn() -> bool) {
        // Real time: the plugin is a real process.
        for _ in 0..2000 {
            if so() {
                return;
            }
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(10))).await.expect("slept");
        }
        panic!("never: {what}");
    }

    #[tokio::test]
    async fn a_token_that_ends_is_renewed_beside_the_requests_and_a_slow_renewal_is_waited_for_in_words() {
        let dir = tempfile::tempdir().expect("dir");
        let login = Login::Exec(Box::new(numbered(dir.path(), 3)));
        let credentials = Credentials::prepare(&login, &[], &SignIn::approved(Arc::new(Book::default()), crate::ATTENDED)).await;
        let credentials = credentials.expect("a token");
        // It ends soon by the clock of the day, but one that was just given counts.
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer 1");
        assert_eq!(runs(dir.path()), 1);
        later(PAUSE).await;
        until("the token ends", || !counts_still(&credentials)).await;
        tokio::time::pause();
        let waits = header(&credentials).await.expect_err("no token yet").to_string();
        assert!(waits.contains("signs in; it may wait for you in a browser"), "{waits}");
        // However many requests give up, one and the same program goes on.
        header(&credentials).await.expect_err("no token yet");
        tokio::time::resume();
        until("it runs", || runs(dir.path()) == 2).await;
        std::fs::write(dir.path().join("go"), "").expect("written");
        until("the next token", || lock(&of(&credentials).state).running.is_none()).await;
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer 2");
    }

    #[tokio::test]
    async fn a_token_that_still_counts_goes_on_while_the_next_one_is_fetched() {
        let dir = tempfile::tempdir().expect("dir");
        let login = Login::Exec(Box::new(numbered(dir.path(), 50)));
        let credentials = Credentials::prepare(&login, &[], &SignIn::approved(Arc::new(Book::default()), crate::ATTENDED)).await;
        let credentials = credentials.expect("a token");
        later(PAUSE).await;
        assert_eq!(header(&credentials).await.expect("the old token"), "Bearer 1");
        until("the next run", || runs(dir.path()) == 2).await;
        assert_eq!(header(&credentials).await.expect("the old token"), "Bearer 1");
        std::fs::write(dir.path().join("go"), "").expect("written");
        until("the next token", || lock(&of(&credentials).state).running.is_none()).await;
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer 2");
    }

    #[tokio::test]
    async fn a_plugin_that_failed_is_left_alone_for_a_while_unless_somebody_wants_to_sign_in() {
        let dir = tempfile::tempdir().expect("dir");
        let login = Login::Exec(Box::new(numbered(dir.path(), -3600)));
        let credentials = Credentials::prepare(&login, &[], &SignIn::default_place()).await.expect("a token");
        // On a workstation whose clock is ahead, every token has ended before it came.
        assert_eq!(header(&credentials).await.expect("it counts for a while"), "Bearer 1");
        credentials.refused().await;
        assert_eq!(header(&credentials).await.expect("no new run for a server that refuses a new token"), "Bearer 1");
        std::fs::write(dir.path().join("go"), "fail").expect("written");
        later(PAUSE).await;
        let failed = header(&credentials).await;
        until("it failed", || lock(&of(&credentials).state).failed.is_some()).await;
        assert!(failed.is_err());
        let said = header(&credentials).await.expect_err("no token").to_string();
        assert!(said.contains("exit status: 9"), "{said}");
        assert_eq!(runs(dir.path()), 2);
        std::fs::write(dir.path().join("go"), "").expect("written");
        credentials.again();
        let _ = header(&credentials).await;
        until("it ran", || lock(&of(&credentials).state).running.is_none()).await;
        assert_eq!(header(&credentials).await.expect("a token"), "Bearer 3");
    }

    fn of(credentials: &Credentials) -> &Arc<Plugin> {
        match &credentials.source {
            Source::Plugin(plugin) => plugin,
            _ => panic!("no plugin"),
        }
    }

    fn counts_still(credentials: &Credentials) -> bool {
        lock(&of(credentials).state).answer.as_deref().is_some_and(counts)
    }
}
