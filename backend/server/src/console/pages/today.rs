//! How the day goes: what needs a person first, then figures and plots. The page keeps itself up to date.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use pickup_domain::china_time;

use super::kiosks::{self, KioskRow};
use super::tasks::TaskRow;
use super::waiting::{self, Waiting};
use crate::console::accounts::Person;
use crate::console::plot::{Bar, Plot};
use crate::console::routes::User;
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::kiosk_api::{Amiss, amiss_by_day};
use crate::store::StoreError;
use crate::time::us;
use crate::web::{Lang, Visit, WebError, html};

const SHOWN_TASKS: usize = 8;
const HOURS: i64 = 24;
const DAYS: i64 = 14;
const HOUR_US: i64 = 3_600_000_000;

#[derive(Template)]
#[template(path = "console/today.html")]
struct Today {
    p: Visit,
    me: Me,
    now: Now,
}

#[derive(Template)]
#[template(path = "console/today_live.html")]
struct Part {
    p: Visit,
    now: Now,
}

struct Now {
    at: String,
    counts: Vec<Count>,
    waiting: Vec<Waiting>,
    tasks: Vec<TaskRow>,
    more: usize,
    kiosks: Vec<KioskRow>,
    plots: Vec<Drawn>,
}

/// A plot and what its bars stand for.
struct Drawn {
    plot: Plot,
    each: &'static str,
}

struct Count {
    name: &'static str,
    value: i64,
    tone: &'static str,
}

/// `GET /`.
pub async fn show(State(console): State<Arc<Console>>, p: Visit, user: User) -> Result<Response, WebError> {
    let now = standing(&console, user.person(), p.lang).await?;
    Ok(html(&Today { me: Me::of(&user, &p), p, now }))
}

/// `GET /today/live`: the part of the page that lives, whenever it changed.
pub async fn live(State(console): State<Arc<Console>>, p: Visit, user: User) -> Response {
    let live = console.web.live.clone();
    live.events(move || {
        let (console, p, person) = (Arc::clone(&console), p.clone(), user.person().clone());
        async move {
            let now = standing(&console, &person, p.lang).await.ok()?;
            Part { p, now }.render().ok()
        }
    })
}

async fn standing(console: &Console, person: &Person, lang: Lang) -> Result<Now, StoreError> {
    let (now, person) = (console.shop.app.now(), person.clone());
    console.shop.app.store.read(move |conn| read(conn, &person, lang, now)).await
}

