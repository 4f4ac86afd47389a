//! Runs that other workstations drive, or drove, as their records in the open contexts tell them.

use api::*;
use engine::lease::Lease;
use engine::record::Face;
use engine::run::inspect;
use engine::show::RunView as Seen;
use engine::{ShareError, shared};
use model::{Kind, ObjectId, Sentence, sentence};
use plan::Plan;
use serde_json::Value;

use crate::lanes::said;
use crate::{Host, errors, locked};

/// A run of which there is an open record.
#[derive(Clone, Debug)]
pub struct Told {
    /// Context in which it was seen.
    pub context: String,
    /// Its record.
    pub record: ObjectId,
    /// What its metadata says.
    pub face: Face,
}

impl Host {
    /// Every run that is not over and that another installation drives, or drove, of everything that is read now.
    pub(crate) fn all_told(&self) -> Vec<Told> {
        // Who does not know the own name cannot tell others from it.
        let Ok(own) = self.store.workstation() else { return vec![] };
        let links: Vec<_> = locked(&self.links).values().cloned().collect();
        let mut all = vec![];
        for link in links {
            let Some(live) = link.live() else { continue };
            live.with(|_, set| {
                for object in [Kind::ConfigMap, Kind::Secret].into_iter().flat_map(|kind| set.of(kind)) {
                    let Some(face) = Face::of(object).filter(|f| !f.over && f.driver.workstation != own) else { continue };
                    // Two contexts may lead to one cluster.
                    if !all.iter().any(|t: &Told| t.face.run == face.run) {
                        all.push(Told { context: link.name.clone(), record: object.id(), face });
                    }
                }
            });
        }
        all
    }

    /// That run, if another installation drives it, or drove.
    pub(crate) fn told(&self, run: &str) -> Option<Told> {
        self.all_told().into_iter().find(|t| t.face.run == run)
    }

    /// Reads the whole record, and whether its driver is alive.
    pub(crate) async fn read_told(&self, told: &Told) -> Result<(Plan, Seen, DriverView), UiError> {
        self.read_told_whole(told).await.map(|(plan, _, seen, driver)| (plan, seen, driver))
    }

    /// The same, with the entries of its journal that stand there.
    pub(crate) async fn read_told_whole(&self, told: &Told) -> Result<(Plan, Vec<Value>, Seen, DriverView), UiError> {
        let link = self.link(&told.context).await?;
        let nothing = || errors::share(ShareError::Nothing(told.record.said()));
        let record = shared::read(link.connection.as_ref(), &told.record).await.map_err(errors::share)?.ok_or_else(nothing)?;
        let lease = Lease::read(link.connection.as_ref(), &plan::record::lease(&record.plan.target.object)).await.map_err(errors::read)?;
        // What is said of it, and to be typed, is for whoever reads it here.
        let plan = Plan { context: told.context.clone(), ..record.plan };
        let (_, mut seen) = inspect(plan.clone(), &record.entries).map_err(|e| {
            UiError::new(Code::Stopped, sentence!("{object}: {what}", object = told.record.said(); what = e.said()))
                .hint(sentence!("the run is not interpreted; repair by hand"))
        })?;
        let holder = lease.as_ref().and_then(|l| l.holder.clone());
        let driver = DriverView {
            by: holder.as_ref().unwrap_or(&record.at.face.driver).by.clone(),
            elsewhere: true,
            alive_at: lease.filter(|_| holder.is_some()).and_then(|l| l.renewed_at()),
        };
        if let Some(driver) = holder {
            seen.elsewhere = Some(driver.by);
        }
        Ok((plan, record.entries, seen, driver))
    }

    /// As it stands in the list, by its metadata alone.
    pub(crate) fn told_summary(&self, told: &Told) -> RunSummary {
        let face = &told.face;
        let (by, status) = (&face.driver.by, &face.status);
        let text = match &face.step {
            Some(step) => sentence!("{by} drives it: {status} at {step}", by, status, step),
            None => sentence!("{by} drives it: {status}", by, status),
        };
        RunSummary {
            id: face.run.clone(),
            context: told.context.clone(),
            target: face.target.to_string(),
            strategy: face.strategy.clone(),
            change: Sentence::quoted(&face.change).into(),
            started_at: face.started_at.map(said).unwrap_or_default(),
            state: RunState::Elsewhere,
            driver: Some(DriverView { by: face.driver.by.clone(), elsewhere: true, alive_at: None }),
            headline: Headline { code: "elsewhere".into(), text: text.into() },
            reason: face.reason.clone(),
            open: true,
        }
    }
}
