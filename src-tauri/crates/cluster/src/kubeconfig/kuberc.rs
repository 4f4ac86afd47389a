//! Which programs may sign in by kubectl's own preferences (`kuberc`: `credentialPluginPolicy` and
//! `credentialPluginAllowlist`; KEP-3104, Kubernetes 1.35). Whoever sets them expects that no other tool runs what they deny.
//!
//! Read as kubectl reads it: `$KUBERC`, else `~/.kube/kuberc`; the first document that is understood counts; nothing there means
//! that everything may run. But where kubectl warns and runs everything, because it cannot read the file or does not know a
//! word of it, nothing runs here: nobody would see the warning.
//!
//! It only ever forbids. What it allows is still approved, or not, as ever.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use model::{Sentence, sentence};
use serde_json::{Map, Value};

use super::file::{read_regular, shown, yaml};

/// Preferences have some hundred bytes.
const FILE_CAP: u64 = 1 << 20;
const GROUP: &str = "kubectl.config.k8s.io/";
const POLICY: &str = "credentialPluginPolicy";
const ALLOWLIST: &str = "credentialPluginAllowlist";

/// Where the preferences are.
#[derive(Clone, Debug, Default)]
pub enum Kuberc {
    /// Switched off, or without a home to look in.
    #[default]
    Off,
    /// In the default place, where there need not be any.
    Default(PathBuf),
    /// Where `$KUBERC` says.
    Named(PathBuf),
}

impl Kuberc {
    /// By the value of `$KUBERC` and the home folder.
    pub(super) fn of(value: Option<&OsStr>, home: Option<&Path>) -> Self {
        match value.filter(|v| !v.is_empty()) {
            Some(off) if off == "off" => Self::Off,
            Some(path) => Self::Named(path.into()),
            None => home.map_or(Self::Off, |h| Self::Default(h.join(".kube").join("kuberc"))),
        }
    }

    /// Whether a program may run, by its name in the kubeconfig and the file that this is. Read anew each time.
    ///
    /// # Errors
    /// Which file and which of its words speak against it, and what to do.
    pub(crate) fn check(&self, command: &Path, program: &Path) -> Result<(), Sentence> {
        let (path, named) = match self {
            Self::Off => return Ok(()),
            Self::Default(path) => (path, false),
            Self::Named(path) => (path, true),
        };
        let broken = |why: Sentence| {
            sentence!("{file}: {why}", file = path.display(); why).and(sentence!("correct it, or set KUBERC=off to go without it"))
        };
        let text = match read_regular(path, FILE_CAP) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !named => return Ok(()),
            read => read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| std::io::Error::other("not UTF-8"))),
        };
        let text = text.map_err(|e| broken(sentence!("cannot be read ({error})", error = e)))?;
        match policy(&text).map_err(broken)? {
            Policy::AllowAll => Ok(()),
            Policy::Allowlist(all) if all.iter().any(|entry| names(entry, command, program)) => Ok(()),
            Policy::DenyAll => Err(sentence!("{file}: {key} is DenyAll", file = path.display(), key = POLICY)
                .and(sentence!("ask whoever set it, or have it be Allowlist with this program in {list}", list = ALLOWLIST))),
            Policy::Allowlist(_) => {
                let remedy = sentence!("ask whoever set it, or add it there: command: {path}", path = clean(program).display());
                Err(sentence!("{file}: {key} does not name it", file = path.display(), key = ALLOWLIST).and(remedy))
            }
        }
    }
}

enum Policy {
    AllowAll,
    DenyAll,
    Allowlist(Vec<PathBuf>),
}

/// Whether an entry is this program: by its name in the kubeconfig, by its path, or as the same file on the `PATH`.
fn names(entry: &Path, command: &Path, program: &Path) -> bool {
    let program = clean(program);
    let bare = entry.components().count() == 1 && !entry.is_absolute();
    entry == clean(command) || entry == program || bare && which::which(entry).is_ok_and(|found| clean(&found) == program)
}

/// Without `.`, `..` and doubled slashes, by the text alone: Go's `filepath.Clean`.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match (part, out.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(out.pop()),
            (part, _) => out.push(part),
        }
    }
    out
}

