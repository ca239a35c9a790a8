//! `tasks`, `declaration`, `returns`, `tax`, `customs`: what the operator does about declarations at a shell.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use jiff::ToSpan as _;
use pickup_domain::china_time;
use pickup_server::App;
use pickup_server::clearing::applications::ask::{self, Cancelled, Wanted};
use pickup_server::clearing::applications::back::{self, Place};
use pickup_server::clearing::{again, applications, outbox, payback, receipts, strays, tax_bills};
use pickup_server::db::Conn;
use pickup_server::payment;
use pickup_server::shop::after::{self, ReturnLine};
use pickup_server::shop::{Shop, book};
use pickup_server::store::StoreError;
use pickup_server::tasks::{self, Kind};
use uuid::Uuid;

use crate::{
    BackTo, CustomsCommand, DeclarationCommand, PaymentsCommand, ReturnsCommand, TasksCommand, TaxCommand,
};

/// Who acts at a shell.
const OPERATOR: &str = "operator";

/// `tasks list | settle`.
pub async fn tasks(app: Arc<App>, command: TasksCommand) -> Result<()> {
    match command {
        TasksCommand::List { all, json } => {
            let found = app.store.read(move |conn| tasks::list(conn, all)).await?;
            for task in &found {
                if json {
                    say!("{}", serde_json::to_string(task)?);
                    continue;
                }
                let order =
                    task.order_no.as_ref().map(|number| format!("  order {number}")).unwrap_or_default();
                let settled = task.settled_at.map(|at| format!("  settled {at}")).unwrap_or_default();
                say!(
                    "{:>5}  {:<20} {}{order}  since {}{settled}",
                    task.id,
                    task.kind,
                    task.entity,
                    task.made_at
                );
                say!("       {}", task.body);
                let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == task.kind);
                if let Some(kind) = kind.filter(|_| task.settled_at.is_none()) {
                    let (zh, en) = kind.advice();
                    say!("       {en}\n       {zh}");
                    for command in kind.commands() {
                        say!("       pickup-backend {command}");
                    }
                }
            }
            if found.is_empty() && !json {
                say!("Nothing waits for a person.");
            }
        }
        TasksCommand::Settle { id, note } => {
            let now = app.now();
            app.store.write(move |tx| tasks::settle(tx, now, id, OPERATOR, &note)).await?;
            say!("Task {id} is settled.");
        }
    }
    Ok(())
}

async fn id_of(app: &App, order_no: &str) -> Result<i64> {
    let asked = order_no.to_owned();
    let id = app.store.read(move |conn| book::id_of(conn, &asked)).await?;
    id.with_context(|| format!("there is no order {order_no}"))
}

/// `declaration resubmit | give-up | cancel`.
pub async fn declaration(app: Arc<App>, command: DeclarationCommand) -> Result<()> {
    let now = app.now();
    match command {
        DeclarationCommand::Resubmit { order_no, corrections } => {
            let id = id_of(&app, &order_no).await?;
            let fixes = match corrections {
                None => again::Corrections::default(),
                Some(file) => {
                    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                    serde_json::from_str(&text).with_context(|| file.display().to_string())?
                }
            };
            app.store.write(move |tx| again::resubmit(tx, id, &fixes, OPERATOR, now)).await?;
            say!("The declaration of order {order_no} is filed anew.");
        }
        DeclarationCommand::GiveUp { order_no, reason } => {
            let id = id_of(&app, &order_no).await?;
            let shop = Shop::open(Arc::clone(&app)).await?;
            app.store.write(move |tx| again::give_up(tx, &shop, id, &reason)).await?;
            say!("Order {order_no} is given up: what was held is free, and its money is due.");
        }
        DeclarationCommand::Cancel { order_no, reason } => {
            let id = id_of(&app, &order_no).await?;
            let shop = Shop::open(Arc::clone(&app)).await?;
            let request = Uuid::now_v7().to_string();
            let done = app.store.write(move |tx| {
                let wanted = Wanted { request_id: &request, actor: OPERATOR, reason: &reason };
                ask::cancel(tx, &shop, id, &wanted, now)
            });
            match done.await? {
                Cancelled::AtOnce => say!("Order {order_no} is cancelled."),
                Cancelled::Before => say!("Order {order_no} was cancelled before."),
                Cancelled::Asked(one) => say!(
                    "Customs is asked to cancel order {order_no} (application {}); no door opens meanwhile.",
                    one.cop_no
                ),
            }
        }
    }
    Ok(())
}

/// `returns ask | list | back`.
pub async fn returns(app: Arc<App>, command: ReturnsCommand) -> Result<()> {
    let now = app.now();
    match command {
        ReturnsCommand::Ask { order_no, lines, reason } => {
            let id = id_of(&app, &order_no).await?;
            let lines = lines.iter().map(|line| line_of(line)).collect::<Result<Vec<_>>>()?;
            let shop = Shop::open(Arc::clone(&app)).await?;
            let request = Uuid::now_v7().to_string();
            let known = app.store.read(move |conn| {
                let unknown = "one of these articles is not on the declaration of the order";
                Ok::<_, StoreError>(after::lines(conn, id, &lines).map_err(|_| unknown))
            });
            let back = known.await?.map_err(anyhow::Error::msg)?;
            let done = app.store.write(move |tx| {
                let wanted = Wanted { request_id: &request, actor: OPERATOR, reason: &reason };
                ask::refund(tx, &shop, id, &back, &wanted, now)
            });
            let one = done.await?;
            say!(
                "Application {} goes to customs; {} CNY go back once it is granted. The goods must be back by {}.",
                one.cop_no,
                one.credit.money,
                one.back_until.map(china_time::date).map(|day| day.to_string()).unwrap_or_default()
            );
        }
        ReturnsCommand::List => {
            let open = app.store.read(|conn| {
                let named = |one: applications::Application| {
                    Ok::<_, StoreError>((book::order_no(conn, one.order_id)?, one))
                };
                applications::open(conn)?.into_iter().map(named).collect::<Result<Vec<_>, _>>()
            });
            let open = open.await?;
            say!("{:<20} {:<8} {:<10} {:<20} goods back by", "application", "kind", "state", "order");
            for (order_no, one) in open {
                let until = one.back_until.map(|at| china_time::date(at).to_string()).unwrap_or_default();
                say!(
                    "{:<20} {:<8} {:<10} {:<20} {until}",
                    one.cop_no,
                    one.kind.as_str(),
                    one.state.as_str(),
                    order_no
                );
            }
        }
        ReturnsCommand::Back { cop_no, to } => {
            let place = match to {
                BackTo::Shelf => Place::Shelf,
                BackTo::Aside => Place::Aside,
            };
            let told = cop_no.clone();
            app.store.write(move |tx| back::note(tx, &cop_no, place, OPERATOR, now)).await?;
            say!("The goods of {told} are back ({}).", place.as_str());
        }
    }
    Ok(())
}

