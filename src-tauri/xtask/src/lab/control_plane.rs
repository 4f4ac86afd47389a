//! etcd, the API server and, where something is to happen to the objects, the controllers and the scheduler.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::certs::{self, Authority, USERS};
use super::process::{self, Process};
use super::state::{LabDir, Network, Record};
use super::{Kind, LabError, kubectl, programs};
use crate::sh;

/// Tokens of the lab's own programs, beside those of its users.
const PROGRAMS: &[(&str, &str)] = &[
    ("system:kube-controller-manager", "lab-programs"),
    ("system:kube-scheduler", "lab-programs"),
    ("system:kube-proxy", "lab-programs"),
    ("kwok", "system:masters"),
    ("traefik", "system:masters"),
    ("metrics-server", "system:masters"),
];

/// Makes keys, certificates and kubeconfigs; fills in the record's address and tokens.
pub fn identities(dir: &LabDir, record: &mut Record, port: u16) -> Result<(), LabError> {
    let address = record.network.map_or_else(|| "127.0.0.1".to_owned(), Network::gateway);
    let certs = dir.certs();
    let authority = Authority::new(&certs, "ca")?;
    let first_service = first_service(record.network);
    let names =
        ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "127.0.0.1", address.as_str(), first_service.as_str()];
    authority.sign("apiserver", "kube-apiserver", None, &names)?;
    authority.sign("kubelet-client", "kube-apiserver", Some("system:masters"), &[])?;
    Authority::new(&certs, "front-proxy-ca")?.sign("front-proxy", "front-proxy-client", None, &[])?;
    certs::service_account_keys(&certs)?;

    record.server = format!("https://{address}:{port}");
    let mut all = Vec::new();
    let mut people: BTreeMap<String, String> = BTreeMap::new();
    let nodes: Vec<(String, String)> =
        (1..=record.options.real_nodes).map(|node| (format!("system:node:node-{node}"), "system:nodes".to_owned())).collect();
    let known = USERS.iter().chain(PROGRAMS).map(|(u, g)| ((*u).to_owned(), (*g).to_owned()));
    for (user, group) in known.chain(nodes) {
        let token = certs::new_token()?;
        people.insert(user.clone(), token.clone());
        let file = dir.kubeconfig_of(user.trim_start_matches("system:").trim_start_matches("node:"));
        certs::write_kubeconfig(dir, &file, &record.context, &record.server, &user, &token)?;
        all.push((token, user, group));
    }
    record.tokens = people;
    certs::write_tokens(&certs.join("tokens.csv"), &all)
}

/// Who wrote what to Services, workloads and autoscalers, and when the request had come in: what a benchmark of a cutover goes by,
/// and what tells a write that was done twice from one that was done once.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Request
  verbs: [create, update, patch, delete]
  resources:
  - {group: '', resources: [services]}
  - {group: apps, resources: [deployments, deployments/scale, statefulsets, daemonsets]}
  - {group: autoscaling, resources: [horizontalpodautoscalers]}
- {level: None}
";

fn services(network: Option<Network>) -> String {
    network.map_or_else(|| "10.96.0.0/16".to_owned(), Network::services)
}

fn first_service(network: Option<Network>) -> String {
    network.map_or_else(|| "10.96.0.1".to_owned(), |n| format!("10.{}.128.1", n.second))
}

/// Starts etcd and the API server and waits until it answers.
pub fn start_api(dir: &LabDir, record: &mut Record) -> Result<(), LabError> {
    let port = process::free_port().map_err(|e| LabError::file(dir.path(), e))?;
    identities(dir, record, port)?;
    let client = process::free_port().map_err(|e| LabError::file(dir.path(), e))?;
    let peer = process::free_port().map_err(|e| LabError::file(dir.path(), e))?;
    launch(dir, record, "etcd", etcd(dir, client, peer)?)?;
    launch(dir, record, "kube-apiserver", api_server(dir, record, port, client)?)?;
    process::wait_until("the API server to be ready", Duration::from_secs(90), Duration::from_millis(100), || {
        all_alive(&record.processes)?;
        // Asked by name, because the product reads it: the system's namespaces come a moment after "ready".
        Ok(sh::succeeds(kubectl(dir)?.args(["get", "--raw", "/readyz"]))
            && sh::succeeds(kubectl(dir)?.args(["get", "--raw", "/api/v1/namespaces/kube-system"]))
            && sh::succeeds(kubectl(dir)?.args(["get", "--raw", "/api/v1/namespaces/default"])))
    })
}

/// Starts a program and writes it down at once, so that nothing is left over whatever happens next.
pub fn launch(dir: &LabDir, record: &mut Record, name: &str, command: Command) -> Result<(), LabError> {
    record.processes.push(process::start(name, command, &dir.logs())?);
    dir.write(record)
}

