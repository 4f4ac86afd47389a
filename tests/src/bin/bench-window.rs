//! `cargo xtask bench window`: how soon the window is there (P9), how smoothly its map moves (P7), what it costs while nothing happens
//! (P10), and how large it is (P13). Each is held against its baseline, in the same run and by turns.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use acceptance::bench::{Row, finish, ms, quantile};
use acceptance::journey::Journey;
use acceptance::window::{PATIENCE, Start, Undriven, Window};
use acceptance::{Outcome, program};
use clap::Parser;
use serde_json::{Value, json};

#[derive(Parser)]
struct Args {
    /// Starts of each program
    #[arg(long, default_value_t = 20)]
    starts: usize,
    /// Frames of each kind
    #[arg(long, default_value_t = 600)]
    frames: usize,
    /// Seconds over which the processor is watched
    #[arg(long, default_value_t = 60)]
    idle: u64,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let args = Args::parse();
    let mut rows = starts(&args).await?;
    rows.extend(idle(&args).await?);
    for (name, software) in [("with DMABUF", false), ("without DMABUF", true)] {
        rows.extend(frames(&args, name, software).await?);
    }
    rows.extend(sizes()?);
    finish("window", &["Xvfb, drawn by the processor; the practice lab and its sample shop".into()], &rows)
}

/// P9: from the start of the process to the first frame that says something. The files of both are thrown out of memory before each.
async fn starts(args: &Args) -> Outcome<Vec<Row>> {
    let j = Journey::begin("bench")?;
    let env = vec![("KUBECONFIG".to_string(), j.kubeconfig()?.display().to_string()), ("LANG".to_string(), "C.UTF-8".to_string())];
    let (ours, blank) = (program("changeover")?, program("blank")?);
    let time = |of: &Path, cold: bool| -> Outcome<f64> {
        if cold {
            std::process::Command::new("sync").status()?;
            std::fs::write("/proc/sys/vm/drop_caches", "3")?;
        }
        let mut window = Undriven::open(of, j.state.path(), &env)?;
        Ok(ms(window.until_text(PATIENCE)?))
    };
    let mut rows = vec![];
    // Once, so that the last known state is there, and what is made at the first start.
    time(&ours, false)?;
    time(&blank, false)?;
    for (id, what, cold) in [("P9.1", "cold", true), ("P9.2", "warm", false)] {
        let (mut with, mut without) = (vec![], vec![]);
        for _ in 0..args.starts {
            without.push(time(&blank, cold)?);
            with.push(time(&ours, cold)?);
        }
        let (value, baseline) = (quantile(&with, 0.5), quantile(&without, 0.5));
        let row = Row::new(id, format!("{what} start → list of clusters, median of {}", args.starts), value, "ms").against(baseline);
        rows.push(if cold { row.goal("≤ 1.3 × a blank Tauri window", value <= 1.3 * baseline) } else { row });
    }
    Ok(rows)
}

/// P10: the processor's time of the program and all that it started.
async fn idle(args: &Args) -> Outcome<Vec<Row>> {
    let j = Arc::new(Journey::begin("bench-idle")?);
    let w = j.window().await?;
    let over = Duration::from_secs(args.idle);
    w.see("[data-testid=app][data-screen=clusters]").await?;
    let off = w.processor(over).await?;
    j.connect(&w).await?;
    w.see("[data-testid=timeline][data-state=there]").await?;
    let quiet = w.processor(over).await?;
    // Twenty a second.
    let busy = {
        let writes = async {
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            for n in 0.. {
                tick.tick().await;
                let j = j.clone();
                tokio::task::spawn_blocking(move || {
                    let patch = json!({"metadata": {"annotations": {"bench": n.to_string()}}}).to_string();
                    let _ = j.kubectl(&["patch", "deployment", "web", "-p", &patch]);
                });
            }
        };
        tokio::select! { busy = w.processor(over) => busy?, () = writes => f64::NAN }
    };
    w.close().await?;
    Ok(vec![
        Row::new("P10.1", "processor while nothing happens", quiet, "% core").against(off).goal("≤ 0.3 %", quiet <= 0.3),
        Row::new("P10.2", "processor at 20 events a second", busy, "% core").against(off).goal("≤ 5 %", busy <= 5.0),
    ])
}

