//! Exit codes: what a script branches on.

use api::{Code, RunState, RunView, UiError};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The command line, a plan file or the kubeconfig is wrong.
    Usage = 2,
    /// Stopped by a check: a finding, a moved world, a read-only context.
    Stopped = 3,
    /// Held or left: needs somebody.
    Held = 4,
    /// Backed out.
    BackedOut = 5,
    /// Stuck: the commands for a repair by hand were printed.
    Stuck = 6,
    /// The cluster cannot be reached, or what is known of it is stale.
    Unreachable = 7,
}

impl Exit {
    /// For an error.
    pub fn of_error(e: &UiError) -> Exit {
        match e.code {
            Code::Usage | Code::NotFound | Code::Kubeconfig => Exit::Usage,
            Code::Stopped | Code::Locked | Code::Moved | Code::Unapproved => Exit::Stopped,
            Code::Forbidden | Code::Journal | Code::Failed => Exit::Failed,
            Code::Unauthorized | Code::Unreachable | Code::Untrusted => Exit::Unreachable,
        }
    }

    /// For a run that is not driven any more. One that had to stop, as its journal cannot be written, failed here, and can
    /// be resumed all the same.
    pub fn of_run(v: &RunView) -> Exit {
        match v.state {
            RunState::Left if v.headline.code == "stopped" => Exit::Failed,
            state => Exit::of_state(state),
        }
    }

    /// For the state of one.
    fn of_state(state: RunState) -> Exit {
        match state {
            RunState::Done => Exit::Done,
            RunState::Failed => Exit::Failed,
            RunState::BackedOut => Exit::BackedOut,
            RunState::Stuck => Exit::Stuck,
            RunState::Ready
            | RunState::Running
            | RunState::Waiting
            | RunState::Held
            | RunState::BackingOut
            | RunState::Left
            | RunState::Elsewhere => Exit::Held,
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::sentence;

    #[test]
    fn codes_are_those_that_scripts_were_promised() {
        let all = [Exit::Done, Exit::Failed, Exit::Usage, Exit::Stopped, Exit::Held, Exit::BackedOut, Exit::Stuck, Exit::Unreachable];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_moved_world_and_a_locked_context_are_stops_not_failures() {
        for code in [Code::Moved, Code::Locked, Code::Stopped] {
            assert_eq!(Exit::of_error(&UiError::new(code, sentence!("x"))), Exit::Stopped);
        }
        assert_eq!(Exit::of_error(&UiError::new(Code::Unauthorized, sentence!("x"))), Exit::Unreachable);
        assert_eq!(Exit::of_error(&UiError::new(Code::Kubeconfig, sentence!("x"))), Exit::Usage);
    }

    #[test]
    fn a_run_that_goes_on_without_us_needs_somebody() {
        assert_eq!(Exit::of_state(RunState::Left), Exit::Held);
        assert_eq!(Exit::of_state(RunState::BackedOut), Exit::BackedOut);
        assert_eq!(Exit::of_state(RunState::Stuck), Exit::Stuck);
    }
}
