//! What the command line takes.

use std::path::PathBuf;

use api::PlaceView;
use clap::{Parser, Subcommand};

/// Native desktop console that deploys to Kubernetes by strategy, and goes back.
#[derive(Debug, Parser)]
#[command(
    name = "changeover",
    version,
    about,
    after_help = "Examples:\n  changeover\n  changeover --context prod-kr -n shop\n  changeover --kubeconfig ./ci.yaml --read-only\n  changeover changeover://prod-kr/shop/Deployment/web\n  changeover info"
)]
pub struct Args {
    /// Kubeconfig file; without it $KUBECONFIG, then ~/.kube/config
    #[arg(long, value_name = "FILE", global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Context to open at start
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Namespaces to follow in it (may be given several times)
    #[arg(short, long, value_name = "NS", requires = "context")]
    pub namespace: Vec<String>,
    /// Refuse every write, whatever a context allows
    #[arg(long)]
    pub read_only: bool,
    /// Draw without the graphics driver's shared buffers; for blank windows with some drivers
    #[arg(long)]
    pub safe_graphics: bool,
    /// Probe HOST at ADDRESS instead of asking the resolver, as curl does (HOST:PORT:ADDRESS; may be given several times)
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub resolve: Vec<String>,
    /// Place to be shown: changeover://CONTEXT/NAMESPACE/KIND/NAME, or changeover://CONTEXT?run=RUN
    #[arg(value_name = "LINK", value_parser = place)]
    pub link: Option<PlaceView>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What is done without a window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell where its files lie, what of the environment counts, and how each context would be reached
    Info,
}

fn place(link: &str) -> Result<PlaceView, String> {
    host::place::parse(link).map_err(|e| [Some(e.message), e.hint].into_iter().flatten().map(|s| s.text).collect::<Vec<_>>().join("; "))
}

impl Args {
    /// The place that they ask for, by a link or by a context.
    pub fn place(&self) -> Option<PlaceView> {
        let of_context = || {
            let context = self.context.clone()?;
            Some(PlaceView { context, namespace: self.namespace.first().cloned(), object: None, run: None })
        };
        self.link.clone().or_else(of_context)
    }
}

/// What has to be in the environment before GTK starts.
///
/// Setting a variable is unsafe once threads run, and this crate forbids unsafe code: the program starts itself again
/// with the variable set, before anything else was done.
pub fn before_gtk(args: &Args) {
    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if !args.safe_graphics || std::env::var_os(SWITCH).is_some() {
        return;
    }
    let again = std::env::current_exe().map(|exe| {
        let mut c = std::process::Command::new(exe);
        c.args(std::env::args_os().skip(1)).env(SWITCH, "1");
        c
    });
    #[cfg(unix)]
    if let Ok(mut c) = again {
        use std::os::unix::process::CommandExt;
        let e = c.exec();
        eprintln!("changeover: --safe-graphics has no effect: cannot start again ({e})");
    }
    #[cfg(not(unix))]
    drop(again);
}
