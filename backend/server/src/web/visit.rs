//! What every page knows of the request it answers: language, number of the request, and the token of its forms.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use uuid::Uuid;

use crate::web::assets;
use crate::web::csrf::Token;
use crate::web::error::WebError;
use crate::web::lang::Lang;

/// What a page knows of its request. Templates have it as `p`.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The reader's language.
    pub lang: Lang,
    /// Number of the request, also in the log and in the answer's `x-request-id`.
    pub request: Uuid,
    /// What forms of this browser are checked against.
    pub token: Token,
    /// Path of the request.
    pub path: String,
    /// Query of the request without `lang`.
    pub query: String,
}

impl Visit {
    /// The text of the reader's language.
    #[must_use]
    pub const fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.t(zh, en)
    }

    /// The address of a static file.
    #[must_use]
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    /// The token as the hidden field `csrf` of a form carries it.
    #[must_use]
    pub fn csrf(&self) -> String {
        self.token.masked().unwrap_or_default()
    }

    /// This page in the other language.
    #[must_use]
    pub fn switch(&self) -> String {
        let and = if self.query.is_empty() { "" } else { "&" };
        format!("{}?{}{and}lang={}", self.path, self.query, self.lang.other().code())
    }

    /// The name of the other language, in that language.
    #[must_use]
    pub const fn switch_name(&self) -> &'static str {
        self.lang.t("English", "中文")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WebError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(WebError::outside)
    }
}
