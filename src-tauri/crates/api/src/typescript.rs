//! TypeScript for `frontend/src/api/generated.ts`: types of the views and the table of commands.

use ts_rs::{Config, TS};

use crate::{error::*, event::*, views::*};

/// `snake_case` to `camelCase`.
pub fn camel(s: &str) -> String {
    let mut out = String::new();
    let mut up = false;
    for c in s.chars() {
        match c {
            '_' => up = true,
            c if up => {
                out.extend(c.to_uppercase());
                up = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// The whole file.
pub fn generate() -> String {
    let cfg = Config::default();
    let mut out = String::from(
        "// Made by `cargo xtask codegen` from src-tauri/crates/api. Do not edit.\n\n\
         export type JsonValue = number | string | boolean | JsonValue[] | { [key: string]: JsonValue | undefined } | null;\n\n",
    );
    macro_rules! decls { ($($t:ty)*) => { $( out.push_str("export "); out.push_str(&<$t>::decl(&cfg)); out.push_str("\n\n"); )* } }
    decls! {
        Code UiError UiEvent Environment ContextState Writes Unverified ContextView ShadowedView SigningInView ProgramView FileView ContextsView NamespaceView
        Health Lane PodState NodeView EdgeState EdgeView FindingSeverity SentenceView FindingView RoutesView RouteView TraceRequest TraceView TraceDoorView TraceRuleView TraceAnswerView TraceTargetView TraceVersionView GraphSummary GraphBatch
        ChangedView KindStateView FreshnessView EventView Speaks ReasonView RevisionView OverviewRow PresenceView ConfigView ObjectView ContainerView StrategyView ParamView ParamKind BeforeView WorkloadView
        PlanRequest ImageWish WriteView CutView PlanStepView PlanSummary ConfirmNeed PlanView
        RunState StepState Headline RunStepView LaneTemplate LaneView CheckedView RunServiceView GateView GateWrite CheckLine WayBackKind WayBackView UndoView FactView ChoiceView HoldView
        ProbeView EndpointsView ConnectionsSeen ConnectionsView ProofKind ProofView NoteView EvidenceView DriverView RunView ReportFormat ChangeSort Likely BackView ChangeView TroubleView IncidentView LeftAt LeavingView ReportLine ReportView RunSummary PlaceView ImageState ImageView LogState LogsRequest LogSource LogEntry LogStatus LogBatch PathOf PathView VariableView WayPart WayView ReachView CrashView DiagnosticsView Theme Language SettingsView
    }
    out.push_str("export interface CommandTable {\n");
    for line in crate::commands::typescript_lines(&cfg) {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str("}\n");
    out
}

#[cfg(test)]
mod sentences;

#[cfg(test)]
mod tests {
    /// `cargo xtask codegen` runs this with `UPDATE_GENERATED=1`.
    #[test]
    fn generated_typescript_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../frontend/src/api/generated.ts");
        let now = super::generate();
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(path, &now).expect("writes");
        }
        let then = std::fs::read_to_string(path).unwrap_or_default();
        assert!(then == now, "frontend/src/api/generated.ts is old: run `cargo xtask codegen`");
    }
}
