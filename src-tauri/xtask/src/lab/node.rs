//! Real nodes: kubelet, containerd and kube-proxy, each node in a network namespace of its own.
//!
//! A bridge in the root namespace joins the nodes; routes lead to their pods and, through the first node, to the
//! Services. A client in the root namespace is thereby what a machine beside a cluster is: it reaches ClusterIPs
//! through kube-proxy. Programs enter with `nsenter --net=`: `ip netns exec` remounts /sys and hides the cgroups.
//!
//! Every name in the kernel begins with the network's name, so that [`remove`] finds all of it again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::certs::Authority;
use super::control_plane::{all_alive, launch};
use super::process::{self, wait_until};
use super::state::{LabDir, Network, Record};
use super::{LabError, images, kubectl, programs};
use crate::{apt, sh};

/// Where the sockets and the mounts of a network's nodes are: short, because a socket's path may have 107 bytes.
fn runtime(network: Network) -> PathBuf {
    Path::new("/run").join(network.name())
}

fn namespace(network: Network, node: u8) -> String {
    format!("{}-{node}", network.name())
}

fn socket(network: Network, node: u8) -> PathBuf {
    runtime(network).join(format!("containerd-{node}.sock"))
}

/// The first range of addresses that no bridge of a lab uses.
pub fn free_network() -> Result<Network, LabError> {
    (230..240)
        .map(|second| Network { second })
        .find(|network| !Path::new("/sys/class/net").join(network.name()).exists())
        .ok_or(LabError::NoNetwork)
}

fn ip(line: &str) -> Result<(), LabError> {
    sh::read(&mut sh::command("ip", line.split_whitespace()))?;
    Ok(())
}

/// A program in a node's network: what it serves on the loopback device, the node alone reaches.
pub(super) fn inside(network: Network, node: u8, program: &Path) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net=/run/netns/{}", namespace(network, node))).arg(program);
    command
}

/// Packages, programs, images, bridge, namespaces, routes and cgroups.
pub fn prepare(dir: &LabDir, record: &Record) -> Result<(), LabError> {
    let Some(network) = record.network else { return Ok(()) };
    apt::ensure(apt::REAL_NODE, "real nodes")?;
    for program in ["kubelet", "kube-proxy", "shopd"] {
        programs::program(program)?;
    }
    images::pack(dir.path())?;
    let name = network.name();
    ip(&format!("link add {name} type bridge"))?;
    ip(&format!("addr add {}/24 dev {name}", network.gateway()))?;
    ip(&format!("link set {name} up"))?;
    for node in 1..=record.options.real_nodes {
        let space = namespace(network, node);
        let address = network.node(node);
        ip(&format!("netns add {space}"))?;
        ip(&format!("link add {space} type veth peer name eth0 netns {space}"))?;
        ip(&format!("link set {space} master {name} up"))?;
        ip(&format!("-n {space} addr add {address}/24 dev eth0"))?;
        ip(&format!("-n {space} link set eth0 up"))?;
        ip(&format!("-n {space} link set lo up"))?;
        ip(&format!("-n {space} route add default via {}", network.gateway()))?;
        ip(&format!("route add {} via {address}", network.pods(node)))?;
        let forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
        sh::read(inside(network, node, Path::new("sh")).args(["-c", forward]))?;
    }
    for (node, other) in pairs(record.options.real_nodes) {
        let space = namespace(network, node);
        ip(&format!("-n {space} route add {} via {}", network.pods(other), network.node(other)))?;
    }
    ip(&format!("route add {} via {}", network.services(), network.node(1)))?;
    make_cgroups(network, record.options.real_nodes)?;
    let run = runtime(network);
    fs::create_dir_all(&run).map_err(|e| LabError::file(&run, e))
}

fn pairs(nodes: u8) -> impl Iterator<Item = (u8, u8)> {
    (1..=nodes).flat_map(move |a| (1..=nodes).filter(move |b| *b != a).map(move |b| (a, b)))
}

/// The folders of the cgroup hierarchies: one with version 2, one per controller with version 1.
fn hierarchies() -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    if root.join("cgroup.controllers").exists() {
        return vec![root.to_owned()];
    }
    let entries = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_dir() && !path.is_symlink() && path.join("cgroup.procs").exists()).collect()
}

