//! Builds and signs the messages of applications that wait: CEB623 and CEB625, up to a hundred to a message.

use std::collections::BTreeMap;
use std::sync::Arc;

use pickup_customs::document::{AppStatus, AppType};
use pickup_customs::{BuyerId, CopNo, Guid, InvtCancel, InvtRefund, InvtRefundHead, InvtRefundLine, Message};
use pickup_domain::application::ApplicationKind;
use pickup_domain::declaration::DeclarationState;
use pickup_domain::hold::HoldState;
use pickup_domain::returns::Back;
use pickup_domain::{IdNumber, Quantity};
use serde_json::json;
use uuid::Uuid;

use crate::clearing::declare::{self, BuildError};
use crate::clearing::facts::Facts;
use crate::clearing::{ClearingError, build, effects, outbox};
use crate::db::{Conn, Row};
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// What is needed to write an application.
struct Waiting {
    id: i64,
    cop_no: String,
    order_id: i64,
    /// The declaration came to nothing meanwhile: there is nothing to cancel.
    moot: bool,
    paper: Result<Paper, String>,
}

enum Paper {
    Cancel(InvtCancel),
    Refund(InvtRefund),
}

struct Signed {
    message: String,
    kind: &'static str,
    sealed: Vec<u8>,
    applications: Vec<i64>,
}

/// Builds all that waits and whose list has its number. One that cannot be written goes to a person.
///
/// # Errors
/// [`ClearingError`] for a fault of our own.
pub async fn all_due(shop: &Arc<Shop>) -> Result<(), ClearingError> {
    loop {
        let reader = Arc::clone(shop);
        let waiting = shop.app.store.read(move |conn| waiting(conn, &reader)).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let signer = Arc::clone(shop);
        let signed = tokio::task::spawn_blocking(move || {
            let signed = sign(&signer, &waiting)?;
            Ok::<_, ClearingError>((waiting, signed))
        });
        let (waiting, signed) = signed.await.map_err(|_| StoreError::Closed)??;
        let writer = Arc::clone(shop);
        shop.app.store.write(move |tx| store(tx, &writer, &waiting, &signed)).await?;
    }
}

fn waiting(conn: &Conn, shop: &Shop) -> Result<Vec<Waiting>, ClearingError> {
    let mut statement = conn.prepare_cached(
        "SELECT a.id, a.cop_no, a.order_id, a.kind, a.reason, a.lines, d.state, d.invt_no, d.waybill, o.merchant,
            o.order_no, b.body, b.facts
         FROM application a
         JOIN declaration d ON d.cell = a.cell AND d.order_id = a.order_id
         JOIN orders o ON o.cell = a.cell AND o.id = a.order_id
         JOIN dossier b ON b.cell = a.cell AND b.order_id = a.order_id
         WHERE a.cell = {cell} AND a.state = 'drafted' AND a.batch IS NULL
            AND (d.invt_no IS NOT NULL OR d.state IN ('rejected', 'exception', 'cancelled', 'refunded'))
            AND NOT EXISTS (SELECT 1 FROM task t WHERE t.cell = a.cell AND t.kind = 'application_refused'
                AND t.entity = a.cop_no AND t.settled_us IS NULL)
         ORDER BY a.id LIMIT 100",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let state: String = row.get(6)?;
        all.push(Waiting {
            id: row.get(0)?,
            cop_no: row.get(1)?,
            order_id: row.get(2)?,
            moot: DeclarationState::from_word(&state).is_some_and(DeclarationState::was_refused),
            paper: paper(shop, conn.cell(), row)
                .and_then(|paper| alone(shop, paper))
                .map_err(|error| error.to_string()),
        });
    }
    Ok(all)
}

