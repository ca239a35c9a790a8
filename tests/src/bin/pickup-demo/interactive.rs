//! The demo for a person: starts everything, places orders, says what to do next, ends on Ctrl-C.

use std::time::Duration;

use anyhow::Result;
use pickup_tests::hands::Code;
use pickup_tests::people::{self, Person};
use pickup_tests::product::{Product, Setup};
use tokio::sync::mpsc;

const RELEASE_LIMIT: Duration = Duration::from_secs(60);
/// What the orders of the demo contain, in turn.
const BASKETS: [&[(&str, i64)]; 3] =
    [&[("MLK-001", 2), ("BBY-001", 1)], &[("WIN-001", 1), ("BTY-002", 1)], &[("SUP-001", 1), ("APL-001", 1)]];
/// Who orders, in turn: adults with limit left.
const BUYERS: [&str; 4] = ["demo-01", "demo-05", "demo-06", "demo-07"];

/// Runs until Ctrl-C.
pub async fn run(setup: Setup) -> Result<bool> {
    println!("Starting customs, devices, backend and kiosk");
    let mut product = Product::start(setup).await?;
    let cards: Vec<_> = people::all()?.iter().map(Person::card).collect();
    product.hands.offer_cards(&cards).await?;
    let mut codes = vec![Code {
        label: format!("员工卡 Staff badge (PIN {})", product.hands.pin),
        code: product.badge.clone(),
    }];
    product.hands.offer_codes(&codes).await?;
    greet(&product);
    let mut keys = keys();
    let mut placed = 0;
    order(&product, &mut codes, &mut placed).await?;
    let mut health = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            ended = tokio::signal::ctrl_c() => {
                ended?;
                println!("\nEnding. What it wrote stays in {}", product.dir().display());
                return Ok(true);
            }
            Some(()) = keys.recv() => {
                if let Err(fault) = order(&product, &mut codes, &mut placed).await {
                    println!("The order did not work: {fault:#}");
                }
            }
            _ = health.tick() => product.check().map_err(|fault| fault.context(product.logs()))?,
        }
    }
}

fn greet(product: &Product) {
    println!(
        "\n  Bench page   {}\n  On a phone   {}/p/1/MLK-001 (as the code of a shelf label leads there; buyers in \
         backend/server/demo/buyers.toml)\n  Text messages in {}\n  Shop API     {} (key in {})\n  Staff badge  {}\n  Its PIN      {}\n",
        product.hands.base,
        product.shop_url(),
        product.dir().join("backend/messages").display(),
        product.shop_url(),
        product.dir().join("backend/shop-api-key.txt").display(),
        product.badge,
        product.hands.pin
    );
    println!(
        "Open the bench page in a browser. It has the kiosk's screen, the codes, the cards and the doors."
    );
    println!("Enter places another order, Ctrl-C ends.\n");
}

/// Orders, pays, waits for customs and offers label and ticket on the bench page.
async fn order(product: &Product, codes: &mut Vec<Code>, placed: &mut usize) -> Result<()> {
    let number = *placed + 1;
    let pick = |count: usize| placed.checked_rem(count).unwrap_or_default();
    let person = people::find(BUYERS.get(pick(BUYERS.len())).copied().unwrap_or("demo-01"))?;
    let basket = BASKETS.get(pick(BASKETS.len())).copied().unwrap_or_default();
    let bought = product.shop.buy(&format!("DEMO{number:04}"), &person, basket).await?;
    println!("Order {} of {} is paid and declared; customs is looking at it", bought.order_no, person.name);
    let ticket = product.shop.ticket(&bought.order_no, RELEASE_LIMIT).await?;
    let of = format!("{} {}", person.name, bought.order_no);
    codes.push(Code { label: format!("面单 Label {of}"), code: format!("BPL1{}", bought.waybill) });
    codes.push(Code { label: format!("提货码 Ticket {of}"), code: ticket });
    product.hands.offer_codes(codes).await?;
    *placed = number;
    println!(
        "Released. On the bench page: scan the staff badge, type its PIN, then scan the label of {}; put the parcel in by closing \
         the door; leave staff mode. Then scan the ticket, lay {}'s card on the reader, confirm, close the door.",
        bought.order_no, person.name
    );
    Ok(())
}

/// One message for each line typed. A thread, because reading a terminal cannot be interrupted.
fn keys() -> mpsc::Receiver<()> {
    let (tell, told) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut line = String::new();
        while std::io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
            line.clear();
            if tell.blocking_send(()).is_err() {
                return;
            }
        }
    });
    told
}
