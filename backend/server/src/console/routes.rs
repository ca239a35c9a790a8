//! Routes of the console. One is added with its operation or not at all; the guard before it asks the authorization table.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodFilter, on};

use crate::console::Console;
use crate::console::accounts::sessions::{self, Session};
use crate::console::accounts::{AccountError, Person};
use crate::console::roles::{Allowed, Op};
use crate::store::StoreError;
use crate::web::{WebError, cookies};

/// A route as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// GET or POST.
    pub method: Method,
    /// Path, with `{…}` for what varies.
    pub path: &'static str,
    /// What it does.
    pub op: Op,
}

/// Routes under construction.
pub struct Routes {
    console: Arc<Console>,
    router: Router<Arc<Console>>,
    listed: Vec<Listed>,
}

impl Routes {
    /// None yet.
    #[must_use]
    pub fn new(console: &Arc<Console>) -> Self {
        Self { console: Arc::clone(console), router: Router::new(), listed: Vec::new() }
    }

    /// A page.
    #[must_use]
    pub fn get<T: 'static>(self, op: Op, path: &'static str, handler: impl Handler<T, Arc<Console>>) -> Self {
        self.add(op, (Method::GET, MethodFilter::GET), path, handler)
    }

    /// A form.
    #[must_use]
    pub fn post<T: 'static>(
        self,
        op: Op,
        path: &'static str,
        handler: impl Handler<T, Arc<Console>>,
    ) -> Self {
        self.add(op, (Method::POST, MethodFilter::POST), path, handler)
    }

    fn add<T: 'static>(
        mut self,
        op: Op,
        (method, filter): (Method, MethodFilter),
        path: &'static str,
        handler: impl Handler<T, Arc<Console>>,
    ) -> Self {
        let guard = middleware::from_fn_with_state((Arc::clone(&self.console), op), guard);
        self.router = self.router.route(path, on(filter, handler).route_layer(guard));
        self.listed.push(Listed { method, path, op });
        self
    }

    /// The router and what is in it.
    pub fn done(self) -> (Router, Vec<Listed>) {
        (self.router.with_state(self.console), self.listed)
    }
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.listed).finish()
    }
}

/// Who is signed in, in handlers behind the guard.
#[derive(Clone, Debug)]
pub struct User(pub Session);

impl User {
    /// The account.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.0.person
    }

    /// Whether it may do something; for buttons that are not shown to everybody.
    #[must_use]
    pub fn may(&self, op: Op) -> bool {
        op.is_for(self.0.person.role)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WebError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(WebError::outside)
    }
}

/// Where a request comes from: the peer, or what a proxy on this machine says of it.
#[derive(Clone, Debug)]
pub struct Origin(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
        let Some(peer) = peer.map(|info| info.0.ip()) else { return Ok(Self("unknown".to_owned())) };
        let told = parts.headers.get("x-forwarded-for").and_then(|list| list.to_str().ok());
        let last = told.and_then(|list| list.rsplit(',').next()).map(str::trim);
        let told = last.filter(|_| peer.is_loopback()).and_then(|ip| ip.parse::<std::net::IpAddr>().ok());
        Ok(Self(told.unwrap_or(peer).to_string()))
    }
}

async fn guard(
    State((console, op)): State<(Arc<Console>, Op)>,
    mut request: Request,
    next: Next,
) -> Response {
    if op.allowed() == Allowed::Anybody {
        return next.run(request).await;
    }
    let token = cookies::get(request.headers(), cookies::SESSION).map(str::to_owned);
    let session = match session(&console, token).await {
        Ok(session) => session,
        Err(cause) => return WebError::from(cause).into_response(),
    };
    let Some(session) = session else { return sign_in(&request) };
    match step(op, &session) {
        Step::On => {}
        Step::Refuse => return WebError::forbidden().into_response(),
        Step::Elsewhere(path) => return elsewhere(&request, path),
    }
    request.extensions_mut().insert(User(session));
    next.run(request).await
}

enum Step {
    On,
    Refuse,
    Elsewhere(&'static str),
}

/// What a session may do: first the second factor, then a password of one's own, then what the role says.
fn step(op: Op, session: &Session) -> Step {
    match op.allowed() {
        Allowed::Anybody => Step::On,
        Allowed::HalfSignedIn if session.passed => Step::Elsewhere("/"),
        Allowed::HalfSignedIn => Step::On,
        _ if !session.passed => Step::Elsewhere("/sign-in/code"),
        Allowed::OneTime => Step::On,
        Allowed::Roles(_) if session.person.one_time => Step::Elsewhere("/first-password"),
        Allowed::Roles(roles) if roles.contains(&session.person.role) => Step::On,
        Allowed::Roles(_) => Step::Refuse,
    }
}

async fn session(console: &Console, token: Option<String>) -> Result<Option<Session>, AccountError> {
    let Some(token) = token.filter(|token| token.len() == 64) else { return Ok(None) };
    let (app, now) = (Arc::clone(&console.shop.app), console.shop.app.now());
    let found = console
        .shop
        .app
        .store
        .read(move |conn| sessions::find(conn, &app.secrets, &app.config, now, &token))
        .await?;
    if let Some(session) = found.as_ref().filter(|session| sessions::is_stale(session, now)) {
        let (id, person) = (session.id.clone(), session.person.id.clone());
        let noted = console.shop.app.store.write(move |tx| sessions::note(tx, now, &id, &person));
        noted.await.map_err(|cause: StoreError| AccountError::from(cause))?;
    }
    Ok(found)
}

/// A page leads to signing in and back; a form or a stream is refused.
fn sign_in(request: &Request) -> Response {
    let wants_page = request.method() == Method::GET
        && request.headers().get(header::ACCEPT).is_none_or(|kind| kind != "text/event-stream");
    if !wants_page {
        let told = WebError::new(
            StatusCode::UNAUTHORIZED,
            "您已退出登录，什么也没有改动。请重新登录。",
            "You are signed out and nothing was changed. Sign in again.",
        );
        return told.into_response();
    }
    let path = request.uri().path();
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.'));
    if path == "/" || !plain {
        return Redirect::to("/sign-in").into_response();
    }
    Redirect::to(&format!("/sign-in?to={path}")).into_response()
}

fn elsewhere(request: &Request, path: &str) -> Response {
    if request.method() == Method::GET {
        Redirect::to(path).into_response()
    } else {
        WebError::forbidden().into_response()
    }
}

impl From<AccountError> for WebError {
    fn from(cause: AccountError) -> Self {
        let (zh, en) = match &cause {
            AccountError::Store(_) | AccountError::Secrets(_) | AccountError::Hash => {
                return Self::internal(&cause);
            }
            AccountError::Weak => (
                "密码须为12至200个字符，不能全部相同，也不能包含账号名。".to_owned(),
                "A password has 12 to 200 characters, not all the same, and does not hold the account's name.".to_owned(),
            ),
            AccountError::Taken(name) => {
                (format!("账号“{name}”已存在，请换一个名称。"), format!("There is an account {name} already; take another name."))
            }
            AccountError::Name => (
                "账号名须为1至40个字符，前后不能有空格。".to_owned(),
                "An account's name has 1 to 40 characters and no blank before or after it.".to_owned(),
            ),
            AccountError::None(name) => (format!("没有账号“{name}”。"), format!("There is no account {name}.")),
            AccountError::LastAdministrator(name) => (
                format!("“{name}”是最后一个管理员，请先增加另一个管理员。"),
                format!("{name} is the last administrator: make another one first."),
            ),
        };
        Self::refused(zh, en)
    }
}
