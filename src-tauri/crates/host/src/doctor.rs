//! What runs have left behind: those of this journal that are not over, and marks in the cluster of any other.

use std::collections::BTreeMap;

use api::*;
use engine::{Journal, RunHeader};
use model::ObjectId;
use plan::marks::{KINDS, Marks, marks};

use crate::behind::behind;
use crate::{Host, errors};

impl Host {
    /// Findings, those that need somebody first.
    ///
    /// # Errors
    /// [`Code::Usage`] when the context is not open; the journal's.
    pub(crate) fn left_behind(&self, context: &str) -> Result<Vec<FindingView>, UiError> {
        let live = self.shown_live(context)?;
        let headers = self.store.runs().map_err(errors::journal)?;
        let (mut all, mut over) = (vec![], BTreeMap::new());
        for header in headers.iter().filter(|h| h.context == context) {
            let (plan, seen) = self.journaled(&header.id)?;
            over.insert(header.id.clone(), seen.status.is_final());
            if !seen.status.is_final() {
                all.push(self.unfinished(header, &behind(&plan, &seen))?);
            }
        }
        for (object, marks) in live.with(|_, set| marks(set)) {
            // A cluster may have been met under the name of another context.
            for header in headers.iter().filter(|h| marks.runs.contains(&h.id)) {
                if !over.contains_key(&header.id) {
                    over.insert(header.id.clone(), self.journaled(&header.id)?.1.status.is_final());
                }
            }
            all.extend(marked(&over, &object, &marks));
        }
        all.sort_by_key(|f| f.severity != FindingSeverity::Warn);
        Ok(all)
    }

    /// Kinds that may bear marks and are not all seen.
    pub fn not_looked_at(&self, context: &str) -> Vec<KindStateView> {
        let bears = |k: &KindStateView| KINDS.iter().any(|kind| kind.name() == k.kind);
        self.unread(context).into_iter().filter(bears).collect()
    }

    fn unfinished(&self, header: &RunHeader, behind: &str) -> Result<FindingView, UiError> {
        let id = &header.id;
        let (severity, code, message, remedy) = match self.store.driver(id).map_err(errors::journal)? {
            Some(pid) => {
                let message = format!("run {id} is being driven by process {pid} of this workstation");
                (FindingSeverity::Info, "driven", message, String::new())
            }
            None => {
                let remedy = format!("changeoverctl resume {id}, or changeoverctl back-out {id}");
                (FindingSeverity::Warn, "abandoned", behind.to_string(), remedy)
            }
        };
        Ok(FindingView { code: code.into(), severity, object: header.target.to_string(), message, remedy })
    }
}

/// Marks of runs that are over, or that the journal does not know; one that is open is told by itself. `over` = whether a run
/// of this journal is.
fn marked(over: &BTreeMap<String, bool>, object: &ObjectId, marks: &Marks) -> Option<FindingView> {
    let known: Vec<bool> = marks.runs.iter().filter_map(|run| over.get(run)).copied().collect();
    if known.contains(&false) {
        return None;
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
    Some(FindingView { code: "left-behind".into(), severity: FindingSeverity::Warn, object: object.to_string(), message, remedy })
}
