//! Guarded writes: intent on disk, one request, outcome on disk; an unknown outcome is settled before anything else.
//!
//! Why a late landing can do no harm, by verb (`docs/decisions`):
//! - **Patch** carries the resourceVersion (first write to an object) or the epoch that the previous write left. When
//!   its outcome is unknown, either it is seen to have landed, or its guard is seen to be stale, or a *fencing write*
//!   makes it stale. Only then is anything else sent.
//! - **Scale** carries the resourceVersion; the fence is a patch of the epoch on the scaled object.
//! - **Create** has a name that only one can have: sending it again shuts the late one out (409), or is shut out by it,
//!   and then who holds the name is looked at: the run's own object is adopted. Where the run goes back instead, the
//!   object is remembered as *dangling*, looked for at the end, and harmless (no replicas, no traffic).
//! - **Delete** carries the resourceVersion; the fence is the same delete once more, until one is seen to have landed or
//!   the object to have moved.

use std::time::Duration;

use model::{Edit, Guard, ObjectId, Sentence, Write, names, sentence};
use serde_json::Value;

use crate::change::{Altered, Change, Contradiction, Facts, field, guarded, made_at, replicas, whole};
use crate::ctx::{Ctx, Stop};
use crate::entry::{Choice, Direction, Event, HoldCode, Outcome, Purpose, Said, Stored};
use crate::ports::{Mode, WriteError};
use crate::shared::Moment;
use crate::view::{Known, WriteRecord, live_epoch};

/// Tries before a write that keeps being overtaken is given to somebody.
pub(crate) const ATTEMPTS: u32 = 10;
/// How long the first of them waits; the n-th n times as long.
pub(crate) const OVERTAKEN: Duration = Duration::from_millis(20);
/// Who needs so long from the record of a write to its request may have been stopped there; or the API server is slow, and is asked
/// once more.
const NAP: Duration = Duration::from_secs(2);