fn paper(shop: &Shop, cell: i64, row: &Row) -> Result<Paper, ClearingError> {
    let (id, cop_no, kind): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
    let (merchant, order_no): (String, String) = (row.get(9)?, row.get(10)?);
    let (sealed, facts): (Vec<u8>, String) = (row.get(11)?, row.get(12)?);
    let order = book::unseal(&shop.app.secrets, &merchant, &order_no, &sealed)?;
    let facts = Facts::read(&facts)?;
    let guid = build::document_guid(&shop.app.secrets, cell, id, "application");
    let buyer: IdNumber = order.buyer.id_number.0.parse().map_err(BuildError::from)?;
    let operator = &shop.data.operator;
    let head = InvtRefundHead {
        guid: guid.parse().map_err(BuildError::from)?,
        app_type: AppType::New,
        app_time: shop.app.now().into(),
        app_status: AppStatus::Declare,
        customs_code: facts.customs_code.clone(),
        order_no: facts.order_no.clone(),
        ebp_code: operator.platform.code.clone(),
        ebp_name: operator.platform.name.clone(),
        ebc_code: operator.seller.code.clone(),
        ebc_name: operator.seller.name.clone(),
        logistics_no: row.get(8)?,
        logistics_code: operator.carrier.code.clone(),
        logistics_name: operator.carrier.name.clone(),
        cop_no: cop_no.parse::<CopNo>()?,
        pre_no: None,
        invt_no: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        buyer_id_type: "1".to_owned(),
        buyer_id_number: BuyerId::from(&buyer),
        buyer_name: order.buyer.name.trim().to_owned(),
        buyer_telephone: order.buyer.telephone.clone(),
        agent_code: operator.declarant.code.clone(),
        agent_name: operator.declarant.name.clone(),
        reason: row.get(4)?,
        note: None,
    };
    if ApplicationKind::from_word(&kind) == Some(ApplicationKind::Cancel) {
        return Ok(Paper::Cancel(cancellation(head)));
    }
    let lines: String = row.get(5)?;
    let lines: Vec<Back> =
        serde_json::from_str(&lines).map_err(|e| StoreError::unreadable("application.lines", e))?;
    let lines = lines.iter().filter_map(|back| line(&facts, back)).collect();
    Ok(Paper::Refund(InvtRefund { head, lines }))
}

/// An application that would break a message must not keep the others of it from being sent.
fn alone(shop: &Shop, paper: Paper) -> Result<Paper, ClearingError> {
    let transfer = declare::transfer(&shop.data.operator.declarant, &shop.data.operator);
    let guid = Guid::from_bytes(Uuid::nil().into_bytes());
    match &paper {
        Paper::Cancel(one) => Message { guid, documents: vec![one.clone()], transfer }.write(),
        Paper::Refund(one) => Message { guid, documents: vec![one.clone()], transfer }.write(),
    }
    .map_err(BuildError::from)?;
    Ok(paper)
}

/// The head of both applications has the same fields; a cancellation is one.
fn cancellation(head: InvtRefundHead) -> InvtCancel {
    InvtCancel {
        guid: head.guid,
        app_type: head.app_type,
        app_time: head.app_time,
        app_status: head.app_status,
        customs_code: head.customs_code,
        order_no: head.order_no,
        ebp_code: head.ebp_code,
        ebp_name: head.ebp_name,
        ebc_code: head.ebc_code,
        ebc_name: head.ebc_name,
        logistics_no: head.logistics_no,
        logistics_code: head.logistics_code,
        logistics_name: head.logistics_name,
        cop_no: head.cop_no,
        pre_no: head.pre_no,
        invt_no: head.invt_no,
        buyer_id_type: head.buyer_id_type,
        buyer_id_number: head.buyer_id_number,
        buyer_name: head.buyer_name,
        buyer_telephone: head.buyer_telephone,
        agent_code: head.agent_code,
        agent_name: head.agent_name,
        reason: head.reason,
        note: head.note,
    }
}

fn line(facts: &Facts, back: &Back) -> Option<InvtRefundLine> {
    let line = facts.lines.iter().find(|line| line.gnum == back.gnum)?;
    Some(InvtRefundLine {
        gnum: line.gnum,
        gcode: line.hs.clone(),
        gname: line.name.zh.clone(),
        qty: Quantity::whole(back.qty)?,
        unit: line.unit.clone(),
        note: None,
    })
}

