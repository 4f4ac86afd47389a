//! Logs of real containers in the real window, on a lab with a real node.

use acceptance::journey::Journey;
use acceptance::window::PATIENCE;
use acceptance::{Outcome, until};

#[tokio::test]
async fn the_logs_of_all_pods_are_followed_and_pods_come_and_go_in_them() -> Outcome<()> {
    let j = Journey::begin("logs")?;
    let w = j.window().await?;
    j.connect(&w).await?;
    j.select(&w).await?;
    w.keys("l").await?;
    w.reads("[data-testid=logs-count]", &["2 pods"], PATIENCE).await?;
    let pods = || j.kubectl(&["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}"]);
    let before: Vec<String> = pods()?.split(' ').map(String::from).collect();
    // Every pod's lines stand there, each with its pod.
    for pod in &before {
        let tail = pod.rsplit('-').next().unwrap_or_default();
        w.reads("[data-testid=logs-list]", &[tail, "listening"], PATIENCE).await?;
    }
    // One goes, another comes in its place: both are told, and the new one is read without being asked for.
    j.kubectl(&["delete", "pod", &before[0], "--wait=false"])?;
    let mut new = String::new();
    until("another pod", PATIENCE, || {
        new = pods().unwrap_or_default().split(' ').find(|p| !before.iter().any(|b| b == p)).unwrap_or_default().to_string();
        !new.is_empty()
    });
    w.reads("[data-testid=logs-list]", &["has come", "is gone", new.rsplit('-').next().unwrap_or_default()], PATIENCE).await?;
    // A filter that fits nothing leaves no line; what is told is none, and stays.
    w.fill("[data-testid=logs-filter]", "no line says this").await?;
    w.gone("[data-testid=logs-line]").await?;
    w.reads("[data-testid=logs-list]", &["has come", "is gone"], PATIENCE).await?;
    w.close().await
}
