//! `cargo xtask`: everything that is done to this checkout.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use xtask::lab::{self, Found, Kind, Lab, LabDir, Options};
use xtask::run::{self, On, Profile};
use xtask::suite::{self, PARTS, Part};
use xtask::{bench, planted, say, sh, tidy};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs, tests and looks after this checkout")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what is missing, builds, and opens the window
    Run {
        /// An optimised build
        #[arg(long)]
        release: bool,
        /// On the practice lab, even where there is a kubeconfig
        #[arg(long)]
        lab: bool,
        /// For the window itself
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Runs all tests and checks, or one part of them
    Test {
        /// Which part [default: all]
        part: Option<Part>,
    },
    /// Plants bugs one by one in a copy, and shows that the tests catch each (tests/planted.json)
    Planted,
    /// Throws mutated samples at everything that reads what others wrote (kubeconfig, answers, journal, records, links, commands)
    Fuzz {
        /// Which; without a name, each
        target: Option<String>,
        /// How long for each
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Tries this one input, as it was kept, instead
        #[arg(long, requires = "target")]
        input: Option<PathBuf>,
    },
    /// Formats the Rust code and the page
    Fmt,
    /// Checks what no compiler checks: who uses whom, and that the documentation names what there is
    Tidy,
    /// Writes the page's types anew from the Rust ones
    Codegen,
    /// Takes the documentation's pictures of the real window, on the practice lab
    Pictures,
    /// Photographs every state of every screen and holds it against the pictures that were accepted
    Gallery {
        /// Accepts what is seen
        #[arg(long)]
        accept: bool,
        /// Only these states
        states: Vec<String>,
    },
    /// Builds packages for Debian and Fedora
    Release {
        /// Installs the Debian one on a clean root (made by debootstrap, as root) and makes a journey with it
        #[arg(long)]
        prove: bool,
        /// Of a debug build: quicker, and far larger
        #[arg(long)]
        debug: bool,
    },
    /// Runs a benchmark on an optimised build
    Bench {
        /// Which; without a name, lists them
        name: Option<String>,
        /// For the benchmark itself
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// A real Kubernetes on this machine: the practice lab without root, real nodes with root
    Lab {
        #[command(subcommand)]
        command: LabCommand,
        /// The lab's folder [default: $CHANGEOVER_LAB_DIR, else the user's state folder]
        #[arg(long, global = true)]
        state: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum LabCommand {
    /// Makes the lab stand; does nothing when it does
    Up(Up),
    /// Stops and removes everything of it
    Down,
    /// Says what runs
    Status,
    /// Prints the path of the administrator's kubeconfig, or another user's
    Kubeconfig {
        /// viewer, operator, shop-viewer, shop-operator, stranger
        #[arg(default_value = "admin")]
        user: String,
    },
    /// Builds the lab's programs without starting anything
    Build,
}

#[derive(Args)]
struct Up {
    /// Nodes that run containers (root); 0 = the practice lab with simulated nodes
    #[arg(long, default_value_t = 0, value_name = "N")]
    real_nodes: u8,
    /// Simulated pods beside everything else
    #[arg(long, default_value_t = 0, value_name = "N")]
    fake_pods: u32,
    /// Traefik with the Gateway API in front of the shop (real nodes)
    #[arg(long)]
    traefik: bool,
    /// metrics-server, so that an HPA scales (real nodes)
    #[arg(long)]
    metrics: bool,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match act(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            say::note(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn act(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run { release, lab, arguments } => {
            let profile = if release { Profile::Release } else { Profile::Debug };
            run::run(profile, if lab { On::Lab } else { On::Kubeconfig }, &arguments)?;
        }
        Command::Test { part } => {
            let parts = part.map_or_else(|| PARTS.to_vec(), |part| vec![part]);
            if !suite::test(&parts) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Planted => {
            if !planted::run()? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Fuzz { target, seconds, input } => {
            let mut command = run::cargo();
            // The checks of a debug build are wanted: an overflow is a find.
            command.args(["run", "--package=acceptance", "--bin=fuzz", "--", "--seconds", &seconds.to_string()]).args(target);
            if let Some(input) = input {
                command.arg("--input").arg(std::path::absolute(input)?);
            }
            sh::run(&mut command)?;
        }
        Command::Fmt => {
            sh::run(run::cargo().args(["fmt", "--all"]))?;
            xtask::frontend::packages()?;
            sh::run(&mut xtask::frontend::npm(&["run", "--silent", "format"]))?;
        }
        Command::Tidy => {
            let found = tidy::check();
            found.warnings.iter().chain(&found.errors).for_each(|line| say::note(line));
            if !found.errors.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Codegen => {
            sh::run(run::cargo().env("UPDATE_GENERATED", "1").args(["test", "--package=api", "--package=host", "--lib", "_is_current"]))?;
        }
        Command::Pictures => {
            xtask::frontend::build()?;
            run::build(run::Profile::Debug)?;
            let lab = Lab::own(&Options::practice())?;
            let taken =
                sh::run(run::cargo().args(["run", "--package=acceptance", "--bin=pictures"]).env("CHANGEOVER_LAB_DIR", lab.dir().path()));
            lab.end()?;
            taken?;
        }
        Command::Gallery { accept, states } => {
            xtask::apt::ensure(xtask::apt::WINDOW, "the window")?;
            let mut photograph = run::cargo();
            photograph.args(["test", "--package=acceptance", "--test=window_gallery"]);
            photograph.env("CHANGEOVER_GALLERY_STATES", states.join(" "));
            if accept {
                photograph.env("CHANGEOVER_GALLERY_ACCEPT", "1");
            }
            sh::run(&mut photograph)?;
        }
        Command::Release { prove, debug } => {
            xtask::release::release(if debug { Profile::Debug } else { Profile::Release }, prove)?;
        }
        Command::Bench { name: Some(name), arguments } => bench::run(&name, &arguments)?,
        Command::Bench { name: None, .. } => println!("{}", bench::names().join("\n")),
        Command::Lab { command, state } => {
            let dir = state.map_or_else(LabDir::usual, LabDir::at);
            lab_command(command, dir)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn lab_command(command: LabCommand, dir: LabDir) -> Result<(), Failure> {
    match command {
        LabCommand::Up(up) => {
            let kind = if up.real_nodes > 0 { Kind::RealNodes } else { Kind::Practice };
            let options = Options { kind, real_nodes: up.real_nodes, fake_pods: up.fake_pods, traefik: up.traefik, metrics: up.metrics };
            let (lab, found) = Lab::up(dir, &options)?;
            if found == Found::Standing {
                say::step("the lab is up already: nothing to do");
            }
            println!("export KUBECONFIG={}", lab.kubeconfig().display());
            if let Some(traefik) = lab.traefik() {
                println!("# the shop: curl -H 'Host: shop.example.com' {traefik}/");
            }
        }
        LabCommand::Down => {
            let was = lab::down(&dir)?;
            say::step(if was { "the lab is gone" } else { "no lab was up" });
        }
        LabCommand::Status => println!("{}", lab::status(&dir)?),
        LabCommand::Kubeconfig { user } => {
            println!("{}", Lab::open(dir)?.kubeconfig_of(&user).display());
        }
        LabCommand::Build => {
            use lab::programs::{Module, build};
            let more = [Module::Traefik, Module::MetricsServer, Module::Helm, Module::Registry];
            for module in Module::PRACTICE.into_iter().chain(more) {
                println!("{}", build(module)?.display());
            }
        }
    }
    Ok(())
}
