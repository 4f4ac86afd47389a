//! Looks for damage in SQLite's write-ahead log that SQLite itself takes for its end.
//!
//! On opening, SQLite reads the log up to the first frame whose checksum is wrong and forgets the rest: right for a
//! power cut in the middle of the last commit, wrong for a flipped bit, which would silently undo every commit behind
//! it. The two differ: each commit is synced before the next one is written, so after a power cut only frames of the
//! same commit can follow the bad one. What belongs to a *later* commit means damage. Damage within the very last
//! commit cannot be told from a power cut.
//!
//! Format: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What the log looks like.
#[derive(Debug, PartialEq, Eq)]
pub enum Log {
    /// Whole, empty, or torn at its end.
    Sound,
    /// A frame in the middle is damaged; counted from 1.
    Damaged {
        /// Frame.
        frame: usize,
    },
}

/// Judges the bytes of a `-wal` file.
pub fn inspect(bytes: &[u8]) -> Log {
    let Some(header) = bytes.get(..HEADER) else { return Log::Sound };
    let big_endian = match word(header, 0) {
        0x377f_0683 => true,
        0x377f_0682 => false,
        // Neither: a header that was never completed. SQLite starts the log anew; it was not synced before.
        _ => return header_damage(bytes),
    };
    let size = FRAME_HEADER + word(header, 8) as usize;
    let salts = &header[16..24];
    let mut sum = checksum(big_endian, (0, 0), &header[..24]);
    if sum != (word(header, 24), word(header, 28)) {
        return header_damage(bytes);
    }
    let frames = || bytes[HEADER..].chunks_exact(size).enumerate().take_while(|(_, frame)| &frame[8..16] == salts);
    for (index, frame) in frames() {
        sum = checksum(big_endian, sum, &frame[..8]);
        sum = checksum(big_endian, sum, &frame[FRAME_HEADER..]);
        if sum != (word(frame, 16), word(frame, 20)) {
            // The bad frame's own commit may still end behind it, unless it is itself that end.
            let own = usize::from(word(frame, 4) == 0);
            let commits_behind = frames().skip(index + 1).filter(|(_, frame)| word(frame, 4) != 0).count();
            return if commits_behind > own { Log::Damaged { frame: index + 1 } } else { Log::Sound };
        }
    }
    salt_damage(&bytes[HEADER..], size, salts, frames().count())
}

// A log is written from its header on: a bad header with much behind it was good once.
fn header_damage(bytes: &[u8]) -> Log {
    if bytes.len() > HEADER + 2 * (FRAME_HEADER + 512) { Log::Damaged { frame: 0 } } else { Log::Sound }
}

// Frames of an earlier round of the log follow the end with other salts; ours again behind them cannot be.
fn salt_damage(frames: &[u8], size: usize, salts: &[u8], sound: usize) -> Log {
    let again = frames.chunks_exact(size).skip(sound).filter(|frame| &frame[8..16] == salts && word(frame, 4) != 0).count();
    if again >= 2 { Log::Damaged { frame: sound + 1 } } else { Log::Sound }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn checksum(big_endian: bool, (mut a, mut b): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let read = |at: usize| {
            let word = word(pair, at);
            if big_endian { word } else { word.swap_bytes() }
        };
        a = a.wrapping_add(read(0)).wrapping_add(b);
        b = b.wrapping_add(read(4)).wrapping_add(a);
    }
    (a, b)
}
