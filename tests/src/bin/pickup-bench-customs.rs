//! Measures the customs messages on one core: orders built and canonicalised, signatures, receipts parsed and applied,
//! each beside the limit of the same machine in the same rounds.

use std::collections::HashMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use jiff::Timestamp;
use pickup_customs::dsig::{Profile, sign};
use pickup_customs::{
    Document, Filing, InventoryReturn, Message, Receipt, Signer as _, SoftwareKey, Status, Unsigned,
    read_receipts, write_receipts,
};
use pickup_domain::declaration::{self, Answers, Standing};
use pickup_tests::customs_orders::{filing, guid, transfer};
use pickup_tests::program;
use serde_json::json;

/// Orders, signatures and receipts a second on one core.
#[derive(Parser)]
struct Options {
    /// Rounds; medians are told.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Milliseconds of each arm in each round.
    #[arg(long, default_value_t = 700)]
    arm_ms: u64,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

/// Documents in a message.
const BATCH: u32 = 100;

fn main() -> ExitCode {
    program::ended(run(&Options::parse()))
}

/// Rates of each round, by arm.
#[derive(Default)]
struct Rates {
    build: Vec<u64>,
    build_floor: Vec<u64>,
    sign: Vec<u64>,
    sign_limit: Vec<u64>,
    parse_apply: Vec<u64>,
    parse_limit: Vec<u64>,
}

fn run(options: &Options) -> Result<()> {
    let at: Timestamp = "2026-11-21T05:06:07Z".parse()?;
    let filings: Vec<Filing> = (0..BATCH).map(|n| filing(n, at)).collect::<Result<_>>()?;
    let key = SoftwareKey::from_seed(&[7; 32], "云杉报关演示", at, "2036-01-01T00:00:00Z".parse()?)?;
    let single = message(vec![filings.first().context("no orders")?.inventory()?])?;
    let bytes: Vec<String> = built(&filings)?;
    let pieces: Vec<&str> = bytes.iter().flat_map(|text| text.split_inclusive('>')).collect();
    let receipts = receipts(&filings, at)?;
    let most = Duration::from_millis(options.arm_ms);
    let mut rates = Rates::default();
    for _ in 0..options.rounds {
        rates.build.push(rate(most, || built(&filings).map(|texts| (u64::from(BATCH), texts)))?);
        rates.build_floor.push(rate(most, || Ok((u64::from(BATCH), pushed(&pieces))))?);
        rates.sign.push(rate(most, || Ok((1, sign(&single, &key, &Profile::SM2_2022)?)))?);
        let part = single.to_xml().into_bytes();
        let part = part.get(..700).context("the message is shorter than what is signed of one")?;
        rates.sign_limit.push(rate(most, || Ok((1, key.sign(part)?)))?);
        rates.parse_apply.push(rate(most, || applied(&receipts))?);
        rates.parse_limit.push(rate(most, || parsed(&receipts))?);
    }
    let size = bytes.iter().map(String::len).sum::<usize>() / usize::try_from(BATCH)?;
    tell(options, &mut rates, size);
    Ok(())
}

/// How many units a second `work` does, which says the units of each turn.
fn rate<T>(most: Duration, mut work: impl FnMut() -> Result<(u64, T)>) -> Result<u64> {
    let (began, mut units) = (Instant::now(), 0_u64);
    while began.elapsed() < most {
        let (done, made) = work()?;
        black_box(made);
        units += done;
    }
    let per_second = u128::from(units) * 1_000_000_000 / began.elapsed().as_nanos().max(1);
    Ok(u64::try_from(per_second)?)
}

fn message<T: Document>(documents: Vec<T>) -> Result<Unsigned> {
    Ok(Message { guid: guid(1, 0), documents, transfer: transfer() }.write()?)
}

/// The three messages of a hundred orders, canonical.
fn built(filings: &[Filing]) -> Result<Vec<String>> {
    let orders = filings.iter().map(Filing::order).collect::<Result<_, _>>()?;
    let waybills = filings.iter().map(Filing::logistics).collect();
    let lists = filings.iter().map(Filing::inventory).collect::<Result<_, _>>()?;
    Ok(vec![message(orders)?.canonical(), message(waybills)?.canonical(), message(lists)?.canonical()])
}

/// The floor of building: the same text, tag by tag and value by value, into a string that grows.
fn pushed(pieces: &[&str]) -> String {
    let mut out = String::new();
    for piece in pieces {
        out.push_str(piece);
    }
    out
}

/// Ten CEB622 messages of a hundred receipts: accepted, and then released.
fn receipts(filings: &[Filing], at: Timestamp) -> Result<Vec<String>> {
    let one = |(n, filing): (u32, &Filing), status, at: Timestamp| {
        Receipt::Inventory(InventoryReturn {
            guid: guid(6, n).to_string(),
            customs_code: Some("9901".to_owned()),
            ebp_code: Some("9901960001".to_owned()),
            ebc_code: Some("9901960002".to_owned()),
            agent_code: Some("9901960011".to_owned()),
            cop_no: filing.cop_no.to_string(),
            pre_no: Some(format!("B20261121{n:09}")),
            invt_no: Some(format!("99012026I{n:09}")),
            return_status: status,
            return_time: at.into(),
            return_info: "[Code:2600;Desc:放行]".to_owned(),
        })
    };
    (0..10_i64)
        .map(|turn| {
            let status = if turn % 2 == 0 { Status::Received } else { Status::Released };
            let at = at.checked_add(jiff::Span::new().seconds(turn))?;
            let all: Vec<Receipt> = (0..).zip(filings).map(|numbered| one(numbered, status, at)).collect();
            Ok(write_receipts(guid(7, 0).as_str(), &all)?)
        })
        .collect()
}

/// Reads each message and takes each receipt where its declaration stands.
fn applied(messages: &[String]) -> Result<(u64, HashMap<String, Standing>)> {
    let (mut count, mut standings) = (0, HashMap::new());
    for xml in messages {
        for receipt in read_receipts(xml.as_bytes())?.receipts {
            let status = receipt.status().context("a receipt without a status")?.code();
            let taken =
                declaration::Receipt { answers: Answers::List, status, at: receipt.time().timestamp() };
            let standing = standings.entry(receipt.key().to_owned()).or_insert_with(|| Standing::new(true));
            (*standing, _) = standing.take(taken);
            count += 1;
        }
    }
    ensure!(
        standings.len() == usize::try_from(BATCH)?,
        "{} declarations instead of {BATCH}",
        standings.len()
    );
    Ok((count, standings))
}

/// The limit of parsing: the same text made into a tree, and nothing done with it.
fn parsed(messages: &[String]) -> Result<(u64, usize)> {
    let (mut count, mut nodes) = (0, 0);
    for xml in messages {
        let tree = roxmltree::Document::parse(xml)?;
        nodes += tree.descendants().count();
        count += u64::from(BATCH);
    }
    Ok((count, nodes))
}

fn median(of: &mut [u64]) -> u64 {
    of.sort_unstable();
    of.get(of.len() / 2).copied().unwrap_or_default()
}

fn tell(options: &Options, rates: &mut Rates, order_bytes: usize) {
    let [build, floor] = [median(&mut rates.build), median(&mut rates.build_floor)];
    let [signed, sign_limit] = [median(&mut rates.sign), median(&mut rates.sign_limit)];
    let [apply, parse_limit] = [median(&mut rates.parse_apply), median(&mut rates.parse_limit)];
    let percent = |part: u64, whole: u64| part.saturating_mul(100) / whole.max(1);
    if options.json {
        let told = json!({
            "build_per_s_core": build,
            "build_floor_per_s_core": floor,
            "order_bytes": order_bytes,
            "sign_per_s": signed,
            "sign_limit_per_s": sign_limit,
            "sign_percent_of_limit": percent(signed, sign_limit),
            "parse_apply_per_s": apply,
            "parse_limit_per_s": parse_limit,
            "rounds": options.rounds,
        });
        println!("{told}");
        return;
    }
    println!("medians of {} rounds on one core; an order is CEB311 + 511 + 621 of two lines", options.rounds);
    println!(
        "  orders built and canonicalised  {build:>9}/s   (the same text pushed: {floor}/s, {order_bytes} bytes)"
    );
    println!(
        "  lists signed, SM2 with SM3      {signed:>9}/s   (bare signatures: {sign_limit}/s; {} %)",
        percent(signed, sign_limit)
    );
    println!(
        "  receipts parsed and applied     {apply:>9}/s   (parsed to a tree only: {parse_limit}/s; {} %)",
        percent(apply, parse_limit)
    );
}