/// Computes what has to be done to an object as it is.
pub type Want<'a> = &'a (dyn Fn(Option<&Value>, &Facts<'_>) -> Result<Change, Contradiction> + Send + Sync);

/// How a sent write ended.
#[derive(Debug)]
pub enum Sent {
    /// It is stored.
    Landed(Value),
    /// A precondition did not hold: read again, plan again.
    Overtaken,
    /// Refused for good.
    Refused(WriteError),
    /// Never left.
    Unsent(WriteError),
    /// Nobody knows.
    Unknown(WriteError),
}

impl Ctx {
    /// Brings an object to where `want` says, whatever it takes: reads, computes, writes, reads again when overtaken.
    pub async fn bring(&mut self, object: &ObjectId, want: Want<'_>) -> Result<(), Stop> {
        let mut silent = None;
        for attempt in 1..=ATTEMPTS {
            let live = self.get(object).await?;
            let Some((write, pre_image)) = self.plan_write(object, live.as_ref(), want)? else { return Ok(()) };
            match self.send(vec![], write, pre_image, Purpose::Step, attempt).await? {
                Sent::Landed(_) => return self.as_sent(object),
                Sent::Overtaken => {
                    // A name that is taken may be taken by what an earlier try made.
                    if self.settle().await? {
                        return self.as_sent(object);
                    }
                    self.pause(OVERTAKEN * attempt).await?;
                }
                Sent::Refused(e) => return Err(Stop::Failed(Said::new("refused", e.said()))),
                Sent::Unsent(e) => self.silence(e.said(), &mut silent).await?,
                Sent::Unknown(_) => {
                    if self.settle().await? {
                        return self.as_sent(object);
                    }
                }
            }
        }
        let said = sentence!(
            "{object}: could not be written in {tries} tries, it keeps changing or does not answer",
            object = object.said(),
            tries = ATTEMPTS
        );
        Err(Stop::hold(HoldCode::Contradiction, Said::new("overtaken", said), &self.retry_or_back()))
    }

    /// Fails where what this step wrote last to an object was not stored as it was sent.
    pub(crate) fn as_sent(&self, object: &ObjectId) -> Result<(), Stop> {
        let Some(Altered { field, sent, stored }) = self.view.altered(&self.step, object, self.direction) else { return Ok(()) };
        let object = object.said();
        let said = sentence!(
            "{object}: admission changed what was written: {field} was sent as {sent} and stored as {stored}",
            object,
            field,
            sent,
            stored
        );
        Err(Stop::Failed(Said::new("altered", said)))
    }

    /// The write that is needed now, if any.
    pub(crate) fn plan_write(
        &self,
        object: &ObjectId,
        live: Option<&Value>,
        want: Want<'_>,
    ) -> Result<Option<(Write, Option<Value>)>, Stop> {
        let stored = |paths: &[&str]| live.is_some_and(|l| self.as_stored(object, l, paths));
        let altered = self.view.altered(&self.step, object, self.direction).is_some();
        let change = match want(live, &self.facts()) {
            Ok(Change::Edits(edits)) if stored(&changing(&edits)) && !altered => Change::Nothing,
            Ok(change) => change,
            Err(c) if stored(&c.facts.iter().map(|f| f.path.as_str()).collect::<Vec<_>>()) => match c.instead {
                // Ours, and not what was wanted: whatever changed it may be gone by now.
                Some(again) if altered => again,
                _ => Change::Nothing,
            },
            Err(Contradiction { facts, instead: Some(change), .. }) if self.agreed(&facts) => change,
            Err(c) => return Err(self.contradicts(c)),
        };
        if live.is_some_and(ending) && !matches!(change, Change::Nothing | Change::Delete) {
            return Err(self.contradicts(whole(object, sentence!("{object}: is being deleted", object = object.said()), live)));
        }
        if let Some(c) = live.and_then(|l| self.made_anew(object, l)).filter(|_| change != Change::Nothing) {
            return Err(self.contradicts(c));
        }
        // Nothing takes a way back back: there it would only fill the record, once for each try.
        let kept = matches!(change, Change::Delete) && self.forward();
        let pre_image = if kept { live.cloned() } else { None };
        let last = self.view.last_write_to(&self.step, object, self.direction);
        let epoch = self.view.epoch_of(self.view.n + 1);
        let write = guarded(object, live, change, &epoch, |e| self.view.is_own_epoch(e), last);
        Ok(write.map(|w| (w, pre_image)))
    }

    /// These fields are what this step wrote earlier, as the server stored it (values are normalised on the way in).
    fn as_stored(&self, object: &ObjectId, live: &Value, paths: &[&str]) -> bool {
        let net = self.view.net(&self.step, object, self.direction);
        let ours = |path: &&str| net.iter().any(|e| e.path == *path && e.after == field(live, path));
        !paths.is_empty() && paths.iter().all(ours)
    }

    /// Journals the intent (with `prior` in the same entry: one fsync), sends once, journals the outcome.
    pub async fn send(
        &mut self,
        prior: Vec<Event>,
        write: Write,
        pre_image: Option<Value>,
        purpose: Purpose,
        attempt: u32,
    ) -> Result<Sent, Stop> {
        let n = self.view.n + 1;
        let mut events = prior;
        events.push(Event::Intent {
            n,
            step: self.step.clone(),
            direction: self.direction,
            attempt,
            write: write.clone(),
            pre_image,
            purpose,
        });
        let at_once = self.shared.may_leave(&write);
        self.log(events)?;
        let began = Moment::now(self.ports.clock.as_ref());
        if !at_once {
            self.recorded(n, &write, purpose).await?;
        }
        let object = write.object();
        let what = format!("{} {}/{}", write.manager(), object.kind, object.name);
        self.boundary("http:before", &what)?;
        if !at_once && began.age(self.ports.clock.as_ref()) >= NAP {
            // It slept since, and nothing guards a creation: others may have the run by now.
            self.shared.doubt();
            self.recorded(n, &write, purpose).await?;
        }
        let answer = self.ports.cluster.write(&self.plan.cluster, &write, Mode::Commit).await;
        self.boundary("http:after", &what)?;
        let result = match &answer {
            Ok(object) => Outcome::Applied { stored: stored(&write, object) },
            Err(error) => Outcome::Failed { error: error.clone() },
        };
        self.log(vec![Event::Outcome { n, result }])?;
        Ok(match answer {
            Ok(object) => Sent::Landed(object),
            Err(WriteError::Precondition { .. }) => Sent::Overtaken,
            Err(e @ WriteError::Refused { .. }) => Sent::Refused(e),
            Err(e @ WriteError::NotSent { .. }) => Sent::Unsent(e),
            Err(e @ WriteError::Unknown { .. }) => Sent::Unknown(e),
        })
    }

    /// Has the intent of a write in the record before it leaves. What cannot be recorded does not leave.
    async fn recorded(&mut self, n: u64, write: &Write, purpose: Purpose) -> Result<(), Stop> {
        let what = format!("{} {}/{}", write.manager(), write.object().kind, write.object().name);
        self.boundary("record:before", &what)?;
        let shared = match purpose {
            Purpose::Step | Purpose::Fence => self.share().await,
            // Nothing waits for the last tidying up.
            Purpose::Tidy => self.share_if_possible().await,
        };
        let Err(stop) = shared else { return self.boundary("record:after", &what) };
        if !matches!(stop, Stop::Killed | Stop::Journal(_) | Stop::Illegal(_)) {
            let error = WriteError::NotSent { object: write.object().to_string(), message: sentence!("it could not be recorded") };
            self.log(vec![Event::Outcome { n, result: Outcome::Failed { error } }])?;
        }
        Err(stop)
    }

    /// Settles every write whose outcome is unknown. True when the newest step's own one turned out to have landed.
    pub async fn settle(&mut self) -> Result<bool, Stop> {
        let mut landed = false;
        let mut silent = None;
        let (mut fences, mut last) = (0, Sentence::default());
        while let Some(record) = self.view.pending().cloned() {
            // Said before the read: a server that fell silent leaves that without an answer, too.
            let object = record.write.object().said();
            self.beat(Said::new("no-answer", sentence!("no answer to the write of {object}, looking whether it landed", object)));
            let live = self.get(record.write.object()).await?;
            match verdict(&record, live.as_ref(), &self.view.plan.id) {
                Late::Landed(stored) => {
                    landed |= record.purpose == Purpose::Step;
                    let mut events = vec![Event::Settled { n: record.n, landed: Some(stored), dangling: false }];
                    if record.purpose == Purpose::Step {
                        events.append(&mut self.follows);
                    }
                    self.log(events)?;
                }
                Late::Dead => self.log(vec![Event::Settled { n: record.n, landed: None, dangling: false }])?,
                Late::Nameless => self.log(vec![Event::Settled { n: record.n, landed: None, dangling: true }])?,
                Late::Possible => {
                    fences += 1;
                    if fences > ATTEMPTS {
                        // The last answer says what is in the way: a webhook that is down, a gateway.
                        let said = sentence!("{object}: whether a write landed cannot be settled ({last})", object; last);
                        return Err(Stop::hold(HoldCode::Unreachable, Said::new("unsettled", said), &[Choice::Retry]));
                    }
                    match self.fence(&record, live.as_ref()).await? {
                        Sent::Unsent(e) => self.silence(e.said(), &mut silent).await?,
                        Sent::Refused(e) => {
                            return Err(Stop::hold(HoldCode::Refused, Said::new("refused", e.said()), &[Choice::Retry]));
                        }
                        Sent::Unknown(e) => {
                            last = e.said();
                            self.silence(last.clone(), &mut silent).await?;
                        }
                        Sent::Landed(_) | Sent::Overtaken => {}
                    }
                }
            }
        }
        Ok(landed)
    }

    /// Makes the guard of a write stale; a delete is sent again instead.
    async fn fence(&mut self, record: &WriteRecord, live: Option<&Value>) -> Result<Sent, Stop> {
        let (step, direction) = (std::mem::replace(&mut self.step, record.step.clone()), self.direction);
        self.direction = record.direction;
        let write = match &record.write {
            Write::Delete { .. } | Write::Create { .. } => Some(record.write.clone()),
            Write::Patch { object, .. } | Write::Scale { object, .. } => {
                let epoch = self.view.epoch_of(self.view.n + 1);
                guarded(object, live, Change::Edits(vec![]), &epoch, |e| self.view.is_own_epoch(e), false)
            }
        };
        let sent = match write {
            Some(write) => self.send(vec![], write, record.pre_image.clone(), Purpose::Fence, 1).await,
            None => Ok(Sent::Overtaken),
        };
        (self.step, self.direction) = (step, direction);
        sent
    }
}

fn changing(edits: &[Edit]) -> Vec<&str> {
    edits.iter().filter(|e| e.before != e.after).map(|e| e.path.as_str()).collect()
}

/// What the object says about a write whose outcome is unknown.
enum Late {
    /// It landed.
    Landed(Stored),
    /// It did not and cannot: its guard is stale.
    Dead,
    /// It did not; nothing holds its name.
    Nameless,
    /// It still can.
    Possible,
}

fn ending(live: &Value) -> bool {
    !live["metadata"]["deletionTimestamp"].is_null()
}

fn verdict(record: &WriteRecord, live: Option<&Value>, run: &str) -> Late {
    debug_assert!(record.known == Known::Pending);
    let uid_of = |l: &Value| l["metadata"]["uid"].as_str().unwrap_or_default().to_string();
    match (&record.write, live) {
        (Write::Create { manifest, .. }, Some(l)) if is_ours(l, manifest, run) && !ending(l) => Late::Landed(stored(&record.write, l)),
        (Write::Create { .. }, Some(_)) => Late::Dead,
        (Write::Create { .. }, None) => Late::Nameless,
        (Write::Delete { uid, resource_version, .. }, Some(l)) if *uid == uid_of(l) && !ending(l) => {
            if l["metadata"]["resourceVersion"].as_str() == Some(resource_version) { Late::Possible } else { Late::Dead }
        }
        (Write::Delete { uid, .. }, _) => Late::Landed(Stored { uid: uid.clone(), ..Stored::default() }),
        (Write::Patch { .. } | Write::Scale { .. }, None) => Late::Dead,
        (Write::Patch { uid, guard, epoch, edits, .. }, Some(l)) => {
            let there = edits.iter().all(|e| field(l, &e.path) == e.after);
            let marked = epoch.as_deref().is_some_and(|e| live_epoch(l) == Some(e));
            let guard_holds = match guard {
                Guard::ResourceVersion(rv) => l["metadata"]["resourceVersion"].as_str() == Some(rv),
                Guard::Epoch(old) => live_epoch(l) == Some(old),
            };
            match (*uid == uid_of(l), marked, guard_holds) {
                (false, _, _) => Late::Dead,
                (true, true, _) => Late::Landed(stored(&record.write, l)),
                (true, false, true) => Late::Possible,
                // Guard stale without our mark: only a write that takes the mark away leaves that behind, or somebody
                // stripped it. The values tell; empty edits (a fence) have done their work either way.
                (true, false, false) if there && !edits.is_empty() => Late::Landed(stored(&record.write, l)),
                (true, false, false) => Late::Dead,
            }
        }
        (Write::Scale { uid, resource_version, to, .. }, Some(l)) => {
            let guard_holds = resource_version.as_deref() == l["metadata"]["resourceVersion"].as_str();
            match (*uid == uid_of(l), replicas(l) == *to, guard_holds) {
                (false, _, _) => Late::Dead,
                (true, true, _) => Late::Landed(stored(&record.write, l)),
                (true, false, true) => Late::Possible,
                (true, false, false) => Late::Dead,
            }
        }
    }
}

/// Carries the run's id and the hash of the manifest that it was made from.
pub fn is_ours(live: &Value, manifest: &Value, run: &str) -> bool {
    let mark = |o: &Value, key: &str| o["metadata"]["annotations"][key].as_str().map(String::from);
    mark(live, names::RUN).as_deref() == Some(run)
        && mark(live, names::SPEC_HASH).is_some()
        && mark(live, names::SPEC_HASH) == mark(manifest, names::SPEC_HASH)
}

/// What the server holds now of what was written.
fn stored(write: &Write, object: &Value) -> Stored {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_string();
    let values = match write {
        Write::Patch { edits, .. } => edits.iter().map(|e| field(object, &e.path)).collect(),
        Write::Create { object: id, .. } => vec![field(object, made_at(id.kind))],
        Write::Delete { .. } | Write::Scale { .. } => vec![],
    };
    let uid = match write {
        Write::Patch { uid, .. } | Write::Delete { uid, .. } | Write::Scale { uid, .. } => uid.clone(),
        Write::Create { .. } => text("uid"),
    };
    let bare = object["metadata"]["annotations"].is_null();
    Stored { uid, resource_version: text("resourceVersion"), epoch: live_epoch(object).map(String::from), bare, values }
}

impl Ctx {
    /// Whether the run goes forward.
    pub fn forward(&self) -> bool {
        self.direction == Direction::Run
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Kind;
    use serde_json::json;

    fn judged(write: Write, live: Option<Value>) -> &'static str {
        let (step, known) = ("s".to_string(), Known::Pending);
        let record = WriteRecord { n: 1, step, direction: Direction::Run, write, pre_image: None, purpose: Purpose::Step, known };
        match verdict(&record, live.as_ref(), "run") {
            Late::Landed(_) => "landed",
            Late::Dead => "dead",
            Late::Nameless => "nameless",
            Late::Possible => "possible",
        }
    }

    #[test]
    fn a_delete_is_dead_once_its_object_moved() {
        let delete = || Write::Delete { object: ObjectId::new(Kind::Deployment, "a", "b"), uid: "u".into(), resource_version: "7".into() };
        let live = |uid: &str, rv: &str| Some(json!({"metadata":{"uid":uid,"resourceVersion":rv}}));
        assert_eq!(judged(delete(), live("u", "7")), "possible");
        assert_eq!(judged(delete(), live("u", "8")), "dead");
        assert_eq!(judged(delete(), live("other", "9")), "landed");
        assert_eq!(judged(delete(), None), "landed");
        let ending = json!({"metadata":{"uid":"u","resourceVersion":"8","deletionTimestamp":"2026-11-22T10:00:00Z"}});
        assert_eq!(judged(delete(), Some(ending)), "landed");
    }

    #[test]
    fn a_name_that_is_taken_is_ours_by_run_and_hash() {
        let marked = |run: &str, hash: &str| json!({"metadata":{"uid":"u","annotations":{names::RUN:run,names::SPEC_HASH:hash}}});
        let create = || Write::Create { object: ObjectId::new(Kind::Deployment, "a", "b"), manifest: marked("run", "h") };
        assert_eq!(judged(create(), Some(marked("run", "h"))), "landed");
        assert_eq!(judged(create(), Some(marked("run", "other"))), "dead");
        assert_eq!(judged(create(), Some(marked("other", "h"))), "dead");
        assert_eq!(judged(create(), None), "nameless");
    }
}
