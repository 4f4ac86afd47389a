//! What the page's fake shows: views of real plans, and of journals that the engine's own fold accepts. What cannot happen cannot be
//! told here, so neither the gallery nor a test of the page shows it.
//!
//! Adding a stage: tell its story in [`stages`], then `cargo xtask codegen`.

mod shop;
mod story;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use api::{ConfirmNeed, PlanView};
use engine::entry::{Choice, End, Event, HoldCode, Said, ThreeWay};
use model::{Kind, ObjectId, Sentence, sentence};
use plan::{DryRun, Plan, What, strategies};
use serde_json::{Value, json};

use crate::plan_view::Checked;
use shop::{Shop, Traffic};
use story::Story;

/// What time it is, for all of them.
const NOW: &str = "2026-03-02T05:32:18Z";
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../frontend/src/platform/fake/recorded.ts");

fn id(kind: Kind, name: &str) -> ObjectId {
    ObjectId::new(kind, "shop", name)
}

/// The plan of a strategy for a workload of that shop.
fn plan(shop: &Shop, strategy: &str, name: &str, images: &[(&str, &str)], params: Value, run: &str) -> Arc<Plan> {
    let what = What::Images(images.iter().map(|(c, i)| (c.to_string(), i.to_string())).collect());
    let strategy = strategies::find(strategy).expect("known");
    let now = NOW.parse().expect("a time");
    Arc::new(strategy.plan(&shop.snapshot(), &id(Kind::Deployment, name), &what, &params, now, run).expect("can be planned"))
}

/// Every stage of a run, by name.
fn stages() -> Vec<(&'static str, Story)> {
    let shop = Shop::default();
    let images = [("cart", "registry.shop.example/cart:1.19.0")];
    let cart = plan(&shop, "blue-green", "cart", &images, json!({"finish": "promote"}), "bg-cart-3f9a1c");
    let begun = || Story::of(&cart, &shop);
    let ready = || begun().through("smoke-green");
    let serves = || sentence!("{object}: {have} of {want} ready", object = "Deployment shop/cart-green", have = 20, want = 20);
    let gate = || ready().reaches("gate-cut-over").checks(&[(true, serves())]);
    let cutting = || ready().observed("gate-cut-over", answers()).through("gate-cut-over").traffic(Traffic::Green).switching("cut-over");
    let moved = || cutting().done("cut-over");
    let probe = || sentence!("{url}: {what}", url = "https://shop.example.com/cart"; what = took(11));
    let asked = || Said::new("asked", sentence!("asked for"));
    let unwinding =
        || begun().at("await-green", None).passed(35).say(Event::BackOutAsked { why: asked() }).undone("await-green").undone("scale-green");
    let refused = sentence!(
        "{object}: refused ({message})",
        object = "Service shop/cart-grpc",
        message = "admission webhook \"guard.example.com\" denied the request"
    );
    let selects_both =
        sentence!("{service}: somebody changed its selector, and it now selects both colours at once", service = "Service shop/cart");
    let rollback = plan(&shop, "rollback", "payments", &[], json!({"toRevision": 46}), "rb-payments-88aa01");
    vec![
        ("starting", begun().at("await-green", Some(within(ready_of(12), 41, 600))).green(12, 8, 0).passed(35)),
        ("gate", gate()),
        ("not-clear", ready().green(18, 0, 2).reaches("gate-cut-over").checks(&[(false, named(ready_of(18)))])),
        ("cutting", cutting().beat("cut-over", within(sentence!("the slices show the new colour"), 2, 30))),
        (
            "draining",
            moved()
                .at("soak", Some(sentence!("the new version serves, {left} left to look at it"; left = Sentence::lasting(492))))
                .soaks(492)
                .passed(102),
        ),
        ("soaked", moved().through("soak").reaches("gate-retire").checks(&[(true, serves()), (true, probe())])),
        ("done", moved().through("thaw-cart").traffic(Traffic::Own).promoted().say(Event::Ended { end: End::Done })),
        ("backing-out", unwinding().undoing("create-green")),
        ("backed-out", unwinding().undone("create-green").all_undone().say(Event::Ended { end: End::BackedOut })),
        (
            "hold",
            moved().at("soak", None).traffic(Traffic::Both).held(
                HoldCode::BothColours,
                Said::new("both-colours", selects_both),
                vec![selector(json!({"app": "cart"}))],
                &[Choice::RePin, Choice::BackOut, Choice::Retry],
            ),
        ),
        (
            "edited",
            moved().at("soak", None).held(
                HoldCode::Contradiction,
                Said::new(
                    "contradiction",
                    sentence!(
                        "{object}: changed by somebody else since this run made it; that is not what was checked",
                        object = "Deployment shop/cart-green"
                    ),
                ),
                vec![image()],
                &[Choice::BackOut, Choice::Retry, Choice::Overwrite],
            ),
        ),
        (
            "failed",
            begun().say(Event::Ended {
                end: End::Failed { error: Said::new("gone", sentence!("{object}: not found", object = "Deployment shop/cart")) },
            }),
        ),
        ("stuck", cutting().say(Event::BackOutAsked { why: asked() }).undoing("cut-over").stuck(Said::new("refused", refused))),
        ("left", gate().left()),
        ("elsewhere", moved().at("soak", None).passed(212).elsewhere("bea@desk-12 as admin")),
        (
            "rollback",
            Story::of(&rollback, &shop).through("restore-template").at("await-rollout", Some(within(updated(), 8, 600))).rolls_back(),
        ),
    ]
}

