//! Errors of the rooms, as a front end gets them.

use api::{Code, UiError};
use engine::{JournalError, ReadError, ShareError};
use model::{Sentence, sentence};
use plan::PlanError;

fn error(code: Code, said: Sentence, hint: Option<Sentence>) -> UiError {
    let e = UiError::new(code, said);
    match hint {
        Some(hint) => e.hint(hint),
        None => e,
    }
}

/// From a read.
pub fn read(e: ReadError) -> UiError {
    let (code, said, detail, hint) = match e {
        ReadError::Unauthorized { what, message } => (
            Code::Unauthorized,
            sentence!("{what}: not signed in", what),
            message,
            sentence!("sign in again, or correct the user entry of the kubeconfig"),
        ),
        ReadError::Forbidden { what, message } => {
            (Code::Forbidden, sentence!("{what}: not allowed", what), message, sentence!("ask for the right, or follow other namespaces"))
        }
        ReadError::Unreachable { what, message } if message.text.contains(cluster::UNTRUSTED) => (
            Code::Untrusted,
            sentence!("{what}: its certificate is not trusted", what),
            message,
            sentence!("was the cluster made anew? then take its certificate authority from it again; else somebody stands in between"),
        ),
        ReadError::Unreachable { what, message } => (
            Code::Unreachable,
            sentence!("{what}: no answer", what),
            message,
            sentence!("check network, VPN and proxy; the context is asked again by itself"),
        ),
        ReadError::Invalid { what, message } => (
            Code::Unreachable,
            sentence!("{what}: answer not understood", what),
            message,
            sentence!("is the server of the kubeconfig a Kubernetes API server?"),
        ),
    };
    UiError::new(code, said).detail(detail).hint(hint)
}

/// From the journal.
pub fn journal(e: JournalError) -> UiError {
    let code = match &e {
        JournalError::NotFound(_) => Code::NotFound,
        JournalError::Held { .. } | JournalError::NotHeld { .. } | JournalError::Exists(_) => Code::Stopped,
        JournalError::Unusable { .. } | JournalError::Write { .. } => Code::Journal,
    };
    let hint = match &e {
        JournalError::Held { .. } => Some(sentence!("another process drives this run; stop it first, or use it there")),
        JournalError::Exists(_) => Some(sentence!("this plan was started before; `resume` it, or make a new plan")),
        JournalError::Unusable { .. } => {
            Some(sentence!("nothing was interpreted or changed; name another folder with --state-dir, or restore the file"))
        }
        JournalError::Write { .. } => Some(sentence!("nothing was written to the cluster; free the disk and resume")),
        JournalError::NotFound(_) | JournalError::NotHeld { .. } => None,
    };
    error(code, e.said(), hint)
}

/// From the record of a run, or its Lease.
pub fn share(e: ShareError) -> UiError {
    let (code, hint) = match e {
        ShareError::Held { ref run, .. } => {
            let hint = sentence!("talk to them; or take it over with a reason: changeoverctl take-over {run} --steal REASON", run);
            (Code::Stopped, Some(hint))
        }
        ShareError::Open { ref run, .. } => {
            let hint = sentence!("finish it, back it out, or take it over first: changeoverctl take-over {run}", run);
            (Code::Stopped, Some(hint))
        }
        ShareError::Unusable(_) => (Code::Stopped, None),
        ShareError::Nothing(_) => (Code::NotFound, Some(sentence!("`changeoverctl runs` lists what is under way"))),
        ShareError::Refused(_) => (
            Code::Forbidden,
            Some(sentence!(
                "ask whoever gives rights in this namespace for the operator role; going back to what served before works without"
            )),
        ),
        ShareError::Read(e) => return read(e),
    };
    error(code, e.said(), hint)
}

/// From planning.
pub fn plan(e: PlanError) -> UiError {
    let code = match &e {
        PlanError::Param { .. } | PlanError::File(_) => Code::Usage,
        PlanError::NoTarget(_) => Code::NotFound,
        PlanError::Unfit { .. } => Code::Stopped,
    };
    UiError::new(code, e.said())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_and_refused_credentials_are_told_apart() {
        let unreachable = read(ReadError::Unreachable { what: "x".into(), message: Sentence::quoted("refused") });
        let unauthorized = read(ReadError::Unauthorized { what: "x".into(), message: Sentence::quoted("401") });
        assert_eq!((unreachable.code, unauthorized.code), (Code::Unreachable, Code::Unauthorized));
    }

    #[test]
    fn a_run_that_another_process_has_is_a_stop_and_a_torn_journal_is_not() {
        assert_eq!(journal(JournalError::Held { run: "r".into(), pid: 1 }).code, Code::Stopped);
        assert_eq!(journal(JournalError::Unusable { path: "p".into(), why: Sentence::quoted("w") }).code, Code::Journal);
    }
}
