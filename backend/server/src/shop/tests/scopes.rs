//! What a key may do.

use std::sync::Arc;

use super::*;
use crate::shop::{api, gate};

/// A path of an operation that leads to nothing.
fn path_of(operation: &api::Operation) -> String {
    let path = operation.path.replace("{order_no}", "N-1").replace("{transaction}", "T-1");
    format!("{}{}", api::ROOT, path.replace("{webhook}", "we_1").replace("{event}", "evt_1_1"))
}

#[tokio::test]
async fn every_operation_takes_its_own_scope_and_no_other() {
    let bench = Bench::new().await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((Some(scope), key_with(&bench, &[scope]).await.1));
    }
    keys.push((None, key_with(&bench, &[]).await.1));
    for operation in api::operations() {
        let path = path_of(&operation);
        for (scope, key) in &keys {
            let answer = ask(&bench, operation.method.clone(), &path).key(key).text("{").answer().await;
            let refused = answer.code() == "SCOPE_MISSING";
            let wanted = operation.scope.is_some() && *scope != operation.scope;
            assert_eq!(refused, wanted, "{} {path} with {scope:?}: {}", operation.method, answer.body);
            assert_eq!(answer.status == 403, refused);
        }
        let nobody = ask(&bench, operation.method.clone(), &path).answer().await;
        assert_eq!(nobody.status == 401, operation.scope.is_some(), "{} {path}", operation.method);
    }
}

#[tokio::test]
async fn an_expired_key_is_nobodys() {
    let bench = Bench::new().await;
    let (_, key) = key_with(&bench, &[Scope::Read]).await;
    let goods = || ask(&bench, Method::GET, "/shop/v1/goods").key(&key);
    assert_eq!(goods().answer().await.status, 200);
    bench.pass(25 * 3600);
    assert_eq!(goods().answer().await.code(), "API_KEY_UNKNOWN");
}

#[tokio::test]
async fn a_revoked_key_is_nobodys_within_a_second() {
    let bench = Bench::new().await;
    let (id, key) = key_with(&bench, &[Scope::Read]).await;
    let status = async || ask(&bench, Method::GET, "/shop/v1/goods").key(&key).answer().await.status;
    assert_eq!(status().await, 200);
    let now = bench.shop.app.now();
    let revoke =
        bench.shop.app.store.write(move |tx| {
            keys::revoke(tx, now, &id).map_err(|e| StoreError::unreadable("a test's key", e))
        });
    revoke.await.unwrap();
    bench.pass(1);
    assert_eq!(status().await, 401);
    assert_eq!(bench.trail_states("shop").await, ["key_issued", "key_issued", "key_revoked"]);
}

#[tokio::test]
async fn it_is_known_when_a_key_was_last_used() {
    let bench = Bench::new().await;
    let (id, key) = key_with(&bench, &[Scope::Read]).await;
    ask(&bench, Method::GET, "/shop/v1/goods").key(&key).answer().await;
    gate::upkeep(&Arc::clone(&bench.shop)).await.unwrap();
    let all = bench.shop.app.store.read(keys::all).await.unwrap();
    let used = |wanted: bool| all.iter().filter(|key| key.used_at.is_some() == wanted).count();
    assert_eq!((used(true), used(false)), (1, 1));
    assert!(all.iter().any(|key| key.id == id && key.used_at.is_some()));
}
