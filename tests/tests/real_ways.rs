//! More cutovers on a real node, under traffic: evidence that turns, several Services at once, bad images, autoscalers,
//! and time that an operator takes. As `real_cutover.rs`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::held::{always_enough, none_failed, versions};
use acceptance::real::{LONGEST, PODS, Shop};
use acceptance::until;
use evidence::{Connections, Method};
use serde_json::{Value, json};

/// Green passes its smoke check and the proof, and stays ready by its probe; then what the entry answers turns bad.
#[test]
fn a_probe_at_the_entry_that_turns_bad_in_the_soak_gives_the_traffic_back() {
    let shop = Shop::open("turns");
    let blue = shop.pods_of("web");
    let mut template = shop.object("deployment/web")["spec"]["template"].clone();
    let container = &mut template["spec"]["containers"][0];
    container["image"] = "changeover.dev/shop:v2".into();
    container["readinessProbe"]["httpGet"]["path"] = "/healthz".into();
    container["env"].as_array_mut().expect("has variables").push(json!({"name": "SHUTDOWN_DELAY", "value": "10m"}));
    shop.file("template.json", &template.to_string());
    let probe = format!("probes=http://{}/readyz", shop.host());
    shop.plan(&["--template", "template.json", "--finish", "swap", "--set", "soak=300", "--set", &probe]);
    let eyes = shop.eyes();
    let mut run = shop.run(&["--yes"]);
    run.step("cut-over", "done");
    assert_eq!(versions(&shop.asked(shop.traefik())), ["v2"].into());
    shop.ask_to_stop("web-green");
    run.step("cut-over", "undoing");
    let said = run.must_end(5, "backedOut");
    assert!(said.iter().any(|l| l.to_string().contains("503")), "the answer is named: {said:#?}");
    always_enough(&eyes.close());
    let after = shop.asked(shop.traefik());
    none_failed("after going back", &after);
    assert_eq!(versions(&after), ["v1"].into());
    assert_eq!(shop.pods_of("web"), blue, "blue's pods are the same");
    assert_eq!(shop.names("deployments").len(), 1);
}

#[test]
fn two_services_over_one_deployment_move_together_and_back_in_reverse_order() {
    let shop = Shop::open("two");
    let other = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web-inside", "namespace": shop.namespace},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}});
    shop.apply("other.json", &other);
    let both = [shop.service(), shop.service_of("web-inside")];
    until("kube-proxy leads to both", LONGEST, || both.iter().all(|at| shop.answers(*at)));
    let run = shop.plan(&["--image", "web=changeover.dev/shop:v2", "--finish", "swap", "--set", "soak=2", "--set", "proveWithin=20"]);
    let eyes = shop.eyes();
    let traffic = both.map(|at| shop.traffic(at, Connections::Anew, Method::Get));
    shop.run(&[]).must_end(4, "left");
    let pinned = shop.selectors_written().len();
    assert_eq!(pinned, 2, "both are pinned: {:?}", shop.selectors_written());
    shop.start(&["approve", &run]).must_end(4, "left");
    for at in both {
        assert_eq!(versions(&shop.asked(at)), ["v2"].into());
    }
    shop.start(&["back-out", &run, "--reason", "as practised"]).must_end(5, "backedOut");
    for at in both {
        assert_eq!(versions(&shop.asked(at)), ["v1"].into());
    }
    for traffic in traffic {
        none_failed("there and back", &traffic.stop());
    }
    always_enough(&eyes.close());
    let written = shop.selectors_written();
    let on_green = |s: &Value| s["changeover.dev/color"] == "green";
    let there: Vec<&str> = written.iter().filter(|w| on_green(&w.1)).map(|w| w.0.as_str()).collect();
    assert_eq!(there.iter().collect::<BTreeSet<_>>().len(), 2, "both moved, once: {written:?}");
    assert_eq!(there.len(), 2, "both moved, once: {written:?}");
    let after = written.iter().skip_while(|w| !on_green(&w.1)).filter(|w| !on_green(&w.1));
    let back: Vec<&str> = after.take(2).map(|w| w.0.as_str()).collect();
    assert_eq!(back, there.iter().rev().copied().collect::<Vec<_>>(), "back in reverse order: {written:?}");
    for name in ["service/web", "service/web-inside"] {
        assert_eq!(shop.object(name)["spec"]["selector"], json!({"app": "web"}), "{name}");
    }
}

