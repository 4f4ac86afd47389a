//! Settings as front ends get them.

use api::{Language, SettingsView, Theme, UiError, UiEvent};

use crate::{Host, errors};

/// Scope and code of the one acknowledgement that simulated pods have no data.
pub const SIMULATED: (&str, &str) = ("", "simulated-pods");

/// Panes whose width is kept.
const PANES: usize = 16;

impl Host {
    pub(crate) fn settings_view(&self) -> Result<SettingsView, UiError> {
        let s = self.store.settings().map_err(errors::journal)?;
        let path = self.store.path().display().to_string();
        Ok(SettingsView {
            theme: match s.theme {
                store::Theme::System => Theme::System,
                store::Theme::Dark => Theme::Dark,
                store::Theme::Light => Theme::Light,
            },
            language: match s.language {
                store::Language::System => Language::System,
                store::Language::En => Language::En,
                store::Language::Ko => Language::Ko,
            },
            probes: s.probes,
            panes: s.panes,
            registries: s.registries,
            simulated_acknowledged: self.simulated_acknowledged(),
            journal: path,
        })
    }

    pub(crate) fn simulated_acknowledged(&self) -> bool {
        self.store.acks(SIMULATED.0).is_ok_and(|all| all.iter().any(|a| a.code == SIMULATED.1))
    }

    pub(crate) fn acknowledge_simulated(&self) -> Result<(), UiError> {
        self.store.acknowledge(SIMULATED.0, SIMULATED.1).map_err(errors::journal)
    }

    /// Stores what may be set; paths are only shown. An acknowledgement cannot be taken back.
    pub(crate) fn store_settings(&self, v: &SettingsView) -> Result<SettingsView, UiError> {
        let mut s = self.store.settings().map_err(errors::journal)?;
        s.theme = match v.theme {
            Theme::System => store::Theme::System,
            Theme::Dark => store::Theme::Dark,
            Theme::Light => store::Theme::Light,
        };
        s.language = match v.language {
            Language::System => store::Language::System,
            Language::En => store::Language::En,
            Language::Ko => store::Language::Ko,
        };
        s.probes = v.probes.clone();
        s.panes = v.panes.iter().take(PANES).map(|(pane, width)| (pane.clone(), *width)).collect();
        s.registries = v.registries;
        self.store.set_settings(&s).map_err(errors::journal)?;
        if v.simulated_acknowledged {
            self.acknowledge_simulated()?;
        }
        let view = self.settings_view()?;
        self.tell(UiEvent::Settings(view.clone()));
        Ok(view)
    }
}
