//! The sample shop's images, made without a registry and without a builder: one static program and, per tag, the
//! environment that tells it how to behave, packed as a docker archive that containerd imports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::LabError;
use super::programs;
use crate::sh;

/// Tag, version and behaviour. `missing` is a tag that no image has, so it is not here.
pub const TAGS: &[(&str, &str, &str)] = &[
    ("v1", "v1", "good"),
    ("v2", "v2", "good"),
    ("v3", "v3", "good"),
    ("never-ready", "never-ready", "never-ready"),
    ("crash-loop", "crash-loop", "crash-loop"),
    ("slow-start", "slow-start", "slow-start"),
    ("errors", "errors", "errors"),
];

/// What keeps a pod's namespaces open.
pub const PAUSE: &str = "changeover.dev/pause:lab";

/// Packs all images into `shop.tar` in `folder`.
pub fn pack(folder: &Path) -> Result<PathBuf, LabError> {
    let program = programs::program("shopd")?;
    let made = folder.join("images");
    let root = made.join("root");
    fs::create_dir_all(&root).map_err(|e| LabError::file(&root, e))?;
    fs::copy(&program, root.join("shopd")).map_err(|e| LabError::file(&program, e))?;
    let layer = made.join("layer.tar");
    tar(&root, &layer, &["shopd"])?;
    let digest = hex::encode(Sha256::digest(fs::read(&layer).map_err(|e| LabError::file(&layer, e))?));

    let mut manifest = Vec::new();
    let mut files = vec!["manifest.json".to_owned(), "layer.tar".to_owned()];
    let shop = TAGS.iter().map(|(tag, version, behaviour)| {
        let env = vec![format!("VERSION={version}"), format!("BEHAVIOUR={behaviour}")];
        (format!("changeover.dev/shop:{tag}"), env, vec!["/shopd"])
    });
    for (name, env, entrypoint) in shop.chain([(PAUSE.to_owned(), Vec::new(), vec!["/shopd", "pause"])]) {
        let config = json!({
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
            "os": "linux",
            "config": { "Env": env, "Entrypoint": entrypoint, "User": "65532:65532" },
            "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{digest}")] },
        })
        .to_string();
        let file = format!("{}.json", hex::encode(Sha256::digest(&config)));
        write(&made.join(&file), &config)?;
        manifest.push(json!({ "Config": file, "RepoTags": [name], "Layers": ["layer.tar"] }));
        files.push(file);
    }
    write(&made.join("manifest.json"), &json!(manifest).to_string())?;
    let archive = folder.join("shop.tar");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    tar(&made, &archive, &files)?;
    fs::remove_dir_all(&made).map_err(|e| LabError::file(&made, e))?;
    Ok(archive)
}

fn tar(folder: &Path, archive: &Path, files: &[&str]) -> Result<(), LabError> {
    let mut tar = Command::new("tar");
    tar.args(["--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "-C"]).arg(folder);
    sh::read(tar.arg("-cf").arg(archive).args(files))?;
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), LabError> {
    fs::write(file, text).map_err(|e| LabError::file(file, e))
}
