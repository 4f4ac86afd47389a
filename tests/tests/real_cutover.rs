//! Cutovers on a real node, under traffic, driven by `changeoverctl` as a script would: a real kubelet starts the pods, a
//! real kube-proxy and Traefik move the traffic, and the requests come from this process. Each scenario has a shop of its
//! own in its own Kubernetes namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use acceptance::held::{always_enough, none_failed, versions};
use acceptance::real::{Look, PODS, Shop};
use evidence::{Connections, Method};
use serde_json::{Value, json};

/// Settings that make a run short; the product's own are for people.
const SHORT: &[&str] = &["--set", "soak=2", "--set", "proveWithin=20"];

#[test]
fn a_swap_loses_no_request_and_moves_every_new_connection() {
    let shop = Shop::open("swap");
    let (service, traefik) = (shop.service(), shop.traefik());
    let probe = format!("probes=http://{}/", shop.host());
    let run = shop.plan(
        &[SHORT, &["--image", "web=changeover.dev/shop:v2", "--finish", "swap", "--set", "previewReplicas=1", "--set", &probe]].concat(),
    );
    let eyes = shop.eyes();
    let anew = shop.traffic(service, Connections::Anew, Method::Get);
    let gateway = shop.traffic(traefik, Connections::Anew, Method::Get);
    let posting = shop.traffic(service, Connections::Kept, Method::Post);
    let kept = shop.traffic(service, Connections::Kept, Method::Get);

    let said = shop.run(&[]).must_end(4, "left");
    for step in ["smoke-green-preview", "smoke-green"] {
        assert!(said.iter().any(|l| l["step"] == step && l["state"] == "done"), "{step}: {said:#?}");
    }
    let mut approved = shop.start(&["approve", &run]);
    let asked = Instant::now();
    let proven = approved.step("cut-over", "done");
    let (code, end, _) = approved.ends();
    assert_eq!((code, &end["draining"]), (4, &true.into()), "{end}");

    // New connections are on green; those that were open stay where they are, and the run says so.
    let before = anew.since_begin(asked);
    let status = shop.json(&["status", &run]);
    let connections = &status["run"]["evidence"]["connections"];
    let (blue, cut) = (format!("Deployment/{}/web", shop.namespace), &connections["cut"]["step"]);
    assert_eq!(
        (&connections["seen"], &connections["deployment"], cut),
        (&json!("unknown"), &json!(blue), &json!("retire-blue")),
        "{status}"
    );
    let kept = kept.stop();
    none_failed("kept connections", &kept);
    assert_eq!(versions(&kept), ["v1"].into(), "kept connections stay on blue");
    assert_eq!(kept.connections, 4, "and none of them was made anew");
    assert_eq!(versions(&shop.asked(service)), ["v2"].into());
    assert_eq!(versions(&shop.asked(traefik)), ["v2"].into());

    shop.start(&["approve", &run]).must_end(0, "done");
    let since = anew.since_begin(proven);
    let (anew, gateway, posting) = (anew.stop(), gateway.stop(), posting.stop());
    for (what, report) in [("through the Service", &anew), ("through Traefik", &gateway)] {
        none_failed(what, report);
        assert_eq!(versions(report), ["v1", "v2"].into(), "{what}");
    }
    assert!(anew.versions["v2"].first >= before, "green answered before it was approved");
    assert!(anew.versions["v1"].last_sent <= since, "blue answered a new connection after the proof");
    none_failed("kept connections that write", &posting);

    let looks = eyes.close();
    always_enough(&looks);
    let counts: Vec<u64> = looks.iter().filter(|l| !l.on_green()).filter_map(|l| Some(l.green?.0)).filter(|n| *n > 0).collect();
    let mut steps = counts.clone();
    steps.dedup();
    assert_eq!(steps, [1, PODS as u64], "preview, then full, both before the flip");
    let first = looks.iter().find(|l| l.on_green()).expect("flipped");
    assert_eq!(first.green, Some((PODS as u64, PODS as u64)), "all of green was there at the flip");
    assert_eq!(shop.pods_of("web-green").len(), PODS);
}

