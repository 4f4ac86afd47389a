//! The log: on standard error what `CHANGEOVER_LOG` asks for, and a file for each day in the state folder. Without secrets.

use std::io::{self, Write};
use std::path::Path;

use host::redact::redacted;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// What goes into the file: whatever is wrong, and of our own rooms what happens.
const FILED: &str = "warn,changeover=info,host=info,engine=info,cluster=info,store=info,evidence=info";
/// Files that are kept, one a day.
const DAYS: usize = 7;

/// Starts it; without a folder, or where that cannot be written to, on standard error alone.
pub fn start(dir: Option<&Path>) {
    let file = dir.map(filed).transpose();
    let said = EnvFilter::try_from_env("CHANGEOVER_LOG").unwrap_or_else(|_| "warn".into());
    let heard = tracing_subscriber::fmt::layer().with_writer(Clean(io::stderr)).with_filter(said);
    let (file, trouble) = match file {
        Ok(file) => (file, None),
        Err(e) => (None, Some(e)),
    };
    let kept = file.map(|f| tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Clean(f)).with_filter(EnvFilter::new(FILED)));
    tracing_subscriber::registry().with(heard).with(kept).init();
    if let Some(e) = trouble {
        tracing::warn!("no log is kept: {e}");
    }
}

fn filed(dir: &Path) -> Result<RollingFileAppender, Box<dyn std::error::Error>> {
    host::make_folder(dir)?;
    let kept = RollingFileAppender::builder().rotation(Rotation::DAILY).max_log_files(DAYS);
    Ok(kept.filename_prefix("changeover").filename_suffix("log").build(dir)?)
}

/// Hides what opens a door, a line at a time: a subscriber writes each event at once.
struct Clean<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Clean<W> {
    type Writer = Clean<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Clean(self.0.make_writer())
    }
}

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(redacted(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filed_holds_no_token() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = filed(&dir.path().join("log")).expect("opens");
        let of_test = tracing_subscriber::registry().with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Clean(file)));
        tracing::subscriber::with_default(of_test, || tracing::warn!(server = "https://s", "refused: Bearer hunter2"));
        let files: Vec<_> = std::fs::read_dir(dir.path().join("log")).expect("is there").flatten().collect();
        let text = std::fs::read_to_string(files[0].path()).expect("is read");
        assert!(files.len() == 1 && text.contains("https://s") && !text.contains("hunter2"), "{text}");
    }
}
