//! Which text messages an order gives rise to: released, in the locker, about to run out, cancelled, returned; each once.

use jiff::Timestamp;
use pickup_domain::centre::Centre;

use super::basket::{self, Basket, Watch};
use super::link::Link;
use super::status::Stage;
use crate::db::Conn;
use crate::messages::{Message, queue};
use crate::parcels;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::time::us;
use crate::web::Lang;

/// Why a shopper gets a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Customs has released the goods.
    Released,
    /// They are in the locker.
    InLocker,
    /// Their time runs out soon.
    Expiring,
    /// The buyer has put the pickup off.
    PutOff,
    /// The order came to nothing.
    Cancelled,
    /// A return was granted.
    Returned,
}

impl News {
    /// As message ids have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::InLocker => "in_locker",
            Self::Expiring => "expiring",
            Self::PutOff => "put_off",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }

    /// What is written: the centre's name, until when, and the link to the order.
    #[must_use]
    pub fn text(self, lang: Lang, centre: &str, until: &str, link: &str) -> String {
        match (self, lang) {
            (Self::Released, Lang::Zh) => {
                format!("【{centre}】您的订单海关已放行，正在放入自提柜。查看进度：{link}")
            }
            (Self::Released, Lang::En) => {
                format!("{centre}: customs has released your order; it is being put into the locker. {link}")
            }
            (Self::InLocker, Lang::Zh) => {
                format!("【{centre}】您的商品已在自提柜，请于{until}前凭提货码和本人身份证取货：{link}")
            }
            (Self::InLocker, Lang::En) => format!(
                "{centre}: your goods are in the locker. Collect them by {until} with the code and your own ID card: {link}"
            ),
            (Self::Expiring, Lang::Zh) => {
                format!("【{centre}】提醒：您的商品请于{until}前取走，逾期提货码失效：{link}")
            }
            (Self::Expiring, Lang::En) => {
                format!(
                    "{centre}: please collect your goods by {until}; the code works no longer than that: {link}"
                )
            }
            (Self::PutOff, Lang::Zh) => {
                format!("【{centre}】取货期限已改为{until}。请使用新的提货码：{link}")
            }
            (Self::PutOff, Lang::En) => {
                format!("{centre}: you can now collect your goods until {until}. Use the new code: {link}")
            }
            (Self::Cancelled, Lang::Zh) => {
                format!("【{centre}】您的订单已取消，款项原路退回。原因和进度：{link}")
            }
            (Self::Cancelled, Lang::En) => {
                format!(
                    "{centre}: your order was cancelled and your money goes back. Why, and how far it is: {link}"
                )
            }
            (Self::Returned, Lang::Zh) => {
                format!("【{centre}】您的退货申请海关已同意，款项原路退回：{link}")
            }
            (Self::Returned, Lang::En) => {
                format!("{centre}: customs has agreed to your return and your money goes back: {link}")
            }
        }
    }
}

/// What is to be told of an order at this stage, and what may follow. `left_us` is the time left to collect it.
#[must_use]
pub fn news(stage: Stage, left_us: Option<i64>, remind_before_us: i64) -> (Option<News>, Watch) {
    match stage {
        Stage::Released => (Some(News::Released), Watch::Way),
        Stage::InLocker if left_us.is_some_and(|left| left < remind_before_us) => {
            (Some(News::Expiring), Watch::Way)
        }
        Stage::InLocker => (Some(News::InLocker), Watch::Way),
        Stage::Cancelled => (Some(News::Cancelled), Watch::Nothing),
        Stage::Returned => (Some(News::Returned), Watch::Nothing),
        Stage::Collected => (None, Watch::Return),
        _ => (None, Watch::Way),
    }
}

/// Something to be done about an order.
#[derive(Clone, Debug)]
pub struct Due {
    basket: Basket,
    news: Option<News>,
    until: Option<Timestamp>,
    watch: Watch,
}

