//! The bodies of the commands: three to ten lines each over the modules.

use api::*;
use async_trait::async_trait;
use engine::Cluster;
use model::{Kind, sentence};

use crate::scope::Scope;
use crate::{Host, errors, images, locked};

/// What a front end asks for when it wants every namespace.
const ALL_NAMESPACES: &str = "*";

#[async_trait]
impl Commands for Host {
    async fn contexts(&self) -> Result<ContextsView, UiError> {
        Ok(self.contexts_view())
    }

    async fn probe_contexts(&self) -> Result<ContextsView, UiError> {
        Ok(self.probe().await)
    }

    async fn open_context(&self, context: String, namespaces: Vec<String>) -> Result<ContextView, UiError> {
        let entry = self.entry(&context)?;
        {
            let mut known = locked(&self.known);
            known.connecting.insert(context.clone());
            known.wanted = Some(context.clone());
        }
        self.tell(UiEvent::Contexts(self.contexts_view()));
        let opened = self.open(&context, namespaces).await;
        {
            let mut known = locked(&self.known);
            known.connecting.remove(&context);
            if opened.is_ok() {
                known.open = Some(context.clone());
            }
        }
        self.tell(UiEvent::Contexts(self.contexts_view()));
        opened.map(|()| self.context_view(&entry))
    }

    async fn approve_program(&self, context: String, fingerprint: String) -> Result<ContextsView, UiError> {
        self.approve_sign_in(&context, &fingerprint)
    }

    async fn sign_in(&self, context: String) -> Result<ContextsView, UiError> {
        self.sign_in_again(&context).await
    }

    async fn stop_sign_in(&self, context: String) -> Result<ContextsView, UiError> {
        self.door(&context).sign_in.stop();
        Ok(self.contexts_view())
    }

    async fn programs(&self) -> Result<Vec<ProgramView>, UiError> {
        self.approved_programs()
    }

    async fn forget_program(&self, fingerprint: String) -> Result<Vec<ProgramView>, UiError> {
        self.forget(&fingerprint)
    }

    async fn close_context(&self, context: String) -> Result<ContextsView, UiError> {
        self.end_logs(|_, logs| logs.context == context);
        self.unfollow(&context);
        locked(&self.known).open.take_if(|o| *o == context);
        let view = self.contexts_view();
        self.tell(UiEvent::Contexts(view.clone()));
        Ok(view)
    }

    async fn namespaces(&self, context: String) -> Result<Vec<NamespaceView>, UiError> {
        self.namespace_views(&context).await
    }

    async fn unlock(&self, context: String, typed: String, reason: Option<String>) -> Result<ContextsView, UiError> {
        self.unlock_context(&context, &typed, reason.as_deref())
    }

    async fn lock(&self, context: String) -> Result<ContextsView, UiError> {
        self.lock_context(&context)
    }

    async fn set_environment(&self, context: String, environment: Environment) -> Result<ContextsView, UiError> {
        self.move_context(&context, environment)
    }

    async fn graph(&self, context: String) -> Result<GraphBatch, UiError> {
        self.shown_live(&context).map(|l| l.whole())
    }

    async fn ack_graph(&self, seq: u32) -> Result<(), UiError> {
        let open = locked(&self.known).open.clone();
        let live = open.and_then(|c| self.shown_live(&c).ok());
        if let Some(batch) = live.and_then(|l| l.acknowledge(seq)) {
            self.tell(UiEvent::Graph(batch));
        }
        Ok(())
    }

    async fn trace(&self, context: String, request: TraceRequest) -> Result<TraceView, UiError> {
        self.traced(&context, &request)
    }

    async fn routes(&self, context: String, id: Option<String>) -> Result<RoutesView, UiError> {
        self.routes_of(&context, id.as_deref())
    }

    async fn object(&self, context: String, id: String) -> Result<ObjectView, UiError> {
        self.object_view(&context, &id).await
    }

    async fn image(&self, name: String) -> Result<ImageView, UiError> {
        images::ask(&name).await
    }

    async fn open_logs(&self, request: LogsRequest) -> Result<u32, UiError> {
        self.begin_logs(request).await
    }

    async fn read_logs(&self, logs: u32) -> Result<LogBatch, UiError> {
        self.next_of_logs(logs).await
    }

    async fn close_logs(&self, logs: u32) -> Result<(), UiError> {
        self.end_logs(|number, _| number == logs);
        Ok(())
    }