/// A group per lab, and in it one per node: a kubelet removes every pod of its own group that it does not know.
fn make_cgroups(network: Network, nodes: u8) -> Result<(), LabError> {
    for hierarchy in hierarchies() {
        // Beside version 1 a hierarchy of version 2 may be mounted that controls nothing.
        if hierarchy.join("cgroup.controllers").exists() && hierarchy != Path::new("/sys/fs/cgroup") {
            continue;
        }
        let lab = hierarchy.join(network.name());
        make_cgroup(&hierarchy, &lab)?;
        for node in 1..=nodes {
            make_cgroup(&lab, &lab.join(format!("node-{node}")))?;
        }
    }
    Ok(())
}

fn make_cgroup(parent: &Path, folder: &Path) -> Result<(), LabError> {
    fs::create_dir_all(folder).map_err(|e| LabError::file(folder, e))?;
    // A new cpuset of version 1 has no CPU and no memory node, and refuses every process.
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let (from, to) = (parent.join(file), folder.join(file));
        if from.exists() && !parent.join("cgroup.controllers").exists() {
            fs::read(&from).and_then(|all| fs::write(&to, all)).map_err(|e| LabError::file(&to, e))?;
        }
    }
    if parent.join("cgroup.subtree_control").exists() {
        for controller in ["cpuset", "cpu", "memory", "pids", "io"] {
            // One that the kernel lacks or that is on already is no reason to stop.
            let _ = fs::write(parent.join("cgroup.subtree_control"), format!("+{controller}"));
            let _ = fs::write(folder.join("cgroup.subtree_control"), format!("+{controller}"));
        }
    }
    Ok(())
}

/// Starts the programs of every node; waits until each is ready.
pub fn start(dir: &LabDir, record: &mut Record) -> Result<(), LabError> {
    let Some(network) = record.network else { return Ok(()) };
    let archive = dir.path().join("shop.tar");
    for node in 1..=record.options.real_nodes {
        let home = dir.path().join(format!("node-{node}"));
        fs::create_dir_all(home.join("cni")).map_err(|e| LabError::file(&home, e))?;
        launch(dir, record, &format!("containerd-{node}"), containerd(network, node, &home)?)?;
        let socket = socket(network, node);
        let ctr = || sh::command("ctr", ["--namespace=k8s.io", "--address"]);
        wait_until("containerd", Duration::from_secs(30), Duration::from_millis(100), || {
            all_alive(&record.processes)?;
            Ok(socket.exists() && sh::succeeds(ctr().arg(&socket).arg("version")))
        })?;
        sh::read(ctr().arg(&socket).args(["images", "import", "--no-unpack"]).arg(&archive))
            .or_else(|_| sh::read(ctr().arg(&socket).args(["images", "import"]).arg(&archive)))?;
        launch(dir, record, &format!("kubelet-{node}"), kubelet(dir, network, node, &home)?)?;
        launch(dir, record, &format!("kube-proxy-{node}"), kube_proxy(dir, network, node, &home)?)?;
    }
    let nodes = record.options.real_nodes;
    wait_until("the real nodes to be ready", Duration::from_secs(120), Duration::from_millis(200), || {
        all_alive(&record.processes)?;
        Ok((1..=nodes).all(|node| {
            kubectl(dir).is_ok_and(|mut k| {
                let name = format!("node/node-{node}");
                sh::succeeds(k.args(["wait", &name, "--for=condition=Ready", "--timeout=3s"]))
            })
        }))
    })
}

fn write(file: &Path, text: &str) -> Result<(), LabError> {
    fs::write(file, text).map_err(|e| LabError::file(file, e))
}

