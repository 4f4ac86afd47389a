//! What runs have left behind: those of this journal that are not over, those of other workstations by their records, and
//! marks in the cluster of any other.

use std::collections::BTreeMap;
use std::time::Duration;

use api::*;
use engine::{Journal, RunHeader};
use model::{Kind, ObjectId};
use plan::marks::{KINDS, Marks, marks};

use crate::behind::behind;
use crate::told::Told;
use crate::{Host, errors};

/// A driver that was silent for so long has gone, whatever the two clocks differ by. Taking over measures by one clock.
const SILENT: Duration = Duration::from_secs(300);

impl Host {
    /// Findings, those that need somebody first.
    ///
    /// # Errors
    /// [`Code::Usage`] when the context is not open; the journal's.
    pub(crate) async fn left_behind(&self, context: &str) -> Result<Vec<FindingView>, UiError> {
        let live = self.shown_live(context)?;
        let headers = self.store.runs().map_err(errors::journal)?;
        let (mut all, mut over) = (vec![], BTreeMap::new());
        let told: Vec<Told> = self.all_told().into_iter().filter(|t| t.context == context).collect();
        for one in &told {
            over.insert(one.face.run.clone(), false);
            all.push(self.of_another(one).await);
        }
        let of_others = |id: &str| told.iter().any(|t| t.face.run == id);
        for header in headers.iter().filter(|h| h.context == context && !of_others(&h.id)) {
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
        // Records of runs are ConfigMaps, but for a few.
        let bears = |k: &KindStateView| KINDS.iter().chain([&Kind::ConfigMap]).any(|kind| kind.name() == k.kind);
        self.unread(context).into_iter().filter(bears).collect()
    }

    /// A run of another workstation: driven, or left by somebody who let it go or fell silent.
    async fn of_another(&self, told: &Told) -> FindingView {
        let (run, by) = (&told.face.run, &told.face.driver.by);
        let at = told.face.step.as_ref().map(|s| format!(" at {s}")).unwrap_or_default();
        let stands = format!("run {run} of {by} stands at: {}{at}", told.face.status);
        let take = format!("changeoverctl take-over {run} -n {}", told.face.target.namespace);
        let since = |at: &str| {
            let at: jiff::Timestamp = at.parse().ok()?;
            u64::try_from(self.clock.now().duration_since(at).as_secs()).ok()
        };
        let (severity, code, message, remedy) = match self.read_told(told).await {
            Ok((_, _, DriverView { alive_at: None, .. })) => {
                (FindingSeverity::Warn, "abandoned", format!("{stands}; it was let go, nobody drives it"), take)
            }
            Ok((_, _, DriverView { alive_at: Some(at), .. })) => match since(&at) {
                Some(age) if age > SILENT.as_secs() => {
                    (FindingSeverity::Warn, "abandoned", format!("{stands}; last sign of life {age} s ago, by their clock"), take)
                }
                _ => (FindingSeverity::Info, "driven", format!("{stands}; they drive it"), String::new()),
            },
            Err(e) => (FindingSeverity::Warn, "unread-record", format!("{stands}; its record cannot be read: {}", e.message), e.hint),
        };
        FindingView { code: code.into(), severity, object: told.face.target.to_string(), message, remedy }
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