#[test]
fn going_back_while_blue_stands_is_warm_and_creates_no_pod() {
    let shop = Shop::open("back");
    let service = shop.service();
    let (blue, selector) = (shop.pods_of("web"), shop.object("service/web")["spec"]["selector"].clone());
    let run = shop.plan(&[SHORT, &["--image", "web=changeover.dev/shop:v2", "--finish", "swap"]].concat());
    let traffic = shop.traffic(service, Connections::Anew, Method::Get);
    shop.run(&[]).must_end(4, "left");
    shop.start(&["approve", &run]).must_end(4, "left");
    assert_eq!(versions(&shop.asked(service)), ["v2"].into());

    let eyes = shop.eyes();
    shop.start(&["back-out", &run, "--reason", "as practised"]).must_end(5, "backedOut");
    assert_eq!(versions(&shop.asked(service)), ["v1"].into());
    none_failed("there and back", &traffic.stop());
    let looks = eyes.close();
    always_enough(&looks);
    let known: BTreeSet<&String> = looks[0].pods.iter().collect();
    let later: BTreeSet<&String> = looks.iter().flat_map(|l| &l.pods).collect();
    assert_eq!(later, known, "a pod was created on the way back");
    assert_eq!(shop.pods_of("web"), blue);
    assert_eq!(shop.names("deployments").len(), 1);
    assert_eq!(shop.object("service/web")["spec"]["selector"], selector, "no pin is left");
}

#[test]
fn a_green_that_never_gets_ready_is_backed_out_at_its_deadline() {
    let shop = Shop::open("never");
    let service = shop.service();
    let (blue, selector) = (shop.pods_of("web"), shop.object("service/web")["spec"]["selector"].clone());
    shop.plan(&[SHORT, &["--image", "web=changeover.dev/shop:never-ready", "--finish", "swap", "--set", "deadline=5"]].concat());
    let eyes = shop.eyes();
    let traffic = shop.traffic(service, Connections::Anew, Method::Get);
    let said = shop.run(&["--yes"]).must_end(5, "backedOut");
    assert!(said.iter().any(|l| l.to_string().contains("after 5 s")), "{said:#?}");
    let report = traffic.stop();
    none_failed("while green was tried", &report);
    assert_eq!(versions(&report), ["v1"].into());
    untouched(&shop, &eyes.close(), &blue, &selector);
}

/// Blue serves as before, and the Service never led to anything else.
fn untouched(shop: &Shop, looks: &[Look], blue: &BTreeMap<String, (String, u64)>, selector: &Value) {
    always_enough(looks);
    assert!(looks.iter().all(|l| !l.on_green()), "the Service led to green");
    assert_eq!(&shop.pods_of("web"), blue, "blue's pods are the same");
    assert_eq!(&shop.object("service/web")["spec"]["selector"], selector, "no pin is left");
    assert_eq!(shop.names("deployments").len(), 1, "nothing of green is left");
    assert_eq!(shop.names("services").len(), 2, "no preview Service is left");
}

#[test]
fn a_green_that_fails_its_smoke_check_never_gets_traffic() {
    let shop = Shop::open("smoke");
    let service = shop.service();
    let (blue, selector) = (shop.pods_of("web"), shop.object("service/web")["spec"]["selector"].clone());
    // Ready by its probe, and yet answering 503 to what the check asks.
    let mut template = shop.object("deployment/web")["spec"]["template"].clone();
    let container = &mut template["spec"]["containers"][0];
    container["image"] = "changeover.dev/shop:v2".into();
    container["readinessProbe"]["httpGet"]["path"] = "/healthz".into();
    container["env"].as_array_mut().expect("has variables").push(json!({"name": "BEHAVIOUR", "value": "never-ready"}));
    shop.file("template.json", &template.to_string());
    shop.plan(&[SHORT, &["--template", "template.json", "--finish", "swap", "--set", "smokePath=/readyz"]].concat());
    let eyes = shop.eyes();
    let traffic = shop.traffic(service, Connections::Anew, Method::Get);
    let said = shop.run(&["--yes"]).must_end(5, "backedOut");
    assert!(said.iter().any(|l| l["step"] == "await-green" && l["state"] == "done"), "green was ready: {said:#?}");
    assert!(said.iter().any(|l| l.to_string().contains("503")), "{said:#?}");
    let report = traffic.stop();
    none_failed("while green was tried", &report);
    assert_eq!(versions(&report), ["v1"].into());
    untouched(&shop, &eyes.close(), &blue, &selector);
}