/// Records the time of each frame while something is done in it.
const RECORD: &str = "
    const [kind, many] = arguments, done = arguments[arguments.length - 1];
    const pane = document.querySelector('[data-testid=map] .canvas');
    const box = pane.getBoundingClientRect();
    let blank = null;
    if (kind === 'blank') {
      blank = document.createElement('canvas');
      Object.assign(blank.style, { position: 'fixed', left: box.left + 'px', top: box.top + 'px', zIndex: 1000 });
      [blank.width, blank.height] = [box.width * devicePixelRatio, box.height * devicePixelRatio];
      [blank.style.width, blank.style.height] = [box.width + 'px', box.height + 'px'];
      document.body.append(blank);
    }
    const ctx = blank?.getContext('2d');
    const times = [];
    let last = performance.now(), n = 0;
    const frame = (now) => {
      times.push(now - last);
      last = now;
      if (ctx) { ctx.fillStyle = n % 2 ? '#111' : '#112'; ctx.fillRect(0, 0, blank.width, blank.height); }
      else pane.dispatchEvent(new WheelEvent('wheel', { deltaX: 6 * Math.sin(n / 20), deltaY: 0, bubbles: true, cancelable: true }));
      if (++n < many) requestAnimationFrame(frame);
      else { blank?.remove(); done(times.slice(30)); }
    };
    requestAnimationFrame(frame);";

/// P7: the time of a frame while the map is panned, against clearing a blank canvas of that size in the same window.
async fn frames(args: &Args, name: &str, software: bool) -> Outcome<Vec<Row>> {
    let j = Journey::of("shop")?;
    let mut start = Start { size: Some((1440, 900)), ..Journey::start_of(&j.kubeconfig()?) };
    if software {
        start.env.push(("WEBKIT_DISABLE_DMABUF_RENDERER".into(), "1".into()));
    }
    let w = Window::open(j.state.path(), &start).await?;
    j.connect(&w).await?;
    w.see("[data-testid=timeline][data-state=there]").await?;
    let (mut ours, mut blank) = (vec![], vec![]);
    for _ in 0..2 {
        for (kind, all) in [("blank", &mut blank), ("map", &mut ours)] {
            let said = w.client.execute_async(RECORD, vec![json!(kind), json!(args.frames)]).await?;
            all.extend(said.as_array().into_iter().flatten().filter_map(Value::as_f64));
        }
    }
    w.close().await?;
    let (value, baseline, worst) = (quantile(&ours, 0.95), quantile(&blank, 0.95), quantile(&ours, 1.0));
    let id = if software { "P7.2" } else { "P7.1" };
    Ok(vec![
        Row::new(id, format!("a frame while the map is panned, p95, {name}"), value, "ms")
            .against(baseline)
            .goal("≤ 1.2 × a blank canvas", value <= 1.2 * baseline),
        Row::new(&format!("{id}.w"), format!("the longest of {} frames, {name}", ours.len()), worst, "ms").goal("≤ 50 ms", worst <= 50.0),
    ])
}

/// P13: what is installed.
fn sizes() -> Outcome<Vec<Row>> {
    let size = |path: PathBuf| -> Outcome<f64> { Ok(std::fs::metadata(path)?.len() as f64 / 1e6) };
    let (ours, blank) = (size(program("changeover")?)?, size(program("blank")?)?);
    let row = Row::new("P13.1", "the window's program", ours, "MB").against(blank);
    Ok(vec![row.goal("≤ 1.5 × a blank Tauri program + 4 MB", ours <= 1.5 * blank + 4.0)])
}
