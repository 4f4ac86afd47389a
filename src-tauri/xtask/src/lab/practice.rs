//! Simulated nodes: kwok plays kubelet. Its stages for nodes come from its own module; those for pods are ours
//! (`tests/lab/kwok/`), because they have to honour the sample shop's bad images.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use super::control_plane::{all_alive, launch};
use super::process::wait_until;
use super::programs::{self, Module};
use super::state::{LabDir, Record};
use super::{LabError, apply, kubectl};
use crate::sh;

/// Starts kwok and makes `nodes` simulated nodes; waits until they are ready.
pub fn start(dir: &LabDir, record: &mut Record, nodes: u8) -> Result<(), LabError> {
    let stages = dir.path().join("stages.yaml");
    fs::write(&stages, all_stages(record.network.is_some())?).map_err(|e| LabError::file(&stages, e))?;
    let mut kwok = Command::new(programs::program("kwok")?);
    kwok.arg("--kubeconfig").arg(dir.kubeconfig_of("kwok")).arg("--config").arg(&stages).args([
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-ip=10.0.0.1",
        "--cidr=10.244.0.1/16",
    ]);
    launch(dir, record, "kwok", kwok)?;
    let manifest = dir.path().join("nodes.yaml");
    let text: String = (1..=nodes).map(|node| node_manifest(node, record.network.is_some())).collect();
    fs::write(&manifest, text).map_err(|e| LabError::file(&manifest, e))?;
    apply(dir, &manifest)?;
    wait_until("the simulated nodes to be ready", Duration::from_secs(60), Duration::from_millis(200), || {
        all_alive(&record.processes)?;
        Ok(sh::succeeds(kubectl(dir)?.args(["wait", "node", "--selector=type=kwok", "--for=condition=Ready", "--timeout=5s"])))
    })
}

/// Beside real nodes a real gateway may route, so the stages that play one are left out.
fn all_stages(beside_real_ones: bool) -> Result<String, LabError> {
    let of_kwok = programs::module_folder(Module::Etcd, "sigs.k8s.io/kwok", "kustomize/stage/node")?;
    let mut files = vec![
        of_kwok.join("fast/node-initialize.yaml"),
        of_kwok.join("heartbeat/node-heartbeat.yaml"),
        programs::sources().join("kwok/pods.yaml"),
    ];
    if !beside_real_ones {
        files.push(programs::sources().join("kwok/entries.yaml"));
    }
    let mut all = String::new();
    for file in files {
        all.push_str(&fs::read_to_string(&file).map_err(|e| LabError::file(&file, e))?);
        all.push_str("\n---\n");
    }
    Ok(all)
}

/// Beside real nodes a taint keeps the shop off the simulated ones.
fn node_manifest(node: u8, beside_real_ones: bool) -> String {
    let taint =
        if beside_real_ones { "  taints:\n  - {key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}\n" } else { "  taints: []\n" };
    format!(
        "apiVersion: v1\nkind: Node\nmetadata:\n  name: simulated-{node}\n  annotations:\n    \
         kwok.x-k8s.io/node: fake\n  labels:\n    type: kwok\n    kubernetes.io/hostname: simulated-{node}\n    \
         kubernetes.io/os: linux\nspec:\n{taint}status:\n  capacity: {{cpu: \"64\", memory: 256Gi, pods: \"5000\"}}\n  \
         allocatable: {{cpu: \"64\", memory: 256Gi, pods: \"5000\"}}\n---\n"
    )
}

/// Runs the wanted number of simulated pods, 500 to a Deployment, in the namespace `crowd`.
pub fn fake_pods(dir: &LabDir, record: &mut Record) -> Result<(), LabError> {
    if record.network.is_some() {
        start(dir, record, 3)?;
    }
    let wanted = record.options.fake_pods;
    let mut text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: crowd}\n".to_owned();
    for (index, begin) in (0..wanted).step_by(500).enumerate() {
        let replicas = (wanted - begin).min(500);
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: crowd-{index}, namespace: crowd}}\nspec:\n  \
             replicas: {replicas}\n  selector: {{matchLabels: {{app: crowd-{index}}}}}\n  template:\n    \
             metadata: {{labels: {{app: crowd-{index}}}}}\n    spec:\n      nodeSelector: {{type: kwok}}\n      \
             tolerations: [{{key: kwok.x-k8s.io/node, operator: Exists}}]\n      \
             containers: [{{name: crowd, image: \"changeover.dev/shop:v1\"}}]\n"
        );
    }
    let manifest = dir.path().join("crowd.yaml");
    fs::write(&manifest, text).map_err(|e| LabError::file(&manifest, e))?;
    apply(dir, &manifest)?;
    // The controllers write some 20 pods a second to begin with.
    let patience = Duration::from_secs(120 + u64::from(wanted) / 10);
    wait_until("the simulated pods to run", patience, Duration::from_secs(1), || {
        let running =
            sh::read(kubectl(dir)?.args(["get", "deployments", "--namespace=crowd", "-o", "jsonpath={.items[*].status.readyReplicas}"]))?;
        Ok(running.split_whitespace().filter_map(|n| n.parse::<u32>().ok()).sum::<u32>() >= wanted)
    })
}
