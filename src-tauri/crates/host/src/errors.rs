//! Errors of the rooms, as a front end gets them.

use api::{Code, UiError};
use engine::{JournalError, ReadError, ShareError};
use plan::PlanError;

/// From a read.
pub fn read(e: ReadError) -> UiError {
    let (code, message, detail, hint) = match e {
        ReadError::Unauthorized { what, message } => {
            (Code::Unauthorized, format!("{what}: not signed in"), message, "sign in again, or correct the user entry of the kubeconfig")
        }
        ReadError::Forbidden { what, message } => {
            (Code::Forbidden, format!("{what}: not allowed"), message, "ask for the right, or follow other namespaces")
        }
        ReadError::Unreachable { what, message } if message.contains(cluster::UNTRUSTED) => (
            Code::Untrusted,
            format!("{what}: its certificate is not trusted"),
            message,
            "was the cluster made anew? then take its certificate authority from it again; else somebody stands in between",
        ),
        ReadError::Unreachable { what, message } => {
            (Code::Unreachable, format!("{what}: no answer"), message, "check network, VPN and proxy; the context is asked again by itself")
        }
        ReadError::Invalid { what, message } => (
            Code::Unreachable,
            format!("{what}: answer not understood"),
            message,
            "is the server of the kubeconfig a Kubernetes API server?",
        ),
    };
    UiError::new(code, message).detail(detail).hint(hint)
}

/// From the journal.
pub fn journal(e: JournalError) -> UiError {
    let code = match &e {
        JournalError::NotFound(_) => Code::NotFound,
        JournalError::Held { .. } | JournalError::NotHeld { .. } | JournalError::Exists(_) => Code::Stopped,
        JournalError::Unusable { .. } | JournalError::Write { .. } => Code::Journal,
    };
    let hint = match &e {
        JournalError::Held { .. } => "another process drives this run; stop it first, or use it there",
        JournalError::Exists(_) => "this plan was started before; `resume` it, or make a new plan",
        JournalError::Unusable { .. } => "nothing was interpreted or changed; name another folder with --state-dir, or restore the file",
        JournalError::Write { .. } => "nothing was written to the cluster; free the disk and resume",
        JournalError::NotFound(_) | JournalError::NotHeld { .. } => "",
    };
    UiError::new(code, e.to_string()).hint(hint)
}

/// From the record of a run, or its Lease.
pub fn share(e: ShareError) -> UiError {
    let (code, hint) = match &e {
        ShareError::Held { run, .. } => {
            (Code::Stopped, format!("talk to them; or take it over with a reason: changeoverctl take-over {run} --steal REASON"))
        }
        ShareError::Open { run, .. } => {
            (Code::Stopped, format!("finish it, back it out, or take it over first: changeoverctl take-over {run}"))
        }
        ShareError::Unusable(_) => (Code::Stopped, String::new()),
        ShareError::Nothing(_) => (Code::NotFound, "`changeoverctl runs` lists what is under way".into()),
        ShareError::Refused(_) => (
            Code::Forbidden,
            "ask whoever gives rights in this namespace for the operator role; going back to what served before works without".into(),
        ),
        ShareError::Read(_) => (Code::Unreachable, String::new()),
    };
    match e {
        ShareError::Read(e) => read(e),
        e => UiError::new(code, e.to_string()).hint(hint),
    }
}

/// From planning.
pub fn plan(e: PlanError) -> UiError {
    let code = match &e {
        PlanError::Param { .. } | PlanError::File(_) => Code::Usage,
        PlanError::NoTarget(_) => Code::NotFound,
        PlanError::Unfit { .. } => Code::Stopped,
    };
    UiError::new(code, e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_and_refused_credentials_are_told_apart() {
        let unreachable = read(ReadError::Unreachable { what: "x".into(), message: "refused".into() });
        let unauthorized = read(ReadError::Unauthorized { what: "x".into(), message: "401".into() });
        assert_eq!((unreachable.code, unauthorized.code), (Code::Unreachable, Code::Unauthorized));
    }

    #[test]
    fn a_run_that_another_process_has_is_a_stop_and_a_torn_journal_is_not() {
        assert_eq!(journal(JournalError::Held { run: "r".into(), pid: 1 }).code, Code::Stopped);
        assert_eq!(journal(JournalError::Unusable { path: "p".into(), why: model::sentence!("{why}", why = "w") }).code, Code::Journal);
    }
}
