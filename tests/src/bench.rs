//! What every benchmark leaves: one table with its goals and verdicts, and the same in `target/bench/NAME.json`.
//!
//! It does **not** judge for anybody: a goal that was missed is a row that says so, not a failure of the program.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::Outcome;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `P5.1`: the budget's number, and a running one within it.
    pub id: String,
    /// What was measured.
    pub what: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The same of what it is held against, in the same run.
    pub baseline: Option<f64>,
    /// `value / baseline`.
    pub ratio: Option<f64>,
    /// What it shall be, in words; empty for a figure that only explains others.
    pub goal: String,
    /// Whether it is; `None` without a goal.
    pub met: Option<bool>,
}

impl Row {
    /// A figure that explains others.
    pub fn new(id: &str, what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { id: id.into(), what: what.into(), value, unit, baseline: None, ratio: None, goal: String::new(), met: None }
    }

    /// What it is held against.
    pub fn against(mut self, baseline: f64) -> Self {
        (self.baseline, self.ratio) = (Some(baseline), (baseline != 0.0).then(|| self.value / baseline));
        self
    }

    /// What it shall be, and whether it is.
    pub fn goal(mut self, goal: impl Into<String>, met: bool) -> Self {
        (self.goal, self.met) = (goal.into(), Some(met));
        self
    }
}

/// Prints the table, writes the file, and says where it is.
///
/// # Errors
/// When the file cannot be written.
pub fn finish(name: &str, conditions: &[String], rows: &[Row]) -> Outcome<()> {
    let machine = machine();
    println!("\nbench {name}, {machine}");
    conditions.iter().for_each(|line| println!("  {line}"));
    let number = |n: Option<f64>| n.map_or_else(String::new, |n| if n.fract() == 0.0 { format!("{n:.0}") } else { format!("{n:.2}") });
    println!("\n{:<6} {:<96} {:>9} {:<9} {:>9} {:>6}  goal", "id", "what", "value", "unit", "baseline", "ratio");
    for r in rows {
        let verdict = match r.met {
            Some(true) => "met: ",
            Some(false) => "MISSED: ",
            None => "",
        };
        let (value, baseline, ratio) = (number(Some(r.value)), number(r.baseline), number(r.ratio));
        println!("{:<6} {:<96} {value:>9} {:<9} {baseline:>9} {ratio:>6}  {verdict}{}", r.id, r.what, r.unit, r.goal);
    }
    let missed = rows.iter().filter(|r| r.met == Some(false)).count();
    println!("\n{} goals, {missed} missed", rows.iter().filter(|r| r.met.is_some()).count());
    let folder = xtask::run::target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.json"));
    let all = json!({"bench": name, "machine": machine, "conditions": conditions, "rows": rows});
    std::fs::write(&file, serde_json::to_string_pretty(&all)? + "\n")?;
    println!("{}", file.display());
    Ok(())
}

/// Processor, cores and kernel, as Linux names them.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model =
        cpu.lines().find_map(|l| l.strip_prefix("model name")).map_or("unknown processor", |l| l.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let build = if cfg!(debug_assertions) { ", NOT an optimised build" } else { "" };
    format!("{model}, {cores} cores, Linux {}{build}", read("/proc/sys/kernel/osrelease").trim())
}

/// The value that this share (0 to 1) of all does not exceed; 0 of nothing.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Milliseconds.
pub fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_value_that_was_measured() {
        let all: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((quantile(&all, 0.5), quantile(&all, 0.95), quantile(&all, 1.0)), (50.0, 95.0, 100.0));
        assert_eq!((quantile(&[7.0], 0.95), quantile(&[], 0.5)), (7.0, 0.0));
    }

    #[test]
    fn a_ratio_needs_something_to_be_held_against() {
        assert_eq!(Row::new("P5.1", "x", 3.0, "ms").against(2.0).ratio, Some(1.5));
        assert_eq!(Row::new("P5.1", "x", 3.0, "ms").against(0.0).ratio, None);
    }
}
