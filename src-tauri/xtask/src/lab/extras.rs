//! Traefik and metrics-server, beside the cluster on the host's side.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use super::control_plane::{all_alive, launch};
use super::process::{free_port, wait_until};
use super::programs::{self, Module};
use super::state::{LabDir, Network, Record};
use super::{LabError, apply, kubectl};
use crate::sh;

fn network(record: &Record) -> Result<Network, LabError> {
    record.network.ok_or(LabError::NeedsRealNode)
}

/// Starts Traefik on port 80 of a loopback address of its own: a Gateway's listener names the port that Traefik
/// listens on, so it cannot be any free one.
pub fn traefik(dir: &LabDir, record: &mut Record) -> Result<(), LabError> {
    let inside = "docs/content/reference/dynamic-configuration";
    let definitions = programs::module_folder(Module::Traefik, "github.com/traefik/traefik/v3", inside)?;
    let mut apply_definitions = kubectl(dir)?;
    apply_definitions.args(["apply", "--server-side", "--field-manager=lab"]);
    let listing = fs::read_dir(&definitions).map_err(|e| LabError::file(&definitions, e))?;
    for file in listing.flatten().map(|entry| entry.path()) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("traefik.io_") && name.ends_with(".yaml") {
            apply_definitions.arg("-f").arg(file);
        }
    }
    sh::read(&mut apply_definitions)?;

    let entry = network(record)?.entry();
    let port = free_port().map_err(|e| LabError::file(dir.path(), e))?;
    let token = record.tokens.get("traefik").cloned().unwrap_or_default();
    let authority = dir.certs().join("ca.crt").display().to_string();
    let mut command = Command::new(programs::program("traefik")?);
    command.args([
        format!("--entrypoints.web.address={entry}:80"),
        format!("--entrypoints.traefik.address=127.0.0.1:{port}"),
        "--global.checknewversion=false".to_owned(),
        "--global.sendanonymoususage=false".to_owned(),
        "--ping".to_owned(),
        format!("--providers.kubernetesgateway.statusaddress.ip={entry}"),
        format!("--providers.kubernetesingress.ingressendpoint.ip={entry}"),
        "--providers.kubernetesingress.ingressclass=traefik".to_owned(),
    ]);
    for provider in ["kubernetesgateway", "kubernetesingress", "kubernetescrd"] {
        command.args([
            format!("--providers.{provider}.endpoint={}", record.server),
            format!("--providers.{provider}.token={token}"),
            format!("--providers.{provider}.certauthfilepath={authority}"),
        ]);
    }
    launch(dir, record, "traefik", command)?;
    record.traefik = Some(format!("http://{entry}"));
    dir.write(record)?;
    wait_until("Traefik to listen", Duration::from_secs(60), Duration::from_millis(200), || {
        all_alive(&record.processes)?;
        Ok(TcpStream::connect((entry.as_str(), 80)).is_ok())
    })
}

/// Waits until the shop answers through Traefik: it gathers changes for some seconds before it acts on them.
pub fn shop_answers(record: &Record) -> Result<(), LabError> {
    let entry = network(record)?.entry();
    let paths = [("shop.example.com", "/"), ("shop.example.com", "/api"), ("m.shop.example.com", "/")];
    wait_until("the shop to answer through Traefik", Duration::from_secs(60), Duration::from_millis(200), || {
        all_alive(&record.processes)?;
        Ok(paths.iter().all(|(host, path)| get(&entry, host, path).is_ok_and(|answer| answer.contains(" 200 "))))
    })
}

/// The status line of an answer; all that is needed of HTTP here.
fn get(address: &str, host: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((address, 80))?;
    stream.set_read_timeout(Some(Duration::from_secs(3)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    Ok(status)
}

/// Starts metrics-server on the bridge, and tells the API server to ask it.
pub fn metrics_server(dir: &LabDir, record: &mut Record) -> Result<(), LabError> {
    let address = network(record)?.gateway();
    let port = free_port().map_err(|e| LabError::file(dir.path(), e))?;
    let kubeconfig = dir.kubeconfig_of("metrics-server").display().to_string();
    let mut command = Command::new(programs::program("metrics-server")?);
    command.args([
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        format!("--bind-address={address}"),
        format!("--secure-port={port}"),
        format!("--cert-dir={}", dir.path().join("metrics-server").display()),
        "--kubelet-insecure-tls".to_owned(),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        "--metric-resolution=10s".to_owned(),
        "--kubelet-request-timeout=5s".to_owned(),
    ]);
    launch(dir, record, "metrics-server", command)?;
    let manifest = dir.path().join("metrics-server.yaml");
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: metrics-server, namespace: kube-system}}\nspec:\n  ports: \
         [{{name: https, port: 443, targetPort: {port}}}]\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n\
         metadata:\n  name: metrics-server-lab\n  namespace: kube-system\n  labels: {{kubernetes.io/service-name: \
         metrics-server}}\naddressType: IPv4\nports: [{{name: https, port: {port}, protocol: TCP}}]\nendpoints: \
         [{{addresses: [{address}], conditions: {{ready: true}}}}]\n---\napiVersion: apiregistration.k8s.io/v1\nkind: \
         APIService\nmetadata: {{name: v1beta1.metrics.k8s.io}}\nspec:\n  service: {{name: metrics-server, namespace: \
         kube-system}}\n  group: metrics.k8s.io\n  version: v1beta1\n  insecureSkipTLSVerify: true\n  \
         groupPriorityMinimum: 100\n  versionPriority: 100\n"
    );
    fs::write(&manifest, text).map_err(|e| LabError::file(&manifest, e))?;
    apply(dir, &manifest)?;
    wait_until("metrics of the nodes", Duration::from_secs(90), Duration::from_millis(500), || {
        all_alive(&record.processes)?;
        Ok(sh::read(kubectl(dir)?.args(["get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes"]))
            .is_ok_and(|answer| answer.contains("\"usage\"")))
    })
}