fn read(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<Now, StoreError> {
    let mut tasks = super::tasks::open(conn, person, lang, now)?;
    let waiting = waiting::of(conn, person, lang, now)?;
    let (open, for_a_person) = (tasks.len(), tasks.len().saturating_add(waiting.len()));
    tasks.truncate(SHOWN_TASKS);
    let kiosks = kiosks::rows(conn, person, now)?;
    Ok(Now {
        at: text::moment(us(now)),
        counts: counts(conn, person, lang, now, for_a_person, &kiosks)?,
        waiting,
        more: open.saturating_sub(tasks.len()),
        tasks,
        kiosks,
        plots: plots(conn, person, lang, now)?,
    })
}

fn counts(
    conn: &Conn,
    person: &Person,
    lang: Lang,
    now: Timestamp,
    tasks: usize,
    kiosks: &[KioskRow],
) -> Result<Vec<Count>, StoreError> {
    let today = us(china_time::midnight(china_time::date(now)));
    let mine = person.centres_are("centre");
    let since = |column: &str| {
        let sql =
            format!("SELECT COUNT(*) FROM order_find WHERE cell = {{cell}} AND {column} >= ?1 AND {mine}");
        conn.query_row(&sql, [today], |row| row.get::<_, i64>(0))
    };
    let standing = |column: &str, states: &str| {
        let sql = format!(
            "SELECT COUNT(*) FROM order_find WHERE cell = {{cell}} AND {column} IN ({states}) AND {mine}"
        );
        conn.query_row(&sql, [], |row| row.get::<_, i64>(0))
    };
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let bad = number(kiosks.iter().filter(|kiosk| !kiosk.good).count());
    let count = |zh, en, value: i64, tone| Count {
        name: lang.t(zh, en),
        value,
        tone: if value > 0 { tone } else { "" },
    };
    Ok(vec![
        count("待处理", "For a person", number(tasks), "bad"),
        count("今日订单", "Orders today", since("placed_us")?, ""),
        count("今日放行", "Released today", since("released_us")?, ""),
        count("海关处理中", "At customs", standing("live", "'drafted', 'sent', 'accepted'")?, ""),
        count("审核或查验", "Review, inspection", standing("live", "'review', 'inspected'")?, "warn"),
        count("退单或异常", "Rejected, exception", standing("live", "'rejected', 'exception'")?, "bad"),
        count("待入柜", "To be deposited", standing("parcel", "'ready'")?, ""),
        count("今日入柜", "Deposited today", since("stored_us")?, ""),
        count("在柜", "In lockers", standing("parcel", "'in_locker'")?, ""),
        count("今日提货", "Collected today", since("collected_us")?, ""),
        count("需查看或逾期", "To look at, overdue", standing("parcel", "'attention', 'overdue'")?, "warn"),
        count("柜机异常", "Kiosks in trouble", bad, "bad"),
    ])
}

fn plots(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<Vec<Drawn>, StoreError> {
    let released = by_hour(conn, person, now, "released_us")?;
    let collected = by_hour(conn, person, now, "collected_us")?;
    let each = lang.t("小时", "Hour");
    let plot = |title, unit, values: &[(String, i64, Option<i64>)], averages: bool| {
        let bar = |(label, count, minutes): &(String, i64, Option<i64>)| Bar {
            label: label.clone(),
            value: if averages { *minutes } else { Some(*count) },
        };
        Drawn { plot: Plot { title, unit, bars: values.iter().map(bar).collect() }, each }
    };
    let minutes = lang.t("分钟，平均", "minutes, average");
    let mut drawn = vec![
        plot(lang.t("每小时放行", "Released per hour"), lang.t("单", "orders"), &released, false),
        plot(lang.t("每小时提货", "Collected per hour"), lang.t("单", "orders"), &collected, false),
        plot(lang.t("付款到放行", "From payment to release"), minutes, &released, true),
        plot(lang.t("付款到提货", "From payment to pickup"), minutes, &collected, true),
    ];
    drawn.extend(amiss(conn, person, lang, now)?);
    Ok(drawn)
}

/// What was amiss with kiosks on each of the last days.
fn amiss(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<[Drawn; 2], StoreError> {
    let days = amiss_by_day(conn, &person.centres_are("centre"), now, DAYS)?;
    let plot = |title, unit, value: fn(&Amiss) -> i64| {
        let bars = days.iter().map(|(date, amiss)| Bar {
            label: date.strftime("%m-%d").to_string(),
            value: Some(value(amiss)),
        });
        Drawn { plot: Plot { title, unit, bars: bars.collect() }, each: lang.t("日期", "Day") }
    };
    Ok([
        // A minute that has begun counts, so that a short while without paper can be seen.
        plot(lang.t("打印机缺纸", "Printers out of paper"), lang.t("分钟", "minutes"), |amiss| {
            amiss.no_paper_s.saturating_add(59) / 60
        }),
        plot(lang.t("柜门故障", "Door faults"), lang.t("次", "times"), |amiss| amiss.door_faults),
    ])
}

/// For each of the last hours: its name, how many, and how many minutes after clearing on average.
fn by_hour(
    conn: &Conn,
    person: &Person,
    now: Timestamp,
    column: &str,
) -> Result<Vec<(String, i64, Option<i64>)>, StoreError> {
    let last = us(now) / HOUR_US;
    let first = last - HOURS + 1;
    let sql = format!(
        "SELECT {column} / 3600000000, COUNT(*), CAST(SUM({column} - COALESCE(cleared_us, placed_us)) AS BIGINT)
         FROM order_find WHERE cell = {{cell}} AND {column} >= ?1 AND {} GROUP BY {column} / 3600000000",
        person.centres_are("centre")
    );
    let rows: Vec<(i64, i64, i64)> = conn
        .prepare(&sql)?
        .query_map([first * HOUR_US], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let hour = |at: i64| {
        let found = rows.iter().find(|(hour, ..)| *hour == at);
        let begins = now.checked_sub(SignedDuration::from_hours(last - at)).unwrap_or(now);
        let label = china_time::civil(begins).strftime("%H").to_string();
        let count = found.map_or(0, |(_, count, _)| *count);
        let minutes = found.map(|(_, count, sum)| sum / (*count).max(1) / 60_000_000);
        (label, count, minutes)
    };
    Ok((first..=last).map(hour).collect())
}
