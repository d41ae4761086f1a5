//! Logging in by OpenID Connect: somebody proves who they are at the hospital's provider, by the authorization code flow with
//! PKCE, and the provider's signed word of it begins a session here.
//!
//! `settings` says which provider, `provider` talks to it over `http`, `journey` is what the browser carries there and back, and
//! `handlers` answers at `/log-in/openid`. The provider is asked what it can do when the server starts and again when somebody
//! logs in, so that one that is down shuts out nobody who has a password. Nothing that it sends is logged.

mod handlers;
mod http;
mod journey;
mod provider;
mod settings;

pub(crate) use handlers::{begin, come_back};
pub(crate) use provider::Provider;
pub(crate) use settings::CALLBACK;
pub use settings::{OpenIdConfiguration, OpenIdSettings, OpenIdSettingsError};
