//! The practice lab as a user has it: started twice, after a crash, over a half-dead one, and taken away.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use acceptance::labs::Folder;
use acceptance::until;

fn pids(folder: &Folder) -> BTreeSet<u32> {
    folder.record().expect("a lab").processes.iter().map(|p| p.pid).collect()
}

/// Starts it again over what is there, and sees it work.
fn is_repaired(folder: &Folder, before: &BTreeSet<u32>) {
    let (status, _) = folder.run(&["status"]);
    assert!(status.starts_with("broken"), "{status}");
    folder.run(&["up"]);
    assert!(pids(folder).is_disjoint(before), "every program is a new one");
    let ready = folder.lab().kubectl(&["get", "deployment", "web", "--namespace=shop", "-o", "jsonpath={.status.readyReplicas}"]);
    assert_eq!(ready.expect("answers"), "3");
}

#[test]
fn up_twice_starts_nothing_and_every_dead_program_is_repaired_and_down_leaves_nothing() {
    let folder = Folder::new();
    folder.run(&["up"]);
    let first = pids(&folder);
    assert_eq!(first.len(), folder.processes().len(), "what is written down is what runs: {:?}", folder.processes());
    let (said, took) = folder.run(&["up"]);
    assert!(said.contains("nothing to do"), "{said}");
    assert!(took < Duration::from_secs(5), "it only looks: {took:?}");
    assert_eq!(pids(&folder), first);
    let (status, _) = folder.run(&["status"]);
    assert!(status.starts_with("up") && status.contains("kube-apiserver") && !status.contains("ENDED"), "{status}");
    let (viewer, _) = folder.run(&["kubeconfig", "viewer"]);
    assert!(std::fs::read_to_string(viewer.trim()).expect("reads").contains("practice-viewer"), "{viewer}");

    for program in ["kube-apiserver", "etcd", "kwok"] {
        let before = pids(&folder);
        folder.lab().kill(program).expect("killed");
        is_repaired(&folder, &before);
    }
    folder.down();
    let (again, _) = folder.run(&["down"]);
    assert!(again.contains("no lab was up"), "{again}");
}

#[test]
fn a_start_that_is_killed_halfway_is_in_nobodys_way() {
    let folder = Folder::new();
    let mut up = folder.command(&["up"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    let halfway = || folder.record().is_some_and(|r| !r.complete && r.processes.iter().any(|p| p.name == "kube-apiserver"));
    until("it is halfway", Duration::from_secs(60), halfway);
    up.kill().expect("kill -9");
    up.wait().expect("gone");
    let remains = pids(&folder);
    assert!(!remains.is_empty());
    // What is being started has neither arguments nor environment for a moment.
    until("its programs go on without it", Duration::from_secs(10), || folder.processes().len() >= remains.len());
    is_repaired(&folder, &remains);
    folder.down();
}