fn containerd(network: Network, node: u8, home: &Path) -> Result<Command, LabError> {
    let network_config = json!({
        "cniVersion": "0.4.0",
        "name": namespace(network, node),
        // ptp and not bridge: every packet between two pods is routed, so kube-proxy sees the answers too.
        "plugins": [{
            "type": "ptp",
            "ipam": {
                "type": "host-local",
                "dataDir": runtime(network).join("ipam"),
                "ranges": [[{ "subnet": network.pods(node) }]],
                "routes": [{ "dst": "0.0.0.0/0" }],
            },
        }],
    });
    write(&home.join("cni/10-lab.conflist"), &network_config.to_string())?;
    let config = home.join("containerd.toml");
    let run = runtime(network);
    write(
        &config,
        &format!(
            "version = 2\nroot = \"{home}/containerd\"\nstate = \"{run}/containerd-{node}\"\n\
             disabled_plugins = [\"io.containerd.internal.v1.opt\", \"io.containerd.snapshotter.v1.devmapper\", \
             \"io.containerd.snapshotter.v1.btrfs\", \"io.containerd.snapshotter.v1.zfs\", \
             \"io.containerd.snapshotter.v1.aufs\"]\n\
             [grpc]\naddress = \"{socket}\"\n[ttrpc]\naddress = \"{socket}.ttrpc\"\n\
             [plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"{pause}\"\n\
             # Where the machine withholds CAP_SYS_RESOURCE runc dies without the first of these.\n\
             restrict_oom_score_adj = true\ndisable_apparmor = true\n\
             [plugins.\"io.containerd.grpc.v1.cri\".cni]\nbin_dir = \"/usr/lib/cni\"\nconf_dir = \"{home}/cni\"\n",
            home = home.display(),
            run = run.display(),
            socket = socket(network, node).display(),
            pause = images::PAUSE,
        ),
    )?;
    let mut command = inside(network, node, Path::new("containerd"));
    command.arg("--config").arg(config);
    Ok(command)
}

fn kubelet(dir: &LabDir, network: Network, node: u8, home: &Path) -> Result<Command, LabError> {
    let name = format!("node-{node}");
    let address = network.node(node);
    let certs = dir.certs();
    Authority::again(&certs, "ca")?.sign(&name, &format!("system:node:{name}"), Some("system:nodes"), &[&address, &name])?;
    let config = home.join("kubelet.json");
    let text = json!({
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "address": address,
        "authentication": {
            "anonymous": { "enabled": false },
            "webhook": { "enabled": true },
            "x509": { "clientCAFile": certs.join("ca.crt") },
        },
        "authorization": { "mode": "Webhook" },
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": format!("/{}/{name}", network.name()),
        "containerRuntimeEndpoint": format!("unix://{}", socket(network, node).display()),
        "enforceNodeAllocatable": [],
        "evictionHard": {
            "memory.available": "50Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%",
        },
        "failCgroupV1": false,
        "failSwapOn": false,
        "healthzPort": 0,
        "imageGCHighThresholdPercent": 100,
        "podLogsDir": home.join("pod-logs"),
        "resolvConf": "",
        "tlsCertFile": certs.join(format!("{name}.crt")),
        "tlsPrivateKeyFile": certs.join(format!("{name}.key")),
        "volumePluginDir": home.join("volume-plugins"),
    });
    write(&config, &text.to_string())?;
    let mut command = inside(network, node, &programs::program("kubelet")?);
    command.arg("--config").arg(config);
    command.arg("--kubeconfig").arg(dir.kubeconfig_of(&name));
    command.arg("--root-dir").arg(home.join("kubelet"));
    command.args([format!("--hostname-override={name}"), format!("--node-ip={address}")]);
    Ok(command)
}

fn kube_proxy(dir: &LabDir, network: Network, node: u8, home: &Path) -> Result<Command, LabError> {
    let config = home.join("kube-proxy.json");
    let text = json!({
        "kind": "KubeProxyConfiguration",
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "mode": "nftables",
        "clientConnection": { "kubeconfig": dir.kubeconfig_of("kube-proxy") },
        "clusterCIDR": network.all_pods(),
        // The limits belong to the machine: 0 leaves them alone.
        "conntrack": { "maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s" },
        "detectLocalMode": "ClusterCIDR",
        "hostnameOverride": format!("node-{node}"),
    });
    write(&config, &text.to_string())?;
    let mut command = inside(network, node, &programs::program("kube-proxy")?);
    command.arg("--config").arg(config);
    Ok(command)
}

/// Kills what runs in the lab's cgroups, and the shims that containerd started beside them; a killed shim leaves its socket.
pub fn kill_containers(network: Network) -> Result<(), LabError> {
    let mut sockets = BTreeSet::new();
    wait_until("the containers to end", Duration::from_secs(20), Duration::from_millis(50), || {
        sockets.extend(shim_sockets(network));
        let mut left = shims(network);
        for hierarchy in hierarchies() {
            for folder in below(&hierarchy.join(network.name())) {
                let procs = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
                left.extend(procs.lines().filter_map(|pid| pid.parse::<u32>().ok()));
            }
        }
        left.retain(|pid| process::start_time(*pid).is_some());
        left.iter().copied().for_each(process::kill_now);
        Ok(left.is_empty())
    })?;
    for socket in sockets.iter().filter(|socket| socket.exists()) {
        fs::remove_file(socket).map_err(|e| LabError::file(socket, e))?;
    }
    Ok(())
}

