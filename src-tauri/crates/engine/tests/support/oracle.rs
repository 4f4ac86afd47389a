//! What every run keeps to, whatever is done to it (the numbers are those of the architecture document): looked at over
//! all that the journals kept and the API server saw, in the order in which it happened. Every test is looked at so when
//! its stage goes. What can only be seen while time passes (I5) is looked at by `wait`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use engine::entry::{Direction, Outcome, Purpose};
use engine::{Choice, Entry, Event, RunView, WriteError};
use model::{Guard, Kind, ObjectId, Write, names};
use plan::{Plan, Step};
use serde_json::{Value, json};

use super::sim::Sim;

/// A value of a Secret of the shop: nobody needs it to roll the shop out.
pub const SECRET: &str = "correct-horse-battery-staple";

/// Everything that happened, in order.
#[derive(Default)]
pub struct Trace(Mutex<Vec<Traced>>);

/// One thing that happened.
pub enum Traced {
    /// A run was journaled.
    Begun(Arc<Plan>),
    /// An entry became durable in a journal.
    Kept { journal: usize, run: String, entry: Value },
    /// A request left.
    Left(Request),
    /// One that nobody had an answer to arrived.
    Late(Request),
    /// Somebody else changed an object.
    Stranger(ObjectId),
}

/// A write as the API server saw it.
pub struct Request {
    pub write: Write,
    /// It changed something.
    pub landed: bool,
    /// The object before and after it. `None` for records and Leases, too.
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// Whether its intent was in the record by then; `None` = there is no record.
    pub recorded: Option<bool>,
}

impl Trace {
    pub fn add(&self, what: Traced) {
        self.0.lock().expect("not poisoned").push(what);
    }
}

/// Looks when its stage goes.
pub struct Oracle(pub Arc<Sim>);

impl Drop for Oracle {
    fn drop(&mut self) {
        // A test that has failed already says why.
        if !std::thread::panicking() {
            assert_invariants(&self.0);
        }
    }
}

