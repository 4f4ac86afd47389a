//! What is asked of the API server before a plan may start: every write that can be tried, and every way back.

mod support;

use model::Kind;
use serde_json::{Value, json};
use support::{Stage, id};

/// (step, object, admitted) of every dry run, in the order of the plan.
async fn dry_runs(stage: &Stage) -> Vec<(String, String, bool)> {
    let target = id(Kind::Deployment, "web");
    let mut snapshot = engine::survey(stage.sim.as_ref(), "lab", &target).await.expect("read");
    engine::preflight(stage.sim.as_ref(), stage.ports().clock.as_ref(), &mut snapshot, &stage.plan).await;
    assert!(stage.sim.with(|s| s.writes.is_empty()), "nothing is written");
    snapshot.dry_runs.into_iter().map(|d| (d.step, d.object.to_string(), d.outcome.is_ok())).collect()
}

fn steps(all: &[(String, String, bool)], admitted: bool) -> Vec<&str> {
    all.iter().filter(|d| d.2 == admitted).map(|d| d.0.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_write_that_can_be_tried_is_tried_once_with_its_way_back() {
    let stage = Stage::new("swap", "shop:v2").await;
    let all = dry_runs(&stage).await;
    assert_eq!(
        steps(&all, true),
        [
            "pause-blue",
            "undo:pause-blue",
            "pin-web",
            "undo:pin-web",
            "pin-web-admin",
            "undo:pin-web-admin",
            "freeze-web",
            "undo:freeze-web",
            "create-preview",
            "create-green",
            "cut-over",
            "cut-over",
            "create-hpa-web-green",
            "retire-blue",
            "undo:retire-blue",
            "pod"
        ]
    );
    assert_eq!(steps(&all, false), [""; 0], "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_promotion_has_its_template_tried_on_blue() {
    let stage = Stage::new("promote", "shop:v2").await;
    stage.sim.with(|s| s.denied = Some(|o| o["kind"] == "Deployment" && o["metadata"]["name"] == "web" && image(o) == "shop:v2"));
    let all = dry_runs(&stage).await;
    // Paused again with the new template: a value of its own, and as little admitted.
    assert_eq!(steps(&all, false), ["promote-blue", "pause-blue-again"], "{all:?}");
}

fn image(deployment: &Value) -> &Value {
    &deployment["spec"]["template"]["spec"]["containers"][0]["image"]
}

#[tokio::test(start_paused = true)]
async fn a_policy_on_the_selector_of_traffic_is_met_before_the_cutover() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.sim.with(|s| {
        s.denied =
            Some(|o| o["kind"] == "Service" && o["metadata"]["name"] == "web" && !o["spec"]["selector"]["changeover.dev/color"].is_null());
    });
    let all = dry_runs(&stage).await;
    assert_eq!(all.iter().filter(|d| !d.2).map(|d| (d.0.as_str(), d.1.as_str())).collect::<Vec<_>>(), [("cut-over", "Service/shop/web")]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_against_the_way_back_is_met_too() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.sim.with(|s| s.denied = Some(|o| o["kind"] == "Service" && o["spec"]["selector"] == json!({"app":"web"})));
    assert_eq!(steps(&dry_runs(&stage).await, false), ["undo:pin-web", "undo:pin-web-admin"]);
    stage.sim.with(|s| s.denied = Some(|o| o["kind"] == "Deployment" && o["metadata"]["name"] == "web" && o["spec"]["replicas"] == 0));
    assert_eq!(steps(&dry_runs(&stage).await, false), ["retire-blue"]);
}

/// A policy adds a key to every selector by colour.
fn with_team(o: &mut Value) {
    if o["kind"] == "Service" && !o["spec"]["selector"]["changeover.dev/color"].is_null() {
        o["spec"]["selector"]["team"] = json!("shop");
    }
}

#[tokio::test(start_paused = true)]
async fn a_selector_that_admission_changes_is_met_before_the_cutover_and_named() {
    let stage = Stage::new("swap", "shop:v2").await;
    stage.sim.with(|s| s.mutates = Some(with_team));
    let mut snapshot = engine::survey(stage.sim.as_ref(), "lab", &stage.plan.target.object).await.expect("read");
    engine::preflight(stage.sim.as_ref(), stage.ports().clock.as_ref(), &mut snapshot, &stage.plan).await;
    let changed = snapshot.dry_runs.iter().filter_map(|d| Some((d.step.as_str(), d.outcome.as_ref().err()?)));
    for (step, why) in changed {
        assert!(
            matches!(why, plan::Untried::Altered { field, stored, .. } if field == "/spec/selector" && stored.contains("team")),
            "{step}: {why:?}"
        );
        assert_eq!(step, "cut-over");
    }
    assert_eq!(snapshot.dry_runs.iter().filter(|d| d.outcome.is_err()).count(), 2, "both Services");
}
