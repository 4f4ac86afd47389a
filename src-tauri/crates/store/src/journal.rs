//! The engine's journal port on the file.

use engine::ports::Plan;
use engine::{Journal, JournalError, RunHeader};
use model::{ObjectId, Sentence, sentence};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde_json::Value;

use crate::chain::{self, Header, Link};
use crate::{Store, claim, file};

/// A run's row.
struct Run {
    id: String,
    plan: String,
    plan_hash: String,
    context: String,
    target: String,
    strategy: String,
    started_at: String,
    reason: Option<String>,
    epoch: u64,
    holder_pid: Option<u32>,
    header: Vec<u8>,
    last_seq: u64,
    last: Vec<u8>,
}

const COLUMNS: &str =
    "id, plan, plan_hash, context, target, strategy, started_at, reason, epoch, holder_pid, header_sha256, last_seq, last_sha256";

impl Run {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            plan: row.get(1)?,
            plan_hash: row.get(2)?,
            context: row.get(3)?,
            target: row.get(4)?,
            strategy: row.get(5)?,
            started_at: row.get(6)?,
            reason: row.get(7)?,
            epoch: row.get(8)?,
            holder_pid: row.get(9)?,
            header: row.get(10)?,
            last_seq: row.get(11)?,
            last: row.get(12)?,
        })
    }

    fn first_link(&self) -> Link {
        chain::first(&Header {
            id: &self.id,
            plan: &self.plan,
            plan_hash: &self.plan_hash,
            context: &self.context,
            target: &self.target,
            strategy: &self.strategy,
            started_at: &self.started_at,
            reason: self.reason.as_deref(),
        })
    }
}

struct Entry {
    seq: u64,
    epoch: u64,
    at: String,
    json: String,
    sha256: Vec<u8>,
}

