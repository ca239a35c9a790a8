//! Takes out of a journal what nobody needs any more, without changing what it says about where the kiosk stands.

use std::collections::BTreeSet;

use pickup_protocol::PickupNumber;

use crate::journal::{Kept, Record, Recovery, Report, recover};

/// The shortest lines that say the same as these: reports that still wait, how each pickup stands, and what is open.
///
/// `recover` of the answer followed by any further lines is `recover` of the given lines followed by them, but for
/// pickups of which nothing is known, not even a slip.
#[must_use]
pub fn shorten(records: impl IntoIterator<Item = Record>) -> Vec<Record> {
    // What is stored follows from the reports that wait.
    let Recovery { pickup, deposit, opening, slips, collected, unclear, reports, service, stored: _ } =
        recover(records);
    // What a report that waits says of its pickup may be out of date: what is kept of it comes after and has the last word.
    let told: BTreeSet<_> = reports.iter().filter_map(pickup_of).collect();
    let known: BTreeSet<_> =
        slips.keys().chain(collected.keys()).chain(&unclear).chain(&told).copied().collect();
    let standing = service.filter(|last| reports.iter().all(|report| report.id() != last.change_id));
    let mut short: Vec<Record> = reports.into_iter().map(ended).collect();
    short.extend(standing.into_iter().flat_map(|last| {
        let id = last.change_id;
        [Record::Service(last), Record::Reported { id }]
    }));
    short.extend(known.into_iter().filter_map(|number| {
        let slips = slips.get(&number).copied().unwrap_or_default();
        let kept = Kept {
            pickup: number,
            printed: slips.printed,
            possible: slips.possible,
            collected: collected.get(&number).copied(),
            unclear: unclear.contains(&number),
        };
        let slips_known = kept.possible > 0 || kept.printed > 0;
        let says_something =
            slips_known || kept.collected.is_some() || kept.unclear || told.contains(&number);
        says_something.then_some(Record::Kept(kept))
    }));
    short.extend(pickup.map(|open| Record::Granted(Box::new(open))));
    short.extend(deposit.map(|open| Record::DepositBegun(Box::new(open))));
    short.extend(opening.map(|open| Record::OpeningBegun(Box::new(open))));
    short
}

fn pickup_of(report: &Report) -> Option<PickupNumber> {
    match report {
        Report::Handover(handover) => Some(handover.pickup),
        Report::Resolution(resolution) => Some(resolution.pickup),
        Report::Opening(opening) => opening.pickup,
        Report::Deposit(_) | Report::Slip(_) | Report::Service(_) => None,
    }
}

fn ended(report: Report) -> Record {
    match report {
        Report::Handover(handover) => Record::HandedOver(handover),
        Report::Deposit(deposit) => Record::Deposited(deposit),
        Report::Resolution(resolution) => Record::Resolved(resolution),
        Report::Service(change) => Record::Service(change),
        Report::Opening(opening) => Record::OpeningEnded(opening),
        Report::Slip(slip) => Record::OwedSlipPrinted(slip),
    }
}
