//! What has come and was not asked for yet. Bounded: what is too much is left out from its beginning, and counted.

use std::collections::VecDeque;

use jiff::Timestamp;
use model::Sentence;

/// Lines that wait, at most: what ten thousand a second make of half a second.
pub const LINES: usize = 5_000;
/// Bytes of them, at most.
const BYTES: usize = 4 << 20;

/// A line, or what is told between lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub source: u32,
    pub at: Timestamp,
    pub text: String,
    pub cut: usize,
    pub note: Option<Sentence>,
}

#[derive(Default)]
pub struct Queue {
    entries: VecDeque<Entry>,
    bytes: usize,
    dropped: usize,
}

impl Queue {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn push(&mut self, entry: Entry) {
        self.bytes += entry.text.len();
        self.entries.push_back(entry);
        while self.entries.len() > LINES || self.bytes > BYTES {
            let Some(first) = self.entries.pop_front() else { return };
            self.bytes -= first.text.len();
            self.dropped += usize::from(first.note.is_none());
        }
    }

    /// Everything, lines in the order of their times; and how many lines were left out before.
    pub fn take(&mut self) -> (usize, Vec<Entry>) {
        self.bytes = 0;
        let mut entries: Vec<Entry> = std::mem::take(&mut self.entries).into();
        // What is told has the time of this machine: it stays where it came, between the lines.
        entries.split_mut(|e| e.note.is_some()).for_each(|lines| lines.sort_by_key(|e| e.at));
        (std::mem::take(&mut self.dropped), entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::sentence;

    fn line(at: i64, text: &str) -> Entry {
        Entry { source: 1, at: Timestamp::from_second(at).expect("a time"), text: text.into(), cut: 0, note: None }
    }

    #[test]
    fn lines_are_in_the_order_of_their_times_and_notes_where_they_came() {
        let mut q = Queue::default();
        let note = Entry { note: Some(sentence!("it has not started")), ..line(0, "") };
        for e in [line(3, "c"), line(1, "a"), note, line(2, "late"), line(2, "later")] {
            q.push(e);
        }
        let (dropped, all) = q.take();
        assert_eq!(all.iter().map(|e| e.text.as_str()).collect::<Vec<_>>(), ["a", "c", "", "late", "later"]);
        assert_eq!((dropped, q.take()), (0, (0, vec![])));
    }

    #[test]
    fn what_is_too_much_is_left_out_from_its_beginning_and_counted_once() {
        let mut q = Queue::default();
        let n = i64::try_from(LINES).expect("small");
        (0..n + 7).for_each(|i| q.push(line(i, "x")));
        let (dropped, all) = q.take();
        assert_eq!((dropped, all.len(), all[0].at.as_second()), (7, LINES, 7));
        // Long ones sooner.
        (0..n).for_each(|i| q.push(line(i, &"x".repeat(16 << 10))));
        let (dropped, all) = q.take();
        assert_eq!((dropped + all.len(), all.len()), (LINES, BYTES / (16 << 10)));
        assert_eq!(q.take().0, 0);
    }
}
