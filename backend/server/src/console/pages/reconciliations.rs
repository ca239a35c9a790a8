//! The signed reconciliation of each day and centre: the list, one of them, and the day so far.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use pickup_domain::china_time;

use crate::console::plot::{Bar, Plot};
use crate::console::routes::User;
use crate::console::table::{self, Format};
use crate::console::words;
use crate::console::{Console, Me, text};
use crate::reconcile::sheet::What;
use crate::reconcile::so_far::Seen;
use crate::reconcile::{self, Difference, Kept, Listed, Sheet, Signature, file};
use crate::store::StoreError;
use crate::web::{Visit, WebError, html};

/// So many are listed.
const MOST: i64 = 400;
/// So many differences of one are shown; the signed file has all.
const SHOWN: usize = 200;
/// So many of them are drawn.
const DRAWN: usize = 31;

#[derive(Template)]
#[template(path = "console/reconciliations.html")]
struct Page {
    p: Visit,
    me: Me,
    listed: Vec<Listed>,
    plot: Option<Plot>,
    centres: Vec<u16>,
    today: Date,
}

#[derive(Template)]
#[template(path = "console/reconciliation.html")]
struct One {
    p: Visit,
    me: Me,
    sheet: Arc<Sheet>,
    /// Nothing while the day lasts.
    signature: Option<Signature>,
    /// Whether the day so far is being counted anew.
    anew: bool,
    plot: Plot,
}

/// The day so far is being counted.
#[derive(Template)]
#[template(path = "console/reconciling.html")]
struct Waits {
    p: Visit,
    me: Me,
    centre: u16,
    day: Date,
}

/// `GET /reports/reconciliations`.
pub async fn list(State(console): State<Arc<Console>>, p: Visit, user: User) -> Result<Response, WebError> {
    let person = user.person().clone();
    let read = console
        .shop
        .app
        .store
        .read(|conn| Ok::<_, StoreError>((reconcile::list(conn, MOST)?, crate::centre::all(conn)?)));
    let (mut listed, centres) = read.await?;
    listed.retain(|one| person.sees(one.centre));
    let centres = centres.into_keys().filter(|centre| person.sees(*centre)).collect();
    let today = china_time::date(console.shop.app.now());
    let plot = plot(&p, &listed);
    Ok(html(&Page { me: Me::of(&user, &p), p, listed, plot, centres, today }))
}

/// `GET /reports/reconciliations/{centre}/{day}`: as signed, or the day so far.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path((centre, day)): Path<(u16, String)>,
) -> Result<Response, WebError> {
    let day = day_of(&user, centre, &day)?;
    let kept = console.shop.app.store.read(move |conn| reconcile::find(conn, centre, day)).await?;
    if let Some(kept) = kept {
        return Ok(one(p, &user, Arc::new(sheet_of(&kept)?), Some(signature_of(&kept)?), false));
    }
    if day != china_time::date(console.shop.app.now()) {
        return Err(WebError::not_found());
    }
    match console.so_far.look(&console.shop, centre, day).await {
        Seen::Sheet(sheet, anew) => Ok(one(p, &user, sheet, None, anew)),
        Seen::Counting => {
            let page = html(&Waits { me: Me::of(&user, &p), p, centre, day });
            Ok(([(header::REFRESH, "3")], page).into_response())
        }
        Seen::NoCentre => Err(WebError::not_found()),
        Seen::Failed(error) => Err(WebError::internal(&error)),
    }
}

fn one(p: Visit, user: &User, sheet: Arc<Sheet>, signature: Option<Signature>, anew: bool) -> Response {
    let plot = moved(&p, &sheet);
    html(&One { me: Me::of(user, &p), p, sheet, signature, anew, plot })
}

/// `GET /reports/reconciliations/{centre}/{day}/file`, `…/lines.csv` and `…/lines.xlsx`.
pub async fn download(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path((centre, day)): Path<(u16, String)>,
) -> Result<Response, WebError> {
    let day = day_of(&user, centre, &day)?;
    let kept = console.shop.app.store.read(move |conn| reconcile::find(conn, centre, day)).await?;
    let kept = kept.ok_or_else(WebError::not_found)?;
    let name = format!("reconciliation-{centre}-{day}");
    if !p.path.ends_with("/file") {
        let sheet = sheet_of(&kept)?;
        let tables = [table::moved(&p, &sheet), table::counted(&p, &sheet)];
        return Ok(table::download(Format::of(&p.path), &name, &tables));
    }
    let head = [
        (header::CONTENT_TYPE, "application/jsonl; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.jsonl\"")),
    ];
    Ok((head, file::whole(&kept.body, &kept.signature)).into_response())
}

fn day_of(user: &User, centre: u16, day: &str) -> Result<Date, WebError> {
    let day = day.parse().map_err(|_| WebError::not_found())?;
    if user.person().sees(centre) { Ok(day) } else { Err(WebError::not_found()) }
}

fn sheet_of(kept: &Kept) -> Result<Sheet, WebError> {
    serde_json::from_str(&kept.body).map_err(|e| StoreError::unreadable("reconciliation.body", e).into())
}

fn signature_of(kept: &Kept) -> Result<Signature, WebError> {
    serde_json::from_str(&kept.signature)
        .map_err(|e| StoreError::unreadable("reconciliation.signature", e).into())
}

/// Differences by day, oldest first.
fn plot(p: &Visit, listed: &[Listed]) -> Option<Plot> {
    let bar =
        |one: &Listed| Bar { label: one.day.strftime("%m-%d").to_string(), value: Some(one.differences) };
    let mut bars: Vec<Bar> = listed.iter().take(DRAWN).map(bar).collect();
    bars.reverse();
    (!bars.is_empty()).then(|| Plot { title: p.t("差异", "Differences"), unit: p.t("项", "each"), bars })
}

/// What went out of each line.
fn moved(p: &Visit, sheet: &Sheet) -> Plot {
    let scale = pickup_domain::Quantity::SCALE;
    let bar = |line: &reconcile::sheet::Line| Bar {
        label: line.key.rsplit('/').next().unwrap_or_default().to_owned(),
        value: Some(line.out.parts() / scale),
    };
    let bars = sheet.lines.iter().map(bar).collect();
    Plot { title: p.t("当日出区", "Gone out on the day"), unit: p.t("件", "pieces"), bars }
}

impl One {
    /// The differences that are listed.
    fn shown(&self) -> &[Difference] {
        self.sheet.differences.get(..SHOWN).unwrap_or(&self.sheet.differences)
    }

    /// How many more there are.
    fn more(&self) -> usize {
        self.sheet.differences.len().saturating_sub(SHOWN)
    }

    /// What is counted, as read.
    fn name(&self, what: What) -> &'static str {
        words::counted(self.p.lang, what)
    }
}
