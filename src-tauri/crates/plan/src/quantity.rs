//! Quantities of Kubernetes (`250m`, `1.5Gi`, `2e3`) in thousandths, so that they can be summed and compared.

use model::kinds::template::{Container, PodSpec};
use serde_json::Value;

/// Thousandths of a unit, rounded up; `None` when it is no quantity.
pub fn milli(value: &Value) -> Option<i128> {
    match value {
        Value::String(s) => parse(s),
        Value::Number(n) => parse(&n.to_string()),
        _ => None,
    }
}

/// As [`milli`], from text.
pub fn parse(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let scale = match &text[digits..] {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        exponent => 10f64.powi(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    let value = (number * scale * 1000.0).ceil();
    value.is_finite().then_some(value as i128)
}

/// Thousandths as people write them: `1500m`, `3`, `2Gi`.
pub fn said(milli: i128) -> String {
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let whole = milli / 1000;
    let binary = [(1i128 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    match binary.iter().find(|(size, _)| whole >= *size && whole % size == 0) {
        Some((size, unit)) => format!("{}{unit}", whole / size),
        None => whole.to_string(),
    }
}

/// What one pod asks for.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    spec: &'a PodSpec,
}

impl<'a> Demand<'a> {
    /// Of that pod.
    pub fn of(spec: &'a PodSpec) -> Self {
        Self { spec }
    }

    /// Thousandths requested, as the scheduler counts them: containers and sidecars together, or the largest of the init
    /// containers that end, whichever is more. A request that is left out equals the limit.
    pub fn request(&self, resource: &str) -> i128 {
        self.sum(|c| c.resources.requests.get(resource).or_else(|| c.resources.limits.get(resource)))
    }

    /// Thousandths of the limits, likewise.
    pub fn limit(&self, resource: &str) -> i128 {
        self.sum(|c| c.resources.limits.get(resource))
    }

    fn sum(&self, of: impl Fn(&'a Container) -> Option<&'a String>) -> i128 {
        let value = |c: &'a Container| of(c).and_then(|q| parse(q)).unwrap_or(0);
        let (sidecars, ending): (Vec<&Container>, Vec<&Container>) =
            self.spec.init_containers.iter().partition(|c| c.restart_policy == "Always");
        let together: i128 = self.spec.containers.iter().chain(sidecars).map(value).sum();
        together.max(ending.into_iter().map(value).max().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_as_the_api_writes_them() {
        let all = ["50m", "0.05", "1", "1.5Gi", "1536Mi", "2e3", "2k", "x"].map(parse);
        assert_eq!(
            all,
            [Some(50), Some(50), Some(1000), Some(1_610_612_736_000), Some(1_610_612_736_000), Some(2_000_000), Some(2_000_000), None]
        );
    }

    #[test]
    fn amounts_are_said_in_round_units() {
        assert_eq!([1500, 3000, 1_610_612_736_000, 1_073_741_824_000].map(said), ["1500m", "3", "1536Mi", "1Gi"]);
    }

    #[test]
    fn sidecars_add_up_and_other_init_containers_do_not() {
        let c = |cpu: &str, policy: &str| json!({"restartPolicy":policy,"resources":{"requests":{"cpu":cpu}}});
        let spec: PodSpec = serde_json::from_value(json!({"containers":[c("1",""),c("1","")],
            "initContainers":[c("500m","Always"),c("2","")]}))
        .expect("decodes");
        assert_eq!(Demand::of(&spec).request("cpu"), 2500);
    }
}
