//! Measures the kiosk's screen beside the same page in a browser's kiosk mode. `cargo xtask bench ui` builds and runs it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use pickup_tests::glass::arm::Arm;
use pickup_tests::glass::display::Display;
use pickup_tests::glass::moving::{self, Way};
use pickup_tests::glass::trial::{Figures, Plan, measure};
use pickup_tests::people;
use pickup_tests::processes::{self, TICKS_PER_S};
use pickup_tests::product::{self, Product, Setup};
use pickup_tests::program;
use pickup_tests::timed::{milliseconds, rank};
use pickup_tests::wait::PATIENCE;
use serde_json::{Map, Value, json};

/// The size of the panel.
const PANEL: (u16, u16) = (1080, 1920);

/// What is in the parcel whose code is scanned.
const ORDER: &[(&str, i64)] = &[("FOD-002", 1)];

/// What the product promises: the browser's figure divided by ours at least, and ours at most.
const FIRST_FRAME_TIMES: u64 = 8;
const MEMORY_TIMES: u64 = 12;
const IDLE_PERMILLE: u64 = 10;
const TOUCH_US: u64 = 50_000;

/// Starts the kiosk and Chromium in turn on the display that DISPLAY names, and measures both.
#[derive(Parser)]
struct Options {
    /// How many starts of each, cold and warm; the median counts.
    #[arg(long, default_value_t = 11)]
    starts: u32,
    /// How many touches.
    #[arg(long, default_value_t = 100)]
    touches: u32,
    /// Seconds in which nobody comes.
    #[arg(long, default_value_t = 20)]
    idle_s: u64,
    /// Seconds for which a page that moves is looked at.
    #[arg(long, default_value_t = 20)]
    moving_s: u64,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => program::ended(Err(fault)),
    }
}

/// Whether everything that is promised holds.
async fn run(options: &Options) -> Result<bool> {
    ensure!(
        options.starts > 0 && options.touches > 0 && options.idle_s > 0,
        "each number must be above zero"
    );
    let display = Display::open()?;
    let (width, height) = (display.whole.w, display.whole.h);
    ensure!((width, height) == PANEL, "the display is {width}x{height}, the panel {}x{}", PANEL.0, PANEL.1);
    let mut found = None;
    let setup = Setup::quick(&product::fresh_dir("bench-ui")?);
    product::play_on(setup, async |product| {
        found = Some(both(product, &display, options).await?);
        Ok(())
    })
    .await?;
    let (kiosk, browser) = found.context("nothing was measured")?;
    let (shown, kept) = compared(kiosk, browser, options)?;
    if options.json {
        println!("{shown}");
    } else {
        table(&shown);
    }
    Ok(kept)
}

async fn both(product: &mut Product, display: &Display, options: &Options) -> Result<(Figures, Figures)> {
    let key = language_key(product).await?;
    let placed = product.shop.buy("GLASS000001", &people::find("demo-01")?, ORDER).await?;
    let ticket = product.shop.ticket(&placed.order_no, PATIENCE).await?;
    product.kill_kiosk().await?;
    let settings = windowed(product.dir())?;
    let arms =
        [Arm::kiosk(&settings, &product.dir().join("kiosk"))?, Arm::browser(&product.dir().join("browser"))?];
    let plan = Plan {
        starts: options.starts,
        touches: options.touches,
        idle: Duration::from_secs(options.idle_s),
        looks: moving::looks_in(Duration::from_secs(options.moving_s)),
        key,
    };
    let backend = product.backend_id().context("the backend does not run")?;
    let scan = || unanswered(product, backend, &ticket);
    let [kiosk, browser] = &arms;
    let kiosk = tokio::task::block_in_place(|| measure(display, kiosk, plan, &Way::Scan(&scan)));
    // It goes on, so that it can be ended.
    processes::halt(backend, false)?;
    let kiosk = kiosk.context("kiosk")?;
    let browser =
        tokio::task::block_in_place(|| measure(display, browser, plan, &Way::Address("#looking-up")));
    Ok((kiosk, browser.context("chromium")?))
}

/// Scans a code while the backend stands still, so that the kiosk waits for it as long as it ever does.
fn unanswered(product: &Product, backend: u32, ticket: &str) -> Result<()> {
    processes::halt(backend, true)?;
    tokio::runtime::Handle::current().block_on(product.hands.scan(ticket))
}

/// Where the key that changes the language is: the middle of it, in pixels, at the same place in both arms.
async fn language_key(product: &Product) -> Result<(u16, u16)> {
    let targets = product.hands.targets().await?;
    let key = targets.iter().find(|target| target.get("id").and_then(Value::as_str) == Some("language"));
    let key = key.context("the kiosk shows no key for the language")?;
    let whole = |name: &str| {
        let text = key.get(name).map(Value::to_string).unwrap_or_default();
        text.split('.').next().and_then(|digits| digits.parse::<u16>().ok()).context("no place of the key")
    };
    Ok((whole("x")?.saturating_add(whole("w")? / 2), whole("y")?.saturating_add(whole("h")? / 2)))
}

/// The kiosk's settings with its screen in a window of the panel's size, and no bench that looks on.
fn windowed(dir: &Path) -> Result<std::path::PathBuf> {
    let mut settings: toml::Table = fs::read_to_string(dir.join("kiosk.toml"))?.parse()?;
    settings.remove("bench");
    let mut screen = toml::Table::new();
    screen.insert("mode".into(), "window".into());
    screen.insert("width".into(), i64::from(PANEL.0).into());
    screen.insert("height".into(), i64::from(PANEL.1).into());
    settings.insert("screen".into(), screen.into());
    let path = dir.join("window.toml");
    fs::write(&path, settings.to_string())?;
    Ok(path)
}

