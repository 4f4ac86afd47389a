//! Golden plans, and what must hold for each of them.

mod common;

use std::collections::BTreeSet;

use common::{fixtures, folders, golden, make, request, snapshot};
use plan::{Plan, Step, file, kubectl, render, strategies};

/// (folder, plan or refusal)
fn cases() -> Vec<(std::path::PathBuf, Result<Plan, String>)> {
    let mut all = Vec::new();
    for strategy in folders(&fixtures().join("strategies")) {
        for case in folders(&strategy) {
            let request = request(&case);
            assert_eq!(Some(request.strategy.as_str()), strategy.file_name().and_then(|n| n.to_str()), "{}", case.display());
            let plan = make(&snapshot(&case, &request), &request).map_err(|e| e.to_string());
            all.push((case, plan));
        }
    }
    all
}

fn plans() -> Vec<(std::path::PathBuf, Plan)> {
    cases().into_iter().filter_map(|(case, plan)| Some((case, plan.ok()?))).collect()
}

#[test]
fn plans_are_as_written_down() {
    let wrong: Vec<String> = cases()
        .into_iter()
        .filter_map(|(case, plan)| {
            let text = match plan {
                Ok(plan) => render::text(&plan),
                Err(e) => format!("refused: {e}\n"),
            };
            golden(&case.join("plan.txt"), &text).err()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_strategy_has_a_golden_plan() {
    let seen: BTreeSet<String> = plans().into_iter().map(|(_, p)| p.strategy).collect();
    for s in strategies::LIST {
        assert!(seen.contains(s.name()), "{}", s.name());
    }
}

#[test]
fn ids_are_unique_and_each_step_comes_after_those_it_waits_for() {
    for (case, plan) in plans() {
        let mut seen = BTreeSet::new();
        for s in &plan.steps {
            // In order and never ahead: so there is no cycle.
            assert!(s.after.iter().all(|a| seen.contains(a)), "{}: {} is ahead of what it waits for", case.display(), s.id);
            assert!(seen.insert(s.id.clone()), "{}: {} occurs twice", case.display(), s.id);
        }
    }
}

#[test]
fn what_writes_says_how_it_is_undone_and_has_a_command() {
    for (case, plan) in plans() {
        for s in &plan.steps {
            let writes = !s.step.writes_to().is_empty();
            assert_eq!(render::undo(&s.step).is_some(), writes, "{}: {}", case.display(), s.id);
            assert!(!writes || !kubectl::commands(&s.step).is_empty(), "{}: {}", case.display(), s.id);
        }
    }
}

#[test]
fn every_pause_is_resumed_every_freeze_thawed_and_every_preview_deleted() {
    // A pause that is all that is wanted stays.
    for (case, plan) in plans().into_iter().filter(|(_, p)| p.brings_a_version()) {
        let count = |f: fn(&Step) -> bool| plan.steps.iter().filter(|s| f(&s.step)).count();
        // A promotion pauses twice and unpauses once with the template.
        let unpauses = count(|s| matches!(s, Step::Resume { .. } | Step::SetTemplate { .. }));
        let pauses = count(|s| matches!(s, Step::Pause { .. }));
        assert!(pauses == 0 || pauses == unpauses, "{}", case.display());
        assert_eq!(count(|s| matches!(s, Step::Freeze { .. })), count(|s| matches!(s, Step::Thaw { .. })), "{}", case.display());
        for s in &plan.steps {
            if let Step::Create { object, .. } = &s.step
                && object.kind == model::Kind::Service
            {
                let deleted = plan.steps.iter().any(|d| matches!(&d.step, Step::Delete { object: o } if o == object));
                assert!(deleted, "{}: {}", case.display(), object.said());
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_plan() {
    for ((case, a), (_, b)) in plans().into_iter().zip(plans()) {
        assert_eq!(file::to_text(&a).expect("text"), file::to_text(&b).expect("text"), "{}", case.display());
    }
}

#[test]
fn a_plan_file_is_read_back_as_it_was_and_refused_when_edited() {
    for (case, plan) in plans() {
        let text = file::to_text(&plan).expect("text");
        assert_eq!(file::from_text(&text).expect("reads"), plan, "{}", case.display());
        let edited = text.replacen("\"context\": \"lab\"", "\"context\": \"production\"", 1);
        assert_ne!(edited, text, "{}", case.display());
        let e = file::from_text(&edited).expect_err("refused").to_string();
        assert!(e.contains("it was edited after it was made"), "{e}");
        assert!(file::from_text(&text[..text.len() / 2]).is_err());
    }
}

#[test]
fn no_pod_template_hash_is_ever_written_into_a_template_or_a_manifest() {
    for (case, plan) in plans() {
        for s in &plan.steps {
            let written = match &s.step {
                Step::Create { manifest, .. } => manifest,
                Step::SetTemplate { after, .. } => after,
                _ => continue,
            };
            assert!(!written.to_string().contains("\"pod-template-hash\":"), "{}: {}", case.display(), s.id);
            assert!(!written.to_string().contains("ownerReferences"), "{}: {}", case.display(), s.id);
        }
    }
}

#[test]
fn the_pod_for_the_dry_run_is_of_the_new_template() {
    for (case, plan) in plans() {
        let Some(pod) = plan::dry_run_pod(&plan) else {
            assert_eq!(plan.template, plan.target.template, "{}: brings a template that nothing tries", case.display());
            continue;
        };
        assert_eq!(pod.pointer("/metadata/namespace"), Some(&serde_json::json!("shop")), "{}", case.display());
        for change in &plan.changes {
            assert!(pod.to_string().contains(&format!("\"{}\"", change.after)), "{}", case.display());
        }
    }
}

#[test]
fn histories_are_ranked_as_written_down() {
    let mut wrong = Vec::new();
    for case in folders(&fixtures().join("strategies/rollback")) {
        let request = request(&case);
        let target = request.id();
        let text = match plan::revisions::revisions(&snapshot(&case, &request), &target) {
            Err(e) => format!("refused: {e}\n"),
            Ok(all) => all.iter().map(said).collect(),
        };
        wrong.extend(golden(&case.join("revisions.txt"), &text).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn said(r: &plan::Revision) -> String {
    let images: Vec<String> = r.images.iter().map(|(c, i)| format!("{c}={i}")).collect();
    let head = format!("revision {} {} ready {} score {}\n", r.number, images.join(" "), r.ready, r.score);
    let sign = |weight: i32| match weight {
        0 => '~',
        1.. => '+',
        _ => '-',
    };
    let lines = r.reasons.iter().map(|l| format!("  {} {}\n", sign(l.weight), l.said));
    let evidence = r.healthy_evidence.iter().map(|e| format!("  evidence: {e}\n"));
    let never = r.never_healthy.iter().map(|e| format!("  never seen healthy: {e}\n"));
    let excluded = r.excluded.iter().map(|e| format!("  excluded: {e}\n"));
    std::iter::once(head).chain(lines).chain(evidence).chain(never).chain(excluded).collect()
}

#[test]
fn advice_names_a_way_that_can_be_planned() {
    for (case, _) in plans() {
        let request = request(&case);
        let snapshot = snapshot(&case, &request);
        let target = request.id();
        let advice = plan::advice::advise(&snapshot, &target).expect("advice");
        let said: BTreeSet<&str> = advice.iter().map(|a| a.strategy).collect();
        assert_eq!(said, strategies::LIST.iter().map(|s| s.name()).collect(), "{}", case.display());
        let fits = advice.iter().find(|a| a.strategy == request.strategy).expect("named").fit;
        assert_ne!(fits, plan::advice::Fit::Unfit, "{}", case.display());
        assert!(advice.iter().all(|a| !a.reasons.is_empty()), "{}", case.display());
    }
}

/// (apiGroup, resource, verb) of a role that is shipped.
fn granted(role: &str) -> BTreeSet<(String, String, String)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rbac").join(role);
    let role: serde_json::Value = serde_saphyr::from_str(&std::fs::read_to_string(path).expect("reads")).expect("is YAML");
    let texts = |rule: &serde_json::Value, key: &str| -> Vec<String> {
        rule[key].as_array().expect(key).iter().map(|v| v.as_str().expect("a text").to_string()).collect()
    };
    let mut all = BTreeSet::new();
    for rule in role["rules"].as_array().expect("rules").iter().filter(|r| !r["apiGroups"].is_null()) {
        for (group, resource) in texts(rule, "apiGroups").iter().flat_map(|g| texts(rule, "resources").into_iter().map(move |r| (g, r))) {
            all.extend(texts(rule, "verbs").into_iter().map(|verb| (group.clone(), resource.clone(), verb)));
        }
    }
    all
}

#[test]
fn the_roles_that_are_shipped_give_what_plans_need_and_the_operators_nothing_else() {
    let resource = |a: &plan::Access| match a.subresource.as_str() {
        "" => a.kind.plural().to_string(),
        sub => format!("{}/{sub}", a.kind.plural()),
    };
    let of = |a: plan::Access| (a.kind.group().to_string(), resource(&a), a.verb.name().to_string());
    let all = plans();
    let trials = all.iter().map(|(_, plan)| of(plan::access::pod_trial(plan)));
    // A record that is a Secret is for who writes credentials into templates; its rule is a comment of the role.
    let needed: BTreeSet<_> = all.iter().flat_map(|(_, plan)| plan::access::access(plan)).map(of).filter(|n| n.1 != "secrets").collect();
    let (operator, viewer) = (granted("operator.yaml"), granted("viewer.yaml"));
    let missing: Vec<_> = needed.iter().filter(|n| !operator.contains(*n) && !viewer.contains(*n)).collect();
    assert!(missing.is_empty(), "plans need what neither role gives: {missing:?}");
    let needed: BTreeSet<_> = needed.into_iter().chain(trials).collect();
    let idle: Vec<_> = operator.difference(&needed).collect();
    assert!(idle.is_empty(), "the operator's role gives what no plan needs: {idle:?}");
}
