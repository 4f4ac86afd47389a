//! A run, told event by event, and what is seen of it then.

use std::sync::Arc;

use api::{DriverView, RunView};
use engine::RunHeader;
use engine::entry::{Choice, Direction, Entry, Event, Hold, HoldCode, Outcome, Purpose, Receipt, Said, Stored, ThreeWay};
use engine::show::{Armed, Check, Live, RunView as Seen};
use engine::view::View;
use jiff::{SignedDuration, Timestamp};
use model::{Edit, Guard, Sentence, Write, sentence};
use plan::{Plan, SelectorTo, Step};
use serde_json::{Value, json};

use super::NOW;
use super::shop::{Pods, Shop, Traffic};
use crate::{lanes, run_view};

/// A run so far.
pub struct Story {
    plan: Arc<Plan>,
    shop: Shop,
    /// What happened, and how many seconds after its beginning.
    told: Vec<(i64, Event)>,
    clock: i64,
    writes: u64,
    live: Live,
    /// Who drives it on another workstation.
    elsewhere: Option<String>,
}

impl Story {
    pub fn of(plan: &Arc<Plan>, shop: &Shop) -> Self {
        let live = Live { attached: true, ..Live::default() };
        let mut story = Self { plan: plan.clone(), shop: shop.clone(), told: vec![], clock: 0, writes: 0, live, elsewhere: None };
        let by = Some("ann@laptop as admin".to_string());
        story.tell(Event::Started { epoch: 1, plan: plan.hash.clone(), by, taken: None });
        story
    }

    fn tell(&mut self, event: Event) {
        self.told.push((self.clock, event));
    }

    pub fn say(mut self, event: Event) -> Self {
        self.tell(event);
        self
    }

    fn step(&self, id: &str) -> Step {
        self.plan.steps.iter().find(|s| s.id == id).unwrap_or_else(|| panic!("{id}: not in the plan")).step.clone()
    }

    fn began(&mut self, step: &str, direction: Direction) {
        self.tell(Event::StepBegan { step: step.into(), direction });
    }

    /// Up to this step, and it is done.
    pub fn through(mut self, last: &str) -> Self {
        while let Some(next) = self.next() {
            if matches!(self.step(&next), Step::Switch { .. }) {
                self = self.switching(&next);
            } else {
                self.began(&next, Direction::Run);
            }
            self = self.done(&next);
            if next == last {
                return self;
            }
        }
        panic!("{last}: not reached");
    }

    fn next(&self) -> Option<String> {
        self.view_of().0.next_step().map(|s| s.id.clone())
    }

    pub fn done(mut self, step: &str) -> Self {
        let done = self.step(step);
        self.clock += seconds(&done);
        let receipt = receipt(&done);
        match done.clone() {
            Step::Pin { service, from, to, .. } => self.lands(step, patch(&service, &from, &to)),
            Step::Create { object, manifest } => self.lands(step, Write::Create { object, manifest }),
            Step::Scale { deployment, from, to } => {
                let (uid, from) = (deployment.name.clone(), from.unwrap_or_default());
                self.lands(step, Write::Scale { object: deployment, uid, resource_version: None, from, to });
            }
            _ => {}
        }
        match done {
            Step::Pin { .. } if self.shop.traffic == Traffic::Own => self.shop.traffic = Traffic::Blue,
            Step::Scale { to, .. } if self.shop.green.is_none() => {
                self.shop.green = Some(Pods { ready: usize::try_from(to).unwrap_or_default(), ..Pods::default() });
            }
            Step::Delete { object } if object.kind.rolls() => self.shop.green = None,
            _ => {}
        }
        self.say(Event::StepDone { step: step.into(), receipt })
    }

    /// In the middle of this step, which waits for that.
    pub fn at(mut self, step: &str, beat: Option<Sentence>) -> Self {
        while self.next().is_some_and(|next| next != step) {
            let before = self.next().expect("one");
            self = self.through(&before);
        }
        self.began(step, Direction::Run);
        match beat {
            Some(what) => self.beat(step, what),
            None => self,
        }
    }

    /// That many seconds.
    pub fn passed(mut self, seconds: i64) -> Self {
        self.clock += seconds;
        self
    }

    pub fn beat(mut self, step: &str, what: Sentence) -> Self {
        self.live.heartbeat = Some((step.into(), Said::new("beat", what)));
        self
    }

