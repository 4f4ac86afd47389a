//! Images that a registry does not have, or has for another machine, or under a tag that moved or moves meanwhile, on a real node
//! with a registry of its own: what an operator reads, and that production is as it was.

use acceptance::held::{always_enough, none_failed, versions};
use acceptance::real::{LAB, LONGEST, PODS, Shop};
use acceptance::registry::{Built, Registry};
use acceptance::until;
use evidence::{Connections, Method};
use serde_json::Value;

/// The shop's own template with another image, pulled anew for each pod.
fn template(shop: &Shop, image: &str) -> Value {
    let mut template = shop.object("deployment/web")["spec"]["template"].clone();
    template["spec"]["containers"][0]["image"] = image.into();
    template["spec"]["containers"][0]["imagePullPolicy"] = "Always".into();
    template
}

/// All of its pods are available, and those before them are gone.
fn rolled_out(shop: &Shop) {
    shop.kubectl(&["rollout", "status", "deployment/web", "--timeout=120s"]);
    until("the pods before are gone", LONGEST, || shop.pods_of("web").len() == PODS);
}

fn plan(shop: &Shop, image: &str) -> String {
    shop.file("template.json", &template(shop, image).to_string());
    shop.plan(&["--template", "template.json", "--finish", "swap", "--set", "deadline=90", "--set", "soak=2", "--set", "proveWithin=20"])
}

#[test]
fn an_image_that_cannot_be_pulled_or_does_not_run_here_is_taken_back_and_the_reason_is_the_servers() {
    let registry = Registry::open(&LAB);
    registry.push("other", "v2", Built::ElsewhereAndSaysSo);
    registry.push("unsaid", "v2", Built::ElsewhereUnsaid);
    let cases = [
        ("gone", "shop:gone: not found"),
        ("other", "no match for platform in manifest"),
        ("unsaid", "exec format error: the image is for another architecture"),
    ];
    std::thread::scope(|threads| {
        for (tag, reason) in cases {
            let image = registry.image(tag);
            threads.spawn(move || {
                let shop = Shop::open(tag);
                let said = shop.backs_out_untouched(tag, |shop| plan(shop, &image));
                let last = said.last().expect("a last line").to_string();
                assert!(last.contains(reason), "{tag}: the end says why: {last}");
            });
        }
    });
}

#[test]
fn a_tag_that_moved_is_told_by_what_the_pods_run_and_a_digest_says_which_is_meant() {
    let registry = Registry::open(&LAB);
    let first = registry.push("stable", "v1", Built::Here);
    let shop = Shop::open("moved");
    let patch = serde_json::json!({"spec": {"template": template(&shop, &registry.image("stable"))}});
    shop.kubectl(&["patch", "deployment", "web", "--type=merge", "-p", &patch.to_string()]);
    rolled_out(&shop);
    let second = registry.push("stable", "v2", Built::Here);
    assert_ne!(first, second, "the tag moved");
    let pod = shop.pods_of("web").into_keys().next().expect("a pod");
    shop.kubectl(&["delete", "pod", &pod]);
    rolled_out(&shop);

    plan(&shop, &second);
    let checked = shop.json(&["check", "plan"]);
    let findings = checked["findings"].as_array().expect("findings");
    let moved = findings.iter().find(|f| f["code"] == "mutable-tag").unwrap_or_else(|| panic!("the tag moved: {checked}"));
    assert!(moved["message"].to_string().contains("its pods run 2 different images under"), "{moved}");
    shop.run(&["--yes"]).must_end(0, "done");
    let after = shop.asked(shop.service());
    none_failed("by digest", &after);
    assert_eq!(versions(&after), ["v2"].into(), "every pod runs what the digest says");
}

#[test]
fn a_tag_that_moves_while_green_is_pulled_holds_the_run_before_the_cutover() {
    let registry = Registry::open(&LAB);
    registry.push("fresh", "v2", Built::Here);
    let shop = Shop::open("pulled");
    let (blue, run) = (shop.pods_of("web"), plan(&shop, &registry.image("fresh")));
    shop.run(&["--yes", "--until", "scale-green"]).must_end(4, "left");
    let all_ready = || {
        shop.kubectl(&["rollout", "status", "deployment/web-green", "--timeout=120s"]);
        until("the pods before are gone", LONGEST, || shop.pods_of("web-green").len() == PODS);
    };
    all_ready();
    registry.push("fresh", "v3", Built::Here);
    let pod = shop.pods_of("web-green").into_keys().next().expect("a pod");
    shop.kubectl(&["delete", "pod", &pod]);
    all_ready();

    let said = shop.start(&["resume", &run, "--yes"]).must_end(4, "left");
    let last = said.last().expect("a last line").to_string();
    assert!(last.contains("its pods run 2 different images under") && last.contains("name the version by digest"), "{last}");
    let served = shop.asked(shop.service());
    none_failed("held", &served);
    assert_eq!(versions(&served), ["v1"].into(), "all traffic is on blue");
    shop.start(&["back-out", &run, "--reason", "two versions under one tag"]).must_end(5, "backedOut");
    assert_eq!((shop.pods_of("web"), shop.names("deployments").contains("deployment.apps/web-green")), (blue, false));
}

/// The node still holds the image, and the pods ask the registry all the same (`imagePullPolicy: Always`).
#[test]
fn going_back_to_an_image_that_is_gone_is_told_before_and_takes_nothing_from_what_serves() {
    let registry = Registry::open(&LAB);
    let old = registry.push("old", "v1", Built::Here);
    registry.push("new", "v2", Built::Here);
    let shop = Shop::open("forgotten");
    for tag in ["old", "new"] {
        let patch = serde_json::json!({"spec": {"template": template(&shop, &registry.image(tag))}});
        shop.kubectl(&["patch", "deployment", "web", "--type=merge", "-p", &patch.to_string()]);
        rolled_out(&shop);
    }
    registry.forget(&registry.image("old"));
    registry.forget(&old);

    let history = shop.json(&["history", "deployment/web"]);
    let all = history["revisions"].as_array().expect("revisions");
    let gone = all.iter().find(|r| r["images"][0].as_str().is_some_and(|i| i.ends_with(":old"))).expect("the revision before");
    assert!(gone["reasons"].to_string().contains("is asked for at its registry at every start, and may be gone"), "{gone}");

    let to = gone["number"].to_string();
    let run = shop.plan_by("rollback", "deployment/web", &["--to-revision", &to, "--set", "deadline=60"]);
    let (eyes, traffic) = (shop.eyes(), shop.traffic(shop.service(), Connections::Anew, Method::Get));
    // What ran before was gone back from: whether it was better after all is for the operator to say.
    let said = shop.run(&["--yes"]).must_end(4, "left");
    let last = said.last().expect("a last line").to_string();
    assert!(last.contains("shop:old: not found") && last.contains("wait on, or decide that it was better"), "{last}");
    shop.start(&["back-out", &run, "--reason", "the image is gone"]).must_end(5, "backedOut");
    let report = traffic.stop();
    none_failed("meanwhile", &report);
    assert_eq!(versions(&report), ["v2"].into(), "what served goes on");
    always_enough(&eyes.close());
    rolled_out(&shop);
    assert_eq!(shop.object("deployment/web")["spec"]["template"]["spec"]["containers"][0]["image"], registry.image("new").as_str());
}
