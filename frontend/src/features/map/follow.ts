// Reads logs for as long as somebody looks: asks for the next batch once it has the one before, so whoever is slow gets less.
import { asUiError, call, type LogBatch, type LogsRequest, type UiError } from "../../api";

interface On {
  batch: (batch: LogBatch) => void;
  failed: (error: UiError) => void;
}

/** Opens logs and hands over what comes; the answer ends it. */
export function follow(request: LogsRequest, on: On): () => void {
  let wanted = true;
  const opened = call("open_logs", { request });
  void (async () => {
    try {
      const logs = await opened;
      while (wanted) {
        const batch = await call("read_logs", { logs });
        if (wanted) on.batch(batch);
      }
    } catch (cause) {
      if (wanted) on.failed(asUiError(cause));
    }
  })();
  return () => {
    wanted = false;
    // What was never opened, or has ended by itself, need not be closed.
    void opened.then((logs) => call("close_logs", { logs })).catch(() => undefined);
  };
}
