//! The macro behind the one list of commands.

/// From one list: a trait with a body to write for each command, a dispatcher by name, and TypeScript.
macro_rules! commands {
    ($( $(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty; )*) => {
        /// The bodies. Leaving one out is a compile error.
        #[async_trait::async_trait]
        pub trait Commands: Send + Sync {
            $( $(#[$doc])* async fn $name(&self, $($arg: $ty),*) -> Result<$out, UiError>; )*
        }

        /// Names of all commands.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Calls a command by name with a JSON object of its arguments. Unknown names and arguments are refused.
        pub async fn dispatch(to: &dyn Commands, name: &str, args: serde_json::Value) -> Result<serde_json::Value, UiError> {
            match name {
                $( stringify!($name) => {
                    #[derive(serde::Deserialize)]
                    #[serde(rename_all = "camelCase", deny_unknown_fields)]
                    struct Args { $($arg: $ty),* }
                    #[allow(unused_variables)]
                    let a: Args = serde_json::from_value(args).map_err(|e| bad_args(name, &e))?;
                    let out = to.$name($(a.$arg),*).await?;
                    serde_json::to_value(out).map_err(|e| bad_args(name, &e))
                } )*
                _ => Err(UiError::new(Code::Usage, sentence!("command {name}: not known", name))),
            }
        }

        /// One line of TypeScript per command: `name: { args: {…}; out: … };`
        pub fn typescript_lines(cfg: &ts_rs::Config) -> Vec<String> {
            vec![$( {
                let args: Vec<String> = vec![$( format!("{}: {}", crate::typescript::camel(stringify!($arg)), <$ty as ts_rs::TS>::name(cfg)) ),*];
                format!("  {}: {{ args: {{ {} }}; out: {} }};", stringify!($name), args.join("; "), <$out as ts_rs::TS>::name(cfg))
            } ),*]
        }
    };
}