#[test]
fn a_green_that_crash_loops_in_the_soak_gives_the_traffic_back_to_blue() {
    let shop = Shop::open("crash");
    let service = shop.service();
    let blue = shop.pods_of("web");
    shop.plan(&["--image", "web=changeover.dev/shop:v2", "--finish", "swap", "--set", "soak=300"]);
    let mut run = shop.run(&["--yes"]);
    run.step("cut-over", "done");
    assert_eq!(versions(&shop.asked(service)), ["v2"].into());
    let crashing = shop.crash("web-green");
    run.step("cut-over", "undoing");
    // Green still crashes while traffic goes back: its state is no condition of it.
    run.must_end(5, "backedOut");
    drop(crashing);
    let after = shop.asked(service);
    none_failed("after going back", &after);
    assert_eq!(versions(&after), ["v1"].into());
    assert_eq!(shop.pods_of("web"), blue, "blue's pods are the same");
    assert_eq!(shop.names("deployments").len(), 1);
}

#[test]
fn a_foreign_edit_of_the_selector_holds_the_run_and_is_not_overwritten_unasked() {
    let shop = Shop::open("foreign");
    let traffic = shop.traffic(shop.service(), Connections::Anew, Method::Get);
    let id = shop.plan(&["--image", "web=changeover.dev/shop:v2", "--finish", "swap", "--set", "soak=10"]);
    let mut run = shop.run(&["--yes"]);
    run.step("cut-over", "done");
    let theirs = json!({"app": "web"});
    shop.kubectl(&[
        "patch",
        "service",
        "web",
        "--type=json",
        "-p",
        &json!([{"op": "replace", "path": "/spec/selector", "value": theirs}]).to_string(),
    ]);
    let (_, hold) = run.until("the hold", |l| l["event"] == "hold");
    assert_eq!(hold["code"], "both-colours", "{hold}");
    assert!(hold["facts"].to_string().contains("web"), "{hold}");
    let choices: Vec<&str> =
        hold["choices"].as_array().expect("choices").iter().filter_map(|c| c.as_str().or(c["code"].as_str())).collect();
    assert!(choices.contains(&"re-pin") && choices.contains(&"back-out"), "{hold}");
    run.must_end(4, "left");
    assert_eq!(shop.object("service/web")["spec"]["selector"], theirs, "nothing is overwritten");

    shop.start(&["resume", &id, "--choose", "re-pin", "--yes"]).must_end(0, "done");
    assert_eq!(shop.object("service/web")["spec"]["selector"]["changeover.dev/color"], "green");
    none_failed("with both colours and after", &traffic.stop());
}

#[test]
fn a_promotion_in_place_ends_with_the_new_template_and_everything_else_as_before() {
    let shop = Shop::open("promote");
    let kinds = ["deployments", "services", "hpa", "pdb"];
    let names: Vec<_> = kinds.iter().map(|kind| shop.names(kind)).collect();
    let before: Vec<Value> = ["deployment/web", "service/web", "hpa/web", "pdb/web"].iter().map(|o| shop.object(o)).collect();
    shop.plan(&[SHORT, &["--image", "web=changeover.dev/shop:v2", "--finish", "promote"]].concat());
    let eyes = shop.eyes();
    let traffic = shop.traffic(shop.service(), Connections::Anew, Method::Get);
    shop.run(&["--yes"]).must_end(0, "done");
    let report = traffic.stop();
    none_failed("while it was promoted", &report);
    let looks = eyes.close();
    always_enough(&looks);
    assert!(looks.iter().any(Look::on_green), "green served while blue was rolled");

    for (kind, names) in kinds.iter().zip(names) {
        assert_eq!(shop.names(kind), names, "{kind}");
    }
    let mut wanted = before.clone();
    wanted[0]["spec"]["template"]["spec"]["containers"][0]["image"] = "changeover.dev/shop:v2".into();
    for (object, wanted) in ["deployment/web", "service/web", "hpa/web", "pdb/web"].iter().zip(wanted) {
        let now = shop.object(object);
        assert_eq!(now["spec"], wanted["spec"], "{object}");
        let notes = now["metadata"]["annotations"].as_object().into_iter().flat_map(|a| a.keys());
        let ours: Vec<_> = notes.filter(|key| key.contains("changeover.dev/")).collect();
        assert!(ours.is_empty(), "{object} keeps notes of ours: {ours:?}");
    }
    let after = shop.asked(shop.service());
    assert_eq!(versions(&after), ["v2"].into());
    assert!(after.pods.keys().all(|pod| !pod.starts_with("web-green")), "blue serves");
}
