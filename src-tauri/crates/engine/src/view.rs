//! The state of a run: the fold of its journal. Running, resuming, the CLI and the window all read this one fold, so
//! a resumed run cannot differ from one that never stopped.
//!
//! **Invariant** I12: a sequence that no run of ours can write is refused, never interpreted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use model::{Edit, Kind, ObjectId, Sentence, Write, names, sentence};
use plan::{Plan, Planned, Step};
use serde_json::Value;

use crate::change::{Altered, altered, made_at};
use crate::entry::{Choice, Direction, End, Entry, Event, HoldCode, Outcome, Purpose, Receipt, SCHEMA, Said, Stored, ThreeWay};
use crate::ports::WriteError;
use crate::status::{Illegal, Moved, RunStatus, StepStatus, next_status};

/// Why a journal is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum ReplayError {
    /// An entry cannot be read.
    Unreadable {
        /// Sequence number.
        seq: usize,
        /// Cause.
        #[source]
        source: serde_json::Error,
    },
    /// An entry is of another version of this program.
    Schema {
        /// Sequence number.
        seq: usize,
        /// Its version.
        schema: u32,
    },
    /// An entry cannot follow the ones before.
    Sequence {
        /// Sequence number.
        seq: usize,
        /// Why not.
        why: Illegal,
    },
}

impl ReplayError {
    /// For people.
    pub fn said(&self) -> Sentence {
        match self {
            ReplayError::Unreadable { seq, .. } => sentence!("entry {seq}: not readable", seq),
            ReplayError::Schema { seq, schema } => {
                sentence!("entry {seq}: schema {schema}, this program reads {own}", seq, schema, own = SCHEMA)
            }
            ReplayError::Sequence { seq, why } => sentence!("entry {seq}: {why}", seq; why = why.said()),
        }
    }
}

/// Where a step stands, with what it left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepState {
    /// Status.
    pub status: StepStatus,
    /// First begun.
    pub began_at: Option<Timestamp>,
    /// Done or undone.
    pub ended_at: Option<Timestamp>,
    /// Times that it was begun or gone on with.
    pub attempt: u32,
    /// What it left.
    pub receipt: Option<Receipt>,
    /// Answers to its holds that still count.
    pub chosen: BTreeMap<HoldCode, Answer>,
}

/// What somebody chose, and what they saw when they did.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Choice.
    pub choice: Choice,
    /// Facts of the hold; those about an object go with the next write to it.
    pub facts: Vec<ThreeWay>,
}

/// What is known of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Nothing: its intent is on disk, or its outcome was unknown.
    Pending,
    /// It is stored.
    Landed(Stored),
    /// It is not, and cannot be any more.
    Not,
}

/// A write of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteRecord {
    /// Number.
    pub n: u64,
    /// Step.
    pub step: String,
    /// Way.
    pub direction: Direction,
    /// What was sent.
    pub write: Write,
    /// Whole object before a delete.
    pub pre_image: Option<Value>,
    /// What for.
    pub purpose: Purpose,
    /// What is known of it.
    pub known: Known,
}

/// The state of a run.
#[derive(Clone, Debug)]
pub struct View {
    /// Plan.
    pub plan: Arc<Plan>,
    /// Status.
    pub status: RunStatus,
    /// Epoch of the process that has it.
    pub epoch: u64,
    /// Number of the last write.
    pub n: u64,
    /// Steps by id.
    pub steps: BTreeMap<String, StepState>,
    /// Writes in their order.
    pub writes: Vec<WriteRecord>,
    /// Gates that were approved.
    pub approved: BTreeSet<String>,
    /// Objects of which a create may still land.
    pub dangling: BTreeSet<ObjectId>,
    /// What was seen.
    pub observed: Vec<(Timestamp, String, Said)>,
    /// Begun.
    pub started_at: Option<Timestamp>,
    /// Time of the last entry.
    pub last_at: Option<Timestamp>,
    /// Who drives it, or did last.
    pub driver: Option<String>,
    /// Who took it over from this installation.
    pub elsewhere: Option<String>,
}

impl View {
    /// A run of which nothing is journaled yet.
    pub fn new(plan: Arc<Plan>) -> Self {
        let steps = plan.steps.iter().map(|s| (s.id.clone(), StepState::default())).collect();
        Self {
            plan,
            status: RunStatus::Ready,
            epoch: 0,
            n: 0,
            steps,
            writes: vec![],
            approved: BTreeSet::new(),
            dangling: BTreeSet::new(),
            observed: vec![],
            started_at: None,
            last_at: None,
            driver: None,
            elsewhere: None,
        }
    }