/// The figures of one arm as they are compared: times in microseconds.
struct Sums {
    cold: u64,
    warm: u64,
    page: u64,
    touch: u64,
    idle_permille: u64,
    moving_permille: u64,
}

fn sums(figures: &mut Figures, options: &Options) -> Result<Sums> {
    for times in [&mut figures.cold_us, &mut figures.warm_us, &mut figures.page_us, &mut figures.touch_us] {
        times.sort_unstable();
    }
    let looks = moving::looks_in(Duration::from_secs(options.moving_s));
    let permille = |ticks: u64, s: u64| ticks.saturating_mul(1000).checked_div(TICKS_PER_S.saturating_mul(s));
    Ok(Sums {
        cold: rank(&figures.cold_us, 50)?,
        warm: rank(&figures.warm_us, 50)?,
        page: rank(&figures.page_us, 50)?,
        touch: rank(&figures.touch_us, 95)?,
        idle_permille: permille(figures.idle_ticks, options.idle_s).unwrap_or_default(),
        moving_permille: permille(figures.moving_ticks, moving::looked_for(looks).as_secs())
            .unwrap_or_default(),
    })
}

fn compared(mut kiosk: Figures, mut browser: Figures, options: &Options) -> Result<(Value, bool)> {
    let (ours, theirs) = (sums(&mut kiosk, options)?, sums(&mut browser, options)?);
    let times_cold = tenths(theirs.cold, ours.cold);
    let times_warm = tenths(theirs.warm, ours.warm);
    let times_memory = tenths(browser.pss_kib, kiosk.pss_kib);
    let kept = [
        ("first_frame", times_cold.min(times_warm) >= FIRST_FRAME_TIMES * 10),
        ("pss", times_memory >= MEMORY_TIMES * 10),
        ("idle_cpu", ours.idle_permille <= IDLE_PERMILLE),
        ("touch", ours.touch <= TOUCH_US),
    ];
    let shown = json!({
        "kiosk": arm(&kiosk, &ours, options)?,
        "chromium": arm(&browser, &theirs, options)?,
        "times": {
            "first_frame_cold": decimal(times_cold)?,
            "first_frame_warm": decimal(times_warm)?,
            "attract_page_warm": decimal(tenths(theirs.page, ours.page))?,
            "pss": decimal(times_memory)?,
            "idle_cpu": times_of(theirs.idle_permille, ours.idle_permille)?,
            "animating_cpu": times_of(theirs.moving_permille, ours.moving_permille)?,
            "touch_p95": decimal(tenths(theirs.touch, ours.touch))?,
        },
        "kept": kept.iter().map(|(name, kept)| ((*name).to_owned(), json!(kept))).collect::<Map<_, _>>(),
        "starts": options.starts, "touches": options.touches, "idle_s": options.idle_s,
        "moving_s": options.moving_s,
    });
    Ok((shown, kept.iter().all(|(_, kept)| *kept)))
}

fn arm(figures: &Figures, sums: &Sums, options: &Options) -> Result<Value> {
    let ms = |us: u64| milliseconds(us).parse::<serde_json::Number>();
    let touch_cpu = figures.touch_ticks.saturating_mul(10_000).checked_div(u64::from(options.touches));
    Ok(json!({
        "first_frame_ms": { "cold": ms(sums.cold)?, "warm": ms(sums.warm)? },
        "attract_page_ms": ms(sums.page)?,
        "pss_mb": decimal(figures.pss_kib.saturating_mul(10) / 1024)?,
        "processes": figures.processes,
        "idle_cpu_pct": decimal(sums.idle_permille)?,
        "animating_cpu_pct": decimal(sums.moving_permille)?,
        "touch_p50_ms": ms(rank(&figures.touch_us, 50)?)?,
        "touch_p95_ms": ms(sums.touch)?,
        "cpu_ms_per_touch": ms(touch_cpu.unwrap_or_default())?,
    }))
}

/// How many times larger one is than the other, in tenths.
fn tenths(one: u64, other: u64) -> u64 {
    one.saturating_mul(10).checked_div(other).unwrap_or(u64::MAX)
}

/// As [`tenths`], with its point; nothing when the other was too little to be measured.
fn times_of(one: u64, other: u64) -> Result<Value> {
    Ok(if other == 0 { Value::Null } else { Value::Number(decimal(tenths(one, other))?) })
}

/// A number of tenths with its point.
fn decimal(tenths: u64) -> Result<serde_json::Number> {
    Ok(format!("{}.{}", tenths / 10, tenths % 10).parse()?)
}

fn table(shown: &Value) {
    println!("{:<26} {:>12} {:>12}", "", "kiosk", "chromium");
    let figure =
        |arm: &str, path: &str| shown.pointer(&format!("/{arm}/{path}")).cloned().unwrap_or_default();
    for path in [
        "first_frame_ms/cold",
        "first_frame_ms/warm",
        "attract_page_ms",
        "pss_mb",
        "processes",
        "idle_cpu_pct",
        "animating_cpu_pct",
        "touch_p50_ms",
        "touch_p95_ms",
        "cpu_ms_per_touch",
    ] {
        println!("{path:<26} {:>12} {:>12}", figure("kiosk", path), figure("chromium", path));
    }
    for part in ["times", "kept"] {
        println!("{part:<26} {}", shown.get(part).cloned().unwrap_or_default());
    }
}