    pub fn reaches(mut self, gate: &str) -> Self {
        let Step::Gate { name } = self.step(gate) else { panic!("{gate}: not a gate") };
        self.began(gate, Direction::Run);
        self.clock += 12;
        let behind = self.plan.steps.iter().skip_while(|s| s.id != gate).nth(1).map(|s| s.step.clone());
        if let Some(Step::Switch { services, .. }) = behind {
            let writes = services.iter().map(|s| patch(&s.service, &s.from, &s.to)).collect();
            self.live.armed = Some(Armed { step: "cut-over".into(), first: None, writes, at: Default::default() });
        }
        self.say(Event::GateReached { step: gate.into(), gate: name })
    }

    /// What must hold at the gate, beside that it is the same cluster.
    pub fn checks(mut self, all: &[(bool, Sentence)]) -> Self {
        let same = (true, sentence!("the same cluster answers as when the plan was made"));
        let at: Timestamp = NOW.parse().expect("a time");
        let check = |(ok, what): &(bool, Sentence)| Check { ok: Some(*ok), said: Said::new("check", what.clone()), at };
        self.live.checks = [same].iter().chain(all).map(check).collect();
        self
    }

    /// Its writes have landed; that traffic moved is not proven yet.
    pub fn switching(mut self, step: &str) -> Self {
        let Step::Switch { services, .. } = self.step(step) else { panic!("{step}: not a switch") };
        self.began(step, Direction::Run);
        for s in services {
            self.lands(step, patch(&s.service, &s.from, &s.to));
        }
        self
    }

    /// A write of a step has landed as it was sent.
    fn lands(&mut self, step: &str, write: Write) {
        self.writes += 1;
        let values = match &write {
            Write::Patch { edits, .. } => edits.iter().map(|e| e.after.clone()).collect(),
            _ => vec![],
        };
        let (n, direction, step) = (self.writes, Direction::Run, step.to_string());
        self.tell(Event::Intent { n, step, direction, attempt: 1, write, pre_image: None, purpose: Purpose::Step });
        self.tell(Event::Outcome { n, result: Outcome::Applied { stored: Stored { values, ..Stored::default() } } });
    }

    pub fn observed(self, step: &str, said: Said) -> Self {
        self.say(Event::Observed { step: step.into(), said })
    }

    pub fn soaks(mut self, left: u64) -> Self {
        self.live.soak_left = Some(left);
        self
    }

    pub fn held(mut self, code: HoldCode, said: Said, facts: Vec<ThreeWay>, choices: &[Choice]) -> Self {
        self.clock += 40;
        let step = self.next().expect("a step is under way");
        let hold = Hold { code, step, said, facts, choices: choices.to_vec(), undoing: None };
        self.say(Event::Held { hold })
    }

    pub fn undoing(mut self, step: &str) -> Self {
        self.clock += 2;
        self.began(step, Direction::Undo);
        self
    }

    pub fn undone(mut self, step: &str) -> Self {
        self = self.undoing(step);
        self.clock += 2;
        match self.step(step) {
            Step::Scale { .. } => self.shop.green = Some(Pods::default()),
            Step::Create { object, .. } if object.kind.rolls() => self.shop.green = None,
            _ => {}
        }
        self.say(Event::StepUndone { step: step.into() })
    }

    pub fn all_undone(mut self) -> Self {
        self.shop.traffic = Traffic::Own;
        loop {
            let Some(next) = self.view_of().0.to_undo().first().map(|s| s.id.clone()) else { return self };
            self = self.undone(&next);
        }
    }

    /// Its way back failed.
    pub fn stuck(self, error: Said) -> Self {
        let repair = Seen::new(&self.view_of().0, &self.live).by_hand;
        self.say(Event::Stuck { error, repair })
    }

    /// Nobody drives it any more.
    pub fn left(mut self) -> Self {
        self.live = Live::default();
        self
    }

    /// Somebody else drives it.
    pub fn elsewhere(mut self, by: &str) -> Self {
        self.elsewhere = Some(by.into());
        self.left()
    }

    pub fn traffic(mut self, traffic: Traffic) -> Self {
        self.shop.traffic = traffic;
        self
    }

