//! One order on one page: documents side by side, verdict and tax, declaration, parcel, what happened.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use pickup_domain::reason;
use pickup_domain::review::Verdict;
use pickup_domain::tax::LineTax;

use super::papers::{self, Papers};
use super::story::{self, Receipt, Step};
use super::tasks::{self, TaskRow};
use crate::clearing::applications::{self, Application};
use crate::clearing::payback::{self, Payback};
use crate::clearing::tax_bills::{self, Bill};
use crate::console::accounts::Person;
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::{Console, Me, text, words};
use crate::db::{Conn, OptionalExt as _};
use crate::parcels::{self, Parcel};
use crate::shop::{Shop, book};
use crate::web::{Lang, Visit, WebError, html};

/// An order with all that belongs to it.
struct Whole {
    order_no: String,
    merchant: String,
    centre: String,
    placed_us: i64,
    total_fen: i64,
    state: words::Chip,
    refund: Option<String>,
    papers: Papers,
    verdict: Verdict,
    declaration: Option<Declaration>,
    receipts: Vec<Receipt>,
    parcel: Option<Parcel>,
    kiosk: Option<String>,
    applications: Vec<Application>,
    bills: Vec<Bill>,
    paybacks: Vec<Payback>,
    tasks: Vec<TaskRow>,
    story: Vec<Step>,
}

struct Declaration {
    cop_no: String,
    pre_no: Option<String>,
    invt_no: Option<String>,
    state: words::Chip,
    tax_fen: i64,
    attempt: i64,
}

#[derive(Template)]
#[template(path = "console/order.html")]
struct Page {
    p: Visit,
    me: Me,
    o: Whole,
    may_read_filed: bool,
}

/// `GET /orders/{order_no}`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(order_no): Path<String>,
) -> Result<Response, WebError> {
    let (shop, person, lang, now) =
        (Arc::clone(&console.shop), user.person().clone(), p.lang, console.shop.app.now());
    let read = move |conn: &Conn| whole(conn, &shop, &person, lang, now, &order_no);
    let o = console.shop.app.store.read(read).await?.ok_or_else(WebError::not_found)?;
    let (me, may_read_filed) = (Me::of(&user, &p), user.may(Op::Filed));
    Ok(html(&Page { p, me, o, may_read_filed }))
}

/// The id and the merchant of an order that the person sees.
pub fn seen(conn: &Conn, person: &Person, order_no: &str) -> Result<Option<(i64, String)>, WebError> {
    let Some(id) = book::id_of(conn, order_no)? else { return Ok(None) };
    let sql = "SELECT merchant, centre FROM orders WHERE cell = {cell} AND id = ?1";
    let found: Option<(String, u16)> =
        conn.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.filter(|(_, centre)| person.sees(*centre)).map(|(merchant, _)| (id, merchant)))
}

fn whole(
    conn: &Conn,
    shop: &Shop,
    person: &Person,
    lang: Lang,
    now: Timestamp,
    order_no: &str,
) -> Result<Option<Whole>, WebError> {
    let Some((id, merchant)) = seen(conn, person, order_no)? else { return Ok(None) };
    let Some(kept) = book::find(conn, &merchant, order_no)? else { return Ok(None) };
    let order = book::unseal(&shop.app.secrets, &merchant, order_no, &kept.sealed)?;
    let centre = shop.centre(order.centre).map(|centre| lang.t(&centre.name.zh, &centre.name.en).to_owned());
    let parcel = parcels::by_order(conn, id)?;
    let kiosk = match parcel.as_ref().and_then(|parcel| parcel.kiosk_id.clone()) {
        Some(kiosk) => kiosk_name(conn, &kiosk)?,
        None => None,
    };
    Ok(Some(Whole {
        centre: centre.unwrap_or_else(|| order.centre.to_string()),
        placed_us: kept.placed_us,
        total_fen: order.total_fen.fen(),
        state: words::state(lang, "order", kept.state.as_str()),
        refund: kept.refund,
        papers: papers::read(conn, &shop.app.secrets, &merchant, id, &order, lang)?,
        verdict: kept.verdict,
        declaration: declaration(conn, id, lang)?,
        receipts: story::receipts(conn, &shop.codes, id, lang)?,
        parcel,
        kiosk,
        applications: applications::of_order(conn, id)?,
        bills: tax_bills::of_order(conn, id)?,
        paybacks: payback::of_order(conn, id)?,
        tasks: tasks::of_order(conn, lang, now, id)?,
        story: story::of_order(conn, id, lang)?,
        order_no: order_no.to_owned(),
        merchant,
    }))
}

fn kiosk_name(conn: &Conn, id: &str) -> Result<Option<String>, WebError> {
    let sql = "SELECT name FROM kiosk WHERE id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?)
}

fn declaration(conn: &Conn, id: i64, lang: Lang) -> Result<Option<Declaration>, WebError> {
    let sql = "SELECT cop_no, pre_no, invt_no, state, tax_fen, attempt FROM declaration
               WHERE cell = {cell} AND order_id = ?1";
    let read = |row: &crate::db::Row| {
        let state: String = row.get(3)?;
        Ok(Declaration {
            cop_no: row.get(0)?,
            pre_no: row.get(1)?,
            invt_no: row.get(2)?,
            state: words::state(lang, "declaration", &state),
            tax_fen: row.get(4)?,
            attempt: row.get(5)?,
        })
    };
    Ok(conn.prepare_cached(sql)?.query_row([id], read).optional()?)
}

impl Page {
    /// The verdict's reasons in the reader's language.
    fn reasons(&self) -> Vec<String> {
        let lang = match self.p.lang {
            Lang::Zh => reason::Lang::Zh,
            Lang::En => reason::Lang::En,
        };
        self.o.verdict.reasons.iter().map(|reason| reason.text(lang)).collect()
    }

    /// Each line's tax with the name of what is taxed.
    fn taxes(&self) -> Vec<(String, &LineTax)> {
        let lines = self.o.verdict.tax.iter().flat_map(|tax| &tax.lines);
        let names = self.o.papers.lines.iter().filter(|line| !line.duty_paid);
        lines.zip(names).map(|(tax, line)| (line.name.clone(), tax)).collect()
    }

    fn parcel_state(&self, parcel: &Parcel) -> words::Chip {
        words::state(self.p.lang, "parcel", parcel.state.as_str())
    }
}

fn moment_of(at: &Option<Timestamp>) -> String {
    text::moment_or_dash(at.map(crate::time::us))
}
