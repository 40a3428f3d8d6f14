//! Settings: defaults in code, then a TOML file, then the environment. A key nobody
//! knows is refused with its name.

use std::{fmt, path::Path};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Reads settings. Environment variables start with `CDS_`; `__` separates levels, as in
/// `CDS_DIRECTORY__DATABASE`.
///
/// # Errors
/// One line that names the key and where it stands.
pub fn load<C>(file: Option<&Path>) -> Result<C, ConfigError>
where
    C: Default + Serialize + DeserializeOwned,
{
    let mut figment = Figment::from(Serialized::defaults(C::default()));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(ConfigError(format!(
                "there is no settings file `{}`",
                file.display()
            )));
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment.merge(Env::prefixed("CDS_").split("__"));
    figment.extract().map_err(|errors| {
        // figment puts the name of its profile in front of every key.
        let told = errors.into_iter().map(|it| {
            it.to_string()
                .replace("`default.", "`")
                .replace("default.", "")
        });
        let told: Vec<_> = told.collect();
        ConfigError(told.join("; "))
    })
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("bad settings: {0}")]
pub struct ConfigError(String);

/// Text that must not be shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}
