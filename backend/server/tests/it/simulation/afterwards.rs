//! What shoppers and staff do with orders that were cleared: collect, cancel, bring back, put right, put on the shelf.

use std::sync::Arc;

use pickup_domain::parcel::ParcelState;
use pickup_domain::returns::Back;
use pickup_server::clearing::again::{self, Corrections};
use pickup_server::clearing::applications;
use pickup_server::clearing::applications::ask::{self, AskError};
use pickup_server::clearing::applications::back::{self, Place};
use pickup_server::store::StoreError;
use pickup_server::{parcels, tasks};
use serde_json::json;

use super::Life;

impl Life {
    /// A shopper collects what is ready, or somebody cancels or brings back.
    pub async fn afterwards(&mut self) {
        let ids =
            self.rows("SELECT CAST(id AS TEXT) FROM orders WHERE cell = {cell} ORDER BY orders.id").await;
        if ids.is_empty() {
            return;
        }
        let order_id: i64 = ids[self.dice.usize(0..ids.len())].parse().unwrap();
        let (what, qty) = (self.dice.u32(0..10), self.dice.i64(1..3));
        let (shop, request) = (self.shop(), format!("r{}", self.dice.u64(0..1_000)));
        let work = async move {
            let writer = Arc::clone(&shop);
            let done = shop.app.store.write(move |tx| -> Result<(), StoreError> {
                let now = writer.app.now();
                let wanted = ask::Wanted { request_id: &request, actor: "shop:demo", reason: "测试" };
                if what < 5 {
                    let parcel = parcels::by_order(tx, order_id)?.unwrap();
                    if parcel.state == ParcelState::Ready && parcel.is_released() {
                        parcels::set_state(tx, now, "kiosk:K1", &parcel, ParcelState::Collected, json!({}))?;
                        assert!(parcels::fulfil_order(tx, now, "kiosk:K1", &parcel)?);
                    }
                } else if what < 7 {
                    if let Err(AskError::Clearing(error)) = ask::cancel(tx, &writer, order_id, &wanted, now) {
                        panic!("{error}");
                    }
                } else {
                    let lines = [Back { gnum: 1, qty }];
                    if let Err(AskError::Clearing(error)) =
                        ask::refund(tx, &writer, order_id, &lines, &wanted, now)
                    {
                        panic!("{error}");
                    }
                }
                Ok(())
            });
            done.await.unwrap();
        };
        self.maybe_to_the_end(work).await;
    }

    /// A person sees to what customs refused, or puts goods that came back on the shelf.
    pub async fn person(&mut self) {
        let (shop, give_up, aside) = (self.shop(), self.dice.bool(), self.dice.u32(0..4) == 0);
        let work = async move {
            let writer = Arc::clone(&shop);
            let done = shop.app.store.write(move |tx| -> Result<(), StoreError> {
                let now = writer.app.now();
                let refused = tasks::list(tx, false)?.into_iter().find(|task| task.kind == "refused");
                if let Some(order_id) = refused.and_then(|task| task.order_id) {
                    let done = if give_up {
                        again::give_up(tx, &writer, order_id, "测试")
                    } else {
                        again::resubmit(tx, order_id, &Corrections::default(), "operator", now)
                    };
                    done.unwrap();
                }
                let granted = applications::open(tx)?.into_iter().find(|one| !one.state.is_open());
                if let Some(one) = granted {
                    let place = if aside { Place::Aside } else { Place::Shelf };
                    back::note(tx, &one.cop_no, place, "staff:W", now).unwrap();
                }
                Ok(())
            });
            done.await.unwrap();
        };
        self.maybe_to_the_end(work).await;
    }
}
