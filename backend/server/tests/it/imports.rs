//! Imports: all of a file or nothing of it, every fault by line and column, and orders that are judged by what was imported.

use jiff::Timestamp;
use pickup_server::dataset::import::{self, Import, ImportError, What};
use pickup_server::dataset::{self, Set};
use pickup_server::db::Conn;

use crate::bench::Bench;

fn good(what: What, text: &str) -> Import {
    import::read(what, text.as_bytes(), &mut |_| ()).unwrap()
}

fn faults(what: What, text: &str) -> Vec<String> {
    match import::read(what, text.as_bytes(), &mut |_| ()) {
        Err(ImportError::Faults(all)) => all.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

async fn write(bench: &Bench, import: Import) -> Result<(), ImportError> {
    bench.app.store.write(move |tx| import::write(tx, &import, "a test", Timestamp::now())).await
}

async fn rulebook(bench: &Bench) -> pickup_domain::rules::Rulebook {
    bench.app.store.read(|conn: &Conn| dataset::rulebook(conn)).await.unwrap()
}

const TARIFF: &str = "hs,from,until,duty,vat,consumption_rate,consumption_per_unit
1901101000,2026-01-01,2026-12-31,0.15,0.13,,
1901101000,2027-01-01,,0.10,0.13,,
2208300000,2026-01-01,,0.10,0.13,0.2,1
";

#[tokio::test]
async fn a_tariff_is_replaced_as_a_whole_and_found_by_day() {
    let bench = Bench::start().await;
    write(&bench, good(What::Set(Set::Tariff), TARIFF)).await.unwrap();
    let day = |text: &str| text.parse().unwrap();
    let rules = rulebook(&bench).await;
    let duty =
        |hs: &str, on: &str| rules.tariff.on(&hs.parse().unwrap(), day(on)).map(|line| line.duty.ppm());
    assert_eq!(duty("1901101000", "2026-11-21"), Some(150_000));
    assert_eq!(duty("1901101000", "2027-01-01"), Some(100_000));
    assert_eq!(duty("1901101000", "2025-12-31"), None);
    let one = "hs,from,until,duty,vat\n2208300000,2026-01-01,,0.10,0.13\n";
    write(&bench, good(What::Set(Set::Tariff), one)).await.unwrap();
    let rules = rulebook(&bench).await;
    assert!(rules.tariff.on(&"1901101000".parse().unwrap(), day("2026-11-21")).is_none());
    assert_eq!(bench.number("SELECT COUNT(*) FROM trail WHERE kind = 'data'").await, 2);
    assert_eq!(bench.problems().await, []);
}

#[test]
fn every_fault_is_told_with_its_line_and_column() {
    let text = "hs,from,until,duty,vat
190110100,2026-01-01,,0.15,0.13
1901101000,2026-13-01,,0.15,0.13
1901101000,2026-01-01,,15,0.13
1901101000,2026-01-01,,0.15,
";
    let told = faults(What::Set(Set::Tariff), text);
    assert_eq!(told.len(), 4, "{told:?}");
    for (fault, (line, column)) in told.iter().zip([(2, "hs"), (3, "from"), (4, "duty"), (5, "vat")]) {
        assert!(fault.starts_with(&format!("line {line}, column {column}: ")), "{fault}");
    }
    let told = faults(What::Set(Set::Tariff), "hs,from\n1901101000,2026-01-01\n");
    assert_eq!(told, ["line 1: the columns duty, vat are missing"]);
}

#[test]
fn lines_in_force_on_the_same_day_are_told_by_the_lines_of_the_file() {
    let text = "hs,from,until,duty,vat
1901101000,2026-01-01,,0.15,0.13
2208300000,2026-01-01,,0.15,0.13
1901101000,2026-06-01,,0.10,0.13
";
    let told = faults(What::Set(Set::Tariff), text);
    assert!(told.len() == 1 && told[0].contains("line 2") && told[0].contains("line 4"), "{told:?}");
}

#[tokio::test]
async fn a_permitted_list_takes_its_remarks_apart_and_says_what_it_did_not_understand() {
    let bench = Bench::start().await;
    let text = "hs8,name,remark,from,until,document
19011010,婴儿配方奶粉,仅限网购保税,2022-03-01,,2022年第7号
21069090,其他,某种没有人见过的说明,2022-03-01,,2022年第7号
";
    let import = good(What::Set(Set::Permitted), text);
    assert_eq!(import.notes.len(), 1, "{:?}", import.notes);
    assert_eq!(import.notes[0].line, 3);
    write(&bench, import).await.unwrap();
    let rules = rulebook(&bench).await;
    let day = "2026-11-21".parse().unwrap();
    assert!(rules.permitted.line("19011010", day).unwrap().bonded_only);
    assert!(rules.permitted.line("99999999", day).is_none());
}

#[tokio::test]
async fn entries_of_a_book_add_up_and_the_same_file_counts_once() {
    let bench = Bench::start().await;
    let opening = "book,record_no,quantity,document\nT9901W000001,LH00099,100,期初\n";
    let later = "book,record_no,quantity,document\nT9901W000001,LH00099,50.5,QD990126I000000001\n";
    write(&bench, good(What::Book, opening)).await.unwrap();
    write(&bench, good(What::Book, later)).await.unwrap();
    let again = write(&bench, good(What::Book, later)).await;
    assert!(matches!(again, Err(ImportError::Again("book"))), "{again:?}");
    let lim = "SELECT lim FROM account WHERE kind = 'stock' AND key = 'T9901W000001/LH00099'";
    assert_eq!(bench.number(lim).await, 15_050_000);
    assert!(!faults(What::Book, "book,record_no,quantity,document\nT1,R1,-1,x\n").is_empty());
}

#[tokio::test]
async fn a_guarantee_is_not_lowered_below_what_is_used_of_it() {
    let bench = Bench::start().await;
    let file = |amount: &str| format!("number,amount,from,until\nDB-1,{amount},2026-01-01,2026-12-31\n");
    write(&bench, good(What::Guarantees, &file("1000.00"))).await.unwrap();
    bench.execute("UPDATE account SET used = 60000 WHERE kind = 'guarantee' AND key = 'DB-1'").await;
    assert!(write(&bench, good(What::Guarantees, &file("500.00"))).await.is_err());
    write(&bench, good(What::Guarantees, &file("600.00"))).await.unwrap();
    assert_eq!(bench.number("SELECT lim FROM account WHERE key = 'DB-1'").await, 60_000);
}

#[tokio::test]
async fn articles_are_read_back_as_the_catalogue() {
    let bench = Bench::start().await;
    let text =
        "sku,hs,zh,en,spec,origin,unit,legal1_unit,legal1_each,net_kg,gross_kg,price,record_no,duty_paid
X-1,1901101000,示例奶粉,Example milk powder,800g,609,122,035,0.8,0.8,1.1,218.00,LH1,
X-2,2208300000,示例酒,Example spirit,700ml,305,142,095,0.7,0.65,1.2,300,LH2,yes
";
    write(&bench, good(What::Catalogue, text)).await.unwrap();
    let products = bench.app.store.read(dataset::products).await.unwrap();
    assert_eq!(products["X-1"].price_fen.fen(), 21_800);
    assert!(products["X-2"].duty_paid && !products["X-1"].duty_paid);
    let long = text.replace("X-1,", "A-NUMBER-OF-MORE-THAN-TWENTY,");
    assert!(faults(What::Catalogue, &long)[0].contains("20 characters"));
}