/// The policy of the first document that is understood.
fn policy(text: &str) -> Result<Policy, Sentence> {
    let mut doubt = None;
    for (n, document) in documents(text).iter().enumerate() {
        let of = |why: Sentence| if n == 0 { why } else { sentence!("document {n}: {why}", n = n + 1; why) };
        match yaml(document) {
            Err((at, why)) => doubt = doubt.or(Some(of(sentence!("{at}: {why}"; at, why)))),
            Ok(Value::Object(map)) => {
                let version = map.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
                let ours = map.get("kind").and_then(Value::as_str) == Some("Preference");
                match version.strip_prefix(GROUP).filter(|_| ours) {
                    Some("v1beta1") => return of_preference(&map).map_err(of),
                    known => match map.keys().find(|k| speaks(k)) {
                        Some(key) => {
                            let (key, version) = (shown(key), shown(version));
                            let why = sentence!("{key}: not known of apiVersion \"{version}\" and its kind", key, version);
                            doubt = doubt.or(Some(of(why)));
                        }
                        None if known == Some("v1alpha1") => return Ok(Policy::AllowAll),
                        // Another version, or something else, that says nothing of programs.
                        None => {}
                    },
                }
            }
            Ok(Value::Null) => {}
            Ok(_) => doubt = doubt.or(Some(of(sentence!("not a mapping")))),
        }
    }
    doubt.map_or(Ok(Policy::AllowAll), Err)
}

fn speaks(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("credentialplugin")
}

/// As kubectl cuts them.
fn documents(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for line in text.lines() {
        let ends = line.strip_prefix("---").map(str::trim).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'));
        match all.last_mut() {
            Some(last) if !ends => last.extend([line, "\n"]),
            _ => all.push(String::new()),
        }
    }
    all
}

fn of_preference(map: &Map<String, Value>) -> Result<Policy, Sentence> {
    if let Some(key) = map.keys().find(|k| speaks(k) && ![POLICY, ALLOWLIST].contains(&k.as_str())) {
        let why = sentence!("a word for programs that nobody heeds is a mistake");
        return Err(sentence!("{key}: not known", key = shown(key)).and(why));
    }
    let list = match map.get(ALLOWLIST) {
        None | Some(Value::Null) => None,
        Some(Value::Array(all)) => Some(all.iter().enumerate().map(|(n, e)| entry(n, e)).collect::<Result<Vec<_>, _>>()?),
        Some(_) => return Err(sentence!("{key}: not a list", key = ALLOWLIST)),
    };
    let name = match map.get(POLICY) {
        None | Some(Value::Null) => "",
        Some(value) => value.as_str().unwrap_or("?"),
    };
    match (name, list) {
        ("Allowlist", Some(all)) if !all.is_empty() => Ok(Policy::Allowlist(all)),
        ("Allowlist", _) => Err(sentence!("{key}: names no program", key = ALLOWLIST).and(sentence!("DenyAll would say so"))),
        ("" | "AllowAll" | "DenyAll", Some(_)) => {
            Err(sentence!("{key}: counts only where {policy} is Allowlist", key = ALLOWLIST, policy = POLICY))
        }
        ("" | "AllowAll", None) => Ok(Policy::AllowAll),
        ("DenyAll", None) => Ok(Policy::DenyAll),
        _ => Err(sentence!("{key}: not AllowAll, DenyAll or Allowlist", key = POLICY)),
    }
}

