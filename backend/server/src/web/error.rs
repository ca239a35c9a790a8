//! What a page says when it cannot be shown: what happened, what to do, and a number by which it is found in the log.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::db::DbError;
use crate::secrets::SecretsError;
use crate::store::StoreError;
use crate::web::visit::Visit;

/// A page that cannot be shown. The language is not known where this arises; [`crate::web::layer`] writes the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebError {
    /// HTTP status.
    pub status: StatusCode,
    /// What happened and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl WebError {
    /// An error with its sentences.
    pub fn new(status: StatusCode, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, zh: zh.into(), en: en.into() }
    }

    /// 404: there is no such page or thing.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "没有这个页面，或者它已不存在。请检查地址，或从首页重新进入。",
            "There is no such page, or it is gone. Check the address, or start again from the first page.",
        )
    }

    /// 403: this account may not.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "您的账号没有这项权限。如果工作需要，请找管理员。",
            "Your account may not do this. If your work needs it, ask an administrator.",
        )
    }

    /// 403: a form that was not drawn for this browser, or before it signed in.
    #[must_use]
    pub fn stale() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "这个表单已失效，什么也没有改动。请返回上一页，刷新后再提交。",
            "This form is out of date and nothing was changed. Go back, load the page again and send it once more.",
        )
    }

    /// 400: a form that cannot be read.
    #[must_use]
    pub fn form() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "表单内容无法读取，什么也没有改动。请返回上一页检查后再提交。",
            "The form cannot be read and nothing was changed. Go back, check it and send it once more.",
        )
    }

    /// 400: what was entered cannot be taken, and why.
    pub fn refused(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, zh, en)
    }

    /// 429: too often.
    #[must_use]
    pub fn too_often() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "尝试次数过多，请稍后再试。",
            "Too many tries. Wait a while and try again.",
        )
    }

    /// 500: our fault. The cause goes to the log, not to the reader.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a page failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "系统出错，请稍后重试。如果仍然不行，请把下面的编号告诉管理员。",
            "Something failed here. Try again later. If it stays, give the number below to the administrator.",
        )
    }

    /// 500: a page that was not put under [`crate::web::layer`].
    #[must_use]
    pub fn outside() -> Self {
        Self::internal(&"a page is served outside the web layer")
    }

    /// The page.
    #[must_use]
    pub fn page(&self, visit: &Visit) -> Response {
        let told = visit.lang.t(&self.zh, &self.en);
        let page =
            ErrorPage { p: visit, status: self.status.as_u16(), title: title(self.status, visit), told };
        let mut answer = html(&page);
        *answer.status_mut() = self.status;
        answer
    }
}

fn title(status: StatusCode, visit: &Visit) -> &'static str {
    let (zh, en) = match status {
        StatusCode::NOT_FOUND => ("找不到", "Not found"),
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => ("不允许", "Not allowed"),
        StatusCode::TOO_MANY_REQUESTS => ("请稍候", "Please wait"),
        status if status.is_server_error() => ("出错了", "Something failed"),
        _ => ("无法完成", "Not done"),
    };
    visit.lang.t(zh, en)
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    p: &'a Visit,
    status: u16,
    title: &'static str,
    told: &'a str,
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut answer = self.status.into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

impl From<StoreError> for WebError {
    fn from(cause: StoreError) -> Self {
        Self::internal(&cause)
    }
}

impl From<DbError> for WebError {
    fn from(cause: DbError) -> Self {
        Self::internal(&cause)
    }
}

impl From<SecretsError> for WebError {
    fn from(cause: SecretsError) -> Self {
        Self::internal(&cause)
    }
}

/// A page as an answer.
pub fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => axum::response::Html(text).into_response(),
        Err(cause) => WebError::internal(&cause).into_response(),
    }
}

/// What paths that do not exist answer.
pub async fn no_such_page() -> WebError {
    WebError::not_found()
}