    /// Folds the entries of a journal.
    pub fn replay(plan: Arc<Plan>, entries: &[Value]) -> Result<Self, ReplayError> {
        let mut view = Self::new(plan);
        for (i, raw) in entries.iter().enumerate() {
            let seq = i + 1;
            let schema = raw.get("schema").and_then(Value::as_u64).and_then(|s| u32::try_from(s).ok()).unwrap_or(0);
            if schema != SCHEMA {
                return Err(ReplayError::Schema { seq, schema });
            }
            let entry: Entry = serde_json::from_value(raw.clone()).map_err(|source| ReplayError::Unreadable { seq, source })?;
            view.apply(&entry).map_err(|why| ReplayError::Sequence { seq, why })?;
        }
        Ok(view)
    }

    /// Folds one entry.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Illegal> {
        for event in &entry.events {
            if self.epoch == 0 && !matches!(event, Event::Started { .. } | Event::Adopted { .. }) {
                return Err(self.illegal(event));
            }
            self.fold(entry.at, event)?;
        }
        self.last_at = Some(entry.at);
        Ok(())
    }

    fn illegal(&self, event: &Event) -> Illegal {
        let name = serde_json::to_value(event).ok().and_then(|v| v["event"].as_str().map(String::from)).unwrap_or_default();
        Illegal { status: crate::status::name(&self.status).into(), event: name }
    }

    fn moved(&mut self, event: &Moved) -> Result<(), Illegal> {
        self.status = next_status(&self.status, event)?;
        Ok(())
    }

    fn fold(&mut self, at: Timestamp, event: &Event) -> Result<(), Illegal> {
        match event {
            Event::Adopted { entries } => {
                let adopted = Self::replay(self.plan.clone(), entries).map_err(|_| self.illegal(event))?;
                *self = Self { epoch: self.epoch.max(adopted.epoch), ..adopted };
            }
            Event::TakenOver { by } => self.elsewhere = Some(by.clone()),
            Event::Started { epoch, plan, by, taken } => {
                if *epoch <= self.epoch || *plan != self.plan.hash {
                    return Err(self.illegal(event));
                }
                self.epoch = *epoch;
                self.started_at.get_or_insert(at);
                (self.driver, self.elsewhere) = (by.clone(), None);
                if let Some(said) = taken {
                    self.observed.push((at, String::new(), said.clone()));
                }
            }
            Event::StepBegan { step, direction } => self.began(at, event, step, *direction)?,
            Event::GateReached { step, gate } => self.moved(&Moved::GateReached(step.clone(), gate.clone()))?,
            Event::Intent { n, step, direction, write, pre_image, purpose, .. } => {
                let shut_out = *purpose == Purpose::Fence || !self.writes.iter().any(|w| w.known == Known::Pending);
                if *n != self.n + 1 || !self.steps.contains_key(step) || !shut_out {
                    return Err(self.illegal(event));
                }
                self.n = *n;
                self.writes.push(WriteRecord {
                    n: *n,
                    step: step.clone(),
                    direction: *direction,
                    write: write.clone(),
                    pre_image: pre_image.clone(),
                    purpose: *purpose,
                    known: Known::Pending,
                });
            }
            Event::Outcome { n, result } => {
                let known = match result {
                    Outcome::Applied { stored } => Known::Landed(stored.clone()),
                    Outcome::Failed { error: WriteError::Unknown { .. } } => Known::Pending,
                    // The name is taken, perhaps by what this run made and never heard of: somebody looks first.
                    Outcome::Failed { error: WriteError::Precondition { .. } } if self.is_create(*n) => Known::Pending,
                    Outcome::Failed { .. } => Known::Not,
                };
                self.settle(event, *n, known)?;
            }
            Event::Settled { n, landed, dangling } => {
                let object = self.writes.iter().find(|w| w.n == *n).map(|w| w.write.object().clone());
                self.settle(event, *n, landed.clone().map_or(Known::Not, Known::Landed))?;
                if let (true, Some(object)) = (*dangling, object) {
                    self.dangling.insert(object);
                }
            }
            Event::Observed { step, said } => self.observed.push((at, step.clone(), said.clone())),
            Event::StepDone { step, receipt } => {
                self.moved(&Moved::StepDone(step.clone()))?;
                let s = self.step_mut(step, event)?;
                *s = StepState {
                    status: StepStatus::Done,
                    ended_at: Some(at),
                    receipt: Some(receipt.clone()),
                    chosen: BTreeMap::new(),
                    ..s.clone()
                };
            }
            Event::StepUndone { step } => {
                self.moved(&Moved::StepUndone(step.clone()))?;
                let s = self.step_mut(step, event)?;
                *s = StepState { status: StepStatus::Undone, ended_at: Some(at), chosen: BTreeMap::new(), ..s.clone() };
            }
            Event::Held { hold } => {
                self.moved(&Moved::Held(hold.clone()))?;
                self.step_mut(&hold.step, event)?.chosen.remove(&hold.code);
            }
            Event::Chosen { choice } => {
                let RunStatus::Holding { hold } = self.status.clone() else { return Err(self.illegal(event)) };
                if !hold.choices.contains(choice) {
                    return Err(self.illegal(event));
                }
                self.moved(&Moved::Chosen(*choice))?;
                let answer = Answer { choice: *choice, facts: hold.facts };
                self.step_mut(&hold.step, event)?.chosen.insert(hold.code, answer);
            }
            Event::Approved { gate } => {
                self.approved.insert(gate.clone());
            }
            Event::BackOutAsked { why } => self.moved(&Moved::BackOut(why.clone()))?,
            Event::Stuck { error, repair } => self.moved(&Moved::Stuck(error.clone(), repair.clone()))?,
            Event::Ended { end } => self.moved(&match end {
                End::Done => Moved::Finished,
                End::BackedOut => Moved::Unwound,
                End::Failed { error } => Moved::Refused(error.clone()),
            })?,
        }
        Ok(())
    }

    fn began(&mut self, at: Timestamp, event: &Event, step: &str, direction: Direction) -> Result<(), Illegal> {
        self.moved(&match direction {
            Direction::Run => Moved::StepBegan(step.to_string()),
            Direction::Undo => Moved::UndoBegan(step.to_string()),
        })?;
        let s = self.step_mut(step, event)?;
        s.status = match (direction, s.status) {
            (Direction::Run, StepStatus::Waiting | StepStatus::Running) => StepStatus::Running,
            (Direction::Undo, StepStatus::Running | StepStatus::Done | StepStatus::Undoing) => StepStatus::Undoing,
            (_, status) => return Err(Illegal { status: format!("{step}: {status:?}"), event: "step-began".into() }),
        };
        if s.began_at.is_none() {
            s.began_at = Some(at);
        }
        s.attempt += 1;
        Ok(())
    }

    fn step_mut(&mut self, step: &str, event: &Event) -> Result<&mut StepState, Illegal> {
        let illegal = self.illegal(event);
        self.steps.get_mut(step).ok_or(illegal)
    }

    fn settle(&mut self, event: &Event, n: u64, known: Known) -> Result<(), Illegal> {
        let illegal = self.illegal(event);
        let record = self.writes.iter_mut().find(|w| w.n == n && w.known == Known::Pending).ok_or(illegal)?;
        record.known = known;
        if record.purpose == Purpose::Step && matches!(record.known, Known::Landed(_)) {
            let object = record.write.object();
            let answers = self.steps.values_mut().flat_map(|s| s.chosen.values_mut());
            answers.for_each(|a| a.facts.retain(|f| f.object != *object));
        }
        Ok(())
    }

    fn is_create(&self, n: u64) -> bool {
        self.writes.iter().any(|w| w.n == n && matches!(w.write, Write::Create { .. }))
    }
}