/// `command`, or `name` as it was called at first. Another condition would be one more that has to hold.
fn entry(n: usize, value: &Value) -> Result<PathBuf, Sentence> {
    let wrong = |what: Sentence| sentence!("{key}: {what}", key = format!("{ALLOWLIST}[{n}]"); what);
    let map = value.as_object().ok_or_else(|| wrong(sentence!("not a mapping with command")))?;
    if let Some(other) = map.keys().find(|k| !["name", "command"].contains(&k.as_str())) {
        return Err(wrong(sentence!("{key}: not known", key = shown(other)).and(sentence!("only command is"))));
    }
    let text = |key: &str| match map.get(key) {
        None | Some(Value::Null) => Ok(""),
        Some(value) => value.as_str().ok_or_else(|| wrong(sentence!("not a text"))),
    };
    let path = match (text("name")?, text("command")?) {
        ("", "") => return Err(wrong(sentence!("names no program"))),
        (one, "") | ("", one) => one,
        (name, command) if name == command => command,
        _ => return Err(wrong(sentence!("name and command differ").and(sentence!("leave name out")))),
    };
    let path = Path::new(path);
    match clean(path) {
        cleaned if cleaned.as_os_str() == path.as_os_str() => Ok(cleaned),
        _ => Err(wrong(sentence!("a path with . or .. or doubled slashes in it"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What these preferences say of `login` at /usr/local/bin.
    fn check(text: &str, expect: Result<(), &str>) {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("kuberc");
        std::fs::write(&path, text).expect("written");
        let said = Kuberc::Named(path.clone()).check(Path::new("login"), Path::new("/usr/local/bin/login"));
        match expect {
            Ok(()) => assert_eq!(said, Ok(()), "{text}"),
            Err(expect) => {
                let said = said.expect_err(text).text.replace(&format!("{}: ", path.display()), "");
                assert!(said.starts_with(expect), "{text}: {said}");
            }
        }
    }

    fn v1beta1(rest: &str) -> String {
        format!("apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n{rest}\n")
    }

    #[test]
    fn a_policy_lets_run_what_kubectl_lets_run() {
        let ok = |rest: &str| check(&v1beta1(rest), Ok(()));
        let no = |rest: &str, why: &str| check(&v1beta1(rest), Err(why));
        ok("");
        ok("credentialPluginPolicy:");
        ok("credentialPluginPolicy: ''\naliases: [{name: getn, command: get}]");
        ok("credentialPluginPolicy: AllowAll");
        no("credentialPluginPolicy: DenyAll", "credentialPluginPolicy is DenyAll; ask whoever set it");
        let list = |entries: &str| format!("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{entries}]");
        let other = "credentialPluginAllowlist does not name it; ask whoever set it, or add it there: command: /usr/local/bin/login";
        ok(&list("{command: other}, {command: login}"));
        ok(&list("{command: /usr/local/bin/login}"));
        ok(&list("{name: login}"));
        ok(&list("{name: login, command: login}"));
        no(&list("{command: /usr/bin/login}"), other);
        no(&list("{command: log}, {command: bin/login}"), other);
        // By path: neither a pattern nor a folder.
        no(&list("{command: /usr/local/bin}, {command: '/usr/local/bin/*'}"), other);
    }

    #[test]
    fn a_program_on_the_path_is_known_by_its_name_and_by_where_it_is() {
        let sh = which::which("sh").expect("every machine has one");
        let bare = Path::new("sh");
        assert!(names(bare, bare, &sh) && names(&sh, bare, &sh) && names(bare, &sh, &sh) && names(&sh, &sh, &sh));
        // A program of that name from elsewhere is not the one of the PATH.
        let elsewhere = Path::new("/tmp/kubeconfigs/sh");
        assert!(!names(bare, elsewhere, elsewhere) && !names(&sh, elsewhere, elsewhere));
        let beside = Path::new("/tmp/kubeconfigs/./bin/../sh");
        assert!(names(elsewhere, beside, beside) && !names(bare, beside, beside));
    }

    #[test]
    fn preferences_that_contradict_themselves_or_are_not_understood_let_nothing_run() {
        let no = |rest: &str, why: &str| check(&v1beta1(rest), Err(why));
        no("credentialPluginPolicy: Denyall", "credentialPluginPolicy: not AllowAll, DenyAll or Allowlist; correct it, or set KUBERC=off");
        no("credentialPluginPolicy: [DenyAll]", "credentialPluginPolicy: not AllowAll");
        no("credentialPluginPolcy: DenyAll", "credentialPluginPolcy: not known");
        no("CredentialPluginPolicy: DenyAll", "CredentialPluginPolicy: not known");
        no("credentialPluginPolicy: Allowlist", "credentialPluginAllowlist: names no program");
        no("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: []", "credentialPluginAllowlist: names no program");
        no("credentialPluginAllowlist: [{command: login}]", "credentialPluginAllowlist: counts only where");
        no("credentialPluginPolicy: AllowAll\ncredentialPluginAllowlist: []", "credentialPluginAllowlist: counts only where");
        no(
            "credentialPluginPolicy: DenyAll\ncredentialPluginAllowlist: [{command: login}]",
            "credentialPluginAllowlist: counts only where",
        );
        let entry = |one: &str, why: &str| {
            let rest = format!("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{{command: login}}, {one}]");
            no(&rest, &format!("credentialPluginAllowlist[1]: {why}"));
        };
        entry("{}", "names no program");
        entry("{command: ''}", "names no program");
        entry("login", "not a mapping");
        entry("{command: 7}", "not a text");
        entry("{command: a, name: b}", "name and command differ");
        entry("{command: login, sha256: x}", "sha256: not known");
        entry("{command: ./login}", "a path with .");
        entry("{command: /usr//bin/login}", "a path with .");
        check("credentialPluginPolicy: [", Err("line 1, column 25: not valid YAML"));
        check(&v1beta1("credentialPluginPolicy: AllowAll\ncredentialPluginPolicy: DenyAll"), Err("line 4, column 1: a key stands twice"));
        check("DenyAll", Err("not a mapping"));
    }

    #[test]
    fn of_several_documents_the_first_that_is_understood_counts_and_another_version_may_not_be_passed_over_where_it_speaks_of_programs() {
        let (allow, deny) = (v1beta1("credentialPluginPolicy: AllowAll"), v1beta1("credentialPluginPolicy: DenyAll"));
        check("", Ok(()));
        check("# nothing\n---\n", Ok(()));
        check(&format!("{allow}---\n{deny}"), Ok(()));
        check(&format!("{deny}---\n{allow}"), Err("credentialPluginPolicy is DenyAll"));
        let v1 = |rest: &str| format!("apiVersion: kubectl.config.k8s.io/v1\nkind: Preference\n{rest}\n");
        check(&v1("aliases: []"), Ok(()));
        check(&v1("credentialPluginPolicy: AllowAll"), Err("credentialPluginPolicy: not known of apiVersion \"kubectl.config.k8s.io/v1\""));
        check(&format!("{}---\n{allow}", v1("credentialPluginPolicy: DenyAll")), Ok(()));
        check(&format!("{}--- # older\n{deny}", v1("aliases: []")), Err("credentialPluginPolicy is DenyAll"));
        check("apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\naliases: []\n", Ok(()));
        check(
            "apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\ncredentialPluginPolicy: DenyAll\n",
            Err("credentialPluginPolicy: not known"),
        );
        check("kind: Preference\ncredentialPluginPolicy: DenyAll\n", Err("credentialPluginPolicy: not known of apiVersion \"\""));
        check(&format!("{}---\ncredentialPluginPolicy: [", v1("aliases: []")), Err("document 2: line 1, column 25: not valid YAML"));
    }

    #[test]
    fn preferences_are_where_the_environment_says_and_only_named_ones_must_be_there() {
        let home = tempfile::tempdir().expect("dir");
        let at = |value: Option<&str>| Kuberc::of(value.map(OsStr::new), Some(home.path()));
        let says = |k: &Kuberc| k.check(Path::new("login"), Path::new("/bin/login"));
        assert_eq!(says(&at(None)), Ok(()));
        std::fs::create_dir(home.path().join(".kube")).expect("made");
        std::fs::write(home.path().join(".kube/kuberc"), v1beta1("credentialPluginPolicy: DenyAll")).expect("written");
        assert!(says(&at(None)).expect_err("denied").text.starts_with(&format!("{}/.kube/kuberc: ", home.path().display())));
        assert!(says(&at(Some(""))).is_err());
        assert_eq!(says(&at(Some("off"))), Ok(()));
        let gone = home.path().join("gone");
        assert!(says(&at(gone.to_str())).expect_err("named").text.contains("cannot be read (No such file"));
        std::fs::write(&gone, v1beta1("")).expect("written");
        assert_eq!(says(&at(gone.to_str())), Ok(()));
        assert!(says(&at(home.path().to_str())).expect_err("a folder").text.contains("not a regular file"));
        assert_eq!(says(&Kuberc::of(None, None)), Ok(()));
    }
}