    async fn workload(&self, context: String, id: String) -> Result<WorkloadView, UiError> {
        self.workload_view(&context, &id).await
    }

    async fn make_plan(&self, request: PlanRequest) -> Result<PlanView, UiError> {
        self.make(request).await
    }

    async fn check_plan(&self, plan: String) -> Result<PlanView, UiError> {
        self.check(&plan).await
    }

    async fn export_plan(&self, plan: String) -> Result<String, UiError> {
        self.plan_text(&plan)
    }

    async fn start_run(&self, plan: String, reason: Option<String>, confirm: Option<String>) -> Result<RunView, UiError> {
        self.start(&plan, reason, confirm).await
    }

    async fn approve(&self, run: String, gate: String) -> Result<RunView, UiError> {
        self.approve_gate(&run, gate).await
    }

    async fn back_out(&self, run: String, reason: Option<String>) -> Result<RunView, UiError> {
        self.go_back(&run, reason).await
    }

    async fn choose(&self, run: String, choice: String) -> Result<RunView, UiError> {
        self.answer(&run, &choice).await
    }

    async fn resume_run(&self, run: String) -> Result<RunView, UiError> {
        self.resume(&run).await
    }

    async fn take_over(&self, run: String, reason: Option<String>) -> Result<RunView, UiError> {
        self.take(&run, reason).await
    }

    async fn runs(&self) -> Result<Vec<RunSummary>, UiError> {
        self.run_list()
    }

    async fn run(&self, run: String) -> Result<RunView, UiError> {
        self.run_view(&run).await
    }

    async fn incident(&self, context: String, namespace: String) -> Result<IncidentView, UiError> {
        self.incident_of(&context, &namespace).await
    }

    async fn leaving(&self) -> Result<Vec<LeavingView>, UiError> {
        Ok(self.would_leave())
    }

    async fn report(&self, run: String, format: ReportFormat) -> Result<String, UiError> {
        self.report_of(&run, format).await
    }

    async fn save_report(&self, run: String, format: ReportFormat) -> Result<String, UiError> {
        self.report_saved(&run, format).await
    }

    async fn doctor(&self, context: String) -> Result<Vec<FindingView>, UiError> {
        self.settled(&context).await?;
        self.left_behind(&context).await
    }

    async fn way_back(&self, context: String, id: Option<String>) -> Result<WayBackView, UiError> {
        self.way_back_of(&context, id).await
    }

    async fn followed(&self) -> Result<Option<PlaceView>, UiError> {
        let place = locked(&self.place).take();
        place.map(|p| self.entry(&p.context).map(|_| p)).transpose()
    }

    async fn diagnostics(&self) -> Result<DiagnosticsView, UiError> {
        Ok(self.diagnostics_view())
    }

    async fn settings(&self) -> Result<SettingsView, UiError> {
        self.settings_view()
    }

    async fn set_settings(&self, settings: SettingsView) -> Result<SettingsView, UiError> {
        self.store_settings(&settings)
    }
}

impl Host {
    /// Connects and follows. No namespace named: the one that the context names, else all, where that is allowed.
    async fn open(&self, context: &str, namespaces: Vec<String>) -> Result<(), UiError> {
        let link = self.link(context).await?;
        // Signing in may have taken minutes, and somebody may look at something else by now.
        if locked(&self.known).wanted.as_deref() != Some(context) {
            let said = sentence!("context {context}: signed in, and not shown: another one was opened since", context);
            return Err(UiError::new(Code::Stopped, said));
        }
        let own = link.connection.namespace().to_string();
        let everywhere = namespaces.iter().any(|n| n == ALL_NAMESPACES);
        let namespaces = if everywhere && self.may_list_everywhere(&link).await? {
            vec![]
        } else if !everywhere && !namespaces.is_empty() {
            namespaces
        } else if own != "default" || !self.may_list_everywhere(&link).await? {
            // As kubectl looks at a context: through the namespace that it names.
            vec![own]
        } else {
            vec![]
        };
        self.follow(context, Scope::of(&namespaces)).await
    }

    async fn may_list_everywhere(&self, link: &crate::link::Link) -> Result<bool, UiError> {
        let access = plan::Access {
            verb: plan::Verb::List,
            kind: Kind::Pod,
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
        };
        link.connection.allowed(&access).await.map_err(errors::read)
    }
}