/// A process drives the run at its gate for longer than the deadline; the wait for pods that comes after has it whole.
#[test]
fn time_at_a_gate_counts_against_no_deadline() {
    const DEADLINE: Duration = Duration::from_secs(25);
    let shop = Shop::open("gate");
    let deadline = format!("deadline={}", DEADLINE.as_secs());
    let more = ["--set", "soak=2", "--set", "proveWithin=20", "--set", &deadline];
    shop.plan(&[&["--image", "web=changeover.dev/shop:v2", "--finish", "promote"][..], &more].concat());
    let traffic = shop.traffic(shop.service(), Connections::Anew, Method::Get);
    let mut run = shop.at_a_terminal(&["run", "plan", "--confirm-context", "lab"]);
    run.asks("cut-over: go on?");
    let stood = Instant::now();
    until("longer than the deadline", LONGEST, || stood.elapsed() > DEADLINE + Duration::from_secs(5));
    assert!(run.is_alive(), "it drives the run while it asks: {}", run.said());
    assert!(shop.object("service/web")["spec"]["selector"]["changeover.dev/color"].is_null(), "nothing moved meanwhile");
    run.answer("y");
    run.asks("retire: go on?");
    let stood = Instant::now();
    until("longer than the deadline", LONGEST, || stood.elapsed() > DEADLINE + Duration::from_secs(5));
    run.answer("y");
    assert_eq!(run.ends(), 0);
    none_failed("meanwhile", &traffic.stop());
    let image = &shop.object("deployment/web")["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, "changeover.dev/shop:v2", "blue was rolled, and waited for, after both gates");
}

/// Green takes 20 s to get ready. Meanwhile and in the soak the autoscaler is held; then it has its minimum back.
#[test]
fn a_slow_green_is_waited_for_while_the_autoscaler_is_held() {
    let shop = Shop::open("slow");
    shop.kubectl(&["patch", "hpa", "web", "--type=merge", "-p", r#"{"spec":{"minReplicas":1}}"#]);
    shop.plan(&["--image", "web=changeover.dev/shop:slow-start", "--finish", "swap", "--set", "soak=5", "--set", "proveWithin=20"]);
    let eyes = shop.eyes();
    let traffic = shop.traffic(shop.service(), Connections::Anew, Method::Get);
    let over = AtomicBool::new(false);
    let seen = std::thread::scope(|threads| {
        let sampling = threads.spawn(|| {
            let mut seen = vec![];
            while !over.load(Ordering::Relaxed) {
                let color = &shop.object("service/web")["spec"]["selector"]["changeover.dev/color"];
                seen.push((shop.object("hpa/web")["spec"]["minReplicas"].as_u64(), color == "green"));
                std::thread::sleep(Duration::from_millis(200));
            }
            seen
        });
        let began = Instant::now();
        let mut run = shop.run(&["--yes"]);
        let ready = run.step("await-green", "done");
        assert!(ready - began >= Duration::from_secs(20), "green is not ready before its time");
        run.must_end(0, "done");
        over.store(true, Ordering::Relaxed);
        sampling.join().expect("samples")
    });
    none_failed("meanwhile", &traffic.stop());
    always_enough(&eyes.close());
    let mut minima: Vec<Option<u64>> = seen.iter().map(|s| s.0).collect();
    minima.dedup();
    assert_eq!(minima, [Some(1), Some(PODS as u64), Some(1)], "held once, and given back");
    assert!(seen.iter().any(|s| s == &(Some(PODS as u64), true)), "it is held while green serves: {seen:?}");
}

/// Images that never work end where they should: green is taken away, blue is untouched, and the reason is named.
#[test]
fn an_image_that_crashes_or_is_missing_is_backed_out_and_the_reason_is_named() {
    for (tag, reasons) in [("crash-loop", &["CrashLoopBackOff", "Error"][..]), ("missing", &["ErrImage"])] {
        let shop = Shop::open(tag);
        let image = format!("web=changeover.dev/shop:{tag}");
        let plan = |shop: &Shop| shop.plan(&["--image", &image, "--finish", "swap", "--set", "deadline=60"]);
        let said = shop.backs_out_untouched(tag, plan);
        assert!(said.iter().any(|l| reasons.iter().any(|r| l.to_string().contains(r))), "{tag}: {said:#?}");
        assert_eq!(shop.names("deployments").len(), 1, "{tag}: nothing of green is left");
    }
}