/// What the run has changed.
impl View {
    /// The step of that id.
    pub fn planned(&self, id: &str) -> Option<&Planned> {
        self.plan.steps.iter().find(|s| s.id == id)
    }

    /// Writes whose outcome is not known, newest first.
    pub fn pending(&self) -> Option<&WriteRecord> {
        self.writes.iter().rev().find(|w| w.known == Known::Pending)
    }

    /// Writes of a step's own that landed, in their order.
    pub fn landed<'a>(&'a self, step: &'a str, direction: Direction) -> impl DoubleEndedIterator<Item = (&'a WriteRecord, &'a Stored)> {
        self.writes.iter().filter_map(move |w| match &w.known {
            Known::Landed(stored) if w.step == step && w.direction == direction && w.purpose == Purpose::Step => Some((w, stored)),
            _ => None,
        })
    }

    /// Patches of steps that landed on an object on the way there, newest first.
    fn patched<'a>(&'a self, object: &'a ObjectId) -> impl Iterator<Item = (&'a WriteRecord, &'a [Edit], &'a Stored)> {
        let own = move |w: &&WriteRecord| w.purpose == Purpose::Step && w.direction == Direction::Run && w.write.object() == object;
        self.writes.iter().rev().filter(own).filter_map(|w| match (&w.write, &w.known) {
            (Write::Patch { edits, .. }, Known::Landed(stored)) => Some((w, edits.as_slice(), stored)),
            _ => None,
        })
    }

    /// The step whose patch was the last to land on an object on the way there.
    pub fn last_writer<'a>(&'a self, object: &'a ObjectId) -> Option<&'a str> {
        self.patched(object).next().map(|(w, ..)| w.step.as_str())
    }

    /// What an earlier step left in a field, as stored, before that write.
    fn left<'a>(&'a self, before: &'a WriteRecord, path: &str) -> Option<&'a Option<Value>> {
        let earlier = self.patched(before.write.object()).filter(|(w, ..)| w.n < before.n && w.step != before.step);
        earlier
            .map(|(_, edits, stored)| edits.iter().zip(&stored.values))
            .find_map(|mut all| all.find(|(e, _)| e.path == path))
            .map(|(_, value)| value)
    }

    /// What a step's writes come to on an object: per field the value before the first and after the last, as stored. What
    /// somebody else had written over an earlier step's value, and was written over by a word, is not gone back to.
    pub fn net(&self, step: &str, object: &ObjectId, direction: Direction) -> Vec<Edit> {
        let mut net: Vec<Edit> = vec![];
        for (record, stored) in self.landed(step, direction).filter(|(w, _)| w.write.object() == object) {
            let Write::Patch { edits, .. } = &record.write else { continue };
            for (edit, value) in edits.iter().zip(&stored.values) {
                match net.iter_mut().find(|e| e.path == edit.path) {
                    Some(known) => known.after = value.clone(),
                    None => {
                        let before = match direction {
                            Direction::Run => self.left(record, &edit.path).unwrap_or(&edit.before),
                            Direction::Undo => &edit.before,
                        };
                        net.push(Edit { path: edit.path.clone(), before: before.clone(), after: value.clone() });
                    }
                }
            }
        }
        net
    }

    /// What was made of a step's last write to an object on its way in.
    pub fn altered(&self, step: &str, object: &ObjectId, direction: Direction) -> Option<Altered> {
        let (record, stored) = self.landed(step, direction).rfind(|(w, _)| w.write.object() == object)?;
        match &record.write {
            Write::Patch { edits, .. } => altered(edits, stored.values.iter().cloned()),
            _ => None,
        }
    }

    /// Replicas before a step's first scale and after its last.
    pub fn net_scale(&self, step: &str, object: &ObjectId, direction: Direction) -> Option<(u32, u32)> {
        let mut scales = self.landed(step, direction).filter(|(w, _)| w.write.object() == object).filter_map(|(w, _)| match &w.write {
            Write::Scale { from, to, .. } => Some((*from, *to)),
            _ => None,
        });
        let first = scales.next()?;
        Some((first.0, scales.next_back().map_or(first.1, |last| last.1)))
    }

    /// Fields that somebody else changed where they differ, per object that still stands: the pod templates of what serves
    /// and of what was made, whether or not this run writes there (a way back shall lead to what served, a cutover to what
    /// was checked), and what this run last wrote or tested. Annotations and replicas are left out: the one is ours alone,
    /// the other belongs to autoscalers too.
    pub fn expected(&self) -> BTreeMap<ObjectId, BTreeMap<String, Option<Value>>> {
        let template = made_at(Kind::Deployment);
        let mut all: BTreeMap<ObjectId, BTreeMap<String, Option<Value>>> = BTreeMap::new();
        let target = &self.plan.target;
        all.entry(target.object.clone()).or_default().insert(template.into(), Some(target.template.clone()));
        for record in self.writes.iter().filter(|w| w.purpose == Purpose::Step) {
            let Known::Landed(stored) = &record.known else { continue };
            match &record.write {
                Write::Patch { object, edits, .. } => {
                    let fields = all.entry(object.clone()).or_default();
                    for (edit, value) in edits.iter().zip(&stored.values).filter(|(e, _)| e.path.starts_with("/spec/")) {
                        fields.insert(edit.path.clone(), value.clone());
                    }
                }
                Write::Create { object, .. } | Write::Delete { object, .. } => {
                    all.remove(object);
                    if let (true, Some(made)) = (object.kind == Kind::Deployment, stored.values.first()) {
                        all.entry(object.clone()).or_default().insert(template.into(), made.clone());
                    }
                }
                Write::Scale { .. } => {}
            }
        }
        for planned in self.to_undo() {
            // From here on the template may change: nothing serves by it any more, or it became the wanted one unwritten.
            let ends = match &planned.step {
                Step::Retire { deployment } => deployment,
                Step::SetTemplate { deployment, .. } if self.landed(&planned.id, Direction::Run).next().is_none() => deployment,
                _ => continue,
            };
            all.get_mut(ends).and_then(|fields| fields.remove(template));
        }
        all
    }

    /// What this run created and has not deleted, as the server stored it: the field of [`made_at`].
    pub fn made(&self) -> BTreeMap<ObjectId, Option<Value>> {
        let mut made = BTreeMap::new();
        for record in &self.writes {
            match (&record.write, &record.known) {
                (Write::Create { object, .. }, Known::Landed(stored)) if !stored.values.is_empty() => {
                    made.insert(object.clone(), stored.values[0].clone());
                }
                (Write::Create { object, .. } | Write::Delete { object, .. }, Known::Landed(_)) => {
                    made.remove(object);
                }
                _ => {}
            }
        }
        made
    }

    /// Objects that this run created and has not deleted.
    pub fn created(&self) -> BTreeMap<ObjectId, String> {
        let mut created = BTreeMap::new();
        for record in &self.writes {
            let Known::Landed(stored) = &record.known else { continue };
            match &record.write {
                Write::Create { object, .. } => {
                    created.insert(object.clone(), stored.uid.clone());
                }
                Write::Delete { object, .. } => {
                    created.remove(object);
                }
                _ => {}
            }
        }
        created
    }

    /// Objects that this run has patched or scaled, or may have: they are tidied at the end, its own ones too, for the
    /// next run starts from them.
    pub fn touched(&self) -> BTreeSet<ObjectId> {
        self.writes
            .iter()
            .filter(|w| matches!(w.write, Write::Patch { .. } | Write::Scale { .. }) && w.known != Known::Not)
            .map(|w| w.write.object().clone())
            .collect()
    }

    /// Deployments that this plan creates.
    pub fn green(&self) -> BTreeSet<&ObjectId> {
        let creates = self.plan.steps.iter().filter_map(|s| match &s.step {
            Step::Create { object, .. } if object.kind == Kind::Deployment => Some(object),
            _ => None,
        });
        creates.collect()
    }

    /// Steps that have something to take back, last one first.
    pub fn to_undo(&self) -> Vec<&Planned> {
        let begun = |s: &&Planned| {
            matches!(self.steps.get(&s.id).map(|s| s.status), Some(StepStatus::Running | StepStatus::Done | StepStatus::Undoing))
        };
        self.plan.steps.iter().rev().filter(begun).collect()
    }

    /// The first step that is not done.
    pub fn next_step(&self) -> Option<&Planned> {
        self.plan.steps.iter().find(|s| !matches!(self.steps.get(&s.id).map(|s| s.status), Some(StepStatus::Done)))
    }

    /// Whether no other step will write to the object: then the write takes our annotation along.
    pub fn last_write_to(&self, step: &str, object: &ObjectId, direction: Direction) -> bool {
        let writes = |s: &Planned| s.step.writes_to().contains(&object);
        match direction {
            Direction::Run => !self.plan.steps.iter().skip_while(|s| s.id != step).skip(1).any(writes),
            Direction::Undo => {
                let earlier = self.plan.steps.iter().take_while(|s| s.id != step);
                !earlier.filter(|s| writes(s)).any(|s| self.landed(&s.id, Direction::Run).any(|(w, _)| w.write.object() == object))
            }
        }
    }

    /// Whether the annotation value was written by this run.
    pub fn is_own_epoch(&self, value: &str) -> bool {
        value.strip_prefix(&self.plan.id).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Epoch annotation of a write.
    pub fn epoch_of(&self, n: u64) -> String {
        format!("{}.{}.{n}", self.plan.id, self.epoch)
    }
}

/// The epoch annotation of an object.
pub fn live_epoch(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"][names::EPOCH].as_str()
}