/// Panics with everything that was not kept to.
pub fn assert_invariants(sim: &Sim) {
    let (mut found, objects) = sim.with(|s| (s.violations.iter().map(|v| format!("I1 {v}")).collect::<Vec<_>>(), s.objects.clone()));
    let trace = sim.trace();
    let happened = trace.0.lock().expect("not poisoned");
    let mut eye = Eye::default();
    happened.iter().for_each(|what| eye.sees(what));
    eye.at_the_end(&objects);
    found.append(&mut eye.found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What is known of a write that a journal has announced.
#[derive(PartialEq)]
enum Known {
    Open,
    Unknown,
    Landed,
    Not,
}

struct Intent {
    write: Write,
    purpose: Purpose,
    step: String,
    direction: Direction,
    left: bool,
    known: Known,
}

/// A run as one journal tells it.
#[derive(Default)]
struct Told {
    intents: BTreeMap<u64, Intent>,
    approved: BTreeSet<String>,
    /// Somebody said to write over what a stranger did.
    word: bool,
    /// Nobody else sees the run.
    alone: bool,
    /// A mark was left behind, and that is said.
    left_behind: bool,
    ended: bool,
    entries: Vec<Value>,
}

impl Told {
    fn open(&self) -> impl Iterator<Item = &Intent> {
        self.intents.values().filter(|i| matches!(i.known, Known::Open | Known::Unknown))
    }
}

#[derive(Default)]
struct Eye<'a> {
    plans: BTreeMap<&'a str, &'a Plan>,
    journals: BTreeMap<(usize, &'a str), Told>,
    /// Changes that landed, and whether a stranger has been there since.
    done: Vec<(Change, bool)>,
    found: Vec<String>,
}

/// What a step changed: run, step, direction, object, field, value.
type Change = (String, String, &'static str, ObjectId, String, Value);

impl<'a> Eye<'a> {
    fn wrong(&mut self, number: &str, what: String) {
        self.found.push(format!("{number} {what}"));
    }

    fn sees(&mut self, what: &'a Traced) {
        match what {
            Traced::Begun(plan) => {
                self.plans.insert(&plan.id, plan);
            }
            Traced::Kept { journal, run, entry } => self.kept(*journal, run, entry),
            Traced::Left(request) => self.left(request),
            Traced::Late(request) => self.late(request),
            Traced::Stranger(object) => {
                self.done.iter_mut().filter(|(change, _)| change.3 == *object).for_each(|(_, since)| *since = true);
            }
        }
    }

    fn kept(&mut self, journal: usize, run: &'a str, entry: &Value) {
        self.quiet("its journal", &entry.to_string());
        let mut told = self.journals.remove(&(journal, run)).unwrap_or_default();
        if told.ended && !entry.to_string().contains("\"adopted\"") {
            self.wrong("I6", format!("{run}: goes on after its end: {entry}"));
        }
        told.entries.push(entry.clone());
        self.fold(run, &mut told, entry, false);
        self.journals.insert((journal, run), told);
    }

    /// `before` = another journal's word, taken over.
    fn fold(&mut self, run: &str, told: &mut Told, entry: &Value, before: bool) {
        let entry: Entry = match serde_json::from_value(entry.clone()) {
            Ok(entry) => entry,
            Err(e) => return self.wrong("I12", format!("{run}: an entry that cannot be read ({e})")),
        };
        for event in entry.events {
            match event {
                Event::Adopted { entries } => {
                    *told = Told { entries: std::mem::take(&mut told.entries), ..Told::default() };
                    entries.iter().for_each(|e| self.fold(run, told, e, true));
                }
                Event::Intent { n, write, purpose, step, direction, .. } => {
                    if purpose != Purpose::Fence && told.open().next().is_some() {
                        self.wrong("I4", format!("{run}: write {n} is announced while nobody knows what became of another"));
                    }
                    let intent = Intent { write, purpose, step, direction, left: before, known: Known::Open };
                    if told.intents.insert(n, intent).is_some() {
                        self.wrong("I4", format!("{run}: two writes have number {n}"));
                    }
                }
                Event::Outcome { n, result } => self.outcome(run, told, n, &result),
                Event::Settled { n, landed, .. } => match told.intents.get_mut(&n) {
                    Some(i) => i.known = if landed.is_some() { Known::Landed } else { Known::Not },
                    None => self.wrong("I4", format!("{run}: write {n} is settled and was never announced")),
                },
                Event::Approved { gate } => {
                    told.approved.insert(gate);
                }
                Event::Chosen { choice } => told.word |= matches!(choice, Choice::Overwrite | Choice::RePin),
                Event::Observed { said, .. } => {
                    told.alone |= said.code == "alone";
                    told.left_behind |= said.code == "left-behind";
                }
                Event::Ended { .. } => {
                    if told.open().next().is_some() {
                        self.wrong("I4", format!("{run}: is over while nobody knows what became of a write"));
                    }
                    told.ended = true;
                }
                _ => {}
            }
        }
    }

    fn outcome(&mut self, run: &str, told: &mut Told, n: u64, result: &Outcome) {
        let Some(intent) = told.intents.get_mut(&n) else {
            return self.wrong("I4", format!("{run}: the outcome of write {n}, which was never announced"));
        };
        let unsent = matches!(result, Outcome::Failed { error: WriteError::NotSent { .. } });
        let create = matches!(intent.write, Write::Create { .. });
        intent.known = match result {
            Outcome::Applied { .. } => Known::Landed,
            Outcome::Failed { error: WriteError::Unknown { .. } } => Known::Unknown,
            Outcome::Failed { error: WriteError::Precondition { .. } } if create => Known::Unknown,
            Outcome::Failed { .. } => Known::Not,
        };
        if !intent.left && !unsent {
            self.wrong("I4", format!("{run}: the outcome of write {n} is journaled before it left"));
        }
    }

    fn left(&mut self, request: &Request) {
        if let Some(why) = unguarded(&request.write) {
            self.wrong("I2", format!("{why}: {:?}", request.write));
        }
        if of_a_run(request.write.object()) {
            return;
        }
        self.quiet("a write", &json!(request.write).to_string());
        let mut announced = false;
        let mut wrong = vec![];
        for ((_, run), told) in &mut self.journals {
            let ended = told.ended;
            let alone = told.alone;
            let sent = |i: &&mut Intent| !i.left && i.known == Known::Open && i.write == request.write;
            // The newest: a fence may be the very write that was announced and never left.
            let Some(intent) = told.intents.values_mut().rev().find(sent) else { continue };
            announced = true;
            intent.left = true;
            if ended && request.landed {
                wrong.push(("I6", format!("{run}: a write lands after its end: {:?}", request.write)));
            }
            // One that its taker has shut out may leave all the same: it lands nowhere.
            if request.landed && request.recorded == Some(false) && intent.purpose != Purpose::Tidy && !alone {
                wrong.push(("I6", format!("{run}: a write lands that its record does not know of: {:?}", request.write)));
            }
        }
        self.found.extend(wrong.into_iter().map(|(number, what)| format!("{number} {what}")));
        if !announced {
            self.wrong("I4", format!("a write that no journal has announced: {:?}", request.write));
        }
        self.landed(request);
    }

    fn late(&mut self, request: &Request) {
        let exempt = matches!(request.write, Write::Create { .. }) || of_a_run(request.write.object());
        // A create whose object the run has deleted since has nothing to be refused by (see the decision record).
        if !request.landed || exempt {
            return;
        }
        let given_up =
            |told: &Told| told.ended || told.intents.values().any(|i| i.write == request.write && i.known == Known::Not && i.left);
        let late: Vec<_> = self.journals.iter().filter(|(_, told)| given_up(told)).map(|((_, run), _)| (*run).to_string()).collect();
        for run in late {
            self.wrong("I6", format!("{run}: a write lands that was given up: {:?}", request.write));
        }
        self.landed(request);
    }

    /// What a write changed, against what its step may change.
    fn landed(&mut self, request: &Request) {
        if !request.landed {
            return;
        }
        let of = self.journals.iter().find_map(|((_, run), told)| {
            let intent = told.intents.values().find(|i| i.write == request.write && i.purpose != Purpose::Fence)?;
            Some((*run, told, intent))
        });
        let Some((run, told, intent)) = of else { return };
        let Some(plan) = self.plans.get(run).copied() else { return };
        let mut wrong = vec![];
        if intent.purpose == Purpose::Step {
            let planned = plan.steps.iter().find(|p| p.id == intent.step);
            wrong.extend(planned.and_then(|p| strays(plan, &p.step, intent, told.word, request)).map(|why| ("I8", why)));
            wrong.extend(unasked(plan, told, intent).map(|why| ("I8", why)));
        }
        let changes = changes(run, intent);
        if intent.purpose == Purpose::Step && changes.is_empty() {
            wrong.push(("I3", "a write changes nothing".to_string()));
        }
        if let Some((again, _)) = self.done.iter().find(|(done, since)| !since && changes.contains(done)) {
            wrong.push(("I3", format!("{again:?} was done already")));
        }
        for (number, why) in wrong {
            self.wrong(number, format!("{why}: {:?}", request.write));
        }
        // What was before another change of the same field may come once more.
        self.done.retain(|(done, _)| !changes.iter().any(|c| (&c.3, &c.4) == (&done.3, &done.4)));
        // What admission made something else of is not done.
        let stored = |(.., path, value): &Change| {
            let after = request.after.as_ref().filter(|_| !path.is_empty()).and_then(|a| a.pointer(path));
            after.is_none_or(|after| after == value)
        };
        self.done.extend(changes.into_iter().filter(stored).map(|c| (c, false)));
    }

    /// Of what is kept, sent or shown.
    fn quiet(&mut self, what: &str, text: &str) {
        let encoded = base64::engine::general_purpose::STANDARD.encode(SECRET);
        if text.contains(SECRET) || text.contains(&encoded) {
            self.wrong("I10", format!("a Secret's value is in {what}"));
        }
    }

    fn at_the_end(&mut self, objects: &BTreeMap<ObjectId, Value>) {
        let (mut wrong, mut views) = (vec![], vec![]);
        for ((_, run), told) in &self.journals {
            let Some(plan) = self.plans.get(run) else { continue };
            match engine::inspect((*plan).clone(), &told.entries) {
                Ok((view, shown)) => {
                    wrong.extend(shows(&shown).map(|why| format!("I10 {why}")));
                    views.push(view);
                }
                Err(e) => wrong.push(format!("I12 {run}: its own journal is refused: {e}")),
            }
        }
        // The shop's own Secret has it.
        let records = objects.iter().filter(|(id, o)| of_a_run(id) && !o["metadata"]["labels"][names::RUN].is_null());
        for (id, record) in records {
            self.quiet(&id.to_string(), &record.to_string());
        }
        let all_over = !self.journals.is_empty() && self.journals.values().all(|t| t.ended && !t.left_behind);
        if all_over {
            let mark = |o: &Value| o["metadata"]["annotations"][names::EPOCH].as_str().map(String::from);
            let marked = |o: &Value| mark(o).is_some_and(|mark| views.iter().any(|v| v.is_own_epoch(&mark)));
            let left = objects.iter().filter(|(id, o)| !of_a_run(id) && marked(o));
            wrong.extend(left.map(|(id, _)| format!("{id}: a mark of a run that is over")));
        }
        self.found.append(&mut wrong);
    }
}

/// A Secret's value in what is shown.
pub fn shows(view: &RunView) -> Option<String> {
    let text = json!(view).to_string();
    text.contains(SECRET).then(|| "a Secret's value is shown".to_string())
}

/// A record or a Lease: what is said of a run, apart from what it does.
pub fn of_a_run(object: &ObjectId) -> bool {
    matches!(object.kind, Kind::ConfigMap | Kind::Secret | Kind::Lease)
}

/// Why a write could land on what nobody looked at.
fn unguarded(write: &Write) -> Option<&'static str> {
    let (uid, version) = match write {
        Write::Create { object, manifest } => {
            let mark = |key: &str| of_a_run(object) || manifest["metadata"]["annotations"][key].is_string();
            let named = manifest["metadata"]["name"].as_str() == Some(&object.name);
            return (!named || !mark(names::RUN) || !mark(names::SPEC_HASH)).then_some("a create that cannot be told from others");
        }
        Write::Delete { uid, resource_version, .. } => (uid, Some(resource_version)),
        Write::Scale { uid, resource_version, .. } => (uid, resource_version.as_ref()),
        Write::Patch { uid, guard: Guard::ResourceVersion(version) | Guard::Epoch(version), .. } => (uid, Some(version)),
    };
    if uid.is_empty() || version.is_none_or(String::is_empty) {
        return Some("neither uid nor version");
    }
    let ops = write.json_patch()?;
    let at = |op: &Value| op["path"].as_str().unwrap_or_default().to_string();
    let is = |op: &Value, what: &str| op["op"] == what;
    if !ops.first().is_some_and(|op| is(op, "test") && at(op) == "/metadata/uid" && op["value"] == json!(uid)) {
        return Some("its uid is not tested");
    }
    let version_of = |op: &Value| is(op, "replace") && at(op) == "/metadata/resourceVersion";
    let epoch = model::write::annotation_pointer(names::EPOCH);
    let guarded = ops.iter().any(version_of) || ops.iter().any(|op| is(op, "test") && at(op) == epoch);
    if !guarded {
        return Some("its guard is not sent");
    }
    for (i, op) in ops.iter().enumerate().filter(|(_, op)| !is(op, "test") && !version_of(op)) {
        let tested = ops[..i].iter().any(|t| is(t, "test") && at(t) == at(op));
        // The mark itself comes with the version that was read.
        if !tested && at(op) != epoch {
            return Some("a field is written that was not tested");
        }
    }
    None
}

/// What a step may not touch.
fn strays(plan: &Plan, step: &Step, intent: &Intent, word: bool, request: &Request) -> Option<String> {
    let object = request.write.object();
    let empty = Value::Null;
    let (before, after) = (request.before.as_ref().unwrap_or(&empty), request.after.as_ref().unwrap_or(&empty));
    let replicas = |o: &Value| o["spec"]["replicas"].as_u64().unwrap_or(1);
    let back = intent.direction == Direction::Undo;
    let stands_by = matches!(step, Step::Switch { from, .. } if from == object) && back && replicas(after) > replicas(before);
    if !step.writes_to().contains(&object) && !stands_by && !word {
        return Some(format!("{} writes to what is not its own", intent.step));
    }
    if *object == plan.target.object {
        if matches!(request.write, Write::Delete { .. }) {
            return Some("the old version is deleted".into());
        }
        if before["spec"]["template"] != after["spec"]["template"] && !matches!(step, Step::SetTemplate { .. }) && !word {
            return Some(format!("{} changes the old version's template", intent.step));
        }
        // To be scaled is what somebody asked for, and no step of a rollout does that to the old version.
        let asked = matches!(step, Step::Scale { .. }) || (matches!(step, Step::Retire { .. }) && !back);
        if replicas(after) < replicas(before) && !asked {
            return Some(format!("{} takes pods from the old version", intent.step));
        }
    }
    let selectors = matches!(step, Step::Pin { .. } | Step::Switch { .. } | Step::Create { .. } | Step::Delete { .. });
    if object.kind == Kind::Service && before["spec"]["selector"] != after["spec"]["selector"] && !selectors && !word {
        return Some(format!("{} leads traffic elsewhere", intent.step));
    }
    None
}

/// A gate before the step that nobody has approved.
fn unasked(plan: &Plan, told: &Told, intent: &Intent) -> Option<String> {
    if intent.direction == Direction::Undo {
        return None;
    }
    let before = plan.steps.iter().take_while(|p| p.id != intent.step);
    let gate =
        before.filter_map(|p| if let Step::Gate { name } = &p.step { Some(name) } else { None }).find(|g| !told.approved.contains(*g));
    gate.map(|gate| format!("{} writes before anybody approved {gate}", intent.step))
}

fn changes(run: &str, intent: &Intent) -> Vec<Change> {
    let object = intent.write.object();
    let way = if intent.direction == Direction::Run { "run" } else { "undo" };
    let of = |path: &str, value: Value| (run.to_string(), intent.step.clone(), way, object.clone(), path.to_string(), value);
    match &intent.write {
        Write::Patch { edits, .. } => edits.iter().filter(|e| e.before != e.after).map(|e| of(&e.path, json!(e.after))).collect(),
        Write::Scale { from, to, .. } if from != to => vec![of("/spec/replicas", json!(to))],
        Write::Scale { .. } => vec![],
        Write::Create { .. } => vec![of("", json!("made"))],
        // A late create may come once more, under another uid.
        Write::Delete { uid, .. } => vec![of("", json!(uid))],
    }
}