/// The first program that died, with its last words.
pub fn all_alive(processes: &[Process]) -> Result<(), LabError> {
    match processes.iter().find(|p| !p.is_alive()) {
        None => Ok(()),
        Some(dead) => Err(LabError::Died { program: dead.name.clone(), log: dead.log.clone(), said: dead.last_words(6) }),
    }
}

fn etcd(dir: &LabDir, client: u16, peer: u16) -> Result<Command, LabError> {
    let mut command = Command::new(programs::program("etcd")?);
    command.arg("--data-dir").arg(dir.path().join("etcd")).args([
        "--name=lab",
        &format!("--listen-client-urls=http://127.0.0.1:{client}"),
        &format!("--advertise-client-urls=http://127.0.0.1:{client}"),
        &format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
        &format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
        &format!("--initial-cluster=lab=http://127.0.0.1:{peer}"),
        // A lab starts from nothing each time: there is nothing to save from a power cut.
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]);
    Ok(command)
}

fn api_server(dir: &LabDir, record: &Record, port: u16, etcd: u16) -> Result<Command, LabError> {
    let certs = dir.certs();
    let file = |name: &str| certs.join(name).display().to_string();
    let address = record.network.map_or_else(|| "127.0.0.1".to_owned(), Network::gateway);
    let mut command = Command::new(programs::program("kube-apiserver")?);
    command.args([
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        format!("--bind-address={address}"),
        format!("--advertise-address={address}"),
        format!("--secure-port={port}"),
        format!("--cert-dir={}", certs.display()),
        format!("--tls-cert-file={}", file("apiserver.crt")),
        format!("--tls-private-key-file={}", file("apiserver.key")),
        format!("--client-ca-file={}", file("ca.crt")),
        format!("--service-account-key-file={}", file("service-account.pub")),
        format!("--service-account-signing-key-file={}", file("service-account.key")),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-cluster-ip-range={}", services(record.network)),
        "--authorization-mode=Node,RBAC".to_owned(),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--allow-privileged".to_owned(),
        // Without it logs, exec and port-forward look the node's name up in DNS.
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        format!("--kubelet-certificate-authority={}", file("ca.crt")),
        format!("--kubelet-client-certificate={}", file("kubelet-client.crt")),
        format!("--kubelet-client-key={}", file("kubelet-client.key")),
        format!("--requestheader-client-ca-file={}", file("front-proxy-ca.crt")),
        "--requestheader-allowed-names=front-proxy-client".to_owned(),
        "--requestheader-username-headers=X-Remote-User".to_owned(),
        "--requestheader-group-headers=X-Remote-Group".to_owned(),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-".to_owned(),
        format!("--proxy-client-cert-file={}", file("front-proxy.crt")),
        format!("--proxy-client-key-file={}", file("front-proxy.key")),
        "--enable-aggregator-routing".to_owned(),
    ]);
    let policy = dir.path().join("audit-policy.yaml");
    fs::write(&policy, AUDIT_POLICY).map_err(|e| LabError::file(&policy, e))?;
    command.arg(format!("--audit-policy-file={}", policy.display())).arg(format!("--audit-log-path={}", dir.audit_log().display()));
    if record.network.is_none() {
        // The Service `kubernetes` cannot point at a loopback address.
        command.arg("--endpoint-reconciler-type=none");
    }
    if record.options.kind == Kind::ApiServerOnly {
        // Nobody makes service accounts here, and pods shall be creatable all the same.
        command.arg("--disable-admission-plugins=ServiceAccount");
    }
    Ok(command)
}

/// Starts the controllers and the scheduler.
pub fn start_controllers(dir: &LabDir, record: &mut Record) -> Result<(), LabError> {
    let certs = dir.certs();
    let managed_by = |name: &str| format!("--kubeconfig={}", dir.kubeconfig_of(name).display());
    let mut controllers = Command::new(programs::program("kube-controller-manager")?);
    controllers.args([
        managed_by("kube-controller-manager"),
        "--leader-elect=false".to_owned(),
        "--use-service-account-credentials".to_owned(),
        format!("--service-account-private-key-file={}", certs.join("service-account.key").display()),
        format!("--root-ca-file={}", certs.join("ca.crt").display()),
        "--secure-port=0".to_owned(),
    ]);
    launch(dir, record, "kube-controller-manager", controllers)?;
    let mut scheduler = Command::new(programs::program("kube-scheduler")?);
    scheduler.args([managed_by("kube-scheduler"), "--leader-elect=false".to_owned(), "--secure-port=0".to_owned()]);
    launch(dir, record, "kube-scheduler", scheduler)
}

/// Removes what the programs of a former start left behind.
pub fn forget(path: &Path) -> Result<(), LabError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(LabError::file(path, error)),
        _ => Ok(()),
    }
}