/// What has to be told of orders on their way and was not yet. It only reads: there are many orders, and little is new.
///
/// # Errors
/// [`StoreError`].
pub fn of_orders(conn: &Conn, shop: &Shop, now: Timestamp) -> Result<Vec<Due>, StoreError> {
    let mut all = Vec::new();
    let remind_us = i64::from(shop.app.config.phone.remind_before_h).saturating_mul(3_600_000_000);
    for basket in basket::watched(conn)? {
        let Some(order_id) = basket.order_id else { continue };
        let Some(parcel) = parcels::by_order(conn, order_id)? else { continue };
        let left = parcel.not_after.map(|until| us(until).saturating_sub(us(now)));
        let (news, watch) = news(Stage::of(&parcel, now), left, remind_us);
        let news = match news {
            Some(news) if !queue::has(conn, &id(&basket, news))? => Some(news),
            _ => None,
        };
        if news.is_some() || watch != Watch::Way {
            all.push(Due { basket, news, until: parcel.not_after, watch });
        }
    }
    Ok(all)
}

/// Granted returns that were not told yet.
///
/// # Errors
/// [`StoreError`].
pub fn of_returns(conn: &Conn) -> Result<Vec<Due>, StoreError> {
    let due = |basket| Due { basket, news: Some(News::Returned), until: None, watch: Watch::Nothing };
    Ok(basket::returned(conn)?.into_iter().map(due).collect())
}

/// Writes the messages; how many.
///
/// # Errors
/// [`StoreError`].
pub fn write(
    tx: &Conn,
    shop: &Shop,
    public_url: &str,
    all: &[Due],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut told = 0;
    for due in all {
        if let Some(news) = due.news {
            told += usize::from(tell(tx, shop, public_url, due, news, now)?);
        }
        if due.watch != Watch::Way {
            basket::watch(tx, due.basket.id, due.watch)?;
        }
    }
    Ok(told)
}

/// Tells the buyer that the pickup was put off.
///
/// # Errors
/// [`StoreError`].
pub fn put_off(
    tx: &Conn,
    shop: &Shop,
    public_url: &str,
    basket: Basket,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = Due { basket, news: Some(News::PutOff), until: Some(until), watch: Watch::Way };
    tell(tx, shop, public_url, &due, News::PutOff, now).map(drop)
}

/// What a message is known by. What follows from a time that was put off is told anew for each time.
fn id(basket: &Basket, news: News) -> String {
    match (news, basket.put_offs) {
        (News::Expiring | News::PutOff, times @ 1..) => format!("{}/{}/{times}", basket.id, news.as_str()),
        _ => format!("{}/{}", basket.id, news.as_str()),
    }
}

/// The address of an order's page.
#[must_use]
pub fn address(public_url: &str, link: &Link) -> String {
    format!("{}/o/{}", public_url.trim_end_matches('/'), link.as_str())
}

fn tell(
    tx: &Conn,
    shop: &Shop,
    public_url: &str,
    due: &Due,
    news: News,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (secrets, basket) = (&shop.app.secrets, &due.basket);
    let Some(person) = basket.buyer(secrets)? else { return Ok(false) };
    let centre = shop.centre(basket.centre).map(|centre| name(centre, basket.lang)).unwrap_or_default();
    let until = due.until.map(|until| super::words::day_and_time(until, basket.lang)).unwrap_or_default();
    let link = Link::of_basket(tx, secrets, basket.id)?;
    let message = Message {
        id: id(basket, news),
        to: person.telephone,
        lang: basket.lang.code().to_owned(),
        text: news.text(basket.lang, centre, &until, &address(public_url, &link)),
    };
    queue::put(tx, secrets, &message, Some(basket.id), now)
}

fn name(centre: &Centre, lang: Lang) -> &str {
    lang.t(&centre.name.zh, &centre.name.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_follows_the_stage_and_the_time_left() {
        let at = |stage, left| news(stage, left, 10);
        assert_eq!(at(Stage::Customs, None), (None, Watch::Way));
        assert_eq!(at(Stage::Released, Some(99)), (Some(News::Released), Watch::Way));
        assert_eq!(at(Stage::InLocker, Some(99)), (Some(News::InLocker), Watch::Way));
        assert_eq!(at(Stage::InLocker, Some(9)), (Some(News::Expiring), Watch::Way));
        assert_eq!(at(Stage::Collected, None), (None, Watch::Return));
        assert_eq!(at(Stage::Cancelled, None), (Some(News::Cancelled), Watch::Nothing));
    }

    #[test]
    fn a_message_names_centre_deadline_and_link() {
        for lang in [Lang::Zh, Lang::En] {
            let text = News::InLocker.text(lang, "C", "11-28", "http://x/o/1");
            assert!(text.contains('C') && text.contains("11-28") && text.contains("http://x/o/1"), "{text}");
        }
    }
}