/// The shims of this network's nodes: they name the socket of their containerd.
fn shims(network: Network) -> Vec<u32> {
    let stem = format!("{}/containerd-", runtime(network).display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        if line.contains("containerd-shim") && line.contains(&stem) {
            found.push(pid);
        }
    }
    found
}

/// A folder and all below it, deepest first.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            all.extend(below(&entry.path()));
        }
    }
    if folder.is_dir() {
        all.push(folder.to_owned());
    }
    all
}

/// Removes mounts, namespaces, links, routes and cgroups. What is not there any more is no error; what stays is.
pub fn remove(dir: &LabDir, network: Network) -> Result<(), LabError> {
    kill_containers(network)?;
    let run = runtime(network);
    let mut mounts = mounts_below(&[dir.path(), &run]);
    mounts.sort_by_key(|path| std::cmp::Reverse(path.as_os_str().len()));
    for mount in mounts {
        let _ = sh::read(sh::command("umount", ["--lazy"]).arg(&mount));
    }
    remove_pod_namespaces(network)?;
    for entry in fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&format!("{}-", network.name())) {
            // The node's veth, routes and rules go with its namespace.
            sh::read(&mut sh::command("ip", ["netns", "delete", &name]))?;
        }
    }
    if Path::new("/sys/class/net").join(network.name()).exists() {
        ip(&format!("link delete {}", network.name()))?;
    }
    for hierarchy in hierarchies() {
        for folder in below(&hierarchy.join(network.name())) {
            wait_until("a cgroup to be empty", Duration::from_secs(5), Duration::from_millis(50), || {
                Ok(fs::remove_dir(&folder).is_ok() || !folder.exists())
            })?;
        }
    }
    // A kubelet that was killed leaves its links to logs, which are gone with the lab.
    for link in fs::read_dir("/var/log/containers").into_iter().flatten().flatten().map(|entry| entry.path()) {
        if fs::read_link(&link).is_ok_and(|log| log.starts_with(dir.path())) {
            fs::remove_file(&link).map_err(|e| LabError::file(&link, e))?;
        }
    }
    super::control_plane::forget(&run)
}

fn mounts_below(folders: &[&Path]) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from);
    points.filter(|point| folders.iter().any(|folder| point.starts_with(folder))).collect()
}

/// The sockets of a network's shims: containerd keeps them all in one folder of the machine, whoever's they are, and notes in
/// each container's own folder which is its.
fn shim_sockets(network: Network) -> impl Iterator<Item = PathBuf> {
    let notes = below(&runtime(network)).into_iter().map(|folder| folder.join("address"));
    let sockets = notes.filter_map(|note| Some(PathBuf::from(fs::read_to_string(note).ok()?.strip_prefix("unix://")?)));
    sockets.filter(|socket| socket.starts_with("/run/containerd/s"))
}

/// The pods' own namespaces: the network plugins keep a note of each, under the network's name.
fn remove_pod_namespaces(network: Network) -> Result<(), LabError> {
    let notes = Path::new("/var/lib/cni/results");
    for note in fs::read_dir(notes).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = note.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(&format!("{}-", network.name())) {
            continue;
        }
        let text = fs::read(&note).unwrap_or_default();
        let answer: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        // The one interface with a sandbox is the pod's end; its sandbox is the namespace's path.
        let interfaces = answer["result"]["interfaces"].as_array().cloned().unwrap_or_default();
        for space in interfaces.iter().filter_map(|i| i["sandbox"].as_str()) {
            let space = Path::new(space).file_name().and_then(|s| s.to_str()).unwrap_or_default();
            if !space.is_empty() && Path::new("/run/netns").join(space).exists() {
                sh::read(&mut sh::command("ip", ["netns", "delete", space]))?;
            }
        }
        // containerd gives each pod a loopback network too, with a note of its own.
        if let Some(id) = answer["containerId"].as_str() {
            let _ = fs::remove_file(notes.join(format!("cni-loopback-{id}-lo")));
        }
        fs::remove_file(&note).map_err(|e| LabError::file(&note, e))?;
    }
    Ok(())
}