impl Store {
    pub(crate) fn transact<T>(&self, body: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>) -> Result<T, JournalError> {
        let mut db = self.db();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| self.sql(e))?;
        let done = body(&tx)?;
        tx.commit().map_err(|e| self.sql(e))?;
        Ok(done)
    }

    fn run(&self, db: &Connection, id: &str) -> Result<Run, JournalError> {
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"))
            .and_then(|mut query| query.query_row([id], Run::of).optional())
            .map_err(|e| self.sql(e))?
            .ok_or_else(|| JournalError::NotFound(id.to_string()))
    }

    fn entries(&self, db: &Connection, id: &str) -> Result<Vec<Entry>, JournalError> {
        let entry =
            |row: &Row<'_>| Ok(Entry { seq: row.get(0)?, epoch: row.get(1)?, at: row.get(2)?, json: row.get(3)?, sha256: row.get(4)? });
        db.prepare_cached("SELECT seq, epoch, at, json, sha256 FROM entries WHERE run = ?1 ORDER BY seq")
            .and_then(|mut query| query.query_map([id], entry)?.collect())
            .map_err(|e| self.sql(e))
    }

    fn edited(&self, run: &Run, what: Sentence) -> JournalError {
        self.unusable(sentence!(
            "run {run}: {what} is not as it was written; nothing of this run is used: look at the cluster, and undo by hand what is left",
            run = run.id; what
        ))
    }

    /// Follows the chain from the header to its end.
    fn verify(&self, run: &Run, entries: &[Entry]) -> Result<(), JournalError> {
        let mut link = self.verify_header(run)?;
        let mut epoch = 0;
        for (expected, entry) in (1..).zip(entries) {
            link = chain::next(&link, &run.id, entry.seq, entry.epoch, &entry.at, &entry.json);
            if entry.seq != expected || link.as_slice() != entry.sha256 || entry.epoch < epoch {
                return Err(self.edited(run, sentence!("entry {n}", n = expected)));
            }
            epoch = entry.epoch;
        }
        if run.last_seq != entries.len() as u64 || run.last != link || run.epoch < epoch {
            return Err(self.edited(run, sentence!("the end of its entries")));
        }
        Ok(())
    }

    fn verify_header(&self, run: &Run) -> Result<Link, JournalError> {
        let link = run.first_link();
        if run.header == link { Ok(link) } else { Err(self.edited(run, sentence!("its header"))) }
    }

    fn header(&self, run: &Run) -> Result<RunHeader, JournalError> {
        Ok(RunHeader {
            id: run.id.clone(),
            context: run.context.clone(),
            target: run.target.parse::<ObjectId>().map_err(|_| self.edited(run, sentence!("its target")))?,
            strategy: run.strategy.clone(),
            started_at: run.started_at.parse().map_err(|_| self.edited(run, sentence!("its start")))?,
            reason: run.reason.clone(),
        })
    }

    /// The process that drives the run now, this one or another; `None` = nobody.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], or the file's own.
    pub fn driver(&self, run: &str) -> Result<Option<u32>, JournalError> {
        let ours = self.held().get(run).map(|held| held.epoch);
        // Within a write transaction, as every judgement of a claim.
        self.transact(|tx| {
            let row = self.run(tx, run)?;
            if ours == Some(row.epoch) {
                return Ok(Some(std::process::id()));
            }
            Ok(match claim::take(&self.path, run).map_err(|e| file::unwritable(&self.path, e))? {
                claim::Taken::Ours(_) => None,
                claim::Taken::Busy => Some(row.holder_pid.unwrap_or_default()),
            })
        })
    }

    /// Moves the log into the file while no cutover waits for the disk. A failure costs nothing: the log stays.
    fn checkpoint(&self) {
        let _ = self.db().query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

impl Journal for Store {
    fn create(&self, plan: &Plan, context: &str, reason: Option<&str>) -> Result<(), JournalError> {
        let json = serde_json::to_string(plan).map_err(|e| file::unwritable(&self.path, e))?;
        let mut run = Run {
            id: plan.id.clone(),
            plan: json,
            plan_hash: plan.hash.clone(),
            context: context.to_string(),
            target: plan.target.object.to_string(),
            strategy: plan.strategy.clone(),
            started_at: self.clock.now().to_string(),
            reason: reason.map(str::to_string),
            epoch: 0,
            holder_pid: None,
            header: Vec::new(),
            last_seq: 0,
            last: Vec::new(),
        };
        run.header = run.first_link().to_vec();
        self.transact(|tx| {
            match self.run(tx, &run.id) {
                Err(JournalError::NotFound(_)) => {}
                Ok(_) => return Err(JournalError::Exists(run.id.clone())),
                Err(other) => return Err(other),
            }
            tx.execute(
                &format!("INSERT INTO runs ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, NULL, ?9, 0, ?9)"),
                params![run.id, run.plan, run.plan_hash, run.context, run.target, run.strategy, run.started_at, run.reason, run.header],
            )
            .map_err(|e| self.sql(e))?;
            Ok(())
        })
    }

    fn append(&self, run: &str, entry: &Value) -> Result<u64, JournalError> {
        let json = entry.to_string();
        let at = self.clock.now().to_string();
        let ours = self.held().get(run).map(|held| held.epoch);
        self.transact(|tx| {
            let row = self.run(tx, run)?;
            if ours != Some(row.epoch) {
                return Err(JournalError::NotHeld { run: run.to_string(), epoch: row.epoch });
            }
            let before: Link = row.last.as_slice().try_into().map_err(|_| self.edited(&row, sentence!("its header")))?;
            let seq = row.last_seq + 1;
            let link = chain::next(&before, run, seq, row.epoch, &at, &json);
            tx.prepare_cached("INSERT INTO entries (run, seq, epoch, at, json, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .and_then(|mut q| q.execute(params![run, seq, row.epoch, at, json, link]))
                .map_err(|e| self.sql(e))?;
            tx.prepare_cached("UPDATE runs SET last_seq = ?2, last_sha256 = ?3 WHERE id = ?1")
                .and_then(|mut q| q.execute(params![run, seq, link]))
                .map_err(|e| self.sql(e))?;
            Ok(seq)
        })
    }

    fn read(&self, run: &str) -> Result<(Plan, Vec<Value>), JournalError> {
        let (row, entries) = {
            let mut db = self.db();
            // One transaction, so that both are of one moment.
            let tx = db.transaction().map_err(|e| self.sql(e))?;
            (self.run(&tx, run)?, self.entries(&tx, run)?)
        };
        self.verify(&row, &entries)?;
        let plan = serde_json::from_str(&row.plan)
            .map_err(|e| self.unusable(sentence!("run {run}: plan not understood ({error})", run, error = e)))?;
        let values = entries
            .iter()
            .map(|entry| serde_json::from_str(&entry.json).map_err(|_| self.edited(&row, sentence!("entry {n}", n = entry.seq))))
            .collect::<Result<_, _>>()?;
        Ok((plan, values))
    }

    fn runs(&self) -> Result<Vec<RunHeader>, JournalError> {
        let db = self.db();
        let rows = db
            .prepare_cached(&format!("SELECT {COLUMNS} FROM runs ORDER BY rowid DESC"))
            .and_then(|mut query| query.query_map([], Run::of)?.collect::<rusqlite::Result<Vec<Run>>>())
            .map_err(|e| self.sql(e))?;
        rows.iter()
            .map(|run| {
                self.verify_header(run)?;
                self.header(run)
            })
            .collect()
    }

    fn claim(&self, run: &str, above: u64) -> Result<u64, JournalError> {
        let held = self.transact(|tx| {
            let row = self.run(tx, run)?;
            let lock = match claim::take(&self.path, run).map_err(|e| file::unwritable(&self.path, e))? {
                claim::Taken::Ours(lock) => lock,
                claim::Taken::Busy => return Err(JournalError::Held { run: run.to_string(), pid: row.holder_pid.unwrap_or_default() }),
            };
            let epoch = row.epoch.max(above) + 1;
            tx.execute(
                "UPDATE runs SET epoch = ?2, holder_pid = ?3, holder_started = ?4 WHERE id = ?1",
                params![run, epoch, std::process::id(), claim::process_started()],
            )
            .map_err(|e| self.sql(e))?;
            Ok(lock.hold(epoch))
        })?;
        let epoch = held.epoch;
        self.held().insert(run.to_string(), held);
        self.checkpoint();
        Ok(epoch)
    }

    fn release(&self, run: &str) -> Result<(), JournalError> {
        let Some(held) = self.held().remove(run) else { return Ok(()) };
        self.transact(|tx| {
            let freed = tx
                .execute("UPDATE runs SET holder_pid = NULL, holder_started = NULL WHERE id = ?1 AND epoch = ?2", params![run, held.epoch])
                .map_err(|e| self.sql(e))?;
            // Whoever took the run over since keeps its lock file, which bears the same name.
            if freed == 1 {
                held.release();
            }
            Ok(())
        })?;
        self.checkpoint();
        Ok(())
    }
}
