//! What shops and shoppers reach over HTTP.

use std::sync::Arc;

use axum::Router;

use crate::App;

/// All paths of the shop listener.
pub fn router(app: Arc<App>) -> Router {
    Router::new().with_state(app)
}
