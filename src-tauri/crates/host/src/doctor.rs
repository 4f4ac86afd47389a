//! What runs have left behind: those of this journal that are not over, and marks in the cluster of any other.

use api::*;
use engine::{Journal, RunHeader};
use model::ObjectId;
use plan::marks::{Marks, marks};

use crate::behind::behind;
use crate::{Host, errors};

/// A run of this journal, as far as it matters here.
enum Known {
    /// Over: whatever still bears its marks was left.
    Over,
    /// Not over; it is told by itself.
    Open,
}

impl Host {
    /// Findings, those that need somebody first.
    ///
    /// # Errors
    /// [`Code::Usage`] when the context is not open; the journal's.
    pub(crate) fn left_behind(&self, context: &str) -> Result<Vec<FindingView>, UiError> {
        let live = self.shown_live(context)?;
        let headers = self.store.runs().map_err(errors::journal)?;
        let mut all = vec![];
        for header in headers.iter().filter(|h| h.context == context) {
            all.extend(self.unfinished(header)?);
        }
        for (object, marks) in live.with(|_, set| marks(set)) {
            all.extend(self.marked(&headers, &object, &marks)?);
        }
        all.sort_by_key(|f| f.severity != FindingSeverity::Warn);
        Ok(all)
    }

    fn unfinished(&self, header: &RunHeader) -> Result<Option<FindingView>, UiError> {
        let (plan, seen) = self.journaled(&header.id)?;
        if seen.status.is_final() {
            return Ok(None);
        }
        let (severity, code, message, remedy) = match self.store.driver(&header.id).map_err(errors::journal)? {
            Some(pid) => (
                FindingSeverity::Info,
                "driven",
                format!("run {} is being driven by process {pid} of this workstation", header.id),
                String::new(),
            ),
            None => {
                let remedy = format!("changeoverctl resume {0}, or changeoverctl back-out {0}", header.id);
                (FindingSeverity::Warn, "abandoned", behind(&plan, &seen), remedy)
            }
        };
        Ok(Some(FindingView { code: code.into(), severity, object: header.target.to_string(), message, remedy }))
    }

    /// Marks of runs that are over, or that this journal does not know.
    fn marked(&self, headers: &[RunHeader], object: &ObjectId, marks: &Marks) -> Result<Option<FindingView>, UiError> {
        let mut known = vec![];
        for run in &marks.runs {
            if headers.iter().any(|h| h.id == *run) {
                let over = self.journaled(run)?.1.status.is_final();
                known.push(if over { Known::Over } else { Known::Open });
            }
        }
        if known.iter().any(|k| matches!(k, Known::Open)) {
            return Ok(None);
        }
        let by_hand = format!("by hand, once nobody drives it: {}", marks.repair.join("; "));
        let (whose, remedy) = match (marks.runs.join(", "), known.is_empty()) {
            (runs, _) if runs.is_empty() => ("no mark says which run".into(), by_hand),
            (runs, true) => {
                let elsewhere = "resume it or back it out on the workstation that started it";
                (format!("run {runs}, which is not in this journal"), format!("{elsewhere}; {by_hand}"))
            }
            (runs, false) => (format!("run {runs}, which is over"), by_hand),
        };
        let message = format!("{} ({whose})", marks.said.join("; "));
        Ok(Some(FindingView { code: "left-behind".into(), severity: FindingSeverity::Warn, object: object.to_string(), message, remedy }))
    }
}
