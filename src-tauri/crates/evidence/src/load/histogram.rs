//! Counts of durations in buckets of equal relative width: within 0.8 % from 256 µs to hours, exact to 1 µs below.

use std::time::Duration;

const EXACT: u64 = 256;
const STEPS: u64 = 128;

/// Durations, counted.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    sum: Duration,
    max: Duration,
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, took: Duration) {
        let bucket = bucket(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
        self.sum += took;
        self.max = self.max.max(took);
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Histogram) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// The duration that this share (0 to 1) of all did not exceed; zero when there are none.
    pub fn quantile(&self, share: f64) -> Duration {
        let rank = ((share.clamp(0.0, 1.0) * self.total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_micros(upper(index)).min(self.max);
            }
        }
        self.max
    }

    /// How many.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Their mean; zero when there are none.
    pub fn mean(&self) -> Duration {
        self.sum.checked_div(u32::try_from(self.total).unwrap_or(u32::MAX)).unwrap_or_default()
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        self.max
    }
}

fn bucket(micros: u64) -> usize {
    if micros < EXACT {
        return micros as usize;
    }
    // The highest bit says the octave; the seven bits behind it the step within.
    let octave = u64::from(micros.ilog2());
    let step = (micros >> (octave - 7)) - STEPS;
    (EXACT + (octave - 8) * STEPS + step) as usize
}

fn upper(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let (octave, step) = ((bucket - EXACT) / STEPS + 8, (bucket - EXACT) % STEPS);
    ((STEPS + step + 1) << (octave - 7)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_gapless_and_narrow() {
        let mut last = 0;
        for micros in (0..5000).chain((5000..10_000_000).step_by(1009)) {
            let index = bucket(micros);
            assert!(index >= last && upper(index) >= micros, "{micros}");
            assert!((upper(index) - micros) as f64 <= micros as f64 * 0.008 + 1.0, "{micros} in a bucket up to {}", upper(index));
            last = index;
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_list() {
        let mut all = Histogram::default();
        let mut half = Histogram::default();
        for n in 1..=1000u64 {
            if n % 2 == 0 { &mut all } else { &mut half }.add(Duration::from_millis(n));
        }
        all.merge(&half);
        for (share, expect) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (0.999, 999.0), (1.0, 1000.0)] {
            let found = all.quantile(share).as_secs_f64() * 1000.0;
            assert!((found - expect).abs() <= expect * 0.01, "{share}: {found}");
        }
        assert_eq!((all.total(), all.max()), (1000, Duration::from_secs(1)));
        assert_eq!(Histogram::default().quantile(0.99), Duration::ZERO);
    }
}
