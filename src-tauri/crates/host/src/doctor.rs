//! What runs have left behind: those of this journal that are not over, those of other workstations by their records, and
//! marks in the cluster of any other.

use std::collections::BTreeMap;
use std::time::Duration;

use api::*;
use engine::{Journal, RunHeader};
use model::{Kind, ObjectId, Sentence, sentence};
use plan::marks::{KINDS, Marks, marks};

use crate::behind::behind;
use crate::told::Told;
use crate::{Host, errors};

/// A sign of life that is so many seconds old, by the two clocks, is one. An older one, or one from the future, may be a clock that is wrong: then
/// it is looked again.
const SILENT: i64 = 300;
/// How long is looked for a sign of life: a Lease is renewed every 15 s. Taking over measures a whole Lease.
const LOOK: Duration = Duration::from_secs(20);

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
        over.extend(told.iter().map(|one| (one.face.run.clone(), false)));
        all.extend(futures::future::join_all(told.iter().map(|one| self.of_another(one))).await);
        let of_others = |id: &str| told.iter().any(|t| t.face.run == id);
        for header in headers.iter().filter(|h| h.context == context && !of_others(&h.id)) {
            let (plan, seen) = self.journaled(&header.id)?;
            over.insert(header.id.clone(), seen.status.is_final());
            if !seen.status.is_final() {
                all.push(self.unfinished(header, behind(&plan, &seen))?);
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
        let status = &told.face.status;
        let stands = match &told.face.step {
            Some(step) => sentence!("run {run} of {by} stands at: {status} at {step}", run, by, status, step),
            None => sentence!("run {run} of {by} stands at: {status}", run, by, status),
        };
        let take = sentence!("changeoverctl take-over {run} -n {namespace}", run, namespace = told.face.target.namespace);
        let (severity, code, message, remedy) = match self.life(told).await {
            Ok(Life::LetGo) => (FindingSeverity::Warn, "abandoned", stands.and(sentence!("it was let go, nobody drives it")), take),
            Ok(Life::Silent { at }) => {
                let silent =
                    sentence!("their last sign of life is of {at}, by their clock, and none came in {n} s", at, n = LOOK.as_secs());
                (FindingSeverity::Warn, "abandoned", stands.and(silent), take)
            }
            Ok(Life::Driven) => (FindingSeverity::Info, "driven", stands.and(sentence!("they drive it")), Sentence::default()),
            Err(e) => {
                let unread = sentence!("its record cannot be read: {why}"; why = e.message.into());
                (FindingSeverity::Warn, "unread-record", stands.and(unread), e.hint.map(Into::into).unwrap_or_default())
            }
        };
        let object = told.face.target.to_string();
        FindingView { code: code.into(), severity, object, message: message.into(), remedy: remedy.into() }
    }

    /// Whether a run of another workstation is driven. Their clock and this one may differ by hours, so that only a recent sign of
    /// life is believed at once.
    async fn life(&self, told: &Told) -> Result<Life, UiError> {
        let Some(first) = self.read_told(told).await?.2.alive_at else { return Ok(Life::LetGo) };
        let age = first.parse().map(|at: jiff::Timestamp| self.clock.now().duration_since(at).as_secs());
        if age.is_ok_and(|age| (0..=SILENT).contains(&age)) {
            return Ok(Life::Driven);
        }
        tokio::time::sleep(LOOK).await;
        Ok(match self.read_told(told).await?.2.alive_at {
            None => Life::LetGo,
            Some(second) if second == first => Life::Silent { at: first },
            Some(_) => Life::Driven,
        })
    }

    fn unfinished(&self, header: &RunHeader, behind: Sentence) -> Result<FindingView, UiError> {
        let id = &header.id;
        let (severity, code, message, remedy) = match self.store.driver(id).map_err(errors::journal)? {
            Some(pid) => {
                let message = sentence!("run {id} is being driven by process {pid} of this workstation", id, pid);
                (FindingSeverity::Info, "driven", message, Sentence::default())
            }
            None => {
                let remedy = sentence!("changeoverctl resume {id}, or changeoverctl back-out {id}", id);
                (FindingSeverity::Warn, "abandoned", behind, remedy)
            }
        };
        let object = header.target.to_string();
        Ok(FindingView { code: code.into(), severity, object, message: message.into(), remedy: remedy.into() })
    }
}

/// What another workstation does with its run.
enum Life {
    /// It drives it.
    Driven,
    /// It let it go.
    LetGo,
    /// It said nothing since.
    Silent {
        /// When it did last, by its clock (RFC 3339).
        at: String,
    },
}

/// Marks of runs that are over, or that the journal does not know; one that is open is told by itself. `over` = whether a run
/// of this journal is.
fn marked(over: &BTreeMap<String, bool>, object: &ObjectId, marks: &Marks) -> Option<FindingView> {
    let known: Vec<bool> = marks.runs.iter().filter_map(|run| over.get(run)).copied().collect();
    if known.contains(&false) {
        return None;
    }
    let by_hand = sentence!("by hand, once nobody drives it: {commands}", commands = marks.repair.join("; "));
    let (whose, remedy) = match (marks.runs.join(", "), known.is_empty()) {
        (runs, _) if runs.is_empty() => (sentence!("no mark says which run"), by_hand),
        (runs, true) => {
            let elsewhere = sentence!("resume it or back it out on the workstation that started it");
            (sentence!("run {runs}, which is not in this journal", runs), elsewhere.and(by_hand))
        }
        (runs, false) => (sentence!("run {runs}, which is over", runs), by_hand),
    };
    let message = marks.said.iter().cloned().chain([whose]).reduce(Sentence::and)?;
    let (severity, object) = (FindingSeverity::Warn, object.to_string());
    Some(FindingView { code: "left-behind".into(), severity, object, message: message.into(), remedy: remedy.into() })
}