/// One message of each kind; an application that breaks a rule of its message is left out and told.
fn sign(shop: &Shop, waiting: &[Waiting]) -> Result<Vec<Signed>, ClearingError> {
    // A message has one receiver and one signer.
    let mut by_port: BTreeMap<String, (Vec<_>, Vec<_>)> = BTreeMap::new();
    let port =
        |office: &str| shop.app.config.port_of(office).map(|port| port.code.clone()).unwrap_or_default();
    for one in waiting.iter().filter(|one| !one.moot) {
        match &one.paper {
            Ok(Paper::Cancel(paper)) => {
                by_port.entry(port(&paper.customs_code)).or_default().0.push((one.id, paper.clone()));
            }
            Ok(Paper::Refund(paper)) => {
                by_port.entry(port(&paper.head.customs_code)).or_default().1.push((one.id, paper.clone()));
            }
            Err(_) => {}
        }
    }
    let mut all = Vec::new();
    for (office, (cancels, refunds)) in by_port {
        all.extend(signed(shop, &office, "CEB623Message", cancels)?);
        all.extend(signed(shop, &office, "CEB625Message", refunds)?);
    }
    Ok(all)
}

fn signed<T: pickup_customs::Document + Clone>(
    shop: &Shop,
    office: &str,
    kind: &'static str,
    papers: Vec<(i64, T)>,
) -> Result<Option<Signed>, ClearingError> {
    if papers.is_empty() {
        return Ok(None);
    }
    let (applications, documents): (Vec<i64>, Vec<T>) = papers.into_iter().unzip();
    let message = Guid::from_bytes(Uuid::now_v7().into_bytes());
    let operator = &shop.data.operator;
    let transfer = declare::transfer(&operator.declarant, operator);
    let unsigned =
        Message { guid: message.clone(), documents, transfer }.write().map_err(BuildError::from)?;
    let text = declare::seal_with(&unsigned, shop.signer_of(office))?;
    let sealed = outbox::seal(&shop.app.secrets, &outbox::context(message.as_str()), text.as_bytes())?;
    Ok(Some(Signed { message: message.to_string(), kind, sealed, applications }))
}

/// A cancellation of what customs has refused: nothing is left to ask, and the order is given up here.
fn moot(tx: &Conn, shop: &Shop, one: &Waiting) -> Result<(), ClearingError> {
    let (state, hold): (String, String) = tx
        .prepare_cached(
            "SELECT d.state, h.state FROM declaration d JOIN hold h ON h.cell = d.cell AND h.order_id = d.order_id
             WHERE d.cell = {cell} AND d.order_id = ?1",
        )?
        .query_row([one.order_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !DeclarationState::from_word(&state).is_some_and(DeclarationState::was_refused) {
        // It is filed anew since this was read.
        return Ok(());
    }
    if hold == HoldState::Held.as_str() {
        effects::give_up(tx, shop, one.order_id, HoldState::Voided, "cancelled while it was refused")?;
    }
    let state = "concluded";
    let ended = tx.execute(
        "UPDATE application SET state = ?2 WHERE cell = {cell} AND id = ?1 AND state = 'drafted'",
        (one.id, state),
    )?;
    if ended > 0 {
        let body = json!({ "why": "the declaration came to nothing by itself" });
        let change = Change { actor: "system", kind: Kind::Application, entity: &one.cop_no, state, body };
        trail::append(tx, shop.app.now(), &change)?;
    }
    Ok(())
}

fn store(tx: &Conn, shop: &Shop, waiting: &[Waiting], signed: &[Signed]) -> Result<(), ClearingError> {
    let now = shop.app.now();
    for one in waiting {
        match &one.paper {
            _ if one.moot => moot(tx, shop, one)?,
            Err(why) => {
                let body = json!({ "why": why });
                tasks::raise(tx, now, Task::ApplicationRefused, &one.cop_no, Some(one.order_id), &body)?;
            }
            Ok(_) => {}
        }
    }
    for message in signed {
        let batch = tx.next_serial()?;
        for id in &message.applications {
            tx.prepare_cached("UPDATE application SET batch = ?2 WHERE cell = {cell} AND id = ?1")?
                .execute((id, batch))?;
        }
        let records = i64::try_from(message.applications.len()).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT INTO message (cell, id, batch, kind, records, body, next_us)
             VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6)",
            (&message.message, batch, message.kind, records, &message.sealed, us(now)),
        )?;
    }
    Ok(())
}