fn took(ms: u32) -> Sentence {
    sentence!("{status} in {ms} ms", status = 200, ms)
}

fn answers() -> Said {
    Said::new("entry-answers", sentence!("{url}: answers from here ({what})", url = "https://shop.example.com/cart"; what = took(11)))
}

fn ready_of(have: u32) -> Sentence {
    sentence!("{have} of {want} ready", have, want = 20)
}

fn named(what: Sentence) -> Sentence {
    sentence!("{object}: {what}", object = "Deployment shop/cart-green"; what)
}

fn updated() -> Sentence {
    sentence!("{n} of {wanted} updated", n = 5, wanted = 6)
}

fn within(what: Sentence, spent: u64, limit: u64) -> Sentence {
    sentence!("{what}, {spent} of at most {limit}"; what, spent = Sentence::lasting(spent), limit = Sentence::lasting(limit))
}

fn selector(live: Value) -> ThreeWay {
    let ours = json!({"app": "cart", "changeover.dev/color": "green"});
    ThreeWay {
        object: id(Kind::Service, "cart"),
        path: "/spec/selector".into(),
        before: Some(ours.clone()),
        live: Some(live),
        after: Some(ours),
    }
}

fn image() -> ThreeWay {
    let of = |tag: &str| Some(json!(format!("registry.shop.example/cart:{tag}")));
    let (object, path) = (id(Kind::Deployment, "cart-green"), "/spec/template/spec/containers/0/image".to_string());
    ThreeWay { object, path, before: of("1.19.0"), live: of("1.19.1"), after: of("1.19.0") }
}

/// The plans that the fake makes, of `web`, checked: whoever asks for another workload gets them with its name.
fn plans() -> BTreeMap<&'static str, PlanView> {
    let (shop, paused) = (Shop::default(), Shop { paused: true, ..Shop::default() });
    let made = |shop: &Shop, name, images: &[(&str, &str)], params| {
        let plan = plan(shop, name, "web", images, params, &format!("{name}-web-77c0de"));
        let mut snapshot = shop.snapshot();
        snapshot.access = plan::access::access(&plan).into_iter().map(|a| (a, true)).collect();
        let accepted = |step: &str, object: &ObjectId| DryRun { step: step.into(), object: object.clone(), outcome: Ok(Value::Null) };
        let writes = plan.steps.iter().flat_map(|s| s.step.writes_to().into_iter().map(|o| accepted(&s.id, o)));
        snapshot.dry_runs = writes.chain([accepted("pod", &id(Kind::Pod, "dry-run"))]).collect();
        let findings = plan::hazards::check(&snapshot, &plan).iter().map(crate::plans::finding).collect();
        crate::plan_view::view(&plan, Some(&Checked::new(&plan, Some(&snapshot), findings)), ConfirmNeed::Type)
    };
    BTreeMap::from([
        ("blue-green", made(&shop, "blue-green", &[("web", "registry.shop.example/web:5.9.0")], json!({}))),
        ("rollback", made(&shop, "rollback", &[], json!({"toRevision": 111}))),
        ("restart", made(&shop, "restart", &[], json!({}))),
        ("scale", made(&shop, "scale", &[], json!({"replicas": 97}))),
        ("pause", made(&shop, "pause", &[], json!({}))),
        ("resume", made(&paused, "resume", &[], json!({}))),
    ])
}

/// A line for each field, so that a change shows what it changed.
fn fields(to: &mut String, name: &str, view: &Value) {
    let _ = writeln!(to, "  {}: {{", json!(name));
    for (field, value) in view.as_object().into_iter().flatten() {
        let _ = writeln!(to, "    {}: {value},", json!(field));
    }
    to.push_str("  },\n");
}

fn generate() -> String {
    let mut all = format!(
        "// Written by `cargo xtask codegen` from src-tauri/crates/host/src/fakes.rs. Do not edit.\n\
         import type {{ PlanView, RunView }} from \"../../api/generated\";\n\n\
         /** What time it is in all of them. */\nexport const RECORDED = Date.parse(\"{NOW}\");\n\n\
         /** A run at each of its stages. */\nexport const RUNS = {{\n"
    );
    for (name, story) in stages() {
        fields(&mut all, name, &serde_json::to_value(story.view()).expect("JSON"));
    }
    all.push_str("} satisfies Record<string, RunView>;\n\n/** Plans of `web`, checked, by strategy. */\nexport const PLANS = {\n");
    for (name, view) in plans() {
        fields(&mut all, name, &serde_json::to_value(view).expect("JSON"));
    }
    all.push_str("} satisfies Record<string, PlanView>;\n");
    all
}

/// `cargo xtask codegen` runs this with `UPDATE_GENERATED=1`.
#[test]
fn the_fake_of_the_page_is_current() {
    let now = generate();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(PATH, &now).expect("writes");
    }
    let then = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(then == now, "frontend/src/platform/fake/recorded.ts is old: run `cargo xtask codegen`");
}
