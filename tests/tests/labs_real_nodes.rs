//! A lab of real nodes as a user has it: what it is made of, broken and repaired, and what `down` leaves on the machine.

use std::time::Duration;

use acceptance::labs::{Folder, Machine};
use acceptance::until;

#[test]
fn half_dead_nodes_are_repaired_and_down_leaves_the_machine_as_it_was() {
    let before = Machine::now();
    let folder = Folder::new();
    folder.run(&["up", "--real-nodes", "1"]);
    let with = Machine::now();
    for kind in ["mount ", "/run/netns/", "/sys/class/net/chglab", "/sys/fs/cgroup/", "ip -oneline route", "/proc/"] {
        assert!(with.since(&before).any(|thing| thing.starts_with(kind)), "a node without {kind}: it is not looked at");
    }

    // Its containers go on; more is asked for than there was.
    folder.lab().kill("kubelet-1").expect("killed");
    let (status, _) = folder.run(&["status"]);
    assert!(status.starts_with("broken"), "{status}");
    folder.run(&["up", "--real-nodes", "2", "--fake-pods", "20", "--metrics"]);
    let (status, _) = folder.run(&["status"]);
    assert!(status.starts_with("up") && status.contains("kubelet-2") && status.contains("metrics-server"), "{status}");
    let lab = folder.lab();
    let names = lab.kubectl(&["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"]).expect("answers");
    assert!(names.contains("node-1 node-2") && names.contains("simulated-1"), "{names}");
    let crowd = lab.kubectl(&["get", "pods", "--namespace=crowd", "--field-selector=status.phase=Running", "-o", "name"]);
    assert_eq!(crowd.expect("answers").lines().count(), 20);
    until("figures of the pods", Duration::from_secs(90), || {
        lab.kubectl(&["top", "pods", "--namespace=shop", "--no-headers"]).is_ok_and(|rows| rows.lines().count() >= 6)
    });
    // A smaller wish is met by what stands.
    let (said, _) = folder.run(&["up", "--real-nodes", "1"]);
    assert!(said.contains("nothing to do"), "{said}");

    // With a dead runtime nobody answers for the containers any more.
    lab.kill("containerd-1").expect("killed");
    let network = lab.record().network.expect("it has one").name();
    folder.down();
    before.is_back(&network);
}