fn line_of(text: &str) -> Result<ReturnLine> {
    let Some((sku, qty)) = text.rsplit_once(':') else {
        bail!("{text}: write SKU:PIECES, such as MLK-001:2")
    };
    let qty = qty.parse().with_context(|| format!("{text}: {qty} is no number of pieces"))?;
    Ok(ReturnLine { sku: sku.to_owned(), qty })
}

/// `tax calendar | paid`.
pub async fn tax(app: Arc<App>, command: TaxCommand) -> Result<()> {
    let now = app.now();
    match command {
        TaxCommand::Calendar { from, until, json } => {
            let today = china_time::date(now);
            let from = from.unwrap_or_else(|| today.saturating_sub(60.days()));
            let until = until.unwrap_or(today);
            let days = app.store.read(move |conn| tax_bills::calendar(conn, from, until)).await?;
            if !json {
                say!(
                    "{:<11} {:<11} {:<11} {:>7} {:>14} {:>7} {:>14} {:>6}",
                    "released",
                    "pay from",
                    "pay until",
                    "lists",
                    "our tax",
                    "billed",
                    "customs\' tax",
                    "paid"
                );
            }
            for day in days {
                if json {
                    say!("{}", serde_json::to_string(&day)?);
                    continue;
                }
                say!(
                    "{:<11} {:<11} {:<11} {:>7} {:>14} {:>7} {:>14} {:>6}",
                    day.released.to_string(),
                    day.from.to_string(),
                    day.until.to_string(),
                    day.declarations,
                    pickup_domain::Money::from_fen(day.computed_fen).to_string(),
                    day.billed,
                    pickup_domain::Money::from_fen(day.billed_fen).to_string(),
                    day.paid
                );
            }
        }
        TaxCommand::Paid { duty_no } => {
            let told = duty_no.clone();
            let bills = app.store.write(move |tx| tax_bills::paid(tx, &duty_no, OPERATOR, now)).await?;
            say!("Payment book {told}: {bills} bills are paid, and the guarantee has their tax again.");
        }
    }
    Ok(())
}

/// `payments list | retry | done | redeclare`.
pub async fn payments(app: Arc<App>, command: PaymentsCommand) -> Result<()> {
    let now = app.now();
    match command {
        PaymentsCommand::List => {
            say!("{:<24} {:<20} {:<10} {:>12}", "payback", "order", "state", "CNY");
            for (order_no, one) in app.store.read(payback::open).await? {
                let amount = one.amount_fen.to_string();
                say!("{:<24} {order_no:<20} {:<10} {amount:>12}", one.id, one.state);
            }
        }
        PaymentsCommand::Retry { id } => {
            let told = id.clone();
            app.store.write(move |tx| payback::retry(tx, &id, OPERATOR, now)).await?;
            say!("The payment company is asked for {told} again.");
        }
        PaymentsCommand::Done { id } => {
            let told = id.clone();
            app.store.write(move |tx| payback::done_by_hand(tx, &id, OPERATOR, now)).await?;
            say!("{told} is noted as paid back.");
        }
        PaymentsCommand::Redeclare => {
            let shop = Shop::open(Arc::clone(&app)).await?;
            let company = payment::open(&shop)?
                .context("there is no payment company: see [payment] in the settings")?;
            let taken = payment::declare::redeclare(&shop, &*company).await?;
            say!("{taken} payments are declared again.");
        }
    }
    Ok(())
}

/// `customs send-again | apply | strays`.
pub async fn line(app: Arc<App>, command: CustomsCommand) -> Result<()> {
    let now = app.now();
    match command {
        CustomsCommand::SendAgain { id } => {
            let count =
                app.store.write(move |tx| outbox::send_again(tx, id.as_deref(), OPERATOR, now)).await?;
            say!("{count} messages are sent again.");
        }
        CustomsCommand::Apply { cursor } => {
            let shop = Shop::open(Arc::clone(&app)).await?;
            let apply = move |tx: &Conn| receipts::apply_kept(tx, &shop, cursor, OPERATOR, now);
            let records = app.store.write(apply).await?;
            say!("Receipt {cursor} is applied: {records} records.");
        }
        CustomsCommand::Strays => {
            for stray in app.store.read(strays::all).await? {
                say!(
                    "{}/{}  {}  {}  {}  {}  {}",
                    stray.cursor,
                    stray.position,
                    stray.kind,
                    stray.key,
                    stray.status,
                    stray.at,
                    stray.info
                );
            }
        }
    }
    Ok(())
}