    pub fn green(mut self, ready: usize, starting: usize, failing: usize) -> Self {
        self.shop.green = Some(Pods { ready, starting, failing });
        self
    }

    /// `cart` runs the new version.
    pub fn promoted(mut self) -> Self {
        self.shop.cart = "1.19.0";
        self
    }

    /// `payments` is on its way back.
    pub fn rolls_back(mut self) -> Self {
        self.shop.rolls_back = true;
        self
    }

    /// Its journal, folded: what the engine refuses panics here.
    fn view_of(&self) -> (View, Timestamp) {
        let now: Timestamp = NOW.parse().expect("a time");
        // What is under way is so for a few seconds.
        let start = now - SignedDuration::from_secs(self.clock + 6);
        let at = |seconds: &i64| start + SignedDuration::from_secs(*seconds);
        let entries: Vec<Value> =
            self.told.iter().map(|(s, e)| Entry::of(at(s), vec![e.clone()]).to_json(&self.plan.id).expect("JSON")).collect();
        (View::replay(self.plan.clone(), &entries).unwrap_or_else(|e| panic!("{}: {e}", self.plan.id)), start)
    }

    /// As the window gets it.
    pub fn view(&self) -> RunView {
        let now: Timestamp = NOW.parse().expect("a time");
        let (view, started_at) = self.view_of();
        let mut seen = Seen::new(&view, &self.live);
        seen.elsewhere.clone_from(&self.elsewhere);
        let driver = self.elsewhere.clone().map(|by| {
            let alive_at = Some(lanes::said(now - SignedDuration::from_secs(3)));
            DriverView { by, elsewhere: true, alive_at }
        });
        let made = seen.steps.iter().find(|s| s.id == "create-green").and_then(|s| s.began_at);
        let snapshot = Shop { made: made.map(lanes::said), ..self.shop.clone() }.snapshot();
        let header = RunHeader {
            id: self.plan.id.clone(),
            context: self.plan.context.clone(),
            target: self.plan.target.object.clone(),
            strategy: self.plan.strategy.clone(),
            started_at,
            reason: Some("SHOP-2114".into()),
        };
        let seen = lanes::counted(&self.plan, seen, Some(&snapshot.objects), now);
        run_view::view(&run_view::Sources {
            plan: &self.plan,
            header: Some(&header),
            seen: &seen,
            objects: Some(&snapshot.objects),
            recorder: None,
            log: &[],
            simulated: false,
            driver,
            now,
        })
    }
}

/// How long a step takes here.
fn seconds(step: &Step) -> i64 {
    match step {
        Step::AwaitReady { .. } | Step::AwaitRollout { .. } => 74,
        Step::Smoke { .. } => 21,
        Step::Gate { .. } => 30,
        Step::Switch { .. } => 5,
        Step::Soak { seconds, .. } => i64::from(*seconds),
        _ => 1,
    }
}

fn receipt(step: &Step) -> Receipt {
    match step {
        Step::Create { object, .. } => Receipt::Created { object: object.clone(), uid: object.name.clone() },
        Step::AwaitReady { count, .. } => Receipt::Ready { pods: *count },
        Step::Smoke { .. } => Receipt::Answered { pods: 20 },
        Step::Gate { .. } => Receipt::Approved,
        Step::Switch { .. } => {
            let proof = sentence!("every endpoint is of the new colour, and new connections are answered by it");
            Receipt::Switched { proof: Said::new("proof-probes", proof), unproven: false }
        }
        Step::Soak { seconds, .. } => Receipt::Soaked { seconds: *seconds },
        other => Receipt::Written { objects: other.writes_to().into_iter().cloned().collect() },
    }
}

fn patch(service: &model::ObjectId, from: &SelectorTo, to: &SelectorTo) -> Write {
    let labels = |to: &SelectorTo| match to {
        SelectorTo::Exact(labels) => json!(labels),
        SelectorTo::Pinned { base, .. } => {
            let mut labels = json!(base);
            labels["pod-template-hash"] = "31".into();
            labels
        }
    };
    let edits = vec![Edit { path: "/spec/selector".into(), before: Some(labels(from)), after: Some(labels(to)) }];
    let (object, uid, guard) = (service.clone(), service.name.clone(), Guard::Epoch("1".into()));
    Write::Patch { object, uid, guard, epoch: Some("1".into()), make_annotations: false, edits }
}
